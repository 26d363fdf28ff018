"""The method `cp`: CP-SAT, per operator on instances, per plan on plan selections; in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sloplan.models.copies import COPY_LIMIT, expand_copies
from sloplan.models.scope import unsupported_objective
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.selections.from_instance import LISTED_LIMIT
from sloplan.solvers.engine_options import EngineOptions, LogPath
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.supervisor import run_job

if TYPE_CHECKING:
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection


class Cp:
    """Exact method: CP-SAT, in integers throughout.

    On an instance a literal per copy, operator and option; on a plan selection one per plan.
    """

    name = "cp"
    summary = "exact: CP-SAT, per operator on instances, per plan on plan selections"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:  # noqa: ARG002
        """Return in one line why this method cannot solve `problem`, or None; too many copies are told when counted."""
        return unsupported_objective(self.name, objective)

    def solve(
        self,
        problem: CompiledInstance | PlanSelection,
        run: Run,
        *,
        copy_limit: int = COPY_LIMIT,
        presolve: bool = True,
        engine_log: LogPath | None = None,
        memory_limit_gb: float | None = None,
        in_process: bool = False,
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance or PlanSelection
        run : Run
        copy_limit : int
            Largest number of query copies of an instance.
        presolve : bool
            Leave out options, queries and rows of an instance that decide nothing.
        engine_log, memory_limit_gb, in_process
            See `EngineOptions`.
        """
        options = EngineOptions("highs", engine_log, memory_limit_gb, in_process)
        options.refuse_unusable()
        if isinstance(problem, CompiledInstance):
            expand_copies(problem, copy_limit)  # refused here, before anything starts
            run_job(run_compact_cp_job, run, engine="CP-SAT", limit=copy_limit, presolve=presolve, options=options)
        else:
            run_job(run_plans_cp_job, run, engine="CP-SAT", limit=LISTED_LIMIT, options=options)


def run_compact_cp_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """Do the job, whose module needs OR-Tools, where that is wanted: in the engine's process."""
    from sloplan.solvers import compact_cp_job

    compact_cp_job.run_compact_cp_job(problem, settings, listener)


def run_plans_cp_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """Do the job on listed plans, likewise."""
    from sloplan.solvers import plans_cp_job

    plans_cp_job.run_plans_cp_job(problem, settings, listener)
