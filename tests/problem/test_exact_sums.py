"""Sums of products beyond 64 bits."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from sloplan.problem.exact_sums import exact_dot, exact_totals


@pytest.mark.parametrize("largest_times", [0, 1, 2**20, 2**30, 2**31, 2**40, 2**63 - 1])
def test_totals_are_exact(largest_times: int) -> None:
    """Totals of amounts of any int64 size and sign equal those of Python's integers."""
    rng = Random(largest_times)
    for _ in range(50):
        n = rng.randint(1, 5)
        amounts = [rng.choice([-(2**63), 2**63 - 1, 2**31, -1, 0, rng.randint(-(2**62), 2**62)]) for _ in range(n)]
        times = [rng.choice([largest_times, -largest_times, rng.randint(0, largest_times)]) for _ in range(n)]
        index = [rng.randrange(3) for _ in range(n)]
        expected = [sum(a * t for i, a, t in zip(index, amounts, times, strict=True) if i == k) for k in range(3)]
        given = np.array(index), np.array(amounts, dtype=np.int64), np.array(times, dtype=np.int64)
        assert exact_totals(*given, 3).tolist() == expected
        assert exact_dot(*given[1:]) == sum(expected)


def test_factors_beyond_int64() -> None:
    """Python integers may stand on one side."""
    assert exact_dot(np.array([2**62, -3]), np.array([2**80, 1], dtype=object)) == 2**142 - 3


def test_nothing_sums_to_zero() -> None:
    """Without products every total is 0."""
    none = np.zeros(0, dtype=np.int64)
    assert exact_totals(none, none, none, 2).tolist() == [0, 0]
    assert exact_dot(none, none) == 0
