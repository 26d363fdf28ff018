"""The most that uses of one row can pay together: a bounded knapsack, solved by states of which none beats another.

Kinds are let in by falling surcharge per amount. Of the ways to fill the row so far only those stay that use less than
all that pay as much, and of these only those that might still pass the best known, with what is left of the row sold
to the kinds to come in parts.

Source: P. Toth, Dynamic programming algorithms for the zero-one knapsack problem, Computing 25, 1980.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from sloplan.problem.certificates.pricing import PRICED_LIMIT, GridTooFineError
from sloplan.problem.compiled import Int

STATE_LIMIT: Final = 200_000
"""Most states that letting a kind in may make; where there would be more, what parts of uses could pay is the bound."""

_SAFETY: Final = 1e-9
"""Relative: far beyond what a sum in floating point loses."""


def most_paid(amount: Int, surcharge: Int, number: Int, capacity: int) -> int:
    """Return the most that uses which fit side by side pay together; no less than that, where states are too many.

    Parameters
    ----------
    amount : (kinds,) int64
        At least 1.
    surcharge : (kinds,) int64
        At least 0.
    number : (kinds,) int64
        Most uses of the kind.
    capacity : int

    Raises
    ------
    GridTooFineError
        If what a row's uses pay together passes 2^62, or the capacity does.
    """
    kept = np.flatnonzero((surcharge > 0) & (amount <= capacity) & (number > 0))
    kept = kept[np.argsort(-surcharge[kept] / amount[kept], kind="stable")]
    amount, surcharge = amount[kept], surcharge[kept]
    number = np.minimum(number[kept], capacity // amount)
    room = np.concatenate([np.zeros(1), np.cumsum(amount * number.astype(np.float64))])
    worth = np.concatenate([np.zeros(1), np.cumsum(surcharge * number.astype(np.float64))])
    if np.interp(capacity, room, worth) > PRICED_LIMIT or (len(kept) and capacity > PRICED_LIMIT):
        raise GridTooFineError("uses of a row and their surcharges")
    used, paid = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    best = _greedy(amount, surcharge, number, capacity)
    for kind in range(len(kept)):
        in_parts = np.interp(capacity - used, room[kind:] - room[kind], worth[kind:] - worth[kind])
        could = (paid + in_parts) * (1 + _SAFETY) + 1
        promising = np.flatnonzero(could > best)
        if not len(promising):
            return best
        if len(promising) * (int(number[kind]) + 1) > STATE_LIMIT:
            return max(best, math.ceil(float(could[promising].max())))
        times = np.arange(number[kind] + 1)
        used = (used[promising, None] + times * amount[kind]).reshape(-1)
        paid = (paid[promising, None] + times * surcharge[kind]).reshape(-1)
        fits = np.flatnonzero(used <= capacity)
        order = fits[np.lexsort((-paid[fits], used[fits]))]
        used, paid = used[order], paid[order]
        pays_more = np.concatenate([[True], paid[1:] > np.maximum.accumulate(paid)[:-1]])
        used, paid = used[pays_more], paid[pays_more]
        best = max(best, int(paid[-1]))
    return best


def _greedy(amount: Int, surcharge: Int, number: Int, capacity: int) -> int:
    """Return what the row pays if the kinds are let in one after the other."""
    paid = 0
    for weight, each, most in zip(amount.tolist(), surcharge.tolist(), number.tolist(), strict=True):
        times = min(most, capacity // weight)
        paid, capacity = paid + times * each, capacity - times * weight
    return paid
