"""Row prices at which queries gather on few whole units: each unit's price is spread over what is really used of it.

Prices of the linear relaxation charge a unit by the part that is used, and a matching at them leaves many units half
empty. Here queries are served, the units that stand are charged to what uses them, and at these slopes queries are
served again: half-empty units become dear and are left, full ones stay. It ends when the cost repeats. Source: D. Kim,
P. M. Pardalos, A solution approach to the fixed charge network flow problem using a dynamic slope scaling procedure,
Operations Research Letters 24, 1999.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.contention import Room
from sloplan.heuristics.matching_prices import Asked, Market
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

ROUNDS: Final = 16
"""Rounds at most; most often the cost repeats after four to ten."""


class SlopeScaling:
    """Slopes under `cost`: begin at the prices of the bound, but no unit for less than its even price.

    Parameters
    ----------
    market : Market
    asked : Asked
        At the best prices.

    Attributes
    ----------
    asked : Asked
        At the slopes.
    """

    def __init__(self, market: Market, asked: Asked) -> None:
        self._market, self._room = market, market.problem.room
        self._rented = (self._room.unit > 0) & (self._room.unit_price > 0)
        even = np.divide(self._room.unit_price, self._room.unit, out=np.zeros(len(asked.price)), where=self._rented)
        self.asked = market.ask(np.maximum(asked.price, even), asked.value_price)

    def follow(self, used: Int) -> None:
        """Charge the units that a use of the rows needs to that use; rows that need none keep their slope.

        Parameters
        ----------
        used : (rows,) int64
        """
        slopes = slopes_of(self._room, used, self.asked.price, self._rented)
        self.asked = self._market.ask(slopes, self.asked.value_price)


def slopes_of(room: Room, used: Int, before: Float, rented: npt.NDArray[np.bool_]) -> Float:
    """Return the price of the units over what is used of them, shape (rows,).

    Parameters
    ----------
    room : Room
    used : (rows,) int64
    before : (rows,) float64
        Slopes of rows that need no unit.
    rented : (rows,) bool
        Rows whose units cost something.
    """
    of_units = np.maximum(used - room.standing, 0)
    bill = room.units(used) * room.unit_price.astype(np.float64)
    return np.divide(bill, of_units, out=before.copy(), where=rented & (of_units > 0))
