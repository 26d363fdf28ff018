"""The method `milp-plans`: the MILP over all plans, listed, on HiGHS, SCIP or Gurobi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sloplan.models.scope import unsupported_objective
from sloplan.problem.selections.from_instance import LISTED_LIMIT
from sloplan.solvers.engine_options import EngineOptions, LogPath
from sloplan.solvers.engines import refuse_unlicensed
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.supervisor import run_job

if TYPE_CHECKING:
    from sloplan.problem.compiled import CompiledInstance
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection


class PlansMilp:
    """Exact method: one integer variable per plan, on HiGHS (or SCIP, Gurobi), answers re-evaluated in integers."""

    name = "milp-plans"
    summary = "exact: MILP over all plans, listed, on HiGHS"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:  # noqa: ARG002
        """Return in one line why this method cannot solve `problem`, or None; too many plans are told when counted."""
        return unsupported_objective(self.name, objective)

    def solve(
        self,
        problem: CompiledInstance | PlanSelection,  # noqa: ARG002 - the run has it with its names
        run: Run,
        *,
        plan_limit: int = LISTED_LIMIT,
        presolve: bool = True,
        solver: str = "highs",
        engine_log: LogPath | None = None,
        memory_limit_gb: float | None = None,
        in_process: bool = False,
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance or PlanSelection
        run : Run
        plan_limit : int
            Most plans of an instance, over all queries, that are listed.
        presolve : bool
            Leave out options, queries and rows of an instance that decide nothing, and plans that others replace.
        solver, engine_log, memory_limit_gb, in_process
            See `EngineOptions`; "highs", "scip" or "gurobi".
        """
        options = EngineOptions(solver, engine_log, memory_limit_gb, in_process)
        options.refuse_unusable()
        run_job(run_plans_job, run, engine=options.engine, limit=plan_limit, presolve=presolve, options=options)


def run_plans_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """Do the job, whose module needs an engine, where that is wanted: in the engine's process."""
    refuse_unlicensed(settings.solver)
    from sloplan.solvers import plans_job

    plans_job.run_plans_job(problem, settings, listener)
