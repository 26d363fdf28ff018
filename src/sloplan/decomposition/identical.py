"""Groups that differ in nothing but their count, taken together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coupled_problem import Groups
from sloplan.problem.compiled import Int
from sloplan.problem.spans import spans

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class IdenticalGroups:
    """Classes of identical groups.

    Parameters
    ----------
    member : (groups,) int64
        Class by class.
    start : (classes + 1,) int64
        Members of class c are ``member[start[c]:start[c + 1]]``.
    count : (classes,) int64
        Copies of all members.
    share : (groups,) float64
        Of each member, in the order of `member`, in the copies of its class.
    groups : int
        Number of groups, those without copies included.
    """

    member: Int
    start: Int
    count: Int
    share: Float
    groups: int

    def __len__(self) -> int:
        return len(self.count)

    @property
    def first(self) -> Int:
        """One group of each class, shape (classes,)."""
        return self.member[self.start[:-1]]

    @cached_property
    def of_group(self) -> Int:
        """Class of every group, shape (groups,); -1 of those without copies."""
        index = np.full(self.groups, -1)
        index[self.member] = np.repeat(np.arange(len(self)), np.diff(self.start))
        return index

    @classmethod
    def of(cls, groups: Groups) -> IdenticalGroups:
        """Sort the groups that have copies into classes."""
        present = np.flatnonzero(groups.count > 0)
        figures = np.column_stack(
            [groups.template, groups.rate, groups.value, groups.must.astype(np.int64), groups.allowed]
        )[present]
        order = np.lexsort(figures.T)
        member = present[order]
        differs = np.any(figures[order][1:] != figures[order][:-1], axis=1)
        start = np.concatenate([[0], np.flatnonzero(differs) + 1, [len(member)]])[: len(member) + 1]
        count = np.add.reduceat(groups.count[member], start[:-1]) if len(member) else np.zeros(0, dtype=np.int64)
        share = groups.count[member] / np.repeat(count, np.diff(start))
        return cls(member, start, count, share, len(groups))

    def spread(self, index: Int, weight: Float) -> tuple[Int, Int, Float]:
        """Spread weights of classes over their members by their counts.

        Returns
        -------
        entry, group : (k,) int64
            Which of the weights, and whose.
        weight : (k,) float64
        """
        length = np.diff(self.start)[index]
        place = spans(self.start[index], length)
        entry = np.repeat(np.arange(len(index)), length)
        return entry, self.member[place], weight[entry] * self.share[place]
