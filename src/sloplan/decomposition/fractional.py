"""Solutions of the linear program over all plans: copies of groups may be split among plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.lagrangian import Response
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

_LEAST_WEIGHT = 1e-9  # of a group's copies; less is rounding


@dataclass(frozen=True)
class Fractional:
    """Copies of groups, in fractions, with the plans that they take; rows hold up to the tolerance of the engine.

    Parameters
    ----------
    problem : CoupledProblem
    group, plan : (n,) int64
        Every pair once, ascending.
    weight : (n,) float64
        Copies.
    amount : (supplies,) float64
    """

    problem: CoupledProblem
    group: Int
    plan: Int
    weight: Float
    amount: Float

    @classmethod
    def of(cls, problem: CoupledProblem, group: Int, plan: Int, weight: Float, amount: Float) -> Fractional:
        """Add up the weights of equal pairs, and leave out those that are nothing but rounding."""
        plans = max(len(problem.plans), 1)
        pair, place = np.unique(group * plans + plan, return_inverse=True)
        total = np.bincount(place, weights=weight, minlength=len(pair)).astype(np.float64)
        kept = np.flatnonzero(total > _LEAST_WEIGHT * problem.groups.count[pair // plans])
        return cls(problem, pair[kept] // plans, pair[kept] % plans, total[kept], amount)

    @classmethod
    def of_response(cls, response: Response) -> Fractional:
        """Return what all groups do at some prices, and as much of every supply as pays."""
        problem, group = response.problem, np.flatnonzero(response.takes)
        amount = np.where(response.supplied, problem.supplies.maximum, 0).astype(np.float64)
        return cls.of(problem, group, response.plan[group], problem.groups.count[group].astype(np.float64), amount)

    @property
    def worth(self) -> float:
        """Value, or negated cost: at the optimum what the prices' bound is."""
        groups, plans = self.problem.groups, self.problem.plans
        if not self.problem.is_cost:
            return float(self.weight @ (groups.value[self.group] + plans.value[self.plan]).astype(np.float64))
        cost = (groups.rate[self.group] * plans.cost[self.plan]).astype(np.float64)
        return -float(self.weight @ cost) - float(self.problem.supply_price @ self.amount)

    @property
    def value(self) -> float:
        """Value of what is served."""
        groups, plans = self.problem.groups, self.problem.plans
        return float(self.weight @ (groups.value[self.group] + plans.value[self.plan]).astype(np.float64))

    @property
    def usage(self) -> Float:
        """What is used of each row, shape (rows,)."""
        used = self.problem.plans.usage.taken(self.plan)
        times = self.weight * self.problem.groups.rate[self.group]
        return np.bincount(
            used.column, weights=used.amount * times[used.row_of_entry], minlength=len(self.problem.rows)
        ).astype(np.float64)

    @property
    def capacity(self) -> Float:
        """Capacity of each row with what is supplied, shape (rows,)."""
        brought, rows = self.problem.supplies.brought, len(self.problem.rows)
        added = brought.amount * self.amount[brought.row_of_entry]
        return np.asarray(self.problem.rows.capacity + np.bincount(brought.column, weights=added, minlength=rows))
