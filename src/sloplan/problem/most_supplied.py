"""The most that can ever stand of a row's capacity: what no plan that is followed can pass."""

from __future__ import annotations

import numpy as np

from sloplan.problem.compiled import Int, Rows, Supplies
from sloplan.problem.exact_sums import exact_totals


def most_supplied(rows: Rows, supplies: Supplies) -> Int:
    """Return the capacity of every row with as much of every supply as helps it, shape (rows,).

    Compiling has made sure that it fits int64.

    Parameters
    ----------
    rows : Rows
    supplies : Supplies
    """
    brought = supplies.brought
    helping = np.flatnonzero(brought.amount > 0)
    supplied = exact_totals(
        brought.column[helping], brought.amount[helping], supplies.maximum[brought.row_of_entry[helping]], len(rows)
    )
    return np.asarray(rows.capacity + supplied.astype(np.int64))
