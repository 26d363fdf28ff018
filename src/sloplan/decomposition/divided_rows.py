"""Rows divided by what plans differ by in them: weights that rounding may make much of.

Where a row binds, the linear program splits some copies between plans that use more of it and plans that use less.
Divided by that difference, and with every group measured from what most of it does, such a step counts one, what is
left of the row between whole steps is a fraction, and rounding rules it out. A tableau's row mixes many rows, in which
such a step is lost.

Source: H. Marchand, L. A. Wolsey, Aggregation and mixed integer rounding to solve MIPs, Operations Research 49, 2001
(divisors from the row itself). Its aggregation of rows is left out; inequalities that bind are divided as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.optimum import Optimum, Split

Float = npt.NDArray[np.float64]

_LEAST_DIFFERENCE: Final = 1e-6
"""Of the largest amount in the row."""

_MOST_DIVISORS: Final = 24
_MOST_OF_A_ROW: Final = 4
_LEAST_BROKEN: Final = 1e-3
"""Of one row: divisors that are tried, and those whose inequalities are looked at if the optimum breaks them so far."""

_ROUNDING: Final = 1e-9
"""Quotients that are that little below a whole number are it."""


def divided_rows(optimum: Optimum) -> Iterator[tuple[int, float, float]]:
    """Yield rows and inequalities that bind, factors, and by how much the optimum breaks what they give.

    Parameters
    ----------
    optimum : Optimum
    """
    split = optimum.split
    for row in np.flatnonzero(optimum.binds).tolist():
        each = split.amounts[:, [row]].toarray().reshape(-1)
        yield from ((row, times, broken) for times, broken in _factors(each, split))


def divided(optimum: Optimum, row: int, times: float) -> Float:
    """Return the weights of a program's rows, those of limits first, that one row with a factor stands for.

    Parameters
    ----------
    optimum : Optimum
    row : int
        Or inequality.
    times : float
    """
    main, each = optimum.main, optimum.amounts_in(row)
    has = np.flatnonzero(main >= 0)
    weight = np.zeros(len(main) + len(optimum.binds))
    weight[len(main) + row] = times
    weight[has] = -times * each[main[has]]  # what most do counts nothing
    return weight


def _factors(each: Float, split: Split) -> list[tuple[float, float]]:
    """Return factors of a row of which the rounded row is broken most, of the length of what it counts, and how much.

    Parameters
    ----------
    each : (columns,) float64
        What split columns count in the row, which binds.
    split : Split
    """
    largest = np.abs(each).max(initial=0.0)
    if largest == 0.0:
        return []
    base = np.where(split.main >= 0, each[np.maximum(split.main, 0)], 0.0)
    times = 1 / _differences(np.concatenate([each - base[split.group], base]), largest)
    total, out = np.outer(times, each - base[split.group]), np.outer(times, -base)
    right = times * (each @ split.share) + out @ split.count
    fraction = np.minimum(right - np.floor(right), 1 - _ROUNDING)[:, None]
    total, out = rounded_about(total, fraction), rounded_about(out, fraction)
    broken = total @ split.share + out @ split.out - np.floor(right)
    counts = total - out[:, split.group]  # with copies that stay out taken off
    length = np.sqrt((counts * counts).sum(axis=1)) + _ROUNDING
    best = np.argsort(-broken / length, kind="stable")[:_MOST_OF_A_ROW]
    best = best[broken[best] > _LEAST_BROKEN * length[best]]
    return list(zip(times[best].tolist(), broken[best].tolist(), strict=True))


def _differences(amount: Float, largest: float) -> Float:
    """Return some of the sizes of amounts, from the least to the greatest."""
    size = np.unique(np.round(np.abs(amount) / largest, 9))
    size = size[size > _LEAST_DIFFERENCE] * largest
    if len(size) > _MOST_DIVISORS:
        size = size[np.linspace(0, len(size) - 1, _MOST_DIVISORS).astype(np.int64)]
    return np.asarray(size)


def rounded_about(amount: Float, fraction: Float | float) -> Float:
    """Round as `certificates.inequalities` does, but for floating point.

    Parameters
    ----------
    amount : float64 array
    fraction : float64 array or float
        Between 0 and 1.
    """
    whole = np.floor(amount + _ROUNDING)
    return np.asarray(whole + np.maximum(amount - whole - fraction, 0.0) / (1 - fraction))
