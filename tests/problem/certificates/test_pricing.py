"""Pricing of usage: exact sums, refused only where a sum passes the limit."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.problem.certificates.pricing import PRICED_LIMIT, GridTooFineError, Prices, priced_usage
from sloplan.problem.compiled import Sparse


def usage(*plans: dict[int, int]) -> Sparse:
    """Return plans given by their usage of rows."""
    start = np.cumsum([0, *map(len, plans)])
    column = np.array([row for plan in plans for row in plan], dtype=np.int64)
    amount = np.array([amount for plan in plans for amount in plan.values()], dtype=np.int64)
    return Sparse(start, column, amount)


def priced(plans: Sparse, *row_prices: int) -> list[int]:
    """Return what the plans' usage costs at row prices."""
    return priced_usage(plans, Prices(np.array(row_prices, dtype=np.int64), 1, 0), "plans").tolist()


def test_sums_by_hand() -> None:
    """Plans with entries and without, in any place."""
    plans = usage({}, {0: 2, 1: 5}, {}, {1: 7}, {})
    assert priced(plans, 10, 3) == [0, 35, 0, 21, 0]
    assert priced(usage(), 10, 3) == []


def test_sums_near_the_limit_are_exact() -> None:
    """A plan may cost just the limit, and the running total of all plans may pass what int64 holds."""
    plans = usage(*[{0: 2**31, 1: 1}] * 5, {1: 3})
    assert priced(plans, 2**31 - 1, 2**31) == [PRICED_LIMIT] * 5 + [3 * 2**31]


def test_only_a_sum_beyond_the_limit_is_refused() -> None:
    """The largest amount may stand beside a small price and the largest price beside a small amount."""
    assert priced(usage({0: 2**40, 1: 1}), 1, 2**40) == [2**41]
    with pytest.raises(GridTooFineError, match="plans: priced, a plan passes"):
        priced(usage({0: 2**40}, {1: 2**40}), 1, 2**40)
