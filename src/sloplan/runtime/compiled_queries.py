"""An instance with some of its queries, or with its queries at any rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int

_LEAST_RATE: Final = 1
_MOST_RATE: Final = 10**9
"""Milli-requests per second that an event can state, and every rate that an instance can."""


def of_queries(compiled: CompiledInstance, query: Int) -> CompiledInstance:
    """Return an instance with some of its queries alone, their templates numbered as before.

    Parameters
    ----------
    compiled : CompiledInstance
    query : (n,) int64
    """
    every = compiled.queries
    some = replace(
        every,
        template=every.template[query],
        rate_milli=every.rate_milli[query],
        value_milli=every.value_milli[query],
        count=every.count[query],
        slo_latency_us=every.slo_latency_us[query],
        slo_accuracy=every.slo_accuracy[query],
        slo_cost_nano=every.slo_cost_nano[query],
    )
    return replace(compiled, queries=some, names=replace(compiled.names, queries=compiled.names.queries[query]))


def at_any_rate(compiled: CompiledInstance) -> CompiledInstance:
    """Return an instance with two more queries of every template, of the least and the greatest rate.

    What is listed for it is there for every rate: without them plans would be left out that need a higher rate than
    any query has yet, and those that only a lower rate needs.

    Parameters
    ----------
    compiled : CompiledInstance
    """
    every = np.arange(len(compiled.queries.template))
    _, first = np.unique(compiled.queries.template, return_index=True)
    more = of_queries(compiled, np.concatenate([every, first, first]))
    rate = more.queries.rate_milli.copy()
    rate[len(every) :] = np.repeat([_LEAST_RATE, _MOST_RATE], len(first))
    return replace(more, queries=replace(more.queries, rate_milli=rate))
