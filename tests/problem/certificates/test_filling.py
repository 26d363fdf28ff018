"""The most that uses of a row pay: against trying all of them, and never less where states are too many."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sloplan.problem.certificates import filling
from sloplan.problem.certificates.filling import most_paid

KINDS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(0, 4)), max_size=5)


def by_hand(kinds: list[tuple[int, int, int]], capacity: int) -> int:
    """Return the most by trying every number of uses of every kind."""
    return max(
        sum(times * paid for times, (_, paid, _) in zip(often, kinds, strict=True))
        for often in itertools.product(*(range(number + 1) for _, _, number in kinds))
        if sum(times * amount for times, (amount, _, _) in zip(often, kinds, strict=True)) <= capacity
    )


def found(kinds: list[tuple[int, int, int]], capacity: int) -> int:
    """Return what `most_paid` says."""
    amount, surcharge, number = np.array(kinds, dtype=np.int64).reshape(-1, 3).T
    return most_paid(amount, surcharge, number, capacity)


@given(KINDS, st.integers(0, 30))
def test_as_by_hand(kinds: list[tuple[int, int, int]], capacity: int) -> None:
    """Exactly."""
    assert found(kinds, capacity) == by_hand(kinds, capacity)


def in_parts(kinds: list[tuple[int, int, int]], capacity: int) -> float:
    """Return what the row pays if uses can be split."""
    total, room = 0.0, float(capacity)
    for amount, paid, number in sorted(kinds, key=lambda kind: -kind[1] / kind[0]):
        times = min(number, capacity // amount, room / amount)
        total, room = total + times * paid, room - times * amount
    return total


@given(KINDS, st.integers(0, 30))
def test_too_many_states_bound_it(kinds: list[tuple[int, int, int]], capacity: int) -> None:
    """With a limit of one state the figure is larger or the same, and hardly more than parts of uses pay."""
    kinds = [kind for kind in kinds if kind[0] <= capacity]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling, "STATE_LIMIT", 1)
        limited = found(kinds, capacity)
    assert by_hand(kinds, capacity) <= limited <= in_parts(kinds, capacity) + 2


def test_the_limit_is_looked_at_before_states_are_made() -> None:
    """A million million uses are not listed."""
    assert 10**12 <= found([(1, 1, 10**12)], 10**12) <= 1.0001 * 10**12


def test_large_figures_are_exact() -> None:
    """Near 2^62 no unit is lost: two of three uses fit."""
    large = 2**60 - 1
    assert found([(10**11, large, 3), (10**11 - 1, 1, 1)], 2 * 10**11) == 2 * large
