"""Runs a job for a method: in a process of its own that is ended in time, or in this one."""

from __future__ import annotations

import logging
import math
import os
import pickle
import time
from typing import TYPE_CHECKING

from sloplan.problem.compiled import Bool
from sloplan.solvers.engine import LONGEST_TIME_LIMIT
from sloplan.solvers.engine_options import EngineOptions
from sloplan.solvers.engine_process import EngineProcess, ProcessDiedError, child_command
from sloplan.solvers.job import AnySolution, ChildJob, JobFunction, Settings
from sloplan.solvers.messages import Bounded, EngineStarts, Finished, Found, Logged, Message, NoSolution, Ready

if TYPE_CHECKING:
    from sloplan.problem.run import Proof, Run
    from sloplan.problem.stopping import Limit

logger = logging.getLogger(__name__)

GRACE = 0.5
"""Seconds beyond the time limit that the engine's process has to hand over what it has."""

_POLL = 0.05  # seconds between two looks at the stopping criteria


def run_job(
    function: JobFunction,
    run: Run,
    *,
    engine: str,
    limit: int,
    options: EngineOptions,
    presolve: bool = True,
    effort: float | None = None,
    core: Bool | None = None,
) -> None:
    """Run a job for a run; whatever ends it, what it had found is in the run.

    Parameters
    ----------
    function : JobFunction
    run : Run
    engine : str
        Name of the engine, for messages.
    limit : int
        See `Settings`.
    presolve, effort
        See `Settings`.
    core : (queries, options) bool, optional
        Options that hold the run's best solution and all that are better: the job is left these, without presolve,
        which might replace them by others. So its bound is one of all solutions.
    options : EngineOptions
        Which the method has seen to be usable.

    Raises
    ------
    SloplanError
        What the job refuses.
    """
    settings = _settings(run, limit, presolve and core is None, options, effort, core)
    if options.in_process:
        function(run.problem, settings, RunListener(run))
    else:
        Supervisor(run, engine, options.memory_limit_gb).solve(function, settings)
    run.should_stop()


def _settings(
    run: Run, limit: int, presolve: bool, options: EngineOptions, effort: float | None, core: Bool | None
) -> Settings:
    remaining = run.remaining()
    return Settings(
        objective=run.objective.name,
        limit=limit,
        seed=run.seed,
        threads=run.threads,
        rel_gap=run.rel_gap,
        deadline=time.monotonic() + (remaining if math.isfinite(remaining) else LONGEST_TIME_LIMIT),
        start=run.best_solution,
        presolve=presolve,
        goodput_floor=run.goodput_floor,
        solver=options.solver,
        engine_log=None if options.engine_log is None else os.fspath(options.engine_log),
        effort=effort,
        open_options=core,
    )


class RunListener:
    """Hands what a job finds to the run at once.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._proof: Proof = "method"  # before the engine starts, a bound is a sum of values

    def offer(self, solution: AnySolution) -> bool:
        """Offer a solution to the run."""
        return not self._run.offer(solution)

    def report_bound(self, bound: int) -> None:
        """Report a bound, which rests on the engine's word once that is at work."""
        self._run.report_bound(bound, self._proof)

    def report_infeasible(self) -> None:
        """Report that there is no solution."""
        self._run.report_infeasible()

    def engine_starts(self) -> None:
        """Learn that what comes now is the engine's word."""
        self._proof = "solver"

    def should_stop(self) -> bool:
        """Ask the run."""
        return self._run.should_stop()


class Supervisor:
    """Starts the engine's process, passes on what it sends, and ends it in time.

    Parameters
    ----------
    run : Run
    engine : str
    memory_limit_gb : float, optional
        Memory of the process, 10^9 bytes, above which it is ended.
    """

    def __init__(self, run: Run, engine: str, memory_limit_gb: float | None = None) -> None:
        self._run = run
        self._engine = engine
        self._memory_limit_gb = memory_limit_gb
        self._listener = RunListener(run)
        self._engine_at_work = False

    def solve(self, function: JobFunction, settings: Settings) -> None:
        """Run the job; whatever ends it, what it had sent is in the run."""
        level = logging.getLogger("sloplan").getEffectiveLevel()
        job = ChildJob(function, self._run.problem, settings, time.monotonic(), level)
        process = EngineProcess(pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL), child_command())
        try:
            process.start()
            self._follow(process)
        except ProcessDiedError as error:
            self._fail(str(error))
        except KeyboardInterrupt:
            self._run.limit = "interrupted"
        finally:
            process.end()

    def _follow(self, process: EngineProcess) -> None:
        late = math.inf if self._run.time_limit is None else self._run.time_limit + GRACE
        while True:
            message = process.message(timeout=_POLL)
            if isinstance(message, Finished):
                if message.refusal is not None:
                    raise message.refusal
                if message.error is not None:
                    self._fail(message.error, "memory" if message.out_of_memory else "engine")
                return
            if message is not None:
                self._take(message)
            if self._memory_limit_gb is not None and process.memory_gb() > self._memory_limit_gb:
                self._fail(f"{self._engine}'s process passed {self._memory_limit_gb:g} GB and was ended", "memory")
                return
            if self._run.elapsed() >= late:
                self._too_late()
                return
            if self._run.should_stop() and self._run.limit != "time":
                return

    def _take(self, message: Message) -> None:
        match message:
            case Found(solution):
                self._listener.offer(solution)
            case Bounded(bound):
                self._listener.report_bound(bound)
            case NoSolution():
                self._listener.report_infeasible()
            case EngineStarts():
                self._engine_at_work = True
                self._listener.engine_starts()
            case Logged(name, level, text):
                logging.getLogger(name).log(level, "%s", text)
            case Ready(seconds):
                self._run.engine_start_time = seconds
                logger.info("the engine's process started in %.2f s", seconds)

    def _too_late(self) -> None:
        """Time is up: the limit is the user's, though the engine that knew it deserves a remark."""
        self._run.limit = "time"
        if self._engine_at_work:
            self._run.message = f"{self._engine} did not stop at its time limit and was ended {GRACE} s later"
            logger.warning("%s", self._run.message)

    def _fail(self, reason: str, limit: Limit = "engine") -> None:
        logger.warning("%s", reason)
        self._run.limit, self._run.message = limit, reason
