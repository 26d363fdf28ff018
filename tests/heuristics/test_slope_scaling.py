"""Slopes charge whole units to what uses them, so that queries leave units that are half empty."""

from __future__ import annotations

import numpy as np
import pytest

import sloplan as sp
from sloplan.heuristics.contention import Contention, PlanLists, Room
from sloplan.heuristics.matching_prices import Market
from sloplan.heuristics.slope_scaling import SlopeScaling, slopes_of
from sloplan.problem.compiled import Sparse


def two_pools(first: int, second: int) -> Contention:
    """Return so many queries whose plan on either of two rented pools is a little cheaper than on the other."""
    ones = np.ones(2, dtype=np.int64)
    usage = Sparse(np.arange(5), np.array([0, 1, 0, 1]), np.ones(4, dtype=np.int64))
    each = np.ones(first + second, dtype=np.int64)
    lists = PlanLists(
        usage=usage,
        bill=np.array([0, 50, 50, 0]),
        start=np.array([0, 2, 4]),
        plan=np.arange(4),
        list_of=np.repeat([0, 1], [first, second]),
        rate=each,
        value=each,
        count=each,
    )
    return Contention(lists, Room(0 * ones, 10 * ones, ones, 1_000 * ones), is_cost=True, floor=first + second)


def test_slopes_by_hand() -> None:
    """Three units of 10 that carry 25: 3,000 over 25; what stands is free, and a row in no need keeps its slope."""
    room = Room(
        standing=np.array([0, 5, 0, 0]),
        unit=np.array([10, 10, 10, 0]),
        most_units=np.array([9, 9, 9, 0]),
        unit_price=np.array([1_000, 1_000, 1_000, 0]),
    )
    slopes = slopes_of(room, np.array([25, 12, 0, 7]), np.array([7.0, 7.0, 7.0, 7.0]), room.unit_price > 0)
    assert slopes == pytest.approx([3_000 / 25, 1_000 / 7, 7.0, 7.0])


def test_the_half_empty_unit_is_left() -> None:
    """6 and 4 queries fit on one unit. At even prices either pool's are cheaper at home; at slopes all gather."""
    market = Market(two_pools(6, 4))
    even = market.ask(np.array([100.0, 100.0]))
    assert even.choice.tolist() == [0] * 6 + [3] * 4
    slopes = SlopeScaling(market, even)
    slopes.follow(np.array([6, 4]))
    assert slopes.asked.price == pytest.approx([1_000 / 6, 1_000 / 4])
    assert slopes.asked.choice.tolist() == [0] * 6 + [2] * 4


def test_few_units_at_a_low_floor() -> None:
    """What `compass` found before it had slopes: 5.3992 USD/h."""
    result = sp.solve("edge-cloud-s-1.2-tight", method="compass", objective="cost", min_goodput=0.6, display=False)
    assert result.objective is not None
    assert result.objective < 4.8
