"""All pairs of a group and a plan that is open to it, and what they are worth at prices: what branching works on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.lagrangian import Prices
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]


class OpenPairs:
    """All pairs of a coupled problem, those of group g at ``start[g]:start[g + 1]``.

    Parameters
    ----------
    problem : CoupledProblem

    Attributes
    ----------
    group, plan : (pairs,) int64
    start : (groups + 1,) int64
    value, cost : (pairs,) float64
        Of one copy.
    """

    def __init__(self, problem: CoupledProblem) -> None:
        self.problem = problem
        groups, plans = problem.groups, problem.plans
        self.group, self.plan = problem.open_plans(np.arange(len(groups)))
        self.start: Int = np.searchsorted(self.group, np.arange(len(groups) + 1)).astype(np.int64)
        self.value: Float = (groups.value[self.group] + plans.value[self.plan]).astype(np.float64)
        self.cost: Float = np.asarray(plans.cost[self.plan] * groups.rate[self.group], dtype=np.float64)
        self._filled = np.flatnonzero(np.diff(self.start))

    def __len__(self) -> int:
        return len(self.plan)

    def worth(self, prices: Prices) -> Float:
        """Return what a copy of the group is worth with the plan, shape (pairs,)."""
        plans, groups = self.problem.plans, self.problem.groups
        paid = plans.usage.amount * prices.row[plans.usage.column]
        price = np.bincount(plans.usage.row_of_entry, weights=paid, minlength=len(plans))
        return prices.value * self.value - self.cost - groups.rate[self.group] * price[self.plan]

    def best(self, worth: Float) -> Float:
        """Return the most of each group, -infinity without a pair; shape (groups,)."""
        most = np.full(len(self.problem.groups), -np.inf)
        if len(self._filled):
            most[self._filled] = np.maximum.reduceat(worth, self.start[self._filled])
        return most
