"""Certificates of prices in floating point: the finest grid that holds every figure, prices rounded to the nearest."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.problem.certificates.format import Leaf
from sloplan.problem.certificates.from_prices import certificate_of_prices, grid_for, leaf_on_grid
from sloplan.problem.compiled import Rows


@pytest.mark.parametrize(
    ("largest", "bits"), [(0.0, 61), (1.0, 61), (1.5, 60), (2.0, 60), (1e6, 41), (2.0**61, 0), (1e30, 0)]
)
def test_the_grid_holds_the_largest_figure(largest: float, bits: int) -> None:
    """The largest figure times the denominator is within 2^61, and would not be on a grid twice as fine."""
    assert grid_for(largest) == 2**bits
    assert bits == 0 or largest * 2**bits <= 2**61


def test_prices_are_rounded_and_free_rows_not_named() -> None:
    """3.4 and 3.6 quarters become three and four; what rounds to nothing is left out."""
    rows = Rows(np.array(["a", "b", "c", "d"], dtype=object), np.ones(4, dtype=np.int64))
    assert leaf_on_grid(rows, np.array([0.85, 0.9, 0.1, 0.0]), 4) == Leaf({"a": 3, "b": 4})


def test_cost_has_a_price_of_goodput() -> None:
    """The objective follows from whether there is one, and it counts for the grid as other figures do."""
    rows = Rows(np.array(["a"], dtype=object), np.ones(1, dtype=np.int64))
    certificate = certificate_of_prices(rows, np.array([0.5]), 1.0, value_price=2.0**21)
    assert (certificate.objective, certificate.denominator) == ("cost", 2**40)
    assert certificate.nodes == (Leaf({"a": 2**39}, 2**61),)
    assert certificate_of_prices(rows, np.array([0.5]), 1.0).objective == "goodput"
