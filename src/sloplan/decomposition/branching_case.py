"""What holds at a node of the tree: which plans numbered copies may take, and how much of each supply there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sloplan.decomposition.lagrangian import Prices
from sloplan.decomposition.open_pairs import OpenPairs
from sloplan.problem.compiled import Bool, Int

Copy = tuple[int, int]
"""Group and number of the copy, from 1."""


@dataclass(frozen=True)
class CopyCase:
    """What one copy may do.

    Parameters
    ----------
    open : (pairs of its group,) bool
    served : bool
        It may not stay out.
    """

    open: Bool
    served: bool


@dataclass(frozen=True)
class Case:
    """What holds at a node.

    Parameters
    ----------
    copies : mapping of Copy to CopyCase
        The copies that decisions speak of.
    lower, upper : (supplies,) int64
    """

    copies: Mapping[Copy, CopyCase]
    lower: Int
    upper: Int

    @classmethod
    def root(cls, pairs: OpenPairs) -> Case:
        """Return the case without decisions."""
        most = pairs.problem.supplies.maximum
        return cls({}, np.zeros_like(most), most)

    def with_copy(self, pairs: OpenPairs, copy: Copy, chosen: Bool, holds: bool) -> Case:
        """Return the case in which a copy takes one of some pairs, or does not.

        Parameters
        ----------
        pairs : OpenPairs
        copy : Copy
        chosen : (pairs of the group,) bool
        holds : bool
        """
        before = self.copies.get(copy) or CopyCase(
            np.ones(len(chosen), dtype=np.bool_), bool(pairs.problem.groups.must[copy[0]])
        )
        now = CopyCase(before.open & (chosen == holds), before.served or holds)
        return replace(self, copies={**self.copies, copy: now})

    def with_supply(self, supply: int, at_most: int, holds: bool) -> Case:
        """Return the case in which there is at most so much of a supply, or more."""
        lower, upper = self.lower.copy(), self.upper.copy()
        if holds:
            upper[supply] = min(upper[supply], at_most)
        else:
            lower[supply] = max(lower[supply], at_most + 1)
        return replace(self, lower=lower, upper=upper)

    def is_closed(self, pairs: OpenPairs) -> bool:
        """Tell whether there is no solution, as a certificate would: somebody must choose and cannot."""
        if np.any(self.lower > self.upper) or any(case.served and not case.open.any() for case in self.copies.values()):
            return True
        others = self.unbranched(pairs)
        return bool(np.any(pairs.problem.groups.must & (np.diff(pairs.start) == 0) & (others > 0)))

    def unbranched(self, pairs: OpenPairs) -> Int:
        """Return how many copies of each group no decision speaks of, shape (groups,)."""
        others = pairs.problem.groups.count.copy()
        for group, _ in self.copies:
            others[group] -= 1
        return others

    def bound(self, pairs: OpenPairs, prices: Prices) -> float:
        """Return the most that anything can be worth in this case, by these prices."""
        problem, worth = pairs.problem, pairs.worth(prices)
        groups, supplies = problem.groups, problem.supplies
        best, others = pairs.best(worth), self.unbranched(pairs)
        each = np.where(groups.must, best, np.maximum(best, 0.0))
        total = float(each[others > 0] @ others[others > 0])
        for (group, _), case in self.copies.items():
            of_group = worth[pairs.start[group] : pairs.start[group + 1]][case.open]
            most = float(of_group.max(initial=-np.inf))
            total += most if case.served else max(most, 0.0)
        brought = supplies.brought
        paid = brought.amount * prices.row[brought.column]
        each_supply = np.bincount(brought.row_of_entry, weights=paid, minlength=len(brought)) - problem.supply_price
        total += float(np.maximum(each_supply * self.lower, each_supply * self.upper).sum())
        return total + float(prices.row @ problem.rows.capacity) - prices.value * problem.floor
