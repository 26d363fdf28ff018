"""The core problem: what survives, solved by HiGHS in this process, its answers believed only as far as they hold."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.core_selection import Core
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fixing import Survivors
from sloplan.problem.compiled import Int
from sloplan.solvers.highs import Highs
from sloplan.solvers.selection_solve import SelectionSolve

logger = logging.getLogger(__name__)


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

    ended: Literal["optimal", "infeasible", "limit"]
    best: Assignment | None
    bound: int | None


def solve_core(
    problem: CoupledProblem,
    survivors: Survivors,
    *,
    seconds: float,
    start: Assignment | None = None,
    seed: int = 0,
    threads: int = 1,
    on_better: Callable[[Assignment], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> CoreAnswer:
    """Solve what survives as a mixed-integer program.

    Parameters
    ----------
    problem : CoupledProblem
    survivors : Survivors
    seconds : float
        Time limit.
    start : Assignment, optional
        A valid one, which is let in: only what is worth more is looked for.
    seed, threads : int
    on_better : callable, optional
        Called with every valid assignment that is better than all before, from the engine's thread.
    should_stop : callable, optional
        Asked often.

    Raises
    ------
    EngineError
        If HiGHS fails.
    SizeLimitError
        If worst-case sums of the core pass int64.
    """
    deadline = time.monotonic() + seconds
    if start is not None:
        survivors = survivors.with_assignment(start)
    found = _Found(problem, start, on_better)
    if not len(survivors) and not len(problem.supplies):
        return found.answer_of_nothing()
    core = Core.of(problem, survivors)
    model = core.model()
    engine = Highs(model.form, seed=seed, threads=threads, rel_gap=0.0)
    solve = SelectionSolve(
        core.selection, model, engine,
        offer=lambda taken, amount: found.offer(core.assignment(taken, amount)),
        report_bound=found.bounded, should_stop=should_stop,
    )  # fmt: skip
    ended = solve.run(deadline, None if start is None else core.values(start))
    return found.answer(ended)


class _Found:
    """The best assignment and the least bound so far."""

    def __init__(
        self, problem: CoupledProblem, start: Assignment | None, on_better: Callable[[Assignment], None]
    ) -> None:
        self._problem, self._best, self._on_better = problem, start, on_better
        self._worth = -math.inf if start is None else start.worth(problem)
        self._bound: int | None = None

    def offer(self, assignment: Assignment) -> bool:
        if not assignment.is_valid(self._problem):
            return False
        worth = assignment.worth(self._problem)
        if worth > self._worth:
            self._best, self._worth = assignment, worth
            self._on_better(assignment)
        return True

    def bounded(self, bound: int) -> None:
        worth = -bound if self._problem.is_cost else bound
        if self._bound is None or worth < self._bound:
            self._bound = worth

    def answer(self, ended: Literal["optimal", "infeasible", "limit"]) -> CoreAnswer:
        if self._best is not None and (ended == "infeasible" or (self._bound is not None and self._worth > self._bound)):
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
