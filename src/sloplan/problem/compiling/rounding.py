"""Products and quotients of decimal columns, rounded once to int64, exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int
from sloplan.problem.compiling.decimals import Decimals, Float, Locate, decimals_of, int64_array

Figures = npt.NDArray[Any]
"""int64, object (Python integers) or float64."""

_SAFE: Final = 2.0**60
"""Numerators and denominators whose float is below it leave room in int64 for rounding and for the float's error."""
_POWERS: Final = np.array([10**power for power in range(19)], dtype=np.int64)
_FLOAT_POWERS: Final = np.array([float(f"1e{power}") for power in range(310)])
"""Powers of ten as floats; the last one is infinite and stands for all beyond."""


def rounded(
    rounding: Literal["floor", "ceil", "nearest"],
    factor: int | Fraction,
    *columns: Float | Int | Decimals,
    over: Float | Int | Decimals | None = None,
    locate: Locate,
) -> Int:
    """Return factor x product of columns / over, row by row, rounded once and exactly.

    Parameters
    ----------
    rounding : {"floor", "ceil", "nearest"}
        "nearest" rounds ties up.
    factor : int or Fraction
        Above 0.
    *columns : (n,) float64, int64 or Decimals
        At least 0; a float stands for its shortest decimal.
    over : (n,) float64, int64 or Decimals, optional
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
    times = [decimals_of(column) for column in columns]
    power = sum((one.exponent for one in times), np.zeros(len(times[0].exponent), dtype=np.int64))
    up, down = [one.mantissa for one in times], []
    if over is not None:
        divisor = decimals_of(over)
        down.append(divisor.mantissa)
        power = power - divisor.exponent
    ratio = Fraction(factor)
    above, below = np.maximum(-power, 0), np.maximum(power, 0)  # powers of ten in the numerator and the denominator

    def quotients(rows: Int | slice, kind: type) -> Figures:
        numerator = _product(ratio.numerator, [m[rows] for m in up], _powers_of_ten(above[rows], kind), kind)
        denominator = _product(ratio.denominator, [m[rows] for m in down], _powers_of_ten(below[rows], kind), kind)
        return _divided(numerator, denominator, rounding)

    if max(_largest(ratio.numerator, up, above), _largest(ratio.denominator, down, below)) < _SAFE:
        return quotients(slice(None), np.int64)
    with np.errstate(over="ignore", invalid="ignore"):  # infinite or no number: not below the limit
        fits = _product(ratio.numerator, up, _powers_of_ten(above, np.float64), np.float64) < _SAFE
        fits &= _product(ratio.denominator, down, _powers_of_ten(below, np.float64), np.float64) < _SAFE
    result, rest = np.zeros(len(power), dtype=np.int64), np.flatnonzero(~fits)
    result[fits] = quotients(np.flatnonzero(fits), np.int64)
    result[rest] = int64_array(quotients(rest, object).tolist(), lambda i: locate(int(rest[i])))
    return result


def _largest(factor: int, columns: Sequence[Int], power: Int) -> int:
    """What no row's product is above, exactly."""
    return math.prod((factor, 10 ** int(power.max(initial=0)), *(int(column.max(initial=0)) for column in columns)))


def _powers_of_ten(power: Int, kind: type) -> Figures:
    if kind is object:
        return np.array([10**p for p in power.tolist()], object)
    # In int64 a power beyond the list stands beside a factor 0 only.
    powers = _POWERS if kind is np.int64 else _FLOAT_POWERS
    return powers[np.minimum(power, len(powers) - 1)]


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
