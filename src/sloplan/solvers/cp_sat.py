"""CP-SAT on any model: settings, solutions and bounds as they come, and what its last word means."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ortools.sat.python import cp_model

from sloplan.solvers.engine import EngineError
from sloplan.solvers.job import AnySolution, Listener, Settings

logger = logging.getLogger(__name__)

Value = Callable[[Any], int]
"""Returns the value of a variable."""

_PAUSE: Final = 0.02
"""Seconds between two looks at whether to stop."""

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
    any_found = False

    def found(value: Value) -> None:
        nonlocal any_found
        solution = read(value)
        # To serve nobody stands for "nothing found", unless it costs something to do better.
        if len(solution.plans) or not maximise:
            any_found = True
            if not listener.offer(solution):
                logger.warning("the checker refused an answer of CP-SAT, of %d plans", len(solution.plans))

    with _logging_to(settings.engine_log) as log:
        ended = search(
            model,
            seconds=remaining,
            seed=settings.seed,
            threads=settings.threads,
            rel_gap=settings.rel_gap,
            effort=settings.effort,
            maximise=maximise,
            found=found,
            bounded=listener.report_bound,
            should_stop=listener.should_stop,
            log=log,
        )
    if ended.kind == "infeasible":
        if not may_be_infeasible:
            raise EngineError("CP-SAT calls the model infeasible, but serving nothing always is feasible")
        listener.report_infeasible()
    elif ended.bound is not None:
        if ended.kind == "optimal" and not any_found:
            listener.offer(read(ended.value))  # the best is to serve nobody
        listener.report_bound(ended.bound)


@dataclass(frozen=True)
class Ended:
    """What CP-SAT's last word is.

    Parameters
    ----------
    kind : str
        "optimal" (within the gap), "infeasible", or "limit" (time, or asked to stop).
    bound : int, optional
        On the objective, exact; None where it has no solution.
    value : callable
        Values of its last solution.
    """

    kind: Literal["optimal", "infeasible", "limit"]
    bound: int | None
    value: Value


def search(
    model: Any,
    *,
    seconds: float,
    seed: int,
    threads: int,
    maximise: bool,
    found: Callable[[Value], None],
    bounded: Callable[[int], None],
    should_stop: Callable[[], bool],
    rel_gap: float = 0.0,
    linearization: int = 1,
    effort: float | None = None,
    watched: bool = False,
    log: Callable[[str], None] | None = None,
) -> Ended:
    """Search a model; what callbacks raise ends the search first and is raised again then.

    Parameters
    ----------
    model : CpModel
    seconds : float
    seed, threads : int
    maximise : bool
    found : callable
        Called with the values of every improving solution.
    bounded : callable
        Called with every better bound, in units of the objective.
    should_stop : callable
        Asked whenever there is something new.
    rel_gap : float
    linearization : int
        CP-SAT's `linearization_level`: 2 puts all it can into its linear programs.
    effort : float, optional
        Most of CP-SAT's own measure of work, about seconds: unlike time, it ends a search at the same place every time.
    watched : bool
        Ask `should_stop` from a thread of its own too, some fifty times a second.
    log : callable, optional
        Takes the lines of its log.

    Raises
    ------
    EngineError
        If CP-SAT refuses the model.
    KeyboardInterrupt
        If one came meanwhile; the search has ended in good order.
    """
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = min(max(seconds, 0.0), 1e9)
    solver.parameters.num_workers = threads
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.relative_gap_limit = rel_gap
    solver.parameters.linearization_level = linearization
    if effort is not None:
        solver.parameters.max_deterministic_time = effort
    solutions = _Solutions(found, should_stop)

    def better_bound(bound: float) -> None:
        if solutions.guarded(lambda: bounded(whole_bound(bound, maximise))):
            solver.stop_search()

    solver.best_bound_callback = better_bound
    if log is not None:
        solver.parameters.log_search_progress = True
        solver.parameters.log_to_stdout = False
        solver.log_callback = log
    solver.parameters.catch_sigint_signal = False  # its handler swallows Ctrl-C, and leaves none of Python's behind
    with _watching(solver, should_stop if watched else None):
        status = _solved_interruptibly(solver, model, solutions)
    if solutions.raised is not None:
        raise solutions.raised
    if status == cp_model.MODEL_INVALID:
        raise EngineError(f"CP-SAT refused the model: {model.validate()}")
    if status == cp_model.INFEASIBLE:
        return Ended("infeasible", None, solver.value)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Ended("limit", None, solver.value)
    exact = int(solver.response_proto.inner_objective_lower_bound)
    kind: Literal["optimal", "limit"] = "optimal" if status == cp_model.OPTIMAL else "limit"
    return Ended(kind, -exact if maximise else exact, solver.value)


def _solved_interruptibly(solver: Any, model: Any, solutions: Any) -> Any:
    """Solve, in another thread if this is the main one: only where that runs Python does Ctrl-C get through."""
    if threading.current_thread() is not threading.main_thread():
        return solver.solve(model, solutions)
    with ThreadPoolExecutor(1) as pool:
        solved = pool.submit(solver.solve, model, solutions)
        try:
            while not solved.done():
                wait([solved], timeout=_PAUSE)
        except KeyboardInterrupt:
            while not solved.done():
                solver.stop_search()  # again and again: before the search has begun it does nothing
                wait([solved], timeout=_PAUSE)
            raise
        return solved.result()


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


@contextmanager
def _watching(solver: Any, should_stop: Callable[[], bool] | None) -> Iterator[None]:
    """Stop the search as soon as somebody wants that, whether or not there is anything new."""
    if should_stop is None:
        yield
        return
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_PAUSE):
            if should_stop():
                solver.stop_search()  # again and again: before the search has begun it does nothing

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


class _Solutions(cp_model.CpSolverSolutionCallback):
    """Hands on every improving solution."""

    def __init__(self, found: Callable[[Value], None], should_stop: Callable[[], bool]) -> None:
        super().__init__()
        self._found, self._should_stop = found, should_stop
        self.raised: Exception | None = None

    def on_solution_callback(self) -> None:
        """Take a solution."""
        if self.guarded(lambda: self._found(self.value)):
            self.stop_search()

    def guarded(self, call: Callable[[], None]) -> bool:
        """Call and say whether to stop; an exception must not unwind through the engine: it ends the search first."""
        try:
            call()
            return self._should_stop()
        except Exception as error:  # noqa: BLE001 - raised again after the search
            self.raised = error
            return True
