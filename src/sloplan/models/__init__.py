"""Formulations: models that users can take, extend and solve anywhere. Nothing is solved here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sloplan.models.answer import solution_from
    from sloplan.models.compact import compact_milp
    from sloplan.models.cp_answer import hint_solution, solution_from_cp
    from sloplan.models.cp_compact import compact_cp
    from sloplan.models.plans_cp import selection_cp
    from sloplan.models.plans_milp import selection_milp
    from sloplan.models.plans_of_instance import plan_selection_milp

__all__ = [
    "compact_cp",
    "compact_milp",
    "hint_solution",
    "plan_selection_milp",
    "selection_cp",
    "selection_milp",
    "solution_from",
    "solution_from_cp",
]

_HOME: Final = {
    "compact_cp": "sloplan.models.cp_compact",
    "compact_milp": "sloplan.models.compact",
    "hint_solution": "sloplan.models.cp_answer",
    "plan_selection_milp": "sloplan.models.plans_of_instance",
    "selection_cp": "sloplan.models.plans_cp",
    "selection_milp": "sloplan.models.plans_milp",
    "solution_from": "sloplan.models.answer",
    "solution_from_cp": "sloplan.models.cp_answer",
}


def __getattr__(name: str) -> Any:
    # The modelling library takes a second to import: only who builds a model waits for it.
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
