"""What `milp-plans` and `cp` have in common: an engine that chooses among listed plans, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sloplan.problem.selections.from_instance import LISTED_LIMIT
from sloplan.solvers.engine_options import EngineOptions, LogPath
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
            Leave out plans of an instance that others replace: they use no more of any row.
        engine_log, memory_limit_gb, in_process
            See `EngineOptions`.
        """
        options = EngineOptions("highs", engine_log, memory_limit_gb, in_process)
        options.refuse_unusable()
        run_job(self.job, run, engine=self.engine, limit=plan_limit, presolve=presolve, options=options)
