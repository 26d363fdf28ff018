"""The accuracy dimension by itself: which combinations of configurations are worth placing at all.

Accuracy depends on configurations and on nothing else, so it is learnt once per combination, whatever the placement.
A combination that another one replaces operator by operator (as accurate, and each of its configurations has, wherever
the other's can stand, an option there that is as quick, as light and as cheap, and sends as little) is never needed.
"""

from __future__ import annotations

import numpy as np

from sloplan.problem.compiled import Bool, CompiledInstance, Int

_MOST_COMBINATIONS = 20_000
_MOST_COMPARED = 1_500


def combinations(compiled: CompiledInstance, application: int) -> Int | None:
    """Return all compatible combinations of configurations of an application; None where they are too many.

    Parameters
    ----------
    compiled : CompiledInstance
    application : int

    Returns
    -------
    (n, operators) int64 or None
        Global configuration per local operator position.
    """
    described = compiled.applications[application]
    options = compiled.options
    found = np.zeros((1, 0), dtype=np.int64)
    for position, operator in enumerate(described.operators.tolist()):
        every = np.unique(options.configuration[options.operator == operator])
        if len(found) * len(every) > _MOST_COMBINATIONS:
            return None
        found = np.column_stack([np.repeat(found, len(every), axis=0), np.tile(every, len(found))])
        for pair in described.compatibilities:
            if pair.second == position:
                number = len(compiled.configuration_operator)
                code = found[:, pair.first] * number + found[:, pair.second]
                found = found[np.isin(code, pair.allowed[:, 0] * number + pair.allowed[:, 1])]
    return found


def useful_options(compiled: CompiledInstance, options: Int) -> Int:
    """Return the options of one operator that no other of the same configuration and pool replaces.

    Parameters
    ----------
    compiled : CompiledInstance
    options : (n,) int64
    """
    replaced = _as_good(compiled, options) & _same(compiled.options.configuration[options])
    return options[~_replaced(replaced)]


def useful_combinations(compiled: CompiledInstance, parts: list[Int], found: Int, nano_nats: Int) -> Bool:
    """Say which combinations can stand and are replaced by no other, shape (n,).

    Parameters
    ----------
    compiled : CompiledInstance
    parts : list of int64 arrays
        Options open per operator, those of one configuration together.
    found : (n, operators) int64
    nano_nats : (n,) int64
        Accuracy of each; the less the better.
    """
    configuration = compiled.options.configuration
    useful = np.ones(len(found), dtype=np.bool_)
    for position, part in enumerate(parts):
        useful &= np.isin(found[:, position], configuration[part])
    kept = np.flatnonzero(useful)
    if not len(kept) or len(kept) > _MOST_COMPARED:
        return useful
    replaced = nano_nats[kept][None, :] <= nano_nats[kept][:, None]
    for position, part in enumerate(parts):
        distinct, start = np.unique(configuration[part], return_index=True)
        size = compiled.configuration_bytes[distinct]
        has = np.logical_or.reduceat(_as_good(compiled, part), start, axis=1)
        of_configuration = np.logical_and.reduceat(has, start, axis=0) & (size[None, :] <= size[:, None])
        place = np.searchsorted(distinct, found[kept, position])
        replaced &= of_configuration[place[:, None], place[None, :]]
    useful[kept] = ~_replaced(replaced)
    return useful


def _as_good(compiled: CompiledInstance, options: Int) -> Bool:
    """Say of pairs (one, other) of options whether the other stands in the same pool and takes no more of anything."""
    table = compiled.options
    as_good = _same(table.pool[options])
    for figure in (table.latency_us, table.busy_us, table.cost_nano, table.billed_cost_nano, table.min_rate_milli):
        as_good &= figure[options][None, :] <= figure[options][:, None]
    return as_good


def _same(numbers: Int) -> Bool:
    return np.asarray(numbers[:, None] == numbers[None, :])


def _replaced(as_good: Bool) -> Bool:
    """Say which have another that is as good; of two that replace each other, the first stays."""
    mutual = as_good & as_good.T
    later = np.tri(len(as_good), k=-1, dtype=np.bool_)  # [one, other]: the other comes first
    return np.asarray(((as_good & ~mutual) | (mutual & later)).any(axis=1))
