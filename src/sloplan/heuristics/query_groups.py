"""Queries that are searched together: one template, the same SLOs, and rates that open the same options."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.compiling.read_only import make_read_only


@dataclass(frozen=True)
class QueryGroups:
    """The groups of all queries of an instance.

    Parameters
    ----------
    template : (groups,) int64
    of_query : (queries,) int64
        Group of each query; read-only, as kernels are compiled for.
    """

    template: Int
    of_query: Int

    def __len__(self) -> int:
        return len(self.template)

    @classmethod
    def of(cls, compiled: CompiledInstance) -> QueryGroups:
        """Gather the queries of an instance."""
        queries = compiled.queries
        level = np.zeros(len(queries.template), dtype=np.int64)
        for template in range(len(compiled.templates)):
            members = compiled.template_queries(template)
            level[members] = np.searchsorted(_rates_that_matter(compiled, template), queries.rate_milli[members])
        keys = [level, queries.slo_cost_nano, queries.slo_accuracy, queries.slo_latency_us, queries.template]
        order = np.lexsort(keys)
        begins = np.ones(len(order), dtype=np.bool_)
        begins[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
        of_query = np.empty(len(order), dtype=np.int64)
        of_query[order] = np.cumsum(begins) - 1
        return cls(queries.template[order[begins]], make_read_only(of_query))


def _rates_that_matter(compiled: CompiledInstance, template: int) -> Int:
    """Return the rates up to and including which the options open to a template are the same ones, ascending."""
    options = np.concatenate(compiled.template_options(template))
    own = options[compiled.pools.query_scope[compiled.options.pool[options]] & (compiled.options.busy_us[options] > 0)]
    most = compiled.pools.capacity[compiled.options.pool[own]] // compiled.options.busy_us[own]
    return np.unique(np.concatenate([compiled.options.min_rate_milli[options] - 1, most]))
