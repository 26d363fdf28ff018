"""Tests of rows divided by their gcd."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sloplan.models.reduced import LARGEST_LIMIT_BITS, covering_unit, divided_by_gcd, power_of_two_unit
from sloplan.solvers.highs import SMALL_ENTRY

_amounts = st.integers(-(2**40), 2**40).filter(bool)
_counts = st.integers(0, 3)


@given(
    st.lists(_amounts, min_size=1, max_size=4), st.integers(-(2**45), 2**45), st.lists(st.integers(0, 3), max_size=4)
)
def test_a_row_divided_holds_for_the_same_numbers(amounts: list[int], limit: int, values: list[int]) -> None:
    """Whole numbers keep to the divided row exactly if they keep to the row."""
    divided, lowered = divided_by_gcd(amounts, limit)
    taken = list(zip(values, amounts, divided, strict=False))
    assert (sum(v * a for v, a, _ in taken) <= limit) == (sum(v * d for v, _, d in taken) <= lowered)


@given(st.integers(-(2**59), 2**59))
def test_the_unit_brings_a_limit_down_and_no_further(limit: int) -> None:
    """Divided by its unit a limit is at most 2^20; one within that keeps its integers."""
    unit = power_of_two_unit(limit)
    assert abs(limit) / unit <= 2**LARGEST_LIMIT_BITS
    assert unit == 1 or abs(limit) / (unit // 2) >= 2**LARGEST_LIMIT_BITS


def test_no_unit_makes_a_whole_number_nothing() -> None:
    """Entries of 1 stay above what HiGHS takes for 0, however large others are."""
    assert 1 / power_of_two_unit(2**62) > SMALL_ENTRY
    assert 1 / covering_unit(2**62) > SMALL_ENTRY
    assert [covering_unit(figure) for figure in (0, 1, 2, 3, 4, 5)] == [1, 1, 2, 4, 4, 8]
    assert [covering_unit(figure, 8) for figure in (0, 8, 9, 64, 65)] == [1, 1, 2, 8, 16]
