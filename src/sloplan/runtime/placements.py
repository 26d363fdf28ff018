"""Which copies of which query follow which plan, what that uses, and what two of them differ by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import Bool, Int
from sloplan.runtime.known_plans import KnownPlans


@dataclass(frozen=True)
class Placements:
    """Copies of queries with the plans that they follow.

    Parameters
    ----------
    query, plan, count : (n,) int64
        Plans are those of a `KnownPlans`.
    """

    query: Int
    plan: Int
    count: Int

    def __len__(self) -> int:
        return len(self.query)

    @classmethod
    def none(cls) -> Placements:
        """Return no placements."""
        return cls(*np.zeros((3, 0), dtype=np.int64))

    @classmethod
    def merged(cls, query: Int, plan: Int, count: Int) -> Placements:
        """Return placements in the order of query and plan, those of the same added up, without those of 0 copies."""
        order = np.lexsort((plan, query))
        query, plan, count = query[order], plan[order], count[order]
        first = np.ones(len(query), dtype=np.bool_)
        first[1:] = (query[1:] != query[:-1]) | (plan[1:] != plan[:-1])
        start = np.flatnonzero(first)
        total = np.add.reduceat(count, start) if len(start) else count
        some = total != 0
        return cls(query[start][some], plan[start][some], total[some])

    def taken(self, which: Int | Bool) -> Placements:
        """Return some of them, in the given order."""
        return Placements(self.query[which], self.plan[which], self.count[which])

    def joined(self, other: Placements) -> Placements:
        """Return both together, merged."""
        parts = ((self.query, other.query), (self.plan, other.plan), (self.count, other.count))
        return Placements.merged(*(np.concatenate(part) for part in parts))

    def less(self, other: Placements) -> Placements:
        """Return what there is more of than in the other ones; negative counts where there is less."""
        return self.joined(Placements(other.query, other.plan, -other.count))

    def copies(self, queries: int) -> Int:
        """Return the copies of every query, shape (queries,)."""
        total = np.zeros(queries, dtype=np.int64)
        np.add.at(total, self.query, self.count)
        return total

    def used(self, plans: KnownPlans, rate_milli: Int, rows: int) -> Int:
        """Return what they use of each coupling row, shape (rows,).

        Parameters
        ----------
        plans : KnownPlans
        rate_milli : (queries,) int64
        rows : int
        """
        usage = plans.usage.taken(self.plan)
        factor = rate_milli[self.query] * self.count
        total = np.zeros(rows, dtype=np.int64)
        np.add.at(total, usage.column, usage.amount * factor[usage.row_of_entry])
        return total


def moves(before: Placements, after: Placements) -> tuple[Int, Int, Int]:
    """Return query, old plan and new plan of every copy that runs before and after, but by another plan.

    Parameters
    ----------
    before, after : Placements
    """
    change = after.less(before)
    gone, come = (change.taken(sign * change.count > 0) for sign in (-1, 1))
    old_of, new_of = np.repeat(np.arange(len(gone)), -gone.count), np.repeat(np.arange(len(come)), come.count)
    _, old, new = np.intersect1d(
        _numbered(gone.query[old_of]), _numbered(come.query[new_of]), assume_unique=True, return_indices=True
    )
    old, new = old_of[old], new_of[new]
    return gone.query[old], gone.plan[old], come.plan[new]


def _numbered(query: Int) -> Int:
    """Number the copies of every query; queries are ascending, and no query has 2^31 copies in a change."""
    return (query << 31) + np.arange(len(query)) - np.searchsorted(query, query)


def moved_copies(before: Placements, after: Placements, queries: int) -> Int:
    """Return how many copies of each query run before and after, but by another plan; shape (queries,)."""
    change = after.less(before)
    gone = np.zeros(queries, dtype=np.int64)
    np.add.at(gone, change.query, np.maximum(-change.count, 0))
    come = np.zeros(queries, dtype=np.int64)
    np.add.at(come, change.query, np.maximum(change.count, 0))
    return np.minimum(gone, come)
