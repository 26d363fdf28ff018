"""Tests of rows divided by their gcd."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sloplan.models.reduced import divided_by_gcd, power_of_two_unit, reduced_rows

_amounts = st.integers(-(2**40), 2**40).filter(bool)


@given(st.lists(st.tuples(st.lists(_amounts, min_size=1, max_size=4), st.integers(-(2**45), 2**45)), max_size=5))
def test_many_rows_as_one_by_one(rows: list[tuple[list[int], int]]) -> None:
    """Rows reduced together equal rows reduced alone; a single negative amount keeps its sign."""
    row = np.repeat(np.arange(len(rows)), [len(amounts) for amounts, _ in rows]).astype(np.int64)
    amount = np.array([value for amounts, _ in rows for value in amounts], dtype=np.int64)
    limit = np.array([limit for _, limit in rows], dtype=np.int64)
    reduced, limits, unit = reduced_rows(row, amount, limit)
    for place, (amounts, whole) in enumerate(rows):
        alone, lowered = divided_by_gcd(amounts, whole)
        assert reduced[row == place].tolist() == alone
        assert (limits[place], unit[place]) == (lowered, power_of_two_unit(lowered))
