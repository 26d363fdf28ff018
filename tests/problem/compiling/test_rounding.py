"""Products and quotients of decimals, rounded once."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sloplan.problem.compiling.decimals import decimals_of
from sloplan.problem.compiling.rounding import rounded
from sloplan.problem.errors import SizeLimitError

SHORT = st.builds(lambda m, k: m / 10**k, st.integers(0, 10**9), st.integers(0, 9))
ANY = SHORT | st.floats(min_value=0.0, max_value=1e9) | st.sampled_from([0.1 + 0.2, 16.1, 5e-324, 1e-300, 1e9])
FACTORS = st.sampled_from([1, 1000, 10**9, Fraction(10, 36), Fraction(10**12, 3600)])
ROUND = {"floor": math.floor, "ceil": math.ceil, "nearest": lambda value: math.floor(value + Fraction(1, 2))}


def where(i: int) -> str:
    """Name a place."""
    return f"place {i}"


@settings(max_examples=300, deadline=None)
@given(FACTORS, st.lists(st.tuples(ANY, ANY, ANY.filter(bool)), min_size=1, max_size=8))
@example(1, [(0.0, 1e-300, 1e-300)])
@example(1000, [(0.0, 1.0, 5e-324)])
@example(1, [(2.0**59, 1.0, 3.0), (2.0**60, 1.0, 3.0), (2.0**61, 1.0, 3.0), (2.0**62, 1.0, 1.0)])
def test_equals_fractions(factor: int | Fraction, rows: list[tuple[float, float, float]]) -> None:
    """Every rounding of every row is that of the rational number, and one outside int64 is refused."""
    one, other, over = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    values = [Fraction(factor) * Fraction(repr(a)) * Fraction(repr(b)) / Fraction(repr(c)) for a, b, c in rows]
    for rounding in ("floor", "ceil", "nearest"):
        expected = [ROUND[rounding](value) for value in values]
        too_large = [i for i, value in enumerate(expected) if value >= 2**63]
        if too_large:
            with pytest.raises(SizeLimitError, match=f"place {too_large[0]}:"):
                rounded(rounding, factor, one, other, over=over, locate=where)  # type: ignore[arg-type]
        else:
            found = rounded(rounding, factor, one, other, over=over, locate=where)  # type: ignore[arg-type]
            assert found.tolist() == expected
            assert found.dtype == np.int64


def test_whole_numbers_and_no_divisor() -> None:
    """Columns of int64 enter as they are; nothing is divided by unless given."""
    assert rounded("ceil", 1000, np.array([2.1, 16.1]), locate=where).tolist() == [2100, 16100]
    assert rounded("floor", 1, np.array([3, 4]), np.array([10**17, 5]), locate=where).tolist() == [3 * 10**17, 20]


def test_decimals_enter_as_they_are() -> None:
    """Decimals told before, and some of them taken several times, round as the floats that they come from."""
    figures, divisors, rows = np.array([2.1, 1e-300, 16.1]), np.array([0.7, 3.0]), np.array([2, 0, 0, 1])
    expected = rounded("ceil", 1000, figures[rows], over=divisors[rows % 2], locate=where)
    taken = rounded("ceil", 1000, decimals_of(figures)[rows], over=decimals_of(divisors)[rows % 2], locate=where)
    assert taken.tolist() == expected.tolist() == [23000, 3000, 3000, 1]


def test_ties_go_up() -> None:
    """Half a unit rounds to the next integer."""
    assert rounded("nearest", 1000, np.array([0.0005, 2.1005, 0.00049]), locate=where).tolist() == [1, 2101, 0]


def test_no_rows() -> None:
    """No rows give no figures."""
    assert rounded("floor", 1, np.zeros(0), locate=where).tolist() == []
