"""The method `milp`: the compact MILP on HiGHS, SCIP or Gurobi, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sloplan.models.copies import COPY_LIMIT, expand_copies
from sloplan.models.scope import unsupported_objective
from sloplan.problem.compiled import CompiledInstance
from sloplan.solvers.bounds import value_of_all
from sloplan.solvers.engine_options import EngineOptions, LogPath
from sloplan.solvers.engines import refuse_unlicensed
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.supervisor import run_job

if TYPE_CHECKING:
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection


class CompactMilp:
    """Exact method: the compact MILP on HiGHS (or SCIP, Gurobi), its answers re-evaluated in integers."""

    name = "milp"
    summary = "exact: compact MILP on HiGHS"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:
        """Return in one line why this method cannot solve `problem`, or None."""
        if not isinstance(problem, CompiledInstance):
            return "method 'milp' chooses options of an instance's operators; for a plan selection: milp-plans, cp"
        return unsupported_objective(self.name, objective)

    def solve(
        self,
        problem: CompiledInstance,
        run: Run,
        *,
        copy_limit: int = COPY_LIMIT,
        presolve: bool = True,
        solver: str = "highs",
        engine_log: LogPath | None = None,
        memory_limit_gb: float | None = None,
        in_process: bool = False,
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance
        run : Run
        copy_limit : int
            Largest number of query copies to list.
        presolve : bool
            Leave out options, queries and rows of the instance that decide nothing.
        solver, engine_log, memory_limit_gb, in_process
            See `EngineOptions`; "highs", "scip" or "gurobi".
        """
        options = EngineOptions(solver, engine_log, memory_limit_gb, in_process)
        options.refuse_unusable()
        expand_copies(problem, copy_limit)  # refused here, before anything starts
        run.report_bound(value_of_all(problem) if run.objective.maximise else 0)
        if not run.should_stop():
            run_job(run_compact_job, run, engine=options.engine, limit=copy_limit, presolve=presolve, options=options)


def run_compact_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """Do the job, whose module needs Pyomo, where that is wanted: in the engine's process."""
    refuse_unlicensed(settings.solver)
    from sloplan.solvers import compact_job

    compact_job.run_compact_job(problem, settings, listener)
