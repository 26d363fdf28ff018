"""Inner loops over rows that are knapsacks: the best packing of each, and what it loses where an option must be in it.

Options stand row by row, within a row group by group. A packing takes at most one option of a group. Kernels that call
each other stay in this file: numba's cache looks at one file only.

Source: dynamic programming over capacity, H. Kellerer, U. Pferschy, D. Pisinger, Knapsack Problems, Springer 2004,
sections 2.3 and 11.5 (classes of which at most one item is taken).
"""

from __future__ import annotations

import numba
import numpy as np

from sloplan.problem.compiled import Bool, Int


@numba.njit(cache=True, nogil=True)
def pack(start: Int, group: Int, weight: Int, profit: Int, may: Bool, capacity: Int, taken: Bool) -> np.int64:
    """Write the best packing of every row and return what all are worth together.

    Parameters
    ----------
    start : (rows + 1,) int64
    group, weight, profit : (options,) int64
        Weights are at least 1; options of profit 0 or less are left out.
    may : (options,) bool
        What may be taken.
    capacity : (rows,) int64
        At least 0.
    taken : (options,) bool
        Written.
    """
    total = np.int64(0)
    for row in range(len(capacity)):
        first, last, room = start[row], start[row + 1], capacity[row]
        best = np.zeros(room + 1, dtype=np.int64)
        choice = np.full((last - first, room + 1), -1, dtype=np.int32)  # by the first option of each group
        position = first
        while position < last:
            behind = _behind(group, position, last)
            _let_in(position, behind, weight, profit, may, best, choice[position - first])
            position = behind
        total += best[room]
        taken[first:last] = False
        left = room
        for position in range(last - 1, first - 1, -1):
            if position > first and group[position] == group[position - 1]:
                continue
            option = choice[position - first, left]
            if option >= 0:
                taken[option] = True
                left -= weight[option]
    return total


@numba.njit(cache=True, nogil=True)
def losses(start: Int, group: Int, weight: Int, profit: Int, capacity: Int, loss: Int) -> None:
    """Write how much less the best packing of an option's row is worth if it must hold the option.

    Parameters
    ----------
    start : (rows + 1,) int64
    group, weight, profit : (options,) int64
    capacity : (rows,) int64
    loss : (options,) int64
        Written; -1 where an option does not fit.
    """
    for row in range(len(capacity)):
        first, last, room = start[row], start[row + 1], capacity[row]
        may, nothing = np.ones(last, dtype=np.bool_), np.empty(room + 1, dtype=np.int32)
        before = np.zeros((last - first + 1, room + 1), dtype=np.int64)  # best of the groups before each option's
        position, best = first, np.zeros(room + 1, dtype=np.int64)
        while position < last:
            behind = _behind(group, position, last)
            for option in range(position, behind):
                before[option - first] = best
            _let_in(position, behind, weight, profit, may, best, nothing)
            position = behind
        optimum, after = best[room], np.zeros(room + 1, dtype=np.int64)
        behind = last
        while behind > first:
            position = behind - 1
            while position > first and group[position - 1] == group[position]:
                position -= 1
            for option in range(position, behind):
                left = room - weight[option]
                most = np.int64(-1)
                for used in range(left + 1):
                    most = max(most, before[option - first, used] + after[left - used])
                loss[option] = optimum - most - profit[option] if most >= 0 else -1
            _let_in(position, behind, weight, profit, may, after, nothing)
            behind = position


@numba.njit(cache=True, nogil=True)
def _behind(group: Int, position: int, last: int) -> int:
    """Return the first position behind those of the same group."""
    behind = position + 1
    while behind < last and group[behind] == group[position]:
        behind += 1
    return behind


@numba.njit(cache=True, nogil=True)
def _let_in(position: int, behind: int, weight: Int, profit: Int, may: Bool, best: Int, choice: Int) -> None:
    """Raise the best worth at every capacity by the options of one group, and write which one does it (-1: none)."""
    for room in range(len(best) - 1, -1, -1):
        top, which = best[room], -1
        for option in range(position, behind):
            if may[option] and profit[option] > 0 and weight[option] <= room:
                worth = best[room - weight[option]] + profit[option]
                if worth > top:
                    top, which = worth, option
        best[room] = top
        choice[room] = which
