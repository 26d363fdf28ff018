"""For every query the plans that are worth a column of their own: open to it, and replaced by no other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import allowed_by, keep_undominated
from sloplan.pricing.undominated import undominated
from sloplan.problem.compiled import CompiledInstance, Int, Sparse
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


def query_plans(compiled: CompiledInstance, *, sifted: bool = True) -> QueryPlans:
    """List the plans of every query: those that meet its SLOs and rules.

    Under goodput all plans of a query are worth the same, so one replaces another if it uses no more of any row.
    What is best, and what is proved of it, stays as it is.

    Parameters
    ----------
    compiled : CompiledInstance
    sifted : bool
        Leave out plans that others replace.

    Raises
    ------
    SizeLimitError
        If a template has more partial plans than `PLAN_LIMIT`.
    """
    listed, _ = list_plans(compiled, PLAN_LIMIT, lambda _: False)
    plans = undominated(listed, compiled) if sifted else listed
    price = plans.priced(1 / np.maximum(compiled.rows.capacity, 1))
    allowed = allowed_by(compiled.queries)
    number, of_query, of_plan = 0, [], []
    for template in range(len(compiled.templates)):
        members = compiled.template_queries(template)
        classes, of_class = np.unique(allowed[members], axis=0, return_inverse=True)
        every = np.arange(plans.start[template], plans.start[template + 1])
        all_needs = listed.needs[listed.start[template] : listed.start[template + 1]]
        for which, limits in enumerate(classes):
            alike = members[of_class.reshape(-1) == which]
            number += int((all_needs <= limits).all(axis=1).sum()) * len(alike)
            kept = every[(plans.needs[every] <= limits).all(axis=1)]
            if sifted:
                kept = _irreplaceable(plans, kept, price)
            of_query.append(np.repeat(alike, len(kept)))
            of_plan.append(np.tile(kept, len(alike)))
    query, plan = (np.concatenate([np.zeros(0, dtype=np.int64), *parts]) for parts in (of_query, of_plan))
    order = np.argsort(query, kind="stable")
    return QueryPlans(plans, query[order], plan[order], number)


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
