"""What there is a compact model for; light to import, so that nobody builds one to be refused."""

from __future__ import annotations

from sloplan.problem.objective import COST, GOODPUT

COMPACT_OBJECTIVES = (GOODPUT.name, COST.name)


def unsupported(objective: str) -> str | None:
    """Say in one line why there is no compact model for an objective, or return None."""
    if objective in COMPACT_OBJECTIVES:
        return None
    return f"the compact MILP does not have the objective {objective!r}; allowed: {', '.join(COMPACT_OBJECTIVES)}"
