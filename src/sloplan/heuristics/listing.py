"""From plans of templates to the lists that queries choose from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sloplan.heuristics.contention import PlanLists
from sloplan.heuristics.list_kernels import keep_nondominated, open_plans
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
    """Return per class of queries the plans that are open to it and fit alone, and that no other of them replaces.

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
    return _nondominated(
        PlanLists(
            usage=plans.usage,
            bill=plans.billed_cost_nano if is_cost else np.zeros(len(plans), dtype=np.int64),
            start=start,
            plan=plan,
            list_of=classes.of_query,
            rate=queries.rate_milli,
            value=queries.value_milli,
            count=queries.count,
        ),
        plans,
        len(compiled.rows),
    )


def _nondominated(lists: PlanLists, plans: PlanArrays, rows: int) -> PlanLists:
    """Leave out plans of which another one of the same list takes no more of any row and bills no more."""
    share = 1 / np.maximum(np.bincount(lists.usage.column, weights=lists.usage.amount, minlength=rows), 1.0)
    size = plans.priced(share) + lists.bill / max(int(lists.bill.max(initial=0)), 1)
    start, kept = np.zeros_like(lists.start), np.empty_like(lists.plan)
    usage = tuple(np.array(part) for part in (lists.usage.start, lists.usage.column, lists.usage.amount))
    used = np.zeros(rows, dtype=np.int64)
    keep_nondominated(lists.start, lists.plan, size, usage, np.array(lists.bill), used, start, kept)
    return replace(lists, start=start, plan=kept[: start[-1]])
