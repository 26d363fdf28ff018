"""Which configurations to run, before where: beam search over an application's operators from the sink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.searches import Searches, best_of_each
from sloplan.problem.compiled import Bool, Factor, Int
from sloplan.problem.evaluation import factor_nano_nats

_NO_COST = 2**62
"""Own cost of a configuration that no option of a search runs."""


@dataclass(frozen=True)
class Variants:
    """Combinations of configurations.

    Parameters
    ----------
    search : (n,) int64
        Search of each, ascending.
    configuration : (n, operators) int64
        Global configuration per local operator position; those of a search cheapest first.
    """

    search: Int
    configuration: Int

    def __len__(self) -> int:
        return len(self.search)


def cheapest_variants(searches: Searches, evaluator: Evaluator, beam: int) -> Variants:
    """Return combinations that reach the accuracy SLO, of least own cost: JellyBean's first stage.

    Operators are decided from the last in topological order to the first. A partial combination is kept if the best
    configurations of what is still open let it reach the SLO, and of those the `beam` cheapest of each search. What a
    configuration costs by itself is the cheapest of its options. Each extension is two steps: accuracy and cost.

    Parameters
    ----------
    searches : Searches
    evaluator : Evaluator
    beam : int
        Combinations kept per search.

    Returns
    -------
    Variants
    """
    application, count = searches.application, searches.num_operators
    own_cost = [_own_cost(searches, position) for position in range(count)]
    slo = searches.compiled.queries.slo_accuracy[searches.query]
    search = np.arange(len(searches))
    taken = np.full((len(search), count), -1, dtype=np.int64)
    accuracy, cost = np.zeros(len(search), dtype=np.int64), np.zeros(len(search), dtype=np.int64)
    for position in range(count - 1, -1, -1):
        first = np.flatnonzero(searches.compiled.configuration_operator == application.operators[position])
        state = np.repeat(np.arange(len(search)), len(first))
        configuration = np.tile(first, len(search))
        own = own_cost[position][search[state], configuration - first[0]]
        runs = own < _NO_COST
        state, configuration, own = state[runs], configuration[runs], own[runs]
        evaluator.count(2, search[state])
        search, taken = search[state], taken[state]
        taken[:, position] = configuration
        accuracy, cost = accuracy[state], cost[state] + own
        least_to_come = np.zeros(len(search), dtype=np.int64)
        for factor in application.factors:
            if factor.positions.min() == position:
                accuracy += factor_nano_nats(factor, taken[:, factor.positions])
            elif factor.positions.min() < position:
                decided = _at_best(factor, position)
                least_to_come += factor_nano_nats(decided, taken[:, decided.positions])
        able = np.flatnonzero(_compatible(searches, taken, position) & (accuracy + least_to_come <= slo[search]))
        kept = able[best_of_each(search[able], (cost[able], accuracy[able]), beam)]
        search, taken, accuracy, cost = search[kept], taken[kept], accuracy[kept], cost[kept]
    return Variants(search, taken)


def _at_best(factor: Factor, position: int) -> Factor:
    """Return a factor over its operators from a position on, with the best that those before can add to each row."""
    from_here = factor.positions >= position
    rows, which = np.unique(factor.configurations[:, from_here], axis=0, return_inverse=True)
    best = np.full(len(rows), factor.nano_nats.max(initial=0), dtype=np.int64)
    np.minimum.at(best, which.reshape(-1), factor.nano_nats)
    return Factor(factor.name, factor.positions[from_here], rows, best)


def _own_cost(searches: Searches, position: int) -> Int:
    """The least cost of the options that run each configuration, (searches, configurations of the operator)."""
    compiled, options = searches.compiled, searches.open_options[position]
    of_operator = np.flatnonzero(compiled.configuration_operator == searches.application.operators[position])
    cost = np.full((len(searches), len(of_operator)), _NO_COST, dtype=np.int64)
    owner = np.repeat(np.arange(len(searches)), np.diff(options.start))
    place = compiled.options.configuration[options.option] - of_operator[0]  # numbered operator by operator
    np.minimum.at(cost, (owner, place), compiled.options.cost_nano[options.option])
    return cost


def _compatible(searches: Searches, taken: Int, position: int) -> Bool:
    """Whether an operator's configurations go with those decided before it."""
    compatible = np.ones(len(taken), dtype=np.bool_)
    count = len(searches.compiled.configuration_operator)
    for pair in searches.application.compatibilities:
        if pair.first == position:  # first < second, and the second was decided before
            code = taken[:, pair.first] * count + taken[:, pair.second]
            compatible &= np.isin(code, pair.allowed[:, 0] * count + pair.allowed[:, 1])
    return compatible
