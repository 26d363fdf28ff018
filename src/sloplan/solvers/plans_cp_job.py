"""The job behind the method `cp` on listed plans: the CP-SAT model of a plan selection, everything in integers."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from sloplan.models.plans_cp import selection_cp
from sloplan.problem.compiled import Int
from sloplan.solvers.engine import EngineError
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.listed import Listed
from sloplan.solvers.listing import list_for_engine

logger = logging.getLogger(__name__)

_WHOLE = 1e-6
"""CP-SAT's bounds are whole numbers that it hands over in floating point."""


def run_plans_cp_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """List, build and solve.

    Parameters
    ----------
    problem : Instance or PlanSelection
    settings : Settings
        `limit` is the most plans of an instance that are listed.
    listener : Listener

    Raises
    ------
    EngineError
        If CP-SAT refuses the model.
    SizeLimitError
        If there are more plans than the limit, or numbers larger than CP-SAT takes.
    """
    listed = list_for_engine(problem, settings, listener)
    if listed is None:
        return
    started = time.perf_counter()
    model = selection_cp(listed.selection)
    logger.info("model built in %.2f s", time.perf_counter() - started)
    if settings.start is not None:
        for variable, value in enumerate(np.concatenate(listed.choices(settings.start)).tolist()):
            model.add_hint(model.get_int_var_from_proto_index(variable), value)
    remaining = settings.deadline - time.monotonic()
    if remaining <= 0 or listener.should_stop():
        return
    listener.engine_starts()
    with _logging_to(settings.engine_log) as log:
        _solve(model, listed, settings, listener, remaining, log)


@contextmanager
def _logging_to(path: str | None) -> Iterator[Callable[[str], None] | None]:
    """Give what takes the lines of CP-SAT's log, if somebody wants them."""
    if path is None:
        yield None
        return
    with Path(path).open("a", encoding="utf-8", buffering=1) as file:  # line by line: a run may be killed
        yield lambda text: file.writelines((text, "\n"))


def _solve(
    model: Any,
    listed: Listed,
    settings: Settings,
    listener: Listener,
    seconds: float,
    log: Callable[[str], None] | None,
) -> None:
    solver = cp_model.CpSolver()
    if log is not None:
        solver.parameters.log_search_progress = True
        solver.parameters.log_to_stdout = False
        solver.log_callback = log
    solver.parameters.max_time_in_seconds = min(seconds, 1e9)
    solver.parameters.num_workers = settings.threads
    solver.parameters.random_seed = settings.seed % 2**31
    solver.parameters.relative_gap_limit = settings.rel_gap
    maximise = listed.selection.objective == "goodput"
    # Behind plans and supplies stand variables of CP-SAT's own, for constants.
    width = len(listed.selection.plans) + len(listed.selection.supplies)
    variables = [model.get_int_var_from_proto_index(i) for i in range(width)]
    found = _Found(listed, variables, listener)

    def bounded(bound: float) -> None:
        if math.isfinite(bound):
            listener.report_bound(math.floor(bound + _WHOLE) if maximise else math.ceil(bound - _WHOLE))
        if listener.should_stop():
            solver.stop_search()

    solver.best_bound_callback = bounded
    status = solver.solve(model, found)
    if found.raised is not None:
        raise found.raised
    if status == cp_model.OPTIMAL and not found.any:
        found.offer(np.array(solver.response_proto.solution, dtype=np.int64)[:width])  # the best is to serve nobody
    if status == cp_model.MODEL_INVALID:
        raise EngineError(f"CP-SAT refused the model: {model.validate()}")
    if status == cp_model.INFEASIBLE:
        listener.report_infeasible()
    elif status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        bounded(solver.best_objective_bound)


class _Found(cp_model.CpSolverSolutionCallback):
    """Offers every improving solution."""

    def __init__(self, listed: Listed, variables: list[Any], listener: Listener) -> None:
        super().__init__()
        self._listed, self._variables, self._listener = listed, variables, listener
        self.raised: Exception | None = None
        self.any = False

    def on_solution_callback(self) -> None:
        """Take a solution; an exception must not unwind through the engine: it ends the search first."""
        try:
            values = np.array([self.value(variable) for variable in self._variables], dtype=np.int64)
            taken = values[: len(self._listed.selection.plans)]
            # To serve nobody stands for "nothing found", unless it costs something to do better.
            if taken.any() or self._listed.selection.objective == "cost":
                self.offer(values)
            stop = self._listener.should_stop()
        except Exception as error:  # noqa: BLE001 - raised again after the search
            self.raised, stop = error, True
        if stop:
            self.stop_search()

    def offer(self, values: Int) -> None:
        """Offer the solution that the variables' values stand for."""
        self.any = True
        taken, amount = np.split(values, [len(self._listed.selection.plans)])
        plan = np.flatnonzero(taken)
        if not self._listener.offer(self._listed.solution(plan, taken[plan], amount)):
            logger.warning("the checker refused an answer of CP-SAT, of %d plans", len(plan))
