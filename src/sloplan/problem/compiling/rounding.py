"""Products and quotients of decimal columns, rounded once to int64, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int
from sloplan.problem.compiling.decimals import Decimals, Float, Locate, int64_array, shortest_decimals

Figures = npt.NDArray[Any]
"""int64, object (Python integers) or float64."""

_SAFE: Final = 2.0**60
"""Numerators and denominators whose float is below it leave room in int64 for rounding and for the float's error."""
_POWERS: Final = np.array([10**power for power in range(19)], dtype=np.int64)


def rounded(
    rounding: Literal["floor", "ceil", "nearest"],
    factor: int | Fraction,
    *columns: Float | Int,
    over: Float | Int | None = None,
    locate: Locate,
) -> Int:
    """Return factor x product of columns / over, row by row, rounded once and exactly.

    Parameters
    ----------
    rounding : {"floor", "ceil", "nearest"}
        "nearest" rounds ties up.
    factor : int or Fraction
        Above 0.
    *columns : (n,) float64 or int64
        At least 0; a float stands for its shortest decimal.
    over : (n,) float64 or int64, optional
        Above 0.
    locate : callable
        Names the place of row i.

    Returns
    -------
    (n,) int64

    Raises
    ------
    SizeLimitError
        When a result is outside int64.
    """
    times = [_decimals(column) for column in columns]
    power = sum((one.exponent for one in times), np.zeros(len(columns[0]), dtype=np.int64))
    up, down = [one.mantissa for one in times], []
    if over is not None:
        divisor = _decimals(over)
        down.append(divisor.mantissa)
        power = power - divisor.exponent
    ratio = Fraction(factor)
    above, below = np.maximum(-power, 0), np.maximum(power, 0)  # powers of ten in the numerator and the denominator
    with np.errstate(over="ignore", invalid="ignore"):  # infinite or no number: not below the limit
        fits = _product(ratio.numerator, up, 10.0**above, np.float64) < _SAFE
        fits &= _product(ratio.denominator, down, 10.0**below, np.float64) < _SAFE
    result = np.zeros(len(power), dtype=np.int64)
    for rows, kind in ((np.flatnonzero(fits), np.int64), (np.flatnonzero(~fits), object)):
        numerator = _product(ratio.numerator, [m[rows] for m in up], _powers_of_ten(above[rows], kind), kind)
        denominator = _product(ratio.denominator, [m[rows] for m in down], _powers_of_ten(below[rows], kind), kind)
        quotient = _divided(numerator, denominator, rounding)
        if kind is object:
            quotient = int64_array(quotient.tolist(), lambda i, rows=rows: locate(int(rows[i])))  # type: ignore[misc]
        result[rows] = quotient
    return result


def _decimals(column: Float | Int) -> Decimals:
    if column.dtype.kind == "i":
        return Decimals(column.astype(np.int64), np.zeros(len(column), dtype=np.int64))
    return shortest_decimals(column.astype(np.float64))


def _powers_of_ten(power: Int, kind: type) -> Figures:
    # In int64 a power beyond the list stands beside a factor 0 only.
    return np.array([10**p for p in power.tolist()], object) if kind is object else _POWERS[np.minimum(power, 18)]


def _product(factor: int, columns: Sequence[Int], power: Figures, kind: type) -> Figures:
    product = power * (factor if kind is object else kind(factor))
    for column in columns:
        product = product * column.astype(kind)
    return product


def _divided(numerator: Figures, denominator: Figures, rounding: str) -> Figures:
    if rounding == "floor":
        return numerator // denominator
    if rounding == "ceil":
        return -(-numerator // denominator)
    return (2 * numerator + denominator) // (2 * denominator)
