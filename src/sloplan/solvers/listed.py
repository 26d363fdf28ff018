"""Problems with their plans listed: an instance as a plan selection, and solutions there and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import Int
from sloplan.problem.selections.from_instance import list_plans_of, selection_solution_of, solution_of_instance
from sloplan.problem.selections.index import index_selection
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.solvers.job import AnySolution, Problem


@dataclass(frozen=True)
class Listed:
    """A problem with all its plans listed.

    Parameters
    ----------
    problem : Instance or PlanSelection
        As it was given.
    selection : PlanSelection
        Its plans.
    """

    problem: Problem
    selection: PlanSelection

    @classmethod
    def of(cls, problem: Problem, limit: int) -> Listed:
        """List the plans of an instance; a plan selection lists its own.

        Raises
        ------
        SizeLimitError
            An instance has more plans than `limit`.
        """
        return cls(problem, problem if isinstance(problem, PlanSelection) else list_plans_of(problem, limit))

    def solution(self, plan: Int, count: Int, amount: Int) -> AnySolution:
        """Return chosen plans as a solution of the problem as it was given.

        Parameters
        ----------
        plan, count : (n,) int64
            Index of each plan taken, and copies that take it.
        amount : (supplies,) int64
        """
        chosen = SelectionSolution.from_choices(self.selection, plan, count, amount)
        return chosen if isinstance(self.problem, PlanSelection) else solution_of_instance(self.problem, chosen)

    def choices(self, solution: AnySolution) -> tuple[Int, Int]:
        """Return how many copies take each plan, shape (plans,), and the amounts, (supplies,), of a valid solution."""
        if not isinstance(solution, SelectionSolution):
            solution = selection_solution_of(solution, self.selection)
        indexed, _ = index_selection(self.selection, solution)
        taken = np.zeros(len(self.selection.plans), dtype=np.int64)
        np.add.at(taken, indexed.plan, indexed.count)
        return taken, indexed.amount
