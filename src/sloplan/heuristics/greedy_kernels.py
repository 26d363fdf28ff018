"""The inner loops of `greedy`, over queries and plans.

Kernels that call each other stay in this file: numba's cache looks at one file only. They take plain
arrays: a named tuple's class would be written into the cache, and a later release without that class
could not read it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numba
import numpy as np

from sloplan.heuristics.plan_arrays import PlanArrays
from sloplan.problem.compiled import Int, Queries

# Columns of the table of queries that `asked_table` makes.
_TEMPLATE, _RATE, _COPIES, _SLO_LATENCY, _SLO_ACCURACY, _SLO_COST = range(6)

# Columns of `RankedPlans.figures`.
_MAX_RATE, _ACCURACY, _LATENCY, _COST, _MIN_RATE, _PLAN, _USAGE_FIRST, _USAGE_LAST = range(8)


@dataclass(frozen=True)
class RankedPlans:
    """Plans of each template, best first.

    Parameters
    ----------
    start : (templates + 1,) int64
        Template t has the rows ``start[t]:start[t + 1]`` of `figures`.
    figures : (plans, 8) int64
        A plan's figures side by side, as the kernels read them; the last three are its index in
        `PlanArrays` and the range of its usage entries. `serve` lowers the largest rate to what it
        saw fitting in what is left.
    usage_column, usage_amount : (entries,) int64
    """

    start: Int
    figures: Int
    usage_column: Int
    usage_amount: Int

    def fitting_alone(self, plans: PlanArrays) -> RankedPlans:
        """Return a copy whose largest rates are those at which the plans fit alone in shared capacity too."""
        figures = self.figures.copy()
        alone_rate = plans.alone_rate_milli[figures[:, _PLAN]]
        np.minimum(figures[:, _MAX_RATE], alone_rate, out=figures[:, _MAX_RATE])
        return replace(self, figures=figures)


def asked_table(queries: Queries) -> Int:
    """Return what queries ask for, as the kernels read it; shape (queries, 6)."""
    return np.column_stack(
        [
            queries.template,
            queries.rate_milli,
            queries.count,
            queries.slo_latency_us,
            queries.slo_accuracy,
            queries.slo_cost_nano,
        ]
    )


def ranked_plans(plans: PlanArrays, order: Int) -> RankedPlans:
    """Return the plans in `order`: (plans,) indices sorted by template, then best first."""
    columns = [
        plans.max_rate_milli,
        plans.accuracy_nano_nats,
        plans.latency_us,
        plans.cost_nano,
        plans.min_rate_milli,
        np.arange(len(plans)),
        plans.usage.start[:-1],
        plans.usage.start[1:],
    ]
    return RankedPlans(plans.start, np.column_stack(columns)[order], plans.usage.column, plans.usage.amount)


def compile_kernels() -> float:
    """Compile the kernels, or read them from numba's cache, and return the seconds that it took."""
    began = time.monotonic()
    none = np.zeros(0, dtype=np.int64)
    table = np.zeros((0, 8), dtype=np.int64)
    _prefer(table, none, table, none, none)
    _serve(table, none, table, none, none, none, none, table)
    return time.monotonic() - began


def prefer(asked: Int, plans: RankedPlans, queries: Int, plan_of: Int) -> None:
    """Write to `plan_of` the first open plan of each query in `queries`, -1 where there is none.

    Parameters
    ----------
    asked : (queries, 6) int64
    plans : RankedPlans
    queries : (m,) int64
    plan_of : (queries of the instance,) int64
    """
    _prefer(asked, plans.start, plans.figures, queries, plan_of)


def serve(asked: Int, plans: RankedPlans, queries: Int, left: Int) -> Int:
    """Serve queries in turn, each by its first open plans that fit in what is left, and take their usage.

    Parameters
    ----------
    asked : (queries, 6) int64
    plans : RankedPlans
        Their largest rates are lowered in place.
    queries : (m,) int64
    left : (rows,) int64
        Capacity left; reduced in place.

    Returns
    -------
    (3, entries) int64
        Query, plan and copies of each entry.
    """
    # The next plan of a query is looked at only once no further copy fits by the last one, so each
    # entry but a query's last fills a row up.
    most = int(np.minimum(asked[queries, _COPIES], len(left) + 1).sum())
    entries = np.zeros((3, most), dtype=np.int64)
    number = _serve(asked, plans.start, plans.figures, plans.usage_column, plans.usage_amount, queries, left, entries)
    return entries[:, :number]


@numba.njit(cache=True)
def _is_open(query: Int, plan: Int) -> bool:
    """Whether a plan meets the SLOs and rules of a query, and may still fit."""
    return bool(
        query[_RATE] <= plan[_MAX_RATE]
        and plan[_ACCURACY] <= query[_SLO_ACCURACY]
        and plan[_LATENCY] <= query[_SLO_LATENCY]
        and plan[_COST] <= query[_SLO_COST]
        and plan[_MIN_RATE] <= query[_RATE]
    )


@numba.njit(cache=True)
def _prefer(asked: Int, start: Int, figures: Int, queries: Int, plan_of: Int) -> None:
    for query in queries:
        template = asked[query, _TEMPLATE]
        plan_of[query] = -1
        for position in range(start[template], start[template + 1]):
            if _is_open(asked[query], figures[position]):
                plan_of[query] = figures[position, _PLAN]
                break


@numba.njit(cache=True)
def _serve(
    asked: Int, start: Int, figures: Int, usage_column: Int, usage_amount: Int, queries: Int, left: Int, entries: Int
) -> int:
    number = 0
    for query in queries:
        template, rate, waiting = asked[query, _TEMPLATE], asked[query, _RATE], asked[query, _COPIES]
        for position in range(start[template], start[template + 1]):
            plan = figures[position]
            if not _is_open(asked[query], plan):
                continue
            used = range(plan[_USAGE_FIRST], plan[_USAGE_LAST])
            for use in used:
                if usage_amount[use] > 0:
                    plan[_MAX_RATE] = min(plan[_MAX_RATE], left[usage_column[use]] // usage_amount[use])
            if plan[_MAX_RATE] < rate:
                continue
            copies = waiting
            for use in used:
                if usage_amount[use] > 0:
                    # One copy fits, so the product is at most what is left.
                    copies = min(copies, left[usage_column[use]] // (rate * usage_amount[use]))
            for use in used:
                left[usage_column[use]] -= copies * rate * usage_amount[use]
            entries[0, number], entries[1, number], entries[2, number] = query, plan[_PLAN], copies
            number += 1
            waiting -= copies
            if waiting == 0:
                break
    return number
