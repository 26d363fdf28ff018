"""What `milp-plans` and `cp` have in common: an engine that chooses among listed plans, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sloplan.problem.selections.from_instance import LISTED_LIMIT
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.listed import unsupported_objective
from sloplan.solvers.supervisor import run_job

if TYPE_CHECKING:
    from sloplan.problem.compiled import CompiledInstance
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection


class ListedMethod:
    """Exact method over all plans, listed; a subclass names its engine and the job that it does.

    Attributes
    ----------
    name, summary : str
    engine : str
        For messages.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    engine: ClassVar[str]

    @staticmethod
    def job(problem: Problem, settings: Settings, listener: Listener) -> None:
        """List, build and solve, in the engine's process: what that needs is imported there."""
        raise NotImplementedError

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
        in_process : bool
            Run the engine in this process: no start-up time, but an engine that crashes takes this process down, and
            one that hangs is not ended.
        """
        run_job(self.job, run, engine=self.engine, limit=plan_limit, presolve=presolve, in_process=in_process)
