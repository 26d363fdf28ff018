"""A run: everything a method finds while it solves, kept outside the method.

A method offers solutions and reports bounds to its `Run` and returns nothing, so one that raises,
is interrupted or dies midway loses nothing of what it had found.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sloplan.problem.checker import judge
from sloplan.problem.objective import GOODPUT, Objective
from sloplan.problem.stopping import GapReached, Limit, MultipleCriteria, StoppingCriterion, TimeLimit
from sloplan.problem.violation import Violation

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance
    from sloplan.problem.solution import Solution

logger = logging.getLogger(__name__)

Proof = Literal["solver", "certified"]
"""What a bound rests on: an engine's word, or a certificate that the checker verified."""


class Event(NamedTuple):
    """One step of a trajectory, in exact integers: the incumbent and the bound known at `time_s`."""

    time_s: float
    objective: int | None
    bound: int | None


class Run:
    """One run of a method on an instance.

    The clock starts when the run is made.

    Parameters
    ----------
    problem : Instance
        What is solved; offered solutions are checked against it.
    objective : Objective, optional
    seed : int, optional
        Every random choice of the method follows from it.
    threads : int, optional
        Most threads that the method may use.
    time_limit : float, optional
        Seconds; kernel compilation does not count.
    rel_gap : float, optional
        The run stops at this relative gap; None stands for 0.
    initial_solution : Solution, optional
        Where the method may start from; offered to the run at once.
    stop : StoppingCriterion, optional
        A further reason to stop.
    clock : callable, optional
        Seconds that never go backwards.

    Attributes
    ----------
    limit : Limit, optional
        Why the method stopped early. Set by `should_stop`, or by a method whose engine says so.
    proof : Proof, optional
        What the bound rests on.
    certificate : dict, optional
        Certificate of the bound, as a solution file stores it. Not trusted: whoever reports it verifies it.
    prices : (rows,) float64, optional
        Price of each coupling row: objective base units per unit of usage.
    message : str, optional
        What went wrong, in one line.
    """

    def __init__(
        self,
        problem: Instance,
        *,
        objective: Objective = GOODPUT,
        seed: int = 0,
        threads: int = 1,
        time_limit: float | None = None,
        rel_gap: float | None = None,
        initial_solution: Solution | None = None,
        stop: StoppingCriterion | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.problem = problem
        self.objective = objective
        self.seed = seed
        self.threads = threads
        self.time_limit = time_limit
        self.rel_gap = 0.0 if rel_gap is None else rel_gap
        self.initial_solution = initial_solution
        self.limit: Limit | None = None
        self.proof: Proof | None = None
        self.certificate: dict[str, object] | None = None
        self.prices: npt.NDArray[np.float64] | None = None
        self.message: str | None = None
        self._clock = clock
        self._start = clock()
        self._stop = MultipleCriteria(_criteria(time_limit, self.rel_gap, stop))
        self._compile_time = 0.0
        self._best: tuple[int, Solution] | None = None
        self._bound: int | None = None
        self._bound_refused = False
        self._infeasible = False
        self._time_to_best: float | None = None
        self._trajectory: list[Event] = []

    def elapsed(self) -> float:
        """Return the seconds since the start, kernel compilation left out."""
        return self._clock() - self._start - self._compile_time

    def remaining(self) -> float:
        """Return the seconds left, at least 0; infinite without a time limit."""
        return math.inf if self.time_limit is None else max(0.0, self.time_limit - self.elapsed())

    def should_stop(self) -> bool:
        """Return whether the run should end now, and remember why."""
        if self.limit is None:
            self.limit = self._stop(self)
        return self.limit is not None

    def report_compile_time(self, seconds: float) -> None:
        """Take `seconds` that kernel compilation has just taken off the clock."""
        self._compile_time += seconds

    def offer(self, solution: Solution) -> list[Violation]:
        """Check a solution, and keep it if it is valid and better than the best so far.

        Parameters
        ----------
        solution : Solution

        Returns
        -------
        list of Violation
            Why the solution was refused, so that the method can cut it off; empty if it is valid.
        """
        verdict = judge(self.problem, solution)
        if verdict.violations:
            logger.info("the checker refused an offered solution: %s", verdict.violations[0])
            return list(verdict.violations)
        value = verdict.value_milli
        assert value is not None  # a valid solution has a value
        if self.objective.is_better(value, self.best_objective):
            self._best = (value, solution)
            self._time_to_best = self.elapsed()
            self._record()
            if self._infeasible:
                self._contradicted("the method said infeasible, and a checked solution exists")
        return []

    def report_bound(self, bound: int) -> None:
        """Keep an optimistic integer bound on the objective if it is the tightest so far."""
        if not self._bound_refused and self.objective.is_tighter(bound, self._bound):
            self._bound = bound
            self._record()

    def report_infeasible(self) -> None:
        """Take the method's word that there is no solution, unless there is one."""
        self._infeasible = True
        if self._best is not None:
            self._contradicted("the method said infeasible, and a checked solution exists")

    @property
    def infeasible(self) -> bool:
        """Whether the method said that there is no solution, and none is known."""
        return self._infeasible and self._best is None

    @property
    def best_solution(self) -> Solution | None:
        """The best checked solution, or None."""
        return None if self._best is None else self._best[1]

    @property
    def best_objective(self) -> int | None:
        """Its exact objective, or None."""
        return None if self._best is None else self._best[0]

    @property
    def bound(self) -> int | None:
        """The tightest bound reported, or None; a bound that a checked solution disproves is dropped."""
        return self._bound

    @property
    def compile_time(self) -> float:
        """Seconds of kernel compilation."""
        return self._compile_time

    @property
    def time_to_best(self) -> float | None:
        """Time of the last improvement, or None."""
        return self._time_to_best

    @property
    def trajectory(self) -> tuple[Event, ...]:
        """Every improvement of the incumbent or the bound, in order."""
        return tuple(self._trajectory)

    def _record(self) -> None:
        objective, bound = self.best_objective, self._bound
        if objective is not None and bound is not None and self.objective.contradicts(objective, bound):
            self._refuse_bounds(objective, bound)
        self._trajectory.append(Event(self.elapsed(), objective, self._bound))

    def _refuse_bounds(self, objective: int, bound: int) -> None:
        """Trust no bound of a method that a checked solution has contradicted."""
        self._contradicted(
            f"the method's bound {bound:,} is contradicted by a checked solution of {objective:,} "
            "(integer base units); all its bounds were dropped"
        )
        self.proof = None
        self._bound = None
        self._bound_refused = True
        self._trajectory = [event._replace(bound=None) for event in self._trajectory]

    def _contradicted(self, message: str) -> None:
        logger.error("%s", message)
        self.message = message
        self.limit = "engine"


def _criteria(time_limit: float | None, rel_gap: float, stop: StoppingCriterion | None) -> list[StoppingCriterion]:
    criteria: list[StoppingCriterion] = [GapReached(rel_gap)]
    if time_limit is not None:
        criteria.append(TimeLimit(time_limit))
    if stop is not None:
        criteria.append(stop)
    return criteria
