"""Heavy uses: pairs of a group and a plan that take much of one row, gathered by row and amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.pairs import Pairs
from sloplan.problem.compiled import Int

MOST_SIDE_BY_SIDE: Final = 40
"""A use is heavy if no more than so many fit side by side: a row is filled to a part in that by lighter ones."""


@dataclass(frozen=True)
class HeavyUses:
    """Uses of rows, each by a pair, and the kinds of equal row and amount that they are of.

    Parameters
    ----------
    row, amount, number : (kinds,) int64
        By row, then by amount; copies of the groups that have such a use, of a group as many as may fit at most.
    kind, pair : (uses,) int64
        By kind.
    """

    row: Int
    amount: Int
    number: Int
    kind: Int
    pair: Int

    @classmethod
    def of(cls, problem: CoupledProblem, pairs: Pairs) -> HeavyUses:
        """Gather the heavy uses of some pairs, of a problem without supplies.

        Parameters
        ----------
        problem : CoupledProblem
        pairs : Pairs
        """
        usage, capacity = problem.plans.usage.taken(pairs.plan), problem.rows.capacity
        amount = usage.amount * problem.groups.rate[pairs.group][usage.row_of_entry]
        heavy = (amount > capacity[usage.column] // (MOST_SIDE_BY_SIDE + 1)) & (amount <= capacity[usage.column])
        entry = np.flatnonzero(heavy & (amount > 0))
        kinds, kind = np.unique(np.stack([usage.column[entry], amount[entry]]), axis=1, return_inverse=True)
        pair, kind = usage.row_of_entry[entry], kind.reshape(-1)
        groups = len(problem.groups)
        users = np.unique(kind * groups + pairs.group[pair])
        copies = np.minimum(problem.groups.count[users % max(groups, 1)], MOST_SIDE_BY_SIDE)
        number = np.bincount(users // max(groups, 1), weights=copies, minlength=kinds.shape[1]).astype(np.int64)
        order = np.argsort(kind, kind="stable")
        return cls(kinds[0], kinds[1], number, kind[order], pair[order])
