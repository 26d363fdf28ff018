"""The method `milp-plans`: the MILP over all plans, listed, on HiGHS, SCIP or Gurobi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sloplan.problem.selections.from_instance import LISTED_LIMIT
from sloplan.solvers.engine_options import EngineOptions, LogPath
from sloplan.solvers.engines import refuse_unlicensed
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.listed_method import ListedMethod
from sloplan.solvers.supervisor import run_job

if TYPE_CHECKING:
    from sloplan.problem.compiled import CompiledInstance
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection


class PlansMilp(ListedMethod):
    """Exact method: one integer variable per plan, on HiGHS (or SCIP, Gurobi), answers re-evaluated in integers."""

    name = "milp-plans"
    summary = "exact: MILP over all plans, listed, on HiGHS"
    engine = "HiGHS"

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
        plan_limit, presolve
            See `ListedMethod`.
        solver, engine_log, memory_limit_gb, in_process
            See `EngineOptions`; "highs", "scip" or "gurobi".
        """
        options = EngineOptions(solver, engine_log, memory_limit_gb, in_process)
        options.refuse_unusable()
        run_job(self.job, run, engine=options.engine, limit=plan_limit, presolve=presolve, options=options)

    @staticmethod
    def job(problem: Problem, settings: Settings, listener: Listener) -> None:
        """See `plans_job`."""
        refuse_unlicensed(settings.solver)
        from sloplan.solvers import plans_job

        plans_job.run_plans_job(problem, settings, listener)
