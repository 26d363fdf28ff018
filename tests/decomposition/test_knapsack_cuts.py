"""Knapsack inequalities: fillings against trying all, every inequality valid and broken, zeros lifted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sloplan.decomposition import heavy_kernels
from sloplan.decomposition.knapsack_cuts import Knapsack

KINDS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(0, 9)), min_size=1, max_size=5)


def fillings(knapsack: Knapsack) -> list[tuple[int, ...]]:
    """Return every way to fill a row."""
    return [
        times
        for times in itertools.product(*(range(number + 1) for number in knapsack.number.tolist()))
        if sum(n * a for n, a in zip(times, knapsack.amount.tolist(), strict=True)) <= knapsack.capacity
    ]


def knapsack_of(kinds: list[tuple[int, int, int]], capacity: int) -> Knapsack:
    """Return the knapsack of some kinds: amount, number, and a third figure that is not looked at."""
    amount, number, _ = np.array(kinds, dtype=np.int64).T
    return Knapsack(amount, number, capacity)


@given(KINDS, st.integers(0, 25))
def test_the_best_filling(kinds: list[tuple[int, int, int]], capacity: int) -> None:
    """It fits, and is worth what the best of all is worth."""
    knapsack, worth = knapsack_of(kinds, capacity), np.array([third for *_, third in kinds], dtype=np.int64)
    found = knapsack.most(worth, np.arange(len(kinds)), capacity)
    assert found is not None
    most, times = found
    assert tuple(times.tolist()) in set(fillings(knapsack))
    assert most == int(worth @ times) == max(int(worth @ np.array(times)) for times in fillings(knapsack))


@given(KINDS, st.integers(1, 25), st.integers(0, 2**31))
def test_inequalities_hold_and_are_broken(kinds: list[tuple[int, int, int]], capacity: int, seed: int) -> None:
    """No filling passes 1, the fraction does; a fraction that is a mean of fillings breaks none."""
    kinds = [kind for kind in {kind[0]: kind for kind in kinds}.values() if kind[0] <= capacity]
    if not kinds:
        return
    knapsack, rng = knapsack_of(kinds, capacity), np.random.default_rng(seed)
    every = np.array(fillings(knapsack), dtype=np.float64)
    used = rng.random(len(kinds)) * np.minimum(knapsack.number, capacity / knapsack.amount)
    used[rng.random(len(kinds)) < 0.4] = 0.0
    broken = knapsack.broken(used)
    if broken is not None:
        assert (every @ broken).max() <= 1 + 1e-12
        assert broken @ used > 1
    mean = rng.dirichlet(np.ones(len(every))) @ every
    assert knapsack.broken(mean) is None


def test_the_inequality_of_a_cover() -> None:
    """One use of 6 fits into 10: two thirds of a second one are too much, and a kind of 7 counts as much."""
    knapsack = Knapsack(np.array([6, 7]), np.array([3, 1]), 10)
    broken = knapsack.broken(np.array([1 + 2 / 3, 0.0]))
    assert broken is not None
    assert broken == pytest.approx([1.0, 1.0])


def test_a_kind_that_fits_twice_is_lifted_by_half() -> None:
    """Beside no use of 6 two of 5 fit into 10: each may count for a half."""
    broken = Knapsack(np.array([5, 6]), np.array([2, 3]), 10).broken(np.array([0.0, 1 + 2 / 3]))
    assert broken is not None
    assert broken == pytest.approx([0.5, 1.0])


def test_a_knapsack_that_takes_too_long_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is no inequality, rather than one that may not hold."""
    monkeypatch.setattr("sloplan.decomposition.knapsack_cuts.fill", lambda *_: -1)
    assert Knapsack(np.array([6]), np.array([3]), 10).broken(np.array([1.5])) is None


def test_time_that_is_up_gives_none() -> None:
    """No inequality is looked for then."""
    assert Knapsack(np.array([6]), np.array([3]), 10).broken(np.array([1.5]), lambda: True) is None


def test_nodes_are_limited() -> None:
    """Worth that is all but the amount, and no sum that fits: every filling would be looked at."""
    amount = 2 * np.arange(1001, 1041)
    worth, number, times = amount.copy(), np.full(40, 40), np.zeros(40, dtype=np.int64)
    assert heavy_kernels.fill(amount, worth, number, 30_011, times) == -1
