"""Inner loops before local search: the plans that each group is tried with, and copies cut into pieces."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def split(copies: Int, largest: Int, piece: Int, size: Int) -> int:
    """Split numbers of copies into sizes 1, 1, 1, 1, 2, 4, 8 ... and a rest: almost any part is a sum of some.

    Returns how many there are; `piece` and `size` say of which number, and how large, as far as they are long enough.
    """
    number = 0
    for at in range(len(copies)):
        waiting, next_size, ones = copies[at], 1, 0
        while waiting > 0:
            taken = min(waiting, next_size, largest[at])
            if number < len(piece):
                piece[number], size[number] = at, taken
            number += 1
            waiting -= taken
            ones += 1
            if ones >= 4:
                next_size = min(2 * next_size, largest[at])
    return number


@numba.njit(cache=True, nogil=True)
def list_candidates(
    usage_start: Int,
    usage_row: Int,
    usage: Int,
    value: Int,
    cost: Int,
    rows: int,
    template: Int,
    allowed: Int,
    start: Int,
    order: Int,
    needs: Int,
    price: Float,
    highest: Float,
    wanted: Bool,
    candidate: Int,
    number: Int,
) -> None:
    """List the cheapest open plans of each group up to its highest price, without those that an earlier one replaces.

    One plan replaces another if it uses no more of any row, costs no more and is worth no less.
    """
    used = np.zeros(rows, dtype=np.int64)
    for group in range(len(template)):
        if not wanted[group]:
            continue
        kept = 0
        for position in range(start[template[group]], start[template[group] + 1]):
            plan = order[position]
            if kept == candidate.shape[1] or (kept > 0 and price[plan] > highest[group]):
                break
            is_open = True
            for column in range(needs.shape[1]):
                is_open = is_open and needs[plan, column] <= allowed[group, column]
            if not is_open:
                continue
            first, end = usage_start[plan], usage_start[plan + 1]
            for use in range(first, end):
                used[usage_row[use]] = usage[use]
            is_replaced = False
            for place in range(kept):
                other = candidate[group, place]
                is_replaced = cost[other] <= cost[plan] and value[other] >= value[plan]
                for use in range(usage_start[other], usage_start[other + 1]):
                    if usage[use] > used[usage_row[use]]:
                        is_replaced = False
                        break
                if is_replaced:
                    break
            for use in range(first, end):
                used[usage_row[use]] = 0
            if not is_replaced:
                candidate[group, kept] = plan
                kept += 1
        number[group] = kept
