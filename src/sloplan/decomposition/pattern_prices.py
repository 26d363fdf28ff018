"""Prices of groups for rows that are knapsacks: subgradient steps first, then column generation from what they found.

The steps are cheap and come near the best prices soon; the packings that they pass make a restricted master whose few
further rounds are smoothed towards the best prices so far. By itself column generation needs many times as long: the
linear program over packings of many groups is degenerate.

Sources: B. T. Polyak, Minimization of unsmooth functionals, USSR Computational Mathematics and Mathematical Physics
9(3), 1969; F. Barahona, R. Anbil, The volume algorithm, Mathematical Programming 87, 2000 (a direction that remembers);
A. Pessoa, R. Sadykov, E. Uchoa, F. Vanderbeck, Automation and combination of linear-programming based stabilization
techniques in column generation, INFORMS Journal on Computing 30(2), 2018 (smoothing, and what to do when it misprices).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.knapsack_rows import KnapsackRows, Packing
from sloplan.decomposition.pattern_master import PatternMaster
from sloplan.problem.compiled import Bool

Float = npt.NDArray[np.float64]

_STEPS: Final = 150
_FORGOTTEN_STEPS: Final = 45
"""First of them, whose packings are far from what good prices give."""

_AIM: Final = 0.003
"""Part of the bound by which steps aim below it, where no answer is nearer."""

_MEMORY: Final = 0.7
"""Part of a step's direction that the steps before decide."""

_PATIENCE: Final = 10
_SHORTER: Final = 0.7
"""Steps without a better bound, after which they grow shorter by this factor, and start from the best prices."""

_SMOOTHING: Final = 0.9
_LESS_SMOOTHING: Final = 0.3
"""Weight of the best prices, and by how much it falls as long as nothing new is found."""

_SETTLED: Final = 1e-6
"""Of the bound: what a master may be short of it."""


class PatternPrices:
    """Prices of groups, the bound that they prove and the patterns found on the way.

    Parameters
    ----------
    rows : KnapsackRows
    price : (groups,) float64
        To start from.

    Attributes
    ----------
    best : Packing
        Of the least bound, without anything forced.
    price : (groups,) float64
        Its prices.
    master : PatternMaster
    """

    def __init__(self, rows: KnapsackRows, price: Float) -> None:
        self._rows = rows
        self.master = PatternMaster(rows)
        self.price = np.where(rows.problem.groups.must, price, np.maximum(price, 0.0))
        self.best = rows.packed(self.price)
        self.master.add(self.best.taken)

    def approach(self, worth: float, should_stop: Callable[[], bool]) -> None:
        """Take subgradient steps, and keep the packings that they pass.

        Parameters
        ----------
        worth : float
            Of a known solution, which no bound is below; minus infinity without one.
        should_stop : callable
            Asked before every step.
        """
        rows, must = self._rows, self._rows.problem.groups.must
        price, packing, length, patience = self.price, self.best, 1.0, _PATIENCE
        direction = _slope(rows, packing)
        for number in range(_STEPS):
            if should_stop():
                return
            direction = _MEMORY * direction + (1 - _MEMORY) * _slope(rows, packing)
            size = float(direction @ direction)
            if size < 1e-12:
                return
            aim = max(worth, self.best.bound - _AIM * max(1.0, abs(self.best.bound)))
            price = price - length * (packing.bound - aim) / size * direction
            price = np.where(must, price, np.maximum(price, 0.0))
            packing = rows.packed(price)
            if number >= _FORGOTTEN_STEPS:
                self.master.add(packing.taken)
            if packing.bound < self.best.bound:
                self.best, self.price, patience = packing, price, _PATIENCE
            else:
                patience -= 1
                if not patience:
                    price, packing, length, patience = self.price, self.best, _SHORTER * length, _PATIENCE

    def settle(self, should_stop: Callable[[], bool]) -> bool:
        """Generate patterns until the master's optimum is the bound, to a tolerance; False if stopped before.

        Parameters
        ----------
        should_stop : callable
            Asked before every round.
        """
        while not should_stop():
            packing, price, found = self.round(self.price)
            if packing.bound < self.best.bound:
                self.best, self.price = packing, price
            if not found or self.best.bound - self.master.reached <= _SETTLED * max(1.0, abs(self.best.bound)):
                return True
        return False

    def round(self, center: Float, forced: Bool | None = None) -> tuple[Packing, Float, int]:
        """Solve the master, and price patterns between its prices and a center's, nearer to its own until one is new.

        Parameters
        ----------
        center : (groups,) float64
        forced : (options,) bool, optional

        Returns
        -------
        Packing
        (groups,) float64
            Its prices.
        int
            Number of new patterns.
        """
        self.master.solve()
        smoothing = _SMOOTHING
        while True:
            price = smoothing * center + (1 - smoothing) * self.master.price
            packing = self._rows.packed(price, forced)
            found = self.master.add(packing.taken)
            if found or smoothing == 0.0:
                return packing, price, found
            smoothing = smoothing - _LESS_SMOOTHING if smoothing > _LESS_SMOOTHING else 0.0


def _slope(rows: KnapsackRows, packing: Packing) -> Float:
    """Return how the bound grows with the price of each group: by 1 less the number of times that it is taken."""
    taken = np.bincount(rows.group[packing.taken], minlength=len(rows.problem.groups))
    return np.asarray(1.0 - taken)
