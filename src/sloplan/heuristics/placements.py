"""Where the operators of an application may stand, with bounds on what any choice of knobs can reach there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.searches import Searches, best_of_each
from sloplan.heuristics.utility import margin, utility
from sloplan.problem.compiled import Int
from sloplan.problem.spans import spans
from sloplan.problem.transfers import transfers_of

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Placements:
    """Placements of searches.

    Parameters
    ----------
    search : (n,) int64
        Ascending.
    pool : (n, operators) int64
        Pool of each local operator position; those of a search by bound, the greatest first.
    bound : (n,) float64
        No plan there has a greater utility.
    """

    search: Int
    pool: Int
    bound: Float


def promising_placements(searches: Searches, evaluator: Evaluator, beam: int, most: int) -> Placements:
    """Return the placements whose bound on utility is greatest.

    Built operator by operator, each with the least latency and cost of its options in a pool and the smallest output
    of any configuration. Those that miss a query's SLOs even so are pruned, and of the others the `beam` of greatest
    bound are built on. Each extension is two steps: latency and cost.

    Parameters
    ----------
    searches : Searches
    evaluator : Evaluator
    beam : int
        Partial placements of a search that are kept.
    most : int
        Placements of a search that are returned.
    """
    compiled, application = searches.compiled, searches.application
    queries, pools, transfers = compiled.queries, compiled.pools, transfers_of(compiled)
    source = compiled.templates.source[searches.template]
    latency_to_come = searches.least_latency_to_come()
    cost_to_come = _least_cost_to_come(searches)
    least_output = [_least_output(searches, position) for position in range(searches.num_operators)]
    accuracy = sum(int(factor.nano_nats.min()) for factor in application.factors)
    search = np.arange(len(searches))
    pool, finish = np.zeros((len(search), 0), dtype=np.int64), np.zeros((len(search), 0), dtype=np.int64)
    cost, bound = np.zeros(len(search), dtype=np.int64), np.zeros(len(search))
    for position in range(searches.num_operators):
        here = _ByPool.of(searches, position)
        first, end = here.start[search], here.start[search + 1]
        state, entry = np.repeat(np.arange(len(search)), end - first), spans(first, end - first)
        search = search[state]
        evaluator.count(2, search)
        pool = np.column_stack([pool[state], here.pool[entry]])
        cost = cost[state] + here.cost[entry]
        site = pools.site[here.pool[entry]]
        inputs: list[tuple[Int, Int, Int]] = []
        if position in application.roots:
            sent = compiled.operator_input_bytes[application.operators[position]]
            inputs.append((np.zeros(len(search), dtype=np.int64), np.full(len(search), sent), source[search]))
        for producer in application.edges[application.edges[:, 1] == position, 0].tolist():
            inputs.append((finish[state, producer], least_output[producer][search], pools.site[pool[:, producer]]))
        ready, able = np.zeros(len(search), dtype=np.int64), np.ones(len(search), dtype=np.bool_)
        for done, sent_bytes, from_site in inputs:
            figures = transfers.of(source[search], sent_bytes, from_site, site)
            np.maximum(ready, done + figures.latency_us, out=ready)
            cost += figures.cost_nano
            able &= figures.possible
        finish = np.column_stack([finish[state], ready + here.latency[entry]])
        query = searches.query[search]
        earliest = (finish + latency_to_come[: position + 1, search].T).max(axis=1)
        at_least = cost + cost_to_come[position, search]
        able &= (earliest <= queries.slo_latency_us[query]) & (at_least <= queries.slo_cost_nano[query])
        bound = utility(margin(compiled, query, np.full(len(query), accuracy), earliest), at_least)
        promising = np.flatnonzero(able)
        last = position == searches.num_operators - 1
        kept = promising[best_of_each(search[promising], (-bound[promising],), most if last else beam)]
        search, pool, finish, cost, bound = search[kept], pool[kept], finish[kept], cost[kept], bound[kept]
    return Placements(search, pool, bound)


@dataclass(frozen=True)
class _ByPool:
    """The pools at which each search may have an operator; those of search s at `start[s]:start[s + 1]`."""

    start: Int
    pool: Int
    latency: Int
    cost: Int

    @classmethod
    def of(cls, searches: Searches, position: int) -> _ByPool:
        opened, options = searches.open_options[position], searches.compiled.options
        num_pools = len(searches.compiled.pools.units)
        owner = np.repeat(np.arange(len(searches)), np.diff(opened.start))
        code, which = np.unique(owner * num_pools + options.pool[opened.option], return_inverse=True)
        least = np.full((2, len(code)), np.iinfo(np.int64).max)
        np.minimum.at(least[0], which, options.latency_us[opened.option])
        np.minimum.at(least[1], which, options.cost_nano[opened.option])
        start = np.searchsorted(code, np.arange(len(searches) + 1) * num_pools).astype(np.int64)
        return cls(start, code % num_pools, least[0], least[1])


def _least_cost_to_come(searches: Searches) -> Int:
    """The least that the operators after each position cost, (operators, searches) int64; transfers are not in it."""
    cost = searches.compiled.options.cost_nano
    own = [searches.least(position, cost, 0) for position in range(searches.num_operators)]
    to_come = np.zeros((searches.num_operators, len(searches)), dtype=np.int64)
    for position in range(searches.num_operators - 2, -1, -1):
        to_come[position] = to_come[position + 1] + own[position + 1]
    return to_come


def _least_output(searches: Searches, position: int) -> Int:
    """The smallest output of an operator's configurations that each search may run, bytes, (searches,) int64."""
    compiled = searches.compiled
    return searches.least(position, compiled.configuration_bytes[compiled.options.configuration], 0)
