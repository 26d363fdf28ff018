"""Stopping criteria: tiny callables that say why a run should stop, or that it should go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Protocol

from sloplan.problem.objective import relative_gap

if TYPE_CHECKING:
    from sloplan.problem.run import Run

Limit = Literal["time", "gap", "iterations", "memory", "interrupted", "engine"]
"""Why a run stopped before it had settled the question; None: it was settled, or the method ended by itself."""


class StoppingCriterion(Protocol):
    """Looks at a run and returns the limit that it has reached, or None to go on."""

    def __call__(self, run: Run) -> Limit | None:
        """Return the limit reached by `run`, if any."""
        ...


class TimeLimit:
    """Stop after `seconds` of the run's own clock (kernel compilation does not count)."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, run: Run) -> Limit | None:
        """Return "time" once the seconds have passed."""
        return "time" if run.elapsed() >= self.seconds else None


class GapReached:
    """Stop when the relative gap between bound and incumbent is at most `rel_gap`."""

    def __init__(self, rel_gap: float) -> None:
        self.rel_gap = rel_gap

    def __call__(self, run: Run) -> Limit | None:
        """Return "gap" once the gap is small enough."""
        gap = relative_gap(run.best_objective, run.bound)
        return "gap" if gap is not None and gap <= self.rel_gap else None


class MultipleCriteria:
    """Stop as soon as one of several criteria does; the first in order gives the reason."""

    def __init__(self, criteria: Iterable[StoppingCriterion]) -> None:
        self.criteria = tuple(criteria)

    def __call__(self, run: Run) -> Limit | None:
        """Return the first criterion's limit that is reached."""
        for criterion in self.criteria:
            limit = criterion(run)
            if limit is not None:
                return limit
        return None
