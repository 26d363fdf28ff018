"""What supplies at their maximum carry, and the fewest that carry a load; needs no modelling library."""

from __future__ import annotations

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.exact_sums import Exact


def largest_loads(compiled: CompiledInstance) -> Int:
    """Return the greatest load, rate x busy, that what each option runs on can carry, shape (options,).

    Parameters
    ----------
    compiled : CompiledInstance
        With the rows and supplies of the objective at hand: every supply at its maximum counts.
    """
    options, pools, brought = compiled.options, compiled.pools, compiled.supplies.brought
    most = np.append(compiled.rows.capacity, 0)  # the last one stands for "no row"
    entry = np.flatnonzero(brought.amount > 0)
    np.add.at(most, brought.column[entry], (brought.amount * compiled.supplies.maximum[brought.row_of_entry])[entry])
    row = np.where(options.deployment >= 0, options.deployment, pools.row[options.pool])
    return np.where(pools.query_scope[options.pool], pools.capacity[options.pool], most[row])


def supplies_needed(compiled: CompiledInstance, usage: Exact) -> Exact:
    """Return the fewest replicas and rented units that carry a usage, whether or not there are so many.

    Parameters
    ----------
    compiled : CompiledInstance
        With the rows and supplies of the objective at hand.
    usage : (rows,) Python integers

    Returns
    -------
    (supplies,) Python integers
        Nothing needs a supply that brings nothing; a row that only such supplies could help stays overloaded.
    """
    demand = usage - compiled.rows.capacity.astype(object)
    needed = np.zeros(len(compiled.supplies), dtype=object)
    for supply in range(len(needed)):  # replicas come before the units that hold them
        rows, amounts = compiled.supplies.brought.row(supply)
        for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
            if amount > 0 and demand[row] > 0:
                needed[supply] = max(needed[supply], -(-demand[row] // amount))
        demand[rows] -= amounts.astype(object) * needed[supply]
    return needed
