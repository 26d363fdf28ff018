"""The method `milp-plans`: the MILP over all plans, listed, on HiGHS."""

from __future__ import annotations

from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.listed_method import ListedMethod


class PlansMilp(ListedMethod):
    """Exact method: one integer variable per plan, on HiGHS, its answers re-evaluated in integers."""

    name = "milp-plans"
    summary = "exact: MILP over all plans, listed, on HiGHS"
    engine = "HiGHS"

    @staticmethod
    def job(problem: Problem, settings: Settings, listener: Listener) -> None:
        """See `plans_job`."""
        from sloplan.solvers import plans_job

        plans_job.run_plans_job(problem, settings, listener)
