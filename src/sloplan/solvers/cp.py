"""The method `cp`: CP-SAT over all plans, listed."""

from __future__ import annotations

from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.listed_method import ListedMethod


class PlansCp(ListedMethod):
    """Exact method: one boolean (or count) per plan, on CP-SAT, in integers throughout."""

    name = "cp"
    summary = "exact: CP-SAT over all plans, listed"
    engine = "CP-SAT"

    @staticmethod
    def job(problem: Problem, settings: Settings, listener: Listener) -> None:
        """See `plans_cp_job`."""
        from sloplan.solvers import plans_cp_job

        plans_cp_job.run_plans_cp_job(problem, settings, listener)
