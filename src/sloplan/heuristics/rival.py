"""What the methods that plan one query after another have in common."""

from __future__ import annotations

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection


class Rival:
    """A planner made for one query, adapted to many; see `one_after_another`."""

    name: str

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:
        """Return why `problem` cannot be solved, or None."""
        if not isinstance(problem, CompiledInstance):
            return f"{self.name} searches an instance's plans, and a plan selection lists its own; allowed: an instance"
        if objective not in ("goodput", "cost"):
            return f"{self.name} does not have objective {objective!r}; allowed: goodput, cost, goodput-then-cost"
        if problem.hosting != "fluid":
            return f"{self.name} does not have hosting {problem.hosting!r} yet; allowed: fluid"
        return None


def check_whole(field: str, number: object) -> None:
    """Refuse an option that is not a whole number of at least 1.

    Raises
    ------
    InputError
    """
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise InputError("unusable value", field=field, value=number, allowed="a whole number of at least 1")
