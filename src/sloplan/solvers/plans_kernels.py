"""The inner loops that turn a plan selection's figures into an engine's columns: each figure is read twice, in order.

Kernels that call each other stay in this file: numba's cache looks at one file only.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]
Index = npt.NDArray[np.int32]


@numba.njit(cache=True)
def common_divisor(amount: Int) -> int:
    """Return the gcd of some amounts, 0 of none."""
    divisor = 0
    for figure in amount:
        divisor = _gcd(divisor, abs(figure))
        if divisor == 1:
            break
    return divisor


@numba.njit(cache=True)
def divide_rows(row: Int, amount: Int, divisor: Int) -> None:
    """Bring `divisor`, shape (rows,), down to the gcd with the amounts of each row; 0 stands for none so far."""
    left = int((divisor != 1).sum())
    for entry in range(len(amount)):
        if left == 0:
            break
        if divisor[row[entry]] != 1:
            divisor[row[entry]] = _gcd(divisor[row[entry]], abs(amount[entry]))
            left -= divisor[row[entry]] == 1


@numba.njit(cache=True)
def raise_largest(row: Int, amount: Int, largest: Int) -> None:
    """Bring `largest`, shape (rows,), up to the largest of the amounts of each row, whatever their signs."""
    for entry in range(len(amount)):
        largest[row[entry]] = max(largest[row[entry]], abs(amount[entry]))


@numba.njit(cache=True)
def fill_columns(
    start: Int, row: Int, amount: Int, place: Int, divisor: Int, factor: Float,
    group: Int, choice: Int, floor_row: int, floor: Float, pointer: Index, index: Index, value: Float,
) -> None:  # fmt: skip
    """Write columns one after the other: 1 in the row of its group, its amounts, and what the floor counts.

    Parameters
    ----------
    start : (columns + 1,) int64
        Column c has the entries ``start[c]:start[c + 1]`` of `row` and `amount`.
    row, amount : (entries,) int64
    place : (rows,) int64
        Which row of the engine's matrix each is.
    divisor, factor : (rows,)
        An amount a becomes ``a / divisor`` (no remainder) times `factor` (a power of two, signed).
    group : (columns,) int64
        Empty where the columns are in no groups.
    choice : (groups,) int64
        Row of the matrix that each group has.
    floor_row : int
        Row of the floor.
    floor : (columns,) float64
        What stands there, where that is not 0; empty if there is no floor.
    pointer : (columns + 1,) int32
        Its first element says where to begin; the rest is written.
    index, value : int32 and float64
        Written from there on; long enough.
    """
    at = pointer[0]
    for column in range(len(start) - 1):
        if len(group):
            index[at], value[at] = choice[group[column]], 1.0
            at += 1
        for entry in range(start[column], start[column + 1]):
            if amount[entry] != 0:
                of = row[entry]
                reduced = amount[entry] if divisor[of] == 1 else amount[entry] // divisor[of]
                index[at], value[at] = place[of], reduced * factor[of]
                at += 1
        if len(floor) and floor[column] != 0:
            index[at], value[at] = floor_row, floor[column]
            at += 1
        pointer[column + 1] = at


@numba.njit(cache=True)
def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
