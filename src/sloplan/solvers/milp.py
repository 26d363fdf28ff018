"""The method `milp`: the compact MILP on HiGHS, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sloplan.models.copies import COPY_LIMIT, expand_copies
from sloplan.models.scope import unsupported
from sloplan.problem.compiled import CompiledInstance
from sloplan.solvers.bounds import value_of_all
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.supervisor import run_job

if TYPE_CHECKING:
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection


class CompactMilp:
    """Exact method: the compact MILP on HiGHS, its answers re-evaluated in integers."""

    name = "milp"
    summary = "exact: compact MILP on HiGHS"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:
        """Return in one line why this method cannot solve `problem`, or None."""
        if not isinstance(problem, CompiledInstance):
            return "method 'milp' chooses options of an instance's operators; for a plan selection: milp-plans, cp"
        return unsupported(objective)

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
        run.report_bound(value_of_all(problem) if run.objective.maximise else 0)
        if not run.should_stop():
            run_job(run_compact_job, run, engine="HiGHS", limit=copy_limit, in_process=in_process)


def run_compact_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """Do the job, whose module needs Pyomo, where that is wanted: in the engine's process."""
    from sloplan.solvers import compact_job

    compact_job.run_compact_job(problem, settings, listener)
