"""A run: everything a method finds while it solves, kept outside the method.

A method offers solutions and reports bounds to its `Run` and returns nothing, so one that raises,
is interrupted or dies midway loses nothing of what it had found.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sloplan.problem.certificates.verification import Certificate, certificate_bound
from sloplan.problem.errors import SloplanError
from sloplan.problem.judging import coupling_rows, judge_objective
from sloplan.problem.objective import GOODPUT, Objective
from sloplan.problem.solution_tables import as_whole
from sloplan.problem.stopping import GapReached, Limit, MultipleCriteria, StoppingCriterion, TimeLimit
from sloplan.problem.violation import Violation

if TYPE_CHECKING:
    from sloplan.problem.judging import AnySolution, Problem

logger = logging.getLogger(__name__)

Proof = Literal["method", "solver", "certified"]
"""What a bound rests on: the method's own exact reasoning (nothing more than all values can be served),
an engine's word, or a certificate that was verified in exact arithmetic."""


class CertifiedBound(NamedTuple):
    """A bound in base units of the objective, and the verified certificate of it as a solution file stores it."""

    bound: int
    certificate: dict[str, Any]


class Event(NamedTuple):
    """One step of a trajectory, in exact integers: the incumbent and the bound known at `time_s`."""

    time_s: float
    objective: int | None
    bound: int | None


class Run:
    """One run of a method on an instance or a plan selection.

    The clock starts when the run is made.

    Parameters
    ----------
    problem : Instance or PlanSelection
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
    initial_solution : Solution or SelectionSolution, optional
        Where the method may start from; offered to the run at once.
    stop : StoppingCriterion, optional
        A further reason to stop.
    goodput_floor : int, optional
        Least goodput, milli-value, that solutions of an instance must reach under the cost objectives.
    follows : Run, optional
        The stage before: this run's clock is that one's, still going.
    clock : callable, optional
        Seconds that never go backwards.

    Attributes
    ----------
    limit : Limit, optional
        Why the method stopped early. Set by `should_stop`, or by a method whose engine says so.
    certificate : dict, optional
        Certificate of a bound, as a solution file stores it. Set by the method; not trusted, but verified
        once the method has ended (see `certify`).
    message : str, optional
        What went wrong, in one line.
    engine_start_time : float, optional
        Seconds until the engine's process stood ready, part of the time that has elapsed. Set by a method that
        starts one.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        objective: Objective = GOODPUT,
        seed: int = 0,
        threads: int = 1,
        time_limit: float | None = None,
        rel_gap: float | None = None,
        initial_solution: AnySolution | None = None,
        stop: StoppingCriterion | None = None,
        goodput_floor: int | None = None,
        follows: Run | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.problem = problem
        self.objective = objective
        self.seed = seed
        self.threads = threads
        self.time_limit = time_limit
        self.rel_gap = 0.0 if rel_gap is None else rel_gap
        self.initial_solution = initial_solution
        self.goodput_floor = goodput_floor
        self.limit: Limit | None = None
        self.certificate: dict[str, Any] | None = None
        self.message: str | None = None
        self.engine_start_time: float | None = None
        self._clock: Callable[[], float] = clock if follows is None else follows._clock
        self._start: float = self._clock() if follows is None else follows._start
        self._stop = MultipleCriteria(_criteria(time_limit, self.rel_gap, stop))
        self._compile_time: float = 0.0 if follows is None else follows._compile_time
        self._best: tuple[int, AnySolution] | None = None
        self._bound: tuple[int, Proof] | None = None
        self._bounds_refused = False
        self._certified: CertifiedBound | None = None
        self._prices: npt.NDArray[np.float64] | None = None
        self._infeasible = False
        self._time_to_best: float | None = None
        self._trajectory: list[Event] = []
        self._statistics: dict[str, int | float] = {}
        self._earlier_statistics: Mapping[str, int | float] = {} if follows is None else follows.statistics

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

    def offer(self, solution: AnySolution) -> list[Violation]:
        """Check a solution, and keep it if it is valid and better than the best so far.

        A certificate that it carries is not looked at: see `certify`.

        Parameters
        ----------
        solution : Solution or SelectionSolution
            Of the kind of the problem.

        Returns
        -------
        list of Violation
            Why the solution was refused, so that the method can cut it off; empty if it is valid.
        """
        judged = judge_objective(self.problem, solution, self.objective.name, self.goodput_floor)
        if judged.violations:
            logger.info("the checker refused an offered solution: %s", judged.violations[0])
            return list(judged.violations)
        value = judged.objective
        assert value is not None  # a valid solution has an objective
        if self.objective.is_better(value, self.best_objective):
            self._best = (value, solution)
            self._time_to_best = self.elapsed()
            self._record()
            if self._infeasible:
                self._fault("the method said infeasible, and a checked solution exists")
        return []

    def report_bound(self, bound: int, proof: Proof = "method") -> None:
        """Keep an optimistic bound on the objective if it is the tightest so far.

        Parameters
        ----------
        bound : int
            Base units of the objective; anything but a whole number is an error of the method.
        proof : Proof, optional
            What it rests on. "solver" for whatever an engine said; "certified" is for `certify` to say.
        """
        whole = as_whole(bound)
        if whole is None:
            self._fault(f"the method's bound {bound!r} is not a whole number; it was dropped")
        elif not (self._bounds_refused and proof != "certified") and self.objective.is_tighter(whole, self.bound):
            self._bound = (whole, proof)
            self._record()

    def certify(self, certificate: Certificate | dict[str, Any], time_limit: float = math.inf) -> None:
        """Verify a certificate; what it proves is a bound, and the certificate of the tightest one is kept.

        One that proves nothing, or is not verified in time, is dropped; `message` says why.

        Parameters
        ----------
        certificate : Certificate or dict
        time_limit : float, optional
            Seconds for the verification.
        """
        deadline = self.elapsed() + time_limit
        try:
            bound = certificate_bound(
                self.problem, certificate, lambda: self.elapsed() >= deadline, goodput_floor=self.goodput_floor
            )
        except SloplanError as error:
            logger.error("a certificate was not accepted: %s", error)
            self.message = f"a certificate was not accepted: {error}"
            return
        if math.isinf(bound):
            self.report_infeasible()
            return
        if self.objective.is_tighter(int(bound), self.certified_bound):
            document = certificate.to_json() if isinstance(certificate, Certificate) else certificate
            # Verified, so every number in it is whole: numpy's become those that a file can hold.
            self._certified = CertifiedBound(int(bound), json.loads(json.dumps(document, default=int)))
        self.report_bound(int(bound), "certified")

    def report_statistics(self, statistics: Mapping[str, int | float]) -> None:
        """Take figures of the method's own work, such as search steps; later ones of a name replace earlier ones.

        Parameters
        ----------
        statistics : mapping
            Name to number; one that is not finite is an error of the method, and is dropped.
        """
        for name, value in statistics.items():
            number = value.item() if isinstance(value, np.generic) else value
            if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                self._fault(f"the method's figure {name!r} is not a finite number but {value!r}; it was dropped")
            else:
                self._statistics[str(name)] = number

    @property
    def statistics(self) -> dict[str, int | float]:
        """Figures of the method's own work, those of the stages before added."""
        names = dict.fromkeys([*self._earlier_statistics, *self._statistics])
        return {name: self._earlier_statistics.get(name, 0) + self._statistics.get(name, 0) for name in names}

    def report_infeasible(self) -> None:
        """Take the method's word that there is no solution, unless there is one."""
        self._infeasible = True
        if self._best is not None:
            self._fault("the method said infeasible, and a checked solution exists")

    @property
    def prices(self) -> npt.NDArray[np.float64] | None:
        """Price of each coupling row, shape (rows,): objective base units per unit of usage.

        Set by the method; anything but a finite number for each row is an error of the method.
        """
        return self._prices

    @prices.setter
    def prices(self, prices: npt.ArrayLike) -> None:
        rows = len(coupling_rows(self.problem))
        try:
            given = np.array(prices, dtype=np.float64)
        except (TypeError, ValueError):
            given = np.array(math.nan)
        if given.shape == (rows,) and np.isfinite(given).all():
            self._prices = given
        else:
            self._fault(f"the method's prices are not a finite number for each of the {rows} rows; they were dropped")

    @property
    def infeasible(self) -> bool:
        """Whether the method said that there is no solution, and none is known."""
        return self._infeasible and self._best is None

    @property
    def best_solution(self) -> AnySolution | None:
        """The best checked solution, or None."""
        return None if self._best is None else self._best[1]

    @property
    def best_objective(self) -> int | None:
        """Its exact objective, or None."""
        return None if self._best is None else self._best[0]

    @property
    def bound(self) -> int | None:
        """The tightest bound reported, or None; a bound that a checked solution disproves is dropped."""
        return None if self._bound is None else self._bound[0]

    @property
    def proof(self) -> Proof | None:
        """What the bound rests on, or None without one."""
        if self._bound is None:
            return None
        return "certified" if self.bound == self.certified_bound else self._bound[1]

    @property
    def certified(self) -> CertifiedBound | None:
        """The tightest bound that a certificate was verified to prove, with that certificate, or None."""
        return self._certified

    @property
    def certified_bound(self) -> int | None:
        """The tightest bound that a certificate was verified to prove, or None."""
        return None if self._certified is None else self._certified.bound

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
        objective, bound = self.best_objective, self.bound
        if objective is not None and bound is not None and self.objective.contradicts(objective, bound):
            self._refuse_bounds(objective, bound)
        self._trajectory.append(Event(self.elapsed(), objective, self.bound))

    def _refuse_bounds(self, objective: int, bound: int) -> None:
        """Trust no word of a method that a checked solution has contradicted; what is certified stands."""
        self._fault(
            f"the method's bound {bound:,} is contradicted by a checked solution of {objective:,} "
            "(integer base units); all its bounds were dropped"
        )
        self._bounds_refused = True
        self._trajectory = [event._replace(bound=None) for event in self._trajectory]
        if self._certified is not None and self.objective.contradicts(objective, self._certified.bound):
            self._certified = None
        self._bound = None if self._certified is None else (self._certified.bound, "certified")

    def _fault(self, message: str) -> None:
        """Keep in mind what the method or its engine did wrong."""
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
