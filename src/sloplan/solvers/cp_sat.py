"""CP-SAT on any model: settings, solutions and bounds as they come, and what its last word means."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ortools.sat.python import cp_model

from sloplan.solvers.engine import EngineError
from sloplan.solvers.job import AnySolution, Listener, Settings

logger = logging.getLogger(__name__)

Value = Callable[[Any], int]
"""Returns the value of a variable."""

_ROUNDING: Final = 2.0**-50
"""CP-SAT's bounds are whole numbers; in callbacks they come in floating point, scaled there and back."""


def solve_cp(
    model: Any,
    settings: Settings,
    listener: Listener,
    read: Callable[[Value], AnySolution],
    *,
    maximise: bool,
    may_be_infeasible: bool,
) -> None:
    """Solve a model until its end or the deadline; solutions and bounds go to the listener as they are found.

    Parameters
    ----------
    model : CpModel
        With an objective in base units of the problem.
    settings : Settings
    listener : Listener
    read : callable
        Makes the solution that the variables' values stand for.
    maximise : bool
    may_be_infeasible : bool
        False where there is a solution for certain, so that another word of CP-SAT's is its error.

    Raises
    ------
    EngineError
        If CP-SAT refuses the model or says what cannot be.
    """
    remaining = settings.deadline - time.monotonic()
    if remaining <= 0 or listener.should_stop():
        return
    listener.engine_starts()
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = min(remaining, 1e9)
    solver.parameters.num_workers = settings.threads
    solver.parameters.random_seed = settings.seed % 2**31
    solver.parameters.relative_gap_limit = settings.rel_gap
    found = _Found(listener, read, maximise)

    def bounded(bound: float) -> None:  # no exception must unwind through the engine
        try:
            listener.report_bound(whole_bound(bound, maximise))
            stop = listener.should_stop()
        except Exception as error:  # noqa: BLE001 - raised again after the search
            found.raised, stop = error, True
        if stop:
            solver.stop_search()

    solver.best_bound_callback = bounded
    with _logging_to(settings.engine_log) as log:
        if log is not None:
            solver.parameters.log_search_progress = True
            solver.parameters.log_to_stdout = False
            solver.log_callback = log
        status = solver.solve(model, found)
    if found.raised is not None:
        raise found.raised
    if status == cp_model.MODEL_INVALID:
        raise EngineError(f"CP-SAT refused the model: {model.validate()}")
    if status == cp_model.INFEASIBLE:
        if not may_be_infeasible:
            raise EngineError("CP-SAT calls the model infeasible, but serving nothing always is feasible")
        listener.report_infeasible()
    elif status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        if status == cp_model.OPTIMAL and not found.any:
            listener.offer(read(solver.value))  # the best is to serve nobody
        exact = int(solver.response_proto.inner_objective_lower_bound)
        listener.report_bound(-exact if maximise else exact)


@contextmanager
def _logging_to(path: str | None) -> Iterator[Callable[[str], None] | None]:
    """Give what takes the lines of CP-SAT's log, if somebody wants them."""
    if path is None:
        yield None
        return
    with Path(path).open("a", encoding="utf-8", buffering=1) as file:  # line by line: a run may be killed
        yield lambda text: file.writelines((text, "\n"))


def whole_bound(bound: float, maximise: bool) -> int:
    """Return the bound as a whole number on the optimistic side of what floating point may have made of it."""
    slack = 1e-6 + abs(bound) * _ROUNDING
    return math.floor(bound + slack) if maximise else math.ceil(bound - slack)


class _Found(cp_model.CpSolverSolutionCallback):
    """Offers every improving solution."""

    def __init__(self, listener: Listener, read: Callable[[Value], AnySolution], maximise: bool) -> None:
        super().__init__()
        self._listener, self._read, self._maximise = listener, read, maximise
        self.raised: Exception | None = None
        self.any = False

    def on_solution_callback(self) -> None:
        """Take a solution; an exception must not unwind through the engine: it ends the search first."""
        try:
            solution = self._read(self.value)
            # To serve nobody stands for "nothing found", unless it costs something to do better.
            if len(solution.plans) or not self._maximise:
                self.any = True
                if not self._listener.offer(solution):
                    logger.warning("the checker refused an answer of CP-SAT, of %d plans", len(solution.plans))
            stop = self._listener.should_stop()
        except Exception as error:  # noqa: BLE001 - raised again after the search
            self.raised, stop = error, True
        if stop:
            self.stop_search()
