"""Running a study: every planned run once, in its own process, checked, and its row on the disk before the next."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

from sloplan.problem.errors import InputError, SloplanError
from sloplan.problem.instance import Instance
from sloplan.problem.registry import find_method, refuse_unusable_options
from sloplan.study.configuration import Configuration
from sloplan.study.cores import Cores, runs_at_a_time
from sloplan.study.folder import MAKE_ROOM, StudyFolder, Trajectory
from sloplan.study.job import Claims, Job, Unsupported
from sloplan.study.machine import usable_cores
from sloplan.study.matrix import PlannedRun, planned_runs
from sloplan.study.plan_lists import PlanLists
from sloplan.study.prepared import ChangedInstanceError, Prepared, Workshop
from sloplan.study.row import circumstances, complete, ending_columns, identity
from sloplan.study.rows import Row
from sloplan.study.sources import Load, find_sources
from sloplan.study.supervision import preload, supervise
from sloplan.study.task_messages import Clock, Limits, Task
from sloplan.study.verification import Check, Verified, verify_check

CHECKING_S: Final = 120.0
"""Most seconds for the check of a solution, beyond those for its certificate."""

_PRINTED_IS_KEPT: Final = ("crashed", "raised", "exited", "memory", "timeout")
"""Outcomes of which one may want to know more."""


class Watcher(Protocol):
    """Who is told how the study goes on."""

    def begins(self, runs: list[PlannedRun], finished: int, side_by_side: int) -> None:
        """Hear what is to be run, how many runs had been finished before, and how many run at a time."""

    def ended(self, run: PlannedRun, row: Row) -> None:
        """Hear of a run whose row is on the disk."""


def run_study(
    configuration: Configuration,
    text: str,
    folder: Path,
    *,
    base: Path,
    load: Load,
    task: Task,
    watcher: Watcher,
    data: Path | None = None,
    workers: int | None = None,
) -> None:
    """Run what of a study is not finished yet.

    Parameters
    ----------
    configuration : Configuration
    text : str
        Its TOML, stored with the study.
    folder : Path
        Of the study; made if it is not there.
    base : Path
        Folder that paths of the configuration are relative to.
    load : callable
        The front door `sloplan.load`.
    task : callable
        Solves a `Job`: `sloplan.study_worker.solve_job`.
    watcher : Watcher
    data : Path, optional
        Folder of published files.
    workers : int, optional
        Runs at a time, in place of the configuration's.

    Raises
    ------
    InputError
        The configuration asks for what there is not, the folder is another study's, or a row cannot be written.
    KeyboardInterrupt
        After Ctrl-C: runs at work are ended and have no rows, those finished have theirs.
    """
    _refuse_unknown_methods(configuration)
    cores = usable_cores()
    sources = find_sources(configuration.instances, base, data)
    at_a_time = runs_at_a_time(workers or configuration.workers, configuration.threads, len(cores))
    runs = planned_runs(configuration, sources, len(cores))
    study = StudyFolder(folder)
    with study.opened(configuration, text):
        rows = study.rows()
        finished = {row["run"] for row in rows}
        left = [run for run in runs if run.key not in finished]
        watcher.begins(left, len(runs) - len(left), at_a_time)
        if left:
            chosen = (find_method(choice.name) for choice in configuration.methods)
            preload(__name__, task.__module__, *(type(method).__module__ for method in chosen))
            supervise(_nothing, None, Limits(60.0, 60.0, 10**9, tuple(cores)))  # starts the server, outside any run
            known = {row["instance"]: row["instance_sha256"] for row in rows if row["instance_sha256"] is not None}
            workshop = Workshop(load, known)
            with PlanLists(study.plans_folder, configuration.check_limit_s) as lists:
                _Runner(configuration, study, workshop, lists, task, watcher).run(left, Cores(cores, at_a_time))


def _nothing(_argument: None, clock: Clock) -> None:
    """A task that does nothing."""
    with clock:
        pass


def _refuse_unknown_methods(configuration: Configuration) -> None:
    for choice in configuration.methods:
        refuse_unusable_options(find_method(choice.name), choice.options)


class _Runner:
    """Runs at work, side by side."""

    def __init__(
        self,
        configuration: Configuration,
        study: StudyFolder,
        workshop: Workshop,
        lists: PlanLists,
        task: Task,
        watcher: Watcher,
    ) -> None:
        self._configuration = configuration
        self._study = study
        self._workshop = workshop
        self._lists = lists
        self._task = task
        self._watcher = watcher
        self._stop = threading.Event()
        self._one_row_at_a_time = threading.Lock()
        self._failure: BaseException | None = None

    def run(self, runs: Iterable[PlannedRun], cores: Cores) -> None:
        """Run all, each as soon as its cores are free."""
        threads: list[threading.Thread] = []
        try:
            for run in runs:
                taken = cores.take(run.threads)
                if self._stop.is_set():
                    break
                threads = [thread for thread in threads if thread.is_alive()]
                threads.append(threading.Thread(target=self._one, args=(run, cores, taken)))
                threads[-1].start()
            for thread in threads:
                thread.join()
        finally:
            self._stop.set()
            for thread in threads:
                if thread.ident is not None:  # Ctrl-C may have come before it was started
                    thread.join()
        if self._failure is not None:
            raise self._failure

    def _one(self, run: PlannedRun, cores: Cores, taken: tuple[int, ...]) -> None:
        """Run one and store its row; what keeps the study from going on ends it."""
        try:
            self._measure(run, taken)
        except BaseException as error:  # noqa: BLE001 - raised again where the study was started
            self._failure = self._failure or error
            self._stop.set()
        finally:
            cores.give_back(taken)

    def _measure(self, run: PlannedRun, taken: tuple[int, ...]) -> None:
        try:
            prepared = self._workshop.prepare(run.source)
        except ChangedInstanceError:
            raise
        except SloplanError as error:
            self._store(run, identity(run) | {"outcome": "unreadable", "message": str(error)}, [], "")
            return
        row = identity(run) | prepared.columns(run.objective) | circumstances()
        file = self._study.solution_file(run.key)
        began = time.monotonic()
        ending = supervise(self._task, self._job(run, prepared, file), self._limits(run, taken), self._stop)
        if ending.outcome == "interrupted":
            return
        row |= ending_columns(ending)
        trajectory: Trajectory = []
        ended = checked_from = time.monotonic()
        if isinstance(ending.answer, Unsupported):
            row |= {"outcome": "unsupported", "message": ending.answer.message}
        elif isinstance(ending.answer, Claims):
            claims = ending.answer
            if claims.not_written is not None:
                raise InputError(claims.not_written, advice=MAKE_ROOM)
            plans, row["list_s"] = self._listed(run, prepared, claims, taken)
            checked_from = time.monotonic()
            found = self._verified(run, prepared, file, plans, taken) if claims.has_solution else Verified()
            if found is None:
                return
            row |= dict(claims.columns) | found.columns(prepared.problem, run.objective)
            row["message"] = row["message"] or claims.message
            trajectory = claims.trajectory
        now = time.monotonic()
        row["check_s"] = now - checked_from
        row["overhead_s"] = now - began - (checked_from - ended) - (row["runtime_s"] or 0.0) - row["compile_s"]
        self._store(run, row, trajectory, ending.printed if row["outcome"] in _PRINTED_IS_KEPT else "")

    def _listed(
        self, run: PlannedRun, prepared: Prepared, claims: Claims, taken: tuple[int, ...]
    ) -> tuple[Path | None, float | None]:
        """List the instance's plans, if that has not been done, for a check that will want them."""
        certifies = claims.has_solution and claims.columns["claimed_certified_bound"] is not None
        if not certifies or not isinstance(prepared.problem, Instance):
            return None, None
        return self._lists.of(prepared.problem, prepared.pickled, run.objective, self._limits(run, taken), self._stop)

    def _verified(
        self, run: PlannedRun, prepared: Prepared, file: Path, plans: Path | None, taken: tuple[int, ...]
    ) -> Verified | None:
        """Verify a run's solution on its cores, within its memory; None if the study was interrupted."""
        limit = self._configuration.check_limit_s
        check = Check(prepared.pickled, file.resolve(), run.objective, run.min_goodput, limit, plans)
        within = Limits(limit + CHECKING_S, self._configuration.grace_s, round(run.memory_gb * 1e9), taken)
        ending = supervise(verify_check, check, within, self._stop)
        if ending.outcome == "interrupted":
            return None
        if isinstance(ending.answer, Verified):
            return ending.answer
        return Verified(valid=False, refusal=f"the check did not end: {ending.outcome}, {ending.message}")

    def _store(self, run: PlannedRun, row: Row, trajectory: Trajectory, printed: str) -> None:
        with self._one_row_at_a_time:
            self._study.add(complete(row), trajectory, printed)
            self._watcher.ended(run, row)

    def _job(self, run: PlannedRun, prepared: Prepared, file: Path) -> Job:
        settings = {
            "objective": run.objective,
            "min_goodput": run.min_goodput,
            "time_limit": run.time_limit,
            "seed": run.seed,
            "threads": run.threads,
            **run.options,
        }
        return Job(prepared.pickled, file.resolve(), run.method, settings)

    def _limits(self, run: PlannedRun, taken: tuple[int, ...]) -> Limits:
        return Limits(run.time_limit, self._configuration.grace_s, round(run.memory_gb * 1e9), taken)
