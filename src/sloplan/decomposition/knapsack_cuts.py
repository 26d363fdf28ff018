"""Knapsack inequalities: what no uses of one row that fit side by side can pass, found where a fraction does.

The inequality that a fractional filling breaks most is the optimum of a linear program over its coefficients, with a
row for every filling that matters; fillings are found one at a time by the knapsack itself. Kinds that the fraction
does not use are lifted: their coefficients are the largest that keep the inequality valid.

Sources: P. Avella, M. Boccia, I. Vasilyev, A computational study of exact knapsack separation for the generalized
assignment problem, Computational Optimization and Applications 45, 2010; E. Balas, Facets of the knapsack polytope,
Mathematical Programming 8, 1975 (lifting).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.heavy_kernels import fill
from sloplan.decomposition.linear_engine import LinearEngine
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

_UNIT: Final = 2.0**30
"""Coefficients are whole numbers of this part of the limit, so that fillings are compared exactly."""

_LEAST_USED: Final = 1e-7
_LEAST_BROKEN: Final = 1e-4
"""Of the limit."""

_MOST_FILLINGS: Final = 300


@dataclass(frozen=True)
class Knapsack:
    """The kinds of heavy uses of one row.

    Parameters
    ----------
    amount, number : (kinds,) int64
    capacity : int
    """

    amount: Int
    number: Int
    capacity: int

    def most(self, worth: Int, kinds: Int, capacity: int) -> tuple[int, Int] | None:
        """Return what some kinds are worth at most within a capacity, and how often each is used; None if too hard.

        Parameters
        ----------
        worth : (kinds,) int64
        kinds : (n,) int64
        capacity : int
        """
        kinds = kinds[(worth[kinds] > 0) & (self.amount[kinds] <= capacity)]
        kinds = kinds[np.argsort(-worth[kinds] / self.amount[kinds], kind="stable")]
        times, used = np.zeros(len(kinds), dtype=np.int64), np.zeros(len(self.amount), dtype=np.int64)
        most = int(fill(self.amount[kinds], worth[kinds], self.number[kinds], capacity, times))
        used[kinds] = times
        return None if most < 0 else (most, used)

    def broken(self, used: Float, should_stop: Callable[[], bool] = lambda: False) -> Float | None:
        """Return an inequality that a fractional filling breaks, (kinds,) float64 with limit 1; None if none is found.

        Parameters
        ----------
        used : (kinds,) float64
        should_stop : callable, optional
            Asked often: then there is none, or one that leaves kinds out.
        """
        kinds = np.flatnonzero(used > _LEAST_USED)
        if not len(kinds) or float(self.amount[kinds] @ self.number[kinds].astype(np.float64)) <= self.capacity:
            return None
        engine = LinearEngine(grows_by_columns=False)
        engine.add_columns(-used[kinds], np.zeros(len(kinds)), np.ones(len(kinds)))
        for _ in range(_MOST_FILLINGS):
            if should_stop():
                return None
            engine.run()
            if -engine.objective <= 1 + _LEAST_BROKEN:
                return None
            worth = np.zeros(len(self.amount), dtype=np.int64)
            worth[kinds] = np.floor(np.clip(engine.columns, 0.0, 1.0) * _UNIT)
            found = self.most(worth, kinds, self.capacity)
            if found is None:
                return None
            most, filling = found
            if most <= _UNIT * (1 + 1e-7):
                self._lift(worth, kinds, most, should_stop)
                broken = worth / most
                return broken if float(broken @ used) > 1 + _LEAST_BROKEN else None
            nonzero = np.flatnonzero(filling[kinds])
            one, owner = np.ones(1), np.zeros(len(nonzero), dtype=np.int64)
            engine.add_rows(-engine.infinity * one, one, owner, nonzero, filling[kinds[nonzero]].astype(np.float64))
        return None

    def _lift(self, worth: Int, kinds: Int, limit: int, should_stop: Callable[[], bool]) -> None:
        """Give the other kinds, largest first, what uses of them leave of the limit at least; `worth` is changed."""
        others = np.setdiff1d(np.arange(len(self.amount)), kinds)
        for other in others[np.argsort(-self.amount[others], kind="stable")].tolist():
            if should_stop():
                return
            least = limit
            for times in range(1, int(min(self.number[other], self.capacity // self.amount[other])) + 1):
                beside = self.most(worth, kinds, self.capacity - times * int(self.amount[other]))
                least = 0 if beside is None else min(least, (limit - beside[0]) // times)
                if least <= 0:
                    break
            if least > 0:
                worth[other] = least
                kinds = np.append(kinds, other)
