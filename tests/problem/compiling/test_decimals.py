"""Exact integers from floats: shortest decimals, scaling, logarithms."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sloplan.problem.compiling.decimals import (
    ceil_ratio,
    common_power_of_ten,
    fractions_of,
    int64_array,
    nano_nats,
    scaled,
    shortest_decimals,
)
from sloplan.problem.errors import SizeLimitError

INT64_MAX = 2**63 - 1
ANY_FLOAT = st.floats(min_value=0.0, max_value=1e300, allow_nan=False)
SHORT_DECIMAL = st.builds(lambda m, k: m / 10**k, st.integers(0, 10**9), st.integers(0, 9))
TRICKY = [16.1, 2.1, 0.7, 2.1 / 0.7, 0.1 + 0.2, 0.3, 1e22, 1e23, 2.0**53 + 2, 9007199254740993.0, 5e-324, 1e-300, 1e15]


def where(i: int) -> str:
    """Name a place by its index."""
    return f"place {i}"


def exact_fraction(value: float) -> Fraction:
    """Return the decimal that Python prints for a float: the reference."""
    return Fraction(repr(value))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(ANY_FLOAT, SHORT_DECIMAL, st.integers(0, 2**60).map(float)), max_size=20))
@example(TRICKY)
@example([-x for x in TRICKY])
def test_shortest_decimals(values: list[float]) -> None:
    """Mantissa and exponent are those of the decimal that `repr` prints, for floats of any size."""
    decimals = shortest_decimals(np.array(values, dtype=np.float64))
    for value, mantissa, exponent in zip(values, decimals.mantissa.tolist(), decimals.exponent.tolist(), strict=True):
        assert Fraction(mantissa) / Fraction(10) ** exponent == exact_fraction(value)
    assert fractions_of(np.array(values, dtype=np.float64)) == [exact_fraction(value) for value in values]


def reference(value: float, factor: int, rounding: str) -> int:
    """Round value x factor once, in rational arithmetic."""
    return math.floor(exact_fraction(value) * factor + (Fraction(1, 2) if rounding == "nearest" else 0))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.floats(0.0, 1e12), SHORT_DECIMAL, st.integers(0, 10**12).map(float)), max_size=20),
    st.sampled_from([1, 3, 1000, 10**6]),
    st.sampled_from(["floor", "nearest"]),
)
@example([1 / 3, 2 / 3, 5 / 3], 3, "floor")
@example([0.6, 0.57, 1e-6, 999999999.999999, 1e9 + 1e-6], 10**6, "floor")
@example([x for x in TRICKY if x < 1e12], 1000, "floor")
@example([0.0005, 0.0015, 4.0085, 20.0125, 0.5005, 0.0004999999999999999, 1e-320], 1000, "nearest")
@example([9223372036854.774, 8e15, 9.1e15, 123456789.123456789], 1000, "floor")
def test_scaled(values: list[float], factor: int, rounding: str) -> None:
    """Every element is rounded as rational arithmetic rounds it."""
    result = scaled(np.array(values, dtype=np.float64), factor, rounding, where)  # type: ignore[arg-type]
    assert result.dtype == np.int64
    assert result.tolist() == [reference(value, factor, rounding) for value in values]


@pytest.mark.parametrize("rounding", ["floor", "nearest"])
def test_scaled_next_to_a_boundary(rounding: str) -> None:
    """Floats on either side of a rounding boundary fall on their own side."""
    boundaries = np.array([0.0005, 0.001, 16.1, 64.1, 129.2, 1.001, 4.0085, 1000.0005, 123456.7895])
    values = np.concatenate([boundaries, np.nextafter(boundaries, 0), np.nextafter(boundaries, np.inf)])
    result = scaled(values, 1000, rounding, where)  # type: ignore[arg-type]
    assert result.tolist() == [reference(value, 1000, rounding) for value in values.tolist()]


def test_scaled_ties_go_up() -> None:
    """A tie is rounded up, also where the float of the product lies below it or rounding is to even."""
    assert scaled(np.array([4.0085, 20.0125, 0.0005]), 1000, "nearest", where).tolist() == [4009, 20013, 1]


@pytest.mark.parametrize("value", [9.3e15, 1e300])
def test_scaled_refuses_what_int64_cannot_hold(value: float) -> None:
    """The error names the place of the first figure that is too large, and the limit."""
    with pytest.raises(SizeLimitError, match=r"place 1: compiles to .*e\+.*allowed: up to 9\.223e\+18; next: "):
        scaled(np.array([1.0, value]), 1000, "floor", where)


def test_int64_array_holds_the_extremes() -> None:
    """The largest int64 passes, one more is refused with its place."""
    assert int64_array([INT64_MAX, -INT64_MAX], where).tolist() == [INT64_MAX, -INT64_MAX]
    with pytest.raises(SizeLimitError, match="place 2"):
        int64_array([0, 1, INT64_MAX + 1], where)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 10**12), st.integers(0, 10**18), st.integers(10**12, 10**18)), min_size=1, max_size=8
    ),
    st.sampled_from([1, 8]),
)
def test_ceil_ratio(rows: list[tuple[int, int, int]], times: int) -> None:
    """Ratios are exact, also when the product passes int64 on the way."""
    rows = [row for row in rows if times * row[0] * row[1] // row[2] < INT64_MAX] or [(0, 0, 1)]
    amount, numerator, denominator = np.array(rows, dtype=np.int64).T
    result = ceil_ratio(amount, numerator, denominator, times=times)
    assert result.dtype == np.int64
    assert result.tolist() == [-(-times * a * n // d) for a, n, d in rows]


def test_common_power_of_ten() -> None:
    """The least power of ten that makes all decimals whole."""
    assert common_power_of_ten([]) == 1
    assert common_power_of_ten([Fraction(3)]) == 1
    assert common_power_of_ten([Fraction("0.5"), Fraction("0.25")]) == 100
    assert common_power_of_ten([Fraction("0.35"), Fraction("2.4")]) == 100


def logarithm(accuracy: float) -> int:
    """Return the nearest integer of -10^9 ln(accuracy) with 60 digits: the reference."""
    with localcontext() as context:
        context.prec = 60
        return int((-Decimal(repr(accuracy)).ln() * 10**9).to_integral_value())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.floats(5e-324, 1.0), st.integers(1, 1000).map(lambda n: n / 1000)), max_size=20))
@example([1.0, 0.9, 0.81, 5e-324, 1 - 2**-53, 0.9999999995, 0.9999999985, 3e-310, 2.3e-308])
def test_nano_nats(accuracies: list[float]) -> None:
    """Logarithms are rounded as 60 digits round them."""
    assert nano_nats(np.array(accuracies, dtype=np.float64)).tolist() == [logarithm(a) for a in accuracies]


def test_nano_nats_near_ties() -> None:
    """Accuracies whose logarithm lies next to a half are decided by more digits than a float has."""
    halves = np.arange(0.5, 400.5)
    accuracies = np.exp(-halves * 1e-9)
    estimates = -1e9 * np.log(accuracies)
    assert np.abs(estimates - halves).max() < 1e-6  # the float path cannot decide these
    assert nano_nats(accuracies).tolist() == [logarithm(a) for a in accuracies.tolist()]
