"""The inner loop of knapsack inequalities: the most that uses of one row are worth which fit side by side.

Depth first over kinds by falling worth per amount, as many uses of each as fit first; a branch is left when what is
left of the row, sold in parts, cannot pass the best. Source: S. Martello, P. Toth, Knapsack Problems, Wiley 1990,
section 3.4 (bounded knapsacks by branch and bound).
"""

from __future__ import annotations

import numba
import numpy as np

from sloplan.problem.compiled import Int

_MOST_NODES = 20_000


@numba.njit(cache=True, nogil=True)
def fill(amount: Int, worth: Int, number: Int, capacity: int, times: Int) -> np.int64:
    """Write how often each kind is used in the best filling, and return what it is worth; -1 if it takes too long.

    Parameters
    ----------
    amount : (kinds,) int64
        At least 1; kinds by falling worth per amount, all worth more than 0.
    worth : (kinds,) int64
        At most 2^31: sums in floating point are then exact to far less than 1.
    number : (kinds,) int64
        Most uses of the kind.
    capacity : int
    times : (kinds,) int64
        Written.
    """
    kinds, best, reached, room, kind, nodes = len(amount), np.int64(0), np.int64(0), np.int64(capacity), 0, 0
    now = np.zeros(kinds, dtype=np.int64)
    times[:] = 0
    while True:
        nodes += 1
        if nodes > _MOST_NODES:
            return np.int64(-1)
        could, left = float(reached), room
        for other in range(kind, kinds):
            fitting = min(number[other], left // amount[other])
            could += float(fitting * worth[other])
            left -= fitting * amount[other]
            if fitting < number[other]:
                could += worth[other] * (left / amount[other])
                break
        if could + 0.5 >= best + 1:  # all is whole
            if kind < kinds:
                now[kind] = min(number[kind], room // amount[kind])
                reached += now[kind] * worth[kind]
                room -= now[kind] * amount[kind]
                kind += 1
                continue
            best = reached
            times[:] = now
        kind -= 1
        while kind >= 0 and now[kind] == 0:
            kind -= 1
        if kind < 0:
            return best
        now[kind] -= 1
        reached -= worth[kind]
        room += amount[kind]
        kind += 1
