"""The core problem: what survives, solved exactly in this process, answers believed only as far as they hold.

CP-SAT proves small cores soonest (docs/core-problem.md), HiGHS improves larger ones.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.core_selection import Core
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fixing import Survivors
from sloplan.problem.compiled import Int
from sloplan.solvers.engine import interrupts_noted

logger = logging.getLogger(__name__)

Ending = Literal["optimal", "infeasible", "limit"]

Engine = Literal["cp", "highs"]


_MOST_PRESOLVED: Final = 10_000
"""Pairs that are not decided up to which HiGHS may presolve a core: there it looks at no clock, for 17 s on 17,000."""


@dataclass(frozen=True)
class CoreAnswer:
    """What came of a core problem.

    Parameters
    ----------
    ended : str
        "optimal": nothing in the core is worth more than `best`, as the engine says; "infeasible": the core holds no
        solution at all, as the engine says; "limit": time was up, or whoever asked had enough.
    best : Assignment, optional
        The best valid one found, the start included.
    bound : int, optional
        Most that anything in the core is worth, on the engine's word; None if it has said nothing.
    """

    ended: Ending
    best: Assignment | None
    bound: int | None


def solve_core(
    problem: CoupledProblem,
    survivors: Survivors,
    *,
    seconds: float,
    start: Assignment | None = None,
    engine: Engine = "highs",
    effort: float | None = None,
    seed: int = 0,
    threads: int = 1,
    on_better: Callable[[Assignment], object] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> CoreAnswer:
    """Solve what survives exactly.

    Parameters
    ----------
    problem : CoupledProblem
    survivors : Survivors
    seconds : float
        Time limit.
    start : Assignment, optional
        A valid one, which is let in: only what is worth more is looked for.
    engine : {"cp", "highs"}
        CP-SAT or HiGHS.
    effort : float, optional
        Most work of CP-SAT, see `cp_sat.search`.
    seed, threads : int
    on_better : callable, optional
        Called with every valid assignment that is better than all before, from an engine's thread, one at a time.
    should_stop : callable, optional
        Asked often.

    Raises
    ------
    EngineError
        If an engine fails.
    SizeLimitError
        If worst-case sums of the core pass int64, or what CP-SAT takes.
    KeyboardInterrupt
        If one came meanwhile; the engines have ended in good order.
    """
    deadline = time.monotonic() + seconds
    if start is not None:
        survivors = survivors.with_assignment(start)
    found = _Found(problem, start, on_better)
    if not len(survivors) and not len(problem.supplies):
        return found.answer_of_nothing()
    core = Core.of(problem, survivors)
    interrupted = threading.Event()
    search = _Search(core, start, found, deadline, effort, seed, threads, lambda: interrupted.is_set() or should_stop())
    with interrupts_noted(interrupted):
        ended = search.by_cp() if engine == "cp" else search.by_highs()
    if interrupted.is_set():
        raise KeyboardInterrupt
    return found.answer(ended)


@dataclass(frozen=True)
class _Search:
    core: Core
    start: Assignment | None
    found: _Found
    deadline: float
    effort: float | None
    seed: int
    threads: int
    should_stop: Callable[[], bool]

    def by_highs(self) -> Ending:
        from sloplan.solvers.highs import Highs
        from sloplan.solvers.selection_solve import SelectionSolve

        core, model = self.core, self.core.model()
        solve = SelectionSolve(
            core.selection, model,
            Highs(
                model.form, seed=self.seed, threads=self.threads, rel_gap=0.0,
                presolve=core.num_undecided <= _MOST_PRESOLVED,
            ),
            offer=lambda taken, amount: self.found.offer(core.assignment(taken, amount)),
            report_bound=self.found.bounded, should_stop=self.should_stop,
        )  # fmt: skip
        return solve.run(self.deadline, None if self.start is None else core.values(self.start))

    def by_cp(self) -> Ending:
        from sloplan.solvers.cp_sat import Value, search

        core, found = self.core, self.found
        model, variables = core.cp_model()
        if self.start is not None:
            for variable, value in zip(variables, core.values(self.start).astype(np.int64).tolist(), strict=True):
                model.add_hint(variable, value)

        def offer(value: Value) -> None:
            figures = np.array([value(variable) for variable in variables], dtype=np.int64)
            pairs = len(core.survivors)
            if not found.offer(core.assignment(figures[:pairs], figures[pairs:])):
                logger.warning("refused an answer of CP-SAT")

        ended = search(
            model, seconds=self.deadline - time.monotonic(), seed=self.seed, threads=self.threads,
            maximise=not found.is_cost, linearization=2, found=offer, bounded=found.bounded,
            should_stop=self.should_stop, effort=self.effort, watched=True,
        )  # fmt: skip
        if ended.kind == "optimal" and found.nothing:
            offer(ended.value)  # serving nobody is no improvement that CP-SAT would tell of
        if ended.bound is not None:
            found.bounded(ended.bound)
        return ended.kind


class _Found:
    """The best assignment and the least bound so far."""

    def __init__(
        self, problem: CoupledProblem, start: Assignment | None, on_better: Callable[[Assignment], object]
    ) -> None:
        self._problem, self._best, self._on_better = problem, start, on_better
        self.is_cost = problem.is_cost
        self._lock = threading.Lock()  # an engine may report from several threads
        self._worth = -math.inf if start is None else start.worth(problem)
        self._bound: int | None = None

    @property
    def nothing(self) -> bool:
        return self._best is None

    def offer(self, assignment: Assignment) -> bool:
        if not assignment.is_valid(self._problem):
            return False
        worth = assignment.worth(self._problem)
        with self._lock:
            if worth > self._worth:
                self._best, self._worth = assignment, worth
                self._on_better(assignment)
        return True

    def bounded(self, bound: int) -> None:
        worth = -bound if self.is_cost else bound
        with self._lock:
            if self._bound is None or worth < self._bound:
                self._bound = worth

    def answer(self, ended: Ending) -> CoreAnswer:
        if self._best is not None and (
            ended == "infeasible" or (self._bound is not None and self._worth > self._bound)
        ):
            logger.warning("the engine denies an assignment that is valid: its bound is not believed")
            return CoreAnswer("limit", self._best, None)
        return CoreAnswer(ended, self._best, self._bound)

    def answer_of_nothing(self) -> CoreAnswer:
        """Nobody can be served, which is a solution unless somebody must be or a floor has to be reached."""
        nobody: Int = np.zeros(0, dtype=np.int64)
        self.offer(Assignment(nobody, nobody, nobody, np.zeros(len(self._problem.supplies), dtype=np.int64)))
        if self._best is None:
            return CoreAnswer("infeasible", None, None)
        return CoreAnswer("optimal", self._best, int(self._worth))
