"""Exact integers from float64 columns: every float stands for its shortest decimal.

2.1 read from a file is the float 2.100000000000000088..., but it stands for 21/10. Each function
here computes with that decimal and rounds once, so the result is the same on every platform.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import INT64_MAX, Int
from sloplan.problem.errors import SizeLimitError

Float = npt.NDArray[np.float64]
Locate = Callable[[int], str]
"""Says where element i of a column stands (file, row, field), for error messages."""

CHECK_UNIT: Final = "check the unit of the figure, or leave it out if it limits nothing"
_MAX_MANTISSA: Final = 1e15
"""Decimals of up to 15 digits survive a float64: at most one such decimal belongs to a float."""
_MAX_EXACT_POWER: Final = 22
"""10^22 is the largest power of ten that is a float64."""
_EXACT_POWERS: Final = frozenset(10**power for power in range(_MAX_EXACT_POWER + 1))
_SMALLEST_NORMAL: Final = 2.0**-1022


@dataclass(frozen=True)
class Decimals:
    """Decimal numbers `mantissa / 10^exponent`; the exponent may be negative.

    Parameters
    ----------
    mantissa : (n,) int64
    exponent : (n,) int64
    """

    mantissa: Int
    exponent: Int

    def __getitem__(self, rows: Int) -> Decimals:
        """Return the numbers at some positions."""
        return Decimals(self.mantissa[rows], self.exponent[rows])


def decimals_of(column: Float | Int | Decimals) -> Decimals:
    """Return the numbers that a column stands for: whole ones, or the shortest decimals of floats.

    Parameters
    ----------
    column : (n,) float64, int64 or Decimals

    Returns
    -------
    Decimals
    """
    if isinstance(column, Decimals):
        return column
    if column.dtype.kind == "i":
        return Decimals(column.astype(np.int64), np.zeros(len(column), dtype=np.int64))
    return shortest_decimals(column.astype(np.float64))


def shortest_decimals(values: Float) -> Decimals:
    """Return the shortest decimal of every float, the one that `repr` prints.

    Parameters
    ----------
    values : (n,) float64
        Finite numbers.

    Returns
    -------
    Decimals
    """
    mantissa = np.zeros(len(values), dtype=np.int64)
    exponent = np.zeros(len(values), dtype=np.int64)
    open_ = np.arange(len(values))
    with np.errstate(over="ignore"):
        for power in range(_MAX_EXACT_POWER + 1):
            if not len(open_):
                break
            scale, still_open = float(10**power), values[open_]
            candidate = np.rint(still_open * scale)
            # Numerator and scale are exact floats and division rounds correctly, so equality means
            # that the decimal reads back as this float; with 15 digits it is then the shortest.
            hit = (np.abs(candidate) < _MAX_MANTISSA) & (candidate / scale == still_open)
            mantissa[open_[hit]] = candidate[hit].astype(np.int64)
            exponent[open_[hit]] = power
            open_ = open_[~hit]
    if len(open_):
        uniques, inverse = np.unique(values[open_], return_inverse=True)
        parts = [_decimal_parts(value) for value in uniques.tolist()]
        mantissa[open_] = np.array([m for m, _ in parts], dtype=np.int64)[inverse]
        exponent[open_] = np.array([e for _, e in parts], dtype=np.int64)[inverse]
    return Decimals(mantissa, exponent)


def _decimal_parts(value: float) -> tuple[int, int]:
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)  # finite
    mantissa = int("".join(map(str, digits)))
    return (-mantissa if sign else mantissa), -exponent


def fractions_of(values: Float | Int) -> list[Fraction]:
    """Return the shortest decimals of a short column as exact fractions.

    Parameters
    ----------
    values : (n,) float64 or int64

    Returns
    -------
    list of Fraction
    """
    if values.dtype.kind == "i":
        return [Fraction(value) for value in values.tolist()]
    decimals = shortest_decimals(values.astype(np.float64))
    return [
        Fraction(m * 10**-e) if e < 0 else Fraction(m, 10**e)
        for m, e in zip(decimals.mantissa.tolist(), decimals.exponent.tolist(), strict=True)
    ]


def common_power_of_ten(values: Iterable[Fraction]) -> int:
    """Return the least power of ten that makes every one of these decimals whole.

    Parameters
    ----------
    values : iterable of Fraction
        Decimals.

    Returns
    -------
    int
    """
    denominator = math.lcm(*(value.denominator for value in values))
    power = 1
    while power % denominator:
        power *= 10
    return power


def int64_array(values: Iterable[int], locate: Locate, advice: str = CHECK_UNIT) -> Int:
    """Return Python integers as int64, or refuse.

    Parameters
    ----------
    values : iterable of int
    locate : callable
        Names the place of value i.
    advice : str
        What to do about a value that is too large.

    Returns
    -------
    (n,) int64

    Raises
    ------
    SizeLimitError
        When a value is outside int64; the message names the first such place.
    """
    listed = list(values)
    for i, value in enumerate(listed):
        if abs(value) > INT64_MAX:
            raise SizeLimitError(
                f"{locate(i)}: compiles to {Decimal(value):.3e}, which 64-bit integers cannot hold; "
                f"allowed: up to {Decimal(INT64_MAX):.3e}; next: {advice}"
            )
    return np.array(listed, dtype=np.int64)


Rounding = Literal["floor", "nearest"]


def scaled(values: Float, factor: int, rounding: Rounding, locate: Locate) -> Int:
    """Return `values x factor` rounded once, exactly; fast on long columns.

    Parameters
    ----------
    values : (n,) float64
        Finite numbers, at least 0; each stands for its shortest decimal.
    factor : int
        Above 0.
    rounding : {"floor", "nearest"}
        "nearest" rounds ties up.
    locate : callable
        Names the place of value i.

    Returns
    -------
    (n,) int64

    Raises
    ------
    SizeLimitError
        When a result is outside int64.
    """
    shift = 0.5 if rounding == "nearest" else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        estimate = values * float(factor)
        margin = estimate * 2.0**-50 + 1e-300
        low, high = np.floor(estimate - margin + shift), np.floor(estimate + margin + shift)
    # The float estimate is off by at most four roundings (decimal to float, factor, product, sum),
    # each 2^-53 of it. Where both ends of a wider interval round alike, nothing more is needed.
    # Products that are whole are on the edge between two roundings: those of whole numbers, which are
    # exact, and those that a power of ten divides to the float again, as in `shortest_decimals`.
    product = np.rint(estimate)
    whole = np.rint(values) == values
    if factor in _EXACT_POWERS:
        whole |= (product < _MAX_MANTISSA) & (product / float(factor) == values)
    certain = (whole | (low == high)) & (estimate < 2.0**52)
    result = np.where(certain, np.where(whole, product, low), 0.0).astype(np.int64)
    rest = np.flatnonzero(~certain)
    if len(rest):
        result[rest] = _scaled_exactly(values[rest], factor, rounding, lambda i: locate(int(rest[i])))
    return result


def _scaled_exactly(values: Float, factor: int, rounding: Rounding, locate: Locate) -> Int:
    decimals = shortest_decimals(values)
    result = np.zeros(len(values), dtype=np.int64)
    for exponent in np.unique(decimals.exponent).tolist():
        rows = np.flatnonzero(decimals.exponent == exponent)
        ratio = Fraction(factor) / Fraction(10) ** exponent
        up, down = ratio.numerator, ratio.denominator
        if rounding == "nearest":  # floor(x + 1/2)
            offset, up, down = down, 2 * up, 2 * down
        else:
            offset = 0
        mantissa = decimals.mantissa[rows]
        if int(mantissa.max()) * up + offset <= INT64_MAX and down <= INT64_MAX:
            result[rows] = (mantissa * up + offset) // down
        else:
            exact_values = (mantissa.astype(object) * up + offset) // down
            result[rows] = int64_array(exact_values.tolist(), lambda i, rows=rows: locate(int(rows[i])))  # type: ignore[misc]
    return result


def ceil_ratio(amount: Int, numerator: Int, denominator: Int, *, times: int = 1) -> Int:
    """Return ceil(times x amount x numerator / denominator) per element, exactly.

    Parameters
    ----------
    amount, numerator, denominator : (n,) int64
        At least 0; denominators above 0. The results must fit into int64; what passes it on the
        way is computed in Python integers.
    times : int
        Above 0.

    Returns
    -------
    (n,) int64
    """
    if not len(amount):
        return np.zeros(0, dtype=np.int64)
    if times * int(amount.max()) * int(numerator.max()) + int(denominator.max()) <= INT64_MAX:
        return (times * amount * numerator + denominator - 1) // denominator
    product = times * amount.astype(object) * numerator.astype(object)
    return (-(-product // denominator.astype(object))).astype(np.int64)


def nano_nats(accuracy: Float) -> Int:
    """Return the nearest integers of -10^9 ln(accuracy), exactly.

    Parameters
    ----------
    accuracy : (n,) float64
        In (0, 1]; each stands for its shortest decimal.

    Returns
    -------
    (n,) int64
    """
    estimate = -1e9 * np.log(accuracy)
    # A platform's logarithm may be off by some units in the last place and the decimal by half of
    # one: 10^-14 of the value and 10^-6 of a nano-nat are far more. Only near a tie does it matter.
    # A subnormal float has few digits, so its decimal may be far from it.
    margin = np.where(accuracy < _SMALLEST_NORMAL, 1.0, 1e-6 + 1e-14 * estimate)
    result = np.floor(estimate + 0.5).astype(np.int64)
    near_tie = np.flatnonzero(np.floor(estimate - margin + 0.5) != np.floor(estimate + margin + 0.5))
    if len(near_tie):
        uniques, inverse = np.unique(accuracy[near_tie], return_inverse=True)
        result[near_tie] = np.array([_nano_nats(value) for value in uniques.tolist()], dtype=np.int64)[inverse]
    return result


def _nano_nats(accuracy: float) -> int:
    # The logarithm of a rational other than 1 is irrational, so no tie exists and more digits decide.
    digits = 50
    while True:
        with localcontext() as context:
            context.prec = digits
            value = -Decimal(repr(accuracy)).ln() * 10**9
            nearest = int((value + Decimal("0.5")).to_integral_value(rounding="ROUND_FLOOR"))
            if abs(abs(value - nearest) - Decimal("0.5")) > Decimal(10) ** (20 - digits):
                return nearest
        digits *= 2
