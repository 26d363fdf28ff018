"""The method `milp`: the compact MILP on HiGHS, in a process of its own."""

from __future__ import annotations

import logging
import math
import pickle
import time
from typing import TYPE_CHECKING

import numpy as np

from sloplan.models.copies import COPY_LIMIT, expand_copies, solution_of_copies
from sloplan.models.scope import unsupported
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.solution_index import index_solution
from sloplan.solvers.bounds import value_of_all
from sloplan.solvers.engine_process import EngineProcess, ProcessDiedError, child_command
from sloplan.solvers.highs import LONGEST_TIME_LIMIT
from sloplan.solvers.job import Answer, ChildJob, Settings
from sloplan.solvers.messages import Bounded, EngineStarts, Finished, Found, Logged, Message, Ready

if TYPE_CHECKING:
    from sloplan.problem.run import Proof, Run
    from sloplan.problem.stopping import Limit

logger = logging.getLogger(__name__)

GRACE = 0.5
"""Seconds beyond the time limit that the engine's process has to hand over what it has."""

_POLL = 0.05  # seconds between two looks at the stopping criteria


class CompactMilp:
    """Exact method: the compact MILP on HiGHS, its answers re-evaluated in integers."""

    name = "milp"
    summary = "exact: compact MILP on HiGHS"

    def unsupported(self, problem: CompiledInstance, objective: str) -> str | None:
        """Return in one line why this method cannot solve `problem`, or None."""
        return unsupported(problem, objective)

    def solve(
        self, problem: CompiledInstance, run: Run, *, copy_limit: int = COPY_LIMIT, in_process: bool = False
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance
        run : Run
        copy_limit : int
            Largest number of query copies to list.
        in_process : bool
            Run the engine in this process: no start-up time, but an engine that crashes takes
            this process down, one that hangs is not ended, and the time limit is kept only as
            well as Pyomo and the engine keep it (docs/compact-milp.md).
        """
        expand_copies(problem, copy_limit)  # refused here, before anything starts
        run.report_bound(value_of_all(problem))
        if run.should_stop():
            return
        settings = _settings(run, copy_limit)
        if in_process:
            from sloplan.solvers.compact_job import run_compact_job

            run_compact_job(problem, settings, _RunListener(problem, run))
        else:
            _Supervisor(problem, run).solve(settings)
        run.should_stop()


def _settings(run: Run, copy_limit: int) -> Settings:
    remaining = run.remaining()
    return Settings(
        objective=run.objective.name,
        copy_limit=copy_limit,
        seed=run.seed,
        threads=run.threads,
        rel_gap=run.rel_gap,
        deadline=time.monotonic() + (remaining if math.isfinite(remaining) else LONGEST_TIME_LIMIT),
        start=_start(run),
    )


def _start(run: Run) -> Answer | None:
    """Return the best solution that the run has before the method starts: one plan per copy."""
    if run.best_solution is None:
        return None
    indexed, _ = index_solution(run.problem, run.best_solution)
    return Answer(np.repeat(indexed.query, indexed.count), np.repeat(indexed.choices, indexed.count, axis=0))


class _RunListener:
    """Hands what a job finds to the run at once: for a job in this process."""

    def __init__(self, problem: CompiledInstance, run: Run) -> None:
        self._problem = problem
        self._run = run
        self._proof: Proof = "method"  # before the engine starts, a bound is a sum of values

    def offer(self, answer: Answer) -> bool:
        return not self._run.offer(solution_of_copies(self._problem, answer.query, answer.choices))

    def report_bound(self, bound: int) -> None:
        self._run.report_bound(bound, self._proof)

    def engine_starts(self) -> None:
        self._proof = "solver"

    def should_stop(self) -> bool:
        return self._run.should_stop()


class _Supervisor:
    """Starts the engine's process, passes on what it sends, and ends it in time."""

    def __init__(self, problem: CompiledInstance, run: Run) -> None:
        self._run = run
        self._listener = _RunListener(problem, run)
        self._engine_at_work = False

    def solve(self, settings: Settings) -> None:
        """Run the job; whatever ends it, what it had sent is in the run."""
        level = logging.getLogger("sloplan").getEffectiveLevel()
        job = ChildJob(self._run.problem, settings, time.monotonic(), level)
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
                if message.error is not None:
                    self._fail(message.error, "memory" if message.out_of_memory else "engine")
                return
            if message is not None:
                self._take(message)
            if self._run.elapsed() >= late:
                self._too_late()
                return
            if self._run.should_stop() and self._run.limit != "time":
                return

    def _take(self, message: Message) -> None:
        match message:
            case Found(answer):
                self._listener.offer(answer)
            case Bounded(bound):
                self._listener.report_bound(bound)
            case EngineStarts():
                self._engine_at_work = True
                self._listener.engine_starts()
            case Logged(name, level, text):
                logging.getLogger(name).log(level, "%s", text)
            case Ready(seconds):
                logger.info("the engine's process started in %.2f s", seconds)

    def _too_late(self) -> None:
        """Time is up: the limit is the user's, though the engine that knew it deserves a remark."""
        self._run.limit = "time"
        if self._engine_at_work:
            self._run.message = f"HiGHS did not stop at its time limit and was ended {GRACE} s later"
            logger.warning("%s", self._run.message)

    def _fail(self, reason: str, limit: Limit = "engine") -> None:
        logger.warning("%s", reason)
        self._run.limit, self._run.message = limit, reason
