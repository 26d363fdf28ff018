"""Formulations: models that users can take, extend and solve anywhere. Nothing is solved here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sloplan.models.answer import solution_from
    from sloplan.models.compact import compact_milp

__all__ = ["compact_milp", "solution_from"]


def __getattr__(name: str) -> Any:
    # The modelling library takes a second to import: only who builds a model waits for it.
    if name == "compact_milp":
        from sloplan.models.compact import compact_milp

        return compact_milp
    if name == "solution_from":
        from sloplan.models.answer import solution_from

        return solution_from
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
