"""Solutions of problems whose rows are knapsacks: dives through the master over patterns.

A dive forces the option that the master takes most, generates a few patterns that go with it, and so on until every
group has its option. All but the first let chance decide between options that are taken alike; dives that promise
nothing better than the best solution end early.

Source: R. Sadykov, F. Vanderbeck, A. Pessoa, I. Tahiri, E. Uchoa, Primal heuristics for branch and price: the assets of
diving methods, INFORMS Journal on Computing 31(2), 2019, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.knapsack_rows import KnapsackRows
from sloplan.decomposition.pattern_prices import PatternPrices
from sloplan.problem.compiled import Bool

_ROUNDS: Final = 5
"""Most rounds of pricing after each step of a dive."""

_CHANCE: Final = 0.3
"""What chance adds, at most, to the share in which an option is taken."""

_TAKEN: Final = 0.05
_WHOLE: Final = 0.999
_NOTHING: Final = 1e-9
"""Shares: from which on chance adds to them, from which on options are forced whatever others do, and least."""


class PatternDives:
    """Dives, one after the other.

    Parameters
    ----------
    rows : KnapsackRows
    prices : PatternPrices
        Settled, or nearly.
    seed : int
    """

    def __init__(self, rows: KnapsackRows, prices: PatternPrices, seed: int) -> None:
        self._rows, self._prices = rows, prices
        self._random = np.random.default_rng(seed)
        self._chance = 0.0

    def dive(self, worth: float, should_stop: Callable[[], bool]) -> Assignment | None:
        """Return a solution that is worth more than `worth`, or None where this dive found none.

        Parameters
        ----------
        worth : float
        should_stop : callable
            Asked before every step.
        """
        rows, master = self._rows, self._prices.master
        forced = np.zeros(len(rows), dtype=np.bool_)
        try:
            while not should_stop():
                master.force(forced)
                if self._reached(forced) < worth + self._rows.step / 2:
                    return None
                more = self._chosen(forced)
                if not more.any():
                    break
                forced |= more
        finally:
            self._chance = _CHANCE
        found = rows.assignment(forced)
        better = found.is_valid(rows.problem) and found.worth(rows.problem) > worth
        return found if better else None

    def _reached(self, forced: Bool) -> float:
        """Price a few rounds of patterns beside what is forced; return what the master reaches."""
        center, least = self._prices.price, np.inf
        for _ in range(_ROUNDS):
            packing, price, found = self._prices.round(center, forced)
            if packing.bound < least:
                least, center = packing.bound, price
            if not found or least - self._prices.master.reached < self._rows.step / 2:
                break
        return min(least, self._prices.master.reached)

    def _chosen(self, forced: Bool) -> Bool:
        """Return the options that are forced next: those taken whole as far as they fit, and the one taken most."""
        rows = self._rows
        may, _, capacity = rows.left(forced)
        share = np.where(may, self._prices.master.taken, 0.0)
        chosen = np.zeros(len(rows), dtype=np.bool_)
        for option in np.flatnonzero(share >= _WHOLE).tolist():
            self._choose(option, share, chosen, capacity)
        share += self._chance * self._random.random(len(share)) * (share > _TAKEN)
        share[(rows.weight > capacity[rows.row])] = 0.0
        option = int(np.argmax(share))
        if share[option] > _NOTHING:
            self._choose(option, share, chosen, capacity)
        return chosen

    def _choose(self, option: int, share: np.ndarray, chosen: Bool, capacity: np.ndarray) -> None:
        rows = self._rows
        if share[option] > 0 and rows.weight[option] <= capacity[rows.row[option]]:
            chosen[option] = True
            capacity[rows.row[option]] -= rows.weight[option]
            share[rows.group == rows.group[option]] = 0.0
