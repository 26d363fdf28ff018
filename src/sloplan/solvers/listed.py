"""Problems with their plans listed: an instance as a plan selection, and solutions there and back."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sloplan.pricing.query_plans import QueryPlans, query_plans, usage_of
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.from_instance import LISTED_LIMIT, list_plans_of, plan_names, solution_of_instance
from sloplan.problem.selections.index import index_selection
from sloplan.problem.selections.selection import (
    SELECTION_OBJECTIVES,
    Groups,
    Plans,
    PlanSelection,
    PricedSupplies,
    ScaledRows,
)
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.solvers.job import AnySolution, Problem

logger = logging.getLogger(__name__)


def unsupported_objective(method: str, objective: str) -> str | None:
    """Say in one line why listed plans do not help with an objective, or return None."""
    if objective in SELECTION_OBJECTIVES:
        return None
    return f"{method} does not have the objective {objective!r} yet; allowed for now: {', '.join(SELECTION_OBJECTIVES)}"


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
    """

    problem: Problem
    selection: PlanSelection
    by_query: QueryPlans | None = None

    @classmethod
    def of(
        cls,
        problem: Problem,
        limit: int = LISTED_LIMIT,
        *,
        objective: str = "goodput",
        goodput_floor: int | None = None,
        presolve: bool = True,
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
            Leave out plans of an instance that others replace under goodput.

        Raises
        ------
        SizeLimitError
            There are more.
        """
        if isinstance(problem, PlanSelection):
            return cls(problem, problem)
        if objective == "cost":
            selection = list_plans_of(problem, "cost", 0.0, limit)
            return cls(problem, replace(selection, goodput_floor=goodput_floor))
        found = query_plans(problem.compiled, sifted=presolve)
        logger.info("%d plans of all queries, %d of them worth trying", found.listed, len(found.plan))
        if len(found.plan) > limit:
            raise SizeLimitError(
                f"instance {problem.name!r}: {len(found.plan):,} plans of its queries, at most {limit:,} are listed; "
                "next: fewer queries, tighter SLOs, or a method that lists none"
            )
        return cls(problem, _as_selection(problem.compiled, found), found)

    def solution(self, plan: Int, count: Int, amount: Int) -> AnySolution:
        """Return chosen plans as a solution of the problem as it was given.

        Parameters
        ----------
        plan, count : (n,) int64
            Index of each plan taken, and copies that take it.
        amount : (supplies,) int64
        """
        if self.by_query is None:
            chosen = SelectionSolution.from_choices(self.selection, plan, count, amount)
            if isinstance(self.problem, PlanSelection):
                return chosen
            floor = self.selection.goodput_floor
            return solution_of_instance(self.problem, chosen, objective="cost", goodput_floor=floor)
        assert isinstance(self.problem, Instance)
        compiled, found = self.problem.compiled, self.by_query
        standing = np.flatnonzero(amount)
        supply = dict(zip(compiled.supplies.name[standing].tolist(), amount[standing].tolist(), strict=True))
        choices = found.plans.choices[found.plan[plan]]
        return Solution.from_choices(compiled, found.query[plan], count, choices, supply)

    def choices(self, solution: AnySolution) -> tuple[Int, Int]:
        """Return copies by plan, shape (plans,), and amounts, (supplies,), of a valid solution.

        Plans of an instance that presolve has left out are missing: their copies stay out.
        """
        taken = np.zeros(len(self.selection.plans), dtype=np.int64)
        if isinstance(solution, SelectionSolution):
            indexed, _ = index_selection(self.selection, solution)
            np.add.at(taken, indexed.plan, indexed.count)
            return taken, indexed.amount
        assert isinstance(self.problem, Instance)
        chosen, _ = index_solution(self.problem, solution)
        if self.by_query is None:
            names = plan_names(self.problem.compiled, chosen.choices)
            listed, wanted = [self.selection.plans.group, self.selection.plans.name], [chosen.query, names]
        else:
            found = self.by_query
            listed = [found.query, *found.plans.choices[found.plan].T]
            wanted = [chosen.query, *chosen.choices.T]
        place = pd.MultiIndex.from_arrays(listed).get_indexer(pd.MultiIndex.from_arrays(wanted))
        np.add.at(taken, place[place >= 0], chosen.count[place >= 0])
        return taken, chosen.supply


def _as_selection(compiled: CompiledInstance, found: QueryPlans) -> PlanSelection:
    """Return the plans found as a plan selection for goodput; plans are named by number."""
    value = compiled.queries.value_milli[found.query]
    supplies = compiled.supplies
    return PlanSelection(
        name=compiled.name,
        objective="goodput",
        goodput_floor=None,
        value_scale=1000,  # values are compiled to thousandths
        cost_scale=1,
        groups=Groups(
            compiled.names.queries, compiled.queries.count, np.zeros(len(compiled.names.queries), dtype=np.bool_)
        ),
        plans=Plans(
            name=np.arange(len(value)).astype(str).astype(object),
            group=found.query,
            value=value,
            cost=np.zeros_like(value),
            usage=usage_of(found, compiled),
        ),
        rows=ScaledRows(compiled.rows.name, compiled.rows.capacity, np.ones_like(compiled.rows.capacity)),
        supplies=PricedSupplies(supplies.name, supplies.maximum, supplies.brought, np.zeros_like(supplies.maximum)),
    )
