"""A certificate of prices in floating point: rounded to the finest grid on which exact pricing can work."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.problem.certificates.format import Certificate, Leaf
from sloplan.problem.compiled import Int, Rows

Float = npt.NDArray[np.float64]

_BITS = 61
"""A priced plan is kept below 2^61; a certificate allows 2^62."""

LARGEST_FIGURE: Final = 2.0**_BITS
"""Prices and priced plans from here on are in no certificate."""


def certificate_of_prices(rows: Rows, prices: Float, largest: float, value_price: float | None = None) -> Certificate:
    """Return the certificate of one leaf at some prices.

    Parameters
    ----------
    rows : Rows
    prices : (rows,) float64
        Per unit of usage, at least 0.
    largest : float
        No plan's value, cost or priced usage, of one copy, is larger: what the grid has to hold.
    value_price : float, optional
        Of a unit of the goodput floor, under "cost".
    """
    denominator = grid_for(max(largest, float(prices.max(initial=0.0)), value_price or 0.0))
    leaf = leaf_on_grid(rows, prices, denominator, value_price)
    return Certificate("goodput" if value_price is None else "cost", denominator, (leaf,))


def grid_for(largest: float) -> int:
    """Return the largest denominator, a power of two, on which a figure stays within the grid."""
    return int(2 ** max(0, min(_BITS, _BITS - math.ceil(math.log2(max(1.0, largest))))))


def leaf_on_grid(rows: Rows, prices: Float, denominator: int, value_price: float | None = None) -> Leaf:
    """Return a leaf with prices rounded to the nearest numerators; rows of price 0 are not named."""
    numerators: Int = np.rint(prices * denominator).astype(np.int64)
    named = zip(rows.name, numerators.tolist(), strict=True)
    goodput_price = 0 if value_price is None else round(value_price * denominator)
    return Leaf({name: price for name, price in named if price > 0}, goodput_price)
