"""Pairs of a group and a plan that lose little at given prices: what a better solution can be made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.pair_kernels import count_near, keep_near
from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of a group and a plan, group by group.

    Parameters
    ----------
    group, plan : (n,) int64
    loss : (n,) float64
        What a copy of the group is worth at its best, staying out included where it may, less what it is worth with
        the plan.
    """

    group: Int
    plan: Int
    loss: Float

    def __len__(self) -> int:
        return len(self.group)

    def taken(self, index: Int | Bool) -> Pairs:
        """Return the pairs at `index`."""
        return Pairs(self.group[index], self.plan[index], self.loss[index])

    def followed_by(self, others: Pairs) -> Pairs:
        """Return these pairs and then others."""
        return Pairs(
            np.concatenate([self.group, others.group]),
            np.concatenate([self.plan, others.plan]),
            np.concatenate([self.loss, others.loss]),
        )


class NearPairs:
    """Finds pairs of small loss at the prices of a response, ever more of them as more loss is asked for.

    Parameters
    ----------
    response : Response
    """

    def __init__(self, response: Response) -> None:
        self._response = response
        problem = response.problem
        usage = problem.plans.usage
        # Among plans of equal price the smaller stands first: nothing that replaces a plan then comes behind it.
        size = np.bincount(
            usage.row_of_entry,
            weights=usage.amount / np.maximum(problem.most_supplied, 1)[usage.column],
            minlength=len(usage),
        )
        self._order = np.lexsort((size, response.plan_price, problem.plans.template))

    def within(self, most: float) -> Pairs:
        """Return the pairs that lose at most `most`, without those that another of the group replaces.

        One plan replaces another of a group if it is worth no less, costs no more and uses no more of any row; it
        then loses no more.

        Parameters
        ----------
        most : float
            Infinite for all pairs.
        """
        response, problem = self._response, self._response.problem
        groups, plans = problem.groups, problem.plans
        # A group without a plan (-1) has no open one either, so what it may pay does not matter.
        best = np.append(response.plan_price, 0.0)[response.plan]
        dearest = best + (most - self._best_out) / groups.rate
        which = (groups.template, groups.allowed, plans.start, self._order, plans.needs, response.plan_price, dearest)
        number = np.zeros(len(groups), dtype=np.int64)
        count_near(*which, number)
        first = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(number)])
        kept = np.empty(first[-1], dtype=np.int64)
        used, usage = np.zeros(len(problem.rows), dtype=np.int64), plans.usage
        keep_near(*which, plans.value, plans.cost, usage.start, usage.column, usage.amount, used, first, kept)
        group = np.repeat(np.arange(len(groups)), number)[kept >= 0]
        plan = kept[kept >= 0]
        loss = self._best_out[group] + groups.rate[group] * (response.plan_price[plan] - best[group])
        return Pairs(group, plan, loss)

    @cached_property
    def _best_out(self) -> Float:
        """What a copy loses with its best plan: something where staying out is better, shape (groups,)."""
        worth = self._response.worth
        staying = ~self._response.problem.groups.must & (self._response.plan >= 0)
        return np.where(staying, np.maximum(-worth, 0.0), 0.0)
