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
    options : tuple of tuples of int64 arrays
        Options open to each template of the instance, per local operator position.
    """

    template: Int
    of_query: Int
    options: tuple[tuple[Int, ...], ...]

    def __len__(self) -> int:
        return len(self.template)

    @classmethod
    def of(cls, compiled: CompiledInstance) -> QueryGroups:
        """Gather the queries of an instance."""
        queries = compiled.queries
        level = np.zeros(len(queries.template), dtype=np.int64)
        options = tuple(compiled.template_options(template) for template in range(len(compiled.templates)))
        for template, opened in enumerate(options):
            members = compiled.template_queries(template)
            rates = _rates_that_matter(compiled, np.concatenate(opened))
            level[members] = np.searchsorted(rates, queries.rate_milli[members])
        keys = [level, queries.slo_cost_nano, queries.slo_accuracy, queries.slo_latency_us, queries.template]
        order = np.lexsort(keys)
        begins = np.ones(len(order), dtype=np.bool_)
        begins[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
        of_query = np.empty(len(order), dtype=np.int64)
        of_query[order] = np.cumsum(begins) - 1
        return cls(queries.template[order[begins]], make_read_only(of_query), options)


def _rates_that_matter(compiled: CompiledInstance, options: Int) -> Int:
    """Return the rates up to and including which the same of a template's options can be used, ascending."""
    own = options[compiled.pools.query_scope[compiled.options.pool[options]] & (compiled.options.busy_us[options] > 0)]
    most = compiled.pools.capacity[compiled.options.pool[own]] // compiled.options.busy_us[own]
    return np.unique(np.concatenate([compiled.options.min_rate_milli[options] - 1, most]))
