"""From plans of templates to the lists that queries choose from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.heuristics.contention import PlanLists
from sloplan.heuristics.list_kernels import open_plans
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import allowed_by
from sloplan.problem.compiled import CompiledInstance, Int


@dataclass(frozen=True)
class Classes:
    """Queries that allow the same plans: same template, rate and SLOs.

    Parameters
    ----------
    template : (classes,) int64
        Ascending.
    allowed : (classes, 5) int64
        What a plan may need at most, as `plan_kernels` says.
    of_query : (queries,) int64
    copies : (classes,) int64
    """

    template: Int
    allowed: Int
    of_query: Int
    copies: Int

    @classmethod
    def of(cls, compiled: CompiledInstance) -> Classes:
        """Sort the queries of an instance into classes."""
        queries = compiled.queries
        keys = np.column_stack([queries.template, allowed_by(queries)])
        order = np.lexsort(keys.T[::-1])
        is_new = np.ones(len(keys), dtype=np.bool_)
        is_new[1:] = (keys[order][1:] != keys[order][:-1]).any(axis=1)
        of_query = np.empty(len(keys), dtype=np.int64)
        of_query[order] = np.cumsum(is_new) - 1
        first = keys[order[is_new]]
        copies = np.zeros(len(first), dtype=np.int64)
        np.add.at(copies, of_query, queries.count)
        return cls(first[:, 0].copy(), np.ascontiguousarray(first[:, 1:]), of_query, copies)


def lists_of(compiled: CompiledInstance, classes: Classes, plans: PlanArrays, *, is_cost: bool) -> PlanLists:
    """Return the plans of templates that are open to each class of queries, those that fit alone.

    Parameters
    ----------
    compiled : CompiledInstance
    classes : Classes
    plans : PlanArrays
    is_cost : bool
        Bills count.
    """
    start = np.zeros(len(classes.template) + 1, dtype=np.int64)
    asked = classes.template, classes.allowed, plans.start, plans.needs_alone
    none = np.zeros(0, dtype=np.int64)
    plan = np.zeros(open_plans(*asked, start, none), dtype=np.int64)
    open_plans(*asked, start, plan)
    queries = compiled.queries
    return PlanLists(
        usage=plans.usage,
        bill=plans.billed_cost_nano if is_cost else np.zeros(len(plans), dtype=np.int64),
        start=start,
        plan=plan,
        list_of=classes.of_query,
        rate=queries.rate_milli,
        value=queries.value_milli,
        count=queries.count,
    )
