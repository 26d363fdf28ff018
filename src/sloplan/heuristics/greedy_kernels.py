"""The inner loops of `greedy`, over queries and plans.

Kernels that call each other stay in this file: numba's cache looks at one file only.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numba
import numpy as np

from sloplan.heuristics.plan_arrays import PlanArrays
from sloplan.problem.compiled import Int, Queries


class Asked(NamedTuple):
    """What queries ask for; arrays of shape (queries,)."""

    template: Int
    rate: Int
    copies: Int
    latency: Int
    accuracy: Int
    cost: Int


class Listed(NamedTuple):
    """Listed plans as in `PlanArrays`; `start` is per template, `usage_*` the sparse rows per plan."""

    start: Int
    latency: Int
    accuracy: Int
    cost: Int
    min_rate: Int
    max_rate: Int
    usage_start: Int
    usage_column: Int
    usage_amount: Int


def asked_of(queries: Queries) -> Asked:
    """Return the kernels' view of the queries."""
    return Asked(
        *map(
            np.ascontiguousarray,
            (
                queries.template,
                queries.rate_milli,
                queries.count,
                queries.slo_latency_us,
                queries.slo_accuracy,
                queries.slo_cost_nano,
            ),
        )
    )


def listed_of(plans: PlanArrays) -> Listed:
    """Return the kernels' view of the plans."""
    return Listed(
        *map(
            np.ascontiguousarray,
            (
                plans.start,
                plans.latency_us,
                plans.accuracy_nano_nats,
                plans.cost_nano,
                plans.min_rate_milli,
                plans.max_rate_milli,
                plans.usage.start,
                plans.usage.column,
                plans.usage.amount,
            ),
        )
    )


def compile_kernels() -> float:
    """Compile the kernels, or read them from numba's cache, and return the seconds that it took."""
    began = time.monotonic()
    none = np.zeros(0, dtype=np.int64)
    asked, listed = Asked(*[none] * len(Asked._fields)), Listed(*[none] * len(Listed._fields))
    preferred_plans(asked, listed, none, none, none)
    serve(asked, listed, none, none, none, none, none, none)
    return time.monotonic() - began


@numba.njit(cache=True)
def _is_open(asked: Asked, listed: Listed, query: int, plan: int) -> bool:
    """Whether a plan meets the SLOs and rules of a query and fits alone."""
    return bool(
        listed.latency[plan] <= asked.latency[query]
        and listed.accuracy[plan] <= asked.accuracy[query]
        and listed.cost[plan] <= asked.cost[query]
        and listed.min_rate[plan] <= asked.rate[query]
        and asked.rate[query] <= listed.max_rate[plan]
    )


@numba.njit(cache=True)
def preferred_plans(asked: Asked, listed: Listed, order: Int, queries: Int, plan_of: Int) -> None:
    """Write to `plan_of` the first open plan of each query in `queries`, -1 where there is none.

    Parameters
    ----------
    asked : Asked
    listed : Listed
    order : (plans,) int64
        The plans of each template (at their positions in `listed.start`), best first.
    queries : (m,) int64
    plan_of : (queries of the instance,) int64
    """
    for query in queries:
        template = asked.template[query]
        plan_of[query] = -1
        for position in range(listed.start[template], listed.start[template + 1]):
            if _is_open(asked, listed, query, order[position]):
                plan_of[query] = order[position]
                break


@numba.njit(cache=True)
def serve(
    asked: Asked, listed: Listed, order: Int, queries: Int, left: Int, out_query: Int, out_plan: Int, out_count: Int
) -> int:
    """Serve queries in turn, each by its first open plans that fit in what is left, and take their usage.

    Parameters
    ----------
    asked : Asked
    listed : Listed
    order : (plans,) int64
        As for `preferred_plans`.
    queries : (m,) int64
    left : (rows,) int64
        Capacity left; reduced in place.
    out_query, out_plan, out_count : (sum over `queries` of min(copies, rows + 1),) int64
        Filled with (query, plan, copies). A query's next plan is looked at only once no further copy
        fits by the last, so a row fills up with each entry or the copies end.

    Returns
    -------
    int
        Number of entries filled.
    """
    filled = 0
    for query in queries:
        template, rate, waiting = asked.template[query], asked.rate[query], asked.copies[query]
        for position in range(listed.start[template], listed.start[template + 1]):
            plan = order[position]
            if not _is_open(asked, listed, query, plan):
                continue
            entries = range(listed.usage_start[plan], listed.usage_start[plan + 1])
            copies = waiting
            for entry in entries:
                if listed.usage_amount[entry] > 0:
                    # The plan fits alone at this rate, so the product is within the row's capacity.
                    fitting = left[listed.usage_column[entry]] // (rate * listed.usage_amount[entry])
                    copies = min(copies, fitting)
            if copies == 0:
                continue
            for entry in entries:
                left[listed.usage_column[entry]] -= copies * rate * listed.usage_amount[entry]
            out_query[filled], out_plan[filled], out_count[filled] = query, plan, copies
            filled += 1
            waiting -= copies
            if waiting == 0:
                break
    return filled
