"""What keeps queries from having a plan: whatever could be dropped, alone, so that a plan is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sloplan.problem.compiled import NO_LIMIT, Bool, CompiledInstance, Int, Text
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.plan_table import PLAN_LIMIT, PlanTable, enumerate_plans
from sloplan.problem.servable import largest_rate_alone

if TYPE_CHECKING:
    from collections.abc import Sequence

DIMENSIONS: Final = ("rate", "latency", "accuracy", "cost", "capacity")
"""What a plan may fail by: the rate that it needs or that the query's own pools and links carry, an SLO, or
shared capacity with nobody else there."""

PLACEMENT: Final = "placement"
"""No plan meets placement rules, compatibility and routes, whatever the query asks for."""

TOGETHER: Final = "several together"
"""There are plans, but no dimension alone stands in the way of one."""

UNKNOWN: Final = "not looked into"
"""Too many plans to say."""

_CHUNK: Final = 4_000_000  # pairs of query and plan looked at together, to bound memory


def without_slos(compiled: CompiledInstance) -> CompiledInstance:
    """Return an instance whose queries have no SLOs, and rates that satisfy every least rate.

    Parameters
    ----------
    compiled : CompiledInstance
    """
    endless = np.full(len(compiled.queries.count), NO_LIMIT, dtype=np.int64)
    return replace(
        compiled,
        queries=replace(
            compiled.queries,
            rate_milli=endless,
            slo_latency_us=endless,
            slo_accuracy=endless,
            slo_cost_nano=endless,
        ),
    )


def blame(compiled: CompiledInstance, template: int, queries: Int, limit: int = PLAN_LIMIT) -> Text:
    """Say what keeps queries of one template from having a plan.

    Parameters
    ----------
    compiled : CompiledInstance
        With the capacities that a plan must fit into alone.
    template : int
    queries : (q,) int64
        Queries without a plan.
    limit : int
        Largest number of partial plans looked at.

    Returns
    -------
    (q,) str
        The dimensions each of which stands alone in the way of a plan, joined by " or ": there is one that passes in
        all others. Or `PLACEMENT`, `TOGETHER`, `UNKNOWN`.
    """
    try:
        table = enumerate_plans(without_slos(compiled), template, limit)
    except SizeLimitError:
        return np.full(len(queries), UNKNOWN, dtype=object)
    if not len(table):
        return np.full(len(queries), PLACEMENT, dtype=object)
    most = int(compiled.queries.rate_milli[queries].max(initial=0))
    alone = largest_rate_alone(compiled, table.figures.usage, most)
    admits = np.zeros((len(queries), len(DIMENSIONS)), dtype=np.bool_)
    parts = np.array_split(np.arange(len(queries)), 1 + len(queries) * len(table) // _CHUNK)
    for part in parts:
        admits[part] = _admits(passes(compiled, queries[part, None], table, alone))
    codes, which = np.unique(admits, axis=0, return_inverse=True)
    return np.array([_told(code) for code in codes], dtype=object)[which.reshape(-1)]


def passes(compiled: CompiledInstance, query: int | Int, table: PlanTable, alone_milli: Int) -> tuple[Bool, ...]:
    """Return which plans pass in each of `DIMENSIONS`.

    Parameters
    ----------
    compiled : CompiledInstance
    query : int or (q, 1) int64
    table : PlanTable
    alone_milli : (plans,) int64
        Largest rate at which each plan fits alone in the shared capacity, milli-requests/s.

    Returns
    -------
    tuple of (plans,) or (q, plans) bool
    """
    queries, figures = compiled.queries, table.figures
    rate = queries.rate_milli[query]
    return (
        (figures.min_rate_milli <= rate) & (rate <= figures.max_rate_milli),
        figures.latency_us <= queries.slo_latency_us[query],
        figures.accuracy_nano_nats <= queries.slo_accuracy[query],
        figures.cost_nano <= queries.slo_cost_nano[query],
        rate <= alone_milli,
    )


def _admits(passed: Sequence[Bool]) -> Bool:
    """Whether a plan of each query passes everything but one dimension, shape (q, dimensions)."""
    failures = sum((~part).astype(np.int8) for part in passed)
    return np.column_stack([((failures == 1) & ~part).any(axis=1) for part in passed])


def _told(admits: Bool) -> str:
    return " or ".join(name for name, is_one in zip(DIMENSIONS, admits, strict=True) if is_one) or TOGETHER
