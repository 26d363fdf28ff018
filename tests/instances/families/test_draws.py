"""Draws: pinned values, bounds, near equal chances."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.instances.families.draws import MOST, Draws


def test_values_are_pinned() -> None:
    """The draws of a seed are these on any machine: the upper half of PCG64's raw numbers, times the bound."""
    draws = Draws(7)
    assert draws.below(100, 6).tolist() == [62, 89, 77, 22, 30, 87]
    assert draws.chance(50, 6).tolist() == [True, False, False, True, True, True]
    assert draws.order(5) == [1, 2, 3, 4, 0]
    raw = np.random.PCG64(7).random_raw(6)
    assert [(int(number) >> 32) * 100 >> 32 for number in raw] == [62, 89, 77, 22, 30, 87]


def test_every_purpose_has_draws_of_its_own() -> None:
    """The same seed draws otherwise for another purpose; those of one are pinned too."""
    drawn = {purpose: Draws(7, purpose).below(100, 6).tolist() for purpose in ("", "mixed", "city")}
    assert drawn[""] == Draws(7).below(100, 6).tolist()
    assert drawn["mixed"] == Draws(7, "mixed").below(100, 6).tolist()
    assert len({tuple(values) for values in drawn.values()}) == 3
    assert drawn["mixed"] == [79, 69, 79, 94, 34, 90]


@pytest.mark.parametrize("bound", [1, 2, 7, MOST])
def test_draws_stay_below_the_bound(bound: int) -> None:
    """Draws lie from 0 to the bound less 1, and reach all over."""
    drawn = Draws(0).below(bound, 10_000)
    assert drawn.dtype == np.int64
    assert drawn.min() >= 0
    assert drawn.max() < bound
    assert np.unique(drawn * min(bound, 7) // bound).tolist() == list(range(min(bound, 7)))


def test_chances_and_orders() -> None:
    """A chance of 30 in 100 comes true about that often; an order holds every number once."""
    draws = Draws(1)
    assert draws.chance(30, 100_000).mean() == pytest.approx(0.3, abs=0.01)
    assert sorted(draws.order(20)) == list(range(20))
    assert {tuple(draws.order(3)) for _ in range(200)} == {
        (0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0),
    }  # fmt: skip
