"""Problems with their plans listed: an instance as a plan selection, and solutions there and back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sloplan.pricing.query_plans import QueryPlans, query_plans, usage_of
from sloplan.problem.compiled import Int
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.presolving.presolve import Presolved
from sloplan.problem.presolving.presolve import presolve as presolved
from sloplan.problem.selections.from_instance import LISTED_LIMIT, selection_of_plans
from sloplan.problem.selections.index import index_selection
from sloplan.problem.selections.selection import (
    PlanSelection,
)
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.solvers.job import AnySolution, Problem

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listed:
    """A problem with its plans listed.

    Parameters
    ----------
    problem : Instance or PlanSelection
        As it was given.
    selection : PlanSelection
        Its plans.
    by_query : QueryPlans, optional
        Of an instance: what the plans of `selection` are, one after the other.
    presolved : Presolved, optional
        Of an instance: what was left out before its plans were listed.
    """

    problem: Problem
    selection: PlanSelection
    by_query: QueryPlans | None = None
    presolved: Presolved | None = None

    @classmethod
    def of(
        cls,
        problem: Problem,
        limit: int = LISTED_LIMIT,
        *,
        objective: str = "goodput",
        goodput_floor: int | None = None,
        presolve: bool = True,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> Listed:
        """List the plans of an instance; a plan selection lists its own.

        Parameters
        ----------
        problem : Instance or PlanSelection
        limit : int
            Most plans of an instance.
        objective : {"goodput", "cost"}
            What is asked of an instance.
        goodput_floor : int, optional
            Least goodput under "cost", milli-value.
        presolve : bool
            Leave out what decides nothing of an instance (`presolve`), and plans that others replace.

        checkpoint : callable, optional
            Called before each template; what it raises breaks off.

        Raises
        ------
        SizeLimitError
            There are more.
        """
        if isinstance(problem, PlanSelection):
            return cls(problem, problem)
        less = presolved(problem, objective, checkpoint) if presolve else None
        compiled, slack = (problem.compiled, None) if less is None else (less.compiled, less.slack)
        found = query_plans(compiled, objective=objective, sifted=presolve, slack=slack, checkpoint=checkpoint)
        logger.info("%d plans of all queries, %d of them worth trying", found.listed, len(found.plan))
        if len(found.plan) > limit:
            raise SizeLimitError(
                f"instance {problem.name!r}: {len(found.plan):,} plans of its queries, at most {limit:,} are listed; "
                "next: fewer queries, tighter SLOs, or a method that lists none"
            )
        number = np.arange(len(found.plan)).astype(str).astype(object)  # a name that nobody reads
        bill = problem.compiled.queries.rate_milli[found.query] * found.plans.billed_cost_nano[found.plan]
        usage = usage_of(found, problem.compiled)
        selection = selection_of_plans(problem, objective, goodput_floor, found.query, number, bill, usage)
        return cls(problem, selection, found, less)

    def solution(self, plan: Int, count: Int, amount: Int) -> AnySolution:
        """Return chosen plans as a solution of the problem as it was given.

        Parameters
        ----------
        plan, count : (n,) int64
            Index of each plan taken, and copies that take it.
        amount : (supplies,) int64
        """
        if self.by_query is None:
            return SelectionSolution.from_choices(self.selection, plan, count, amount)
        assert isinstance(self.problem, Instance)
        compiled, found = self.problem.compiled, self.by_query
        standing = np.flatnonzero(amount)
        supply = dict(zip(self.selection.supplies.name[standing].tolist(), amount[standing].tolist(), strict=True))
        choices = found.plans.choices[found.plan[plan]]
        solution = Solution.from_choices(compiled, found.query[plan], count, choices, supply)
        return replace(solution, objective=self.selection.objective, goodput_floor=self.selection.goodput_floor)

    def choices(self, solution: AnySolution) -> tuple[Int, Int]:
        """Return copies by plan, shape (plans,), and amounts, (supplies,), of a valid solution.

        Of an instance, options that presolve has left out give way to those that replace them. Plans that are not
        listed all the same are missing: their copies stay out, and under "cost" there may be too few for the floor.
        """
        taken = np.zeros(len(self.selection.plans), dtype=np.int64)
        if isinstance(solution, SelectionSolution):
            indexed, _ = index_selection(self.selection, solution)
            np.add.at(taken, indexed.plan, indexed.count)
            return taken, indexed.amount
        assert isinstance(self.problem, Instance)
        assert self.by_query is not None
        found = self.by_query
        chosen, _ = index_solution(self.problem, solution)
        choices, supply = chosen.choices, chosen.supply
        if self.presolved is not None:
            choices, supply = self.presolved.replaced(choices, supply)
        listed = [found.query, *found.plans.choices[found.plan].T]
        place = pd.MultiIndex.from_arrays(listed).get_indexer(pd.MultiIndex.from_arrays([chosen.query, *choices.T]))
        np.add.at(taken, place[place >= 0], chosen.count[place >= 0])
        return taken, supply
