"""For every query the plans that are worth a column of their own: open to it, and replaced by no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import allowed_by, keep_undominated
from sloplan.pricing.undominated import size, undominated
from sloplan.problem.compiled import Bool, CompiledInstance, Int, Sparse
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.plan_table import PLAN_LIMIT


@dataclass(frozen=True)
class QueryPlans:
    """Plans by query.

    Parameters
    ----------
    plans : PlanArrays
        Of the templates.
    query, plan : (n,) int64
        Query by query, the plans of `plans` that are open to it.
    listed : int
        How many there were before those were left out that others replace.
    """

    plans: PlanArrays
    query: Int
    plan: Int
    listed: int


def query_plans(
    compiled: CompiledInstance,
    *,
    objective: str = "goodput",
    sifted: bool = True,
    slack: Bool | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> QueryPlans:
    """List the plans of every query that has copies: those that meet its SLOs and rules.

    All plans of a query are worth the same, so one replaces another if it uses no more of any row and, where bills
    count, bills no more. A plan that does not fit alone, whatever stands, is of no use. What is best stays as it is
    without them, and what is proved of it is tighter.

    Parameters
    ----------
    compiled : CompiledInstance
    objective : str
        "goodput" or "cost": which rows there are, and whether bills count.
    sifted : bool
        Leave out plans that others replace, and those that do not fit alone.
    slack : (rows,) bool, optional
        Rows that hold whatever is chosen: what plans use of them is left out.

    checkpoint : callable, optional
        Called before each template; what it raises breaks off.

    Raises
    ------
    SizeLimitError
        If a template has more partial plans than `PLAN_LIMIT`.
    """

    def go_on(_num_listed: int) -> bool:
        checkpoint()
        return False

    billed = objective == "cost"
    facing = under_objective(compiled, objective)
    standing = compiled.under_cost.all_rented if billed else compiled
    listed, _ = list_plans(standing, PLAN_LIMIT, go_on)
    if slack is not None:
        listed = replace(listed, usage=listed.usage.in_columns(~slack))
    plans = undominated(listed, facing, billed=billed) if sifted else listed
    compared = plans.with_bills(len(facing.rows)) if billed else plans
    order = size(compared, facing)
    needs = plans.needs_alone if sifted else plans.needs
    allowed = allowed_by(compiled.queries)
    number, of_query, of_plan = 0, [], []
    for template in range(len(compiled.templates)):
        members = compiled.template_queries(template)
        members = members[compiled.queries.count[members] > 0]
        classes, of_class = np.unique(allowed[members], axis=0, return_inverse=True)
        every = np.arange(plans.start[template], plans.start[template + 1])
        all_needs = listed.needs[listed.start[template] : listed.start[template + 1]]
        for which, limits in enumerate(classes):
            alike = members[of_class.reshape(-1) == which]
            number += int((all_needs <= limits).all(axis=1).sum()) * len(alike)
            kept = every[(needs[every] <= limits).all(axis=1)]
            if sifted:
                kept = _irreplaceable(compared, kept, order)
            of_query.append(np.repeat(alike, len(kept)))
            of_plan.append(np.tile(kept, len(alike)))
    query, plan = (np.concatenate([np.zeros(0, dtype=np.int64), *parts]) for parts in (of_query, of_plan))
    by_query = np.argsort(query, kind="stable")
    return QueryPlans(plans, query[by_query], plan[by_query], number)


def _irreplaceable(plans: PlanArrays, kept: Int, price: np.ndarray) -> Int:
    """Return those of some plans, all open to the same queries, of which no other uses as little of every row."""
    chosen = plans.taken(kept)
    order = np.argsort(price[kept], kind="stable")
    start = np.array([0, len(kept)], dtype=np.int64)
    return kept[keep_undominated(start, order, np.zeros_like(chosen.needs), chosen.usage)]


def usage_of(listed: QueryPlans, compiled: CompiledInstance) -> Sparse:
    """Return what one copy uses of the coupling rows, a row per (query, plan): rate x usage per request.

    Parameters
    ----------
    listed : QueryPlans
    compiled : CompiledInstance
    """
    usage = listed.plans.usage.taken(listed.plan)
    rate = compiled.queries.rate_milli[listed.query]
    return Sparse(usage.start, usage.column, usage.amount * rate[usage.row_of_entry])
