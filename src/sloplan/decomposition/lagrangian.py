"""The Lagrangian function: at row prices every group takes its best plan by itself, and what that is worth is a bound.

With row prices pi and value price mu (1 where value is sought), the most that can be worth anything is at most

    sum over copies of (worth of the group's best plan, at least 0 if it may stay out) + pi.capacity
    + sum over supplies of max(0, pi.brought - price) x maximum - mu x floor

(design of certificates, one leaf). Where cost is sought, worth is mu x value - cost - priced usage, and the least cost
is at least the negated sum. The function is convex and piecewise linear in the prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.choice_kernels import first_open, sort_by_price
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prices:
    """What is paid for usage and for value.

    Parameters
    ----------
    row : (rows,) float64
        Per unit of usage, at least 0.
    value : float
        Per unit of value, at least 0; 1 where value is sought.
    """

    row: Float
    value: float = 1.0


@dataclass(frozen=True)
class Response:
    """What all groups do at given prices.

    Parameters
    ----------
    problem : CoupledProblem
    prices : Prices
    plan : (groups,) int64
        Best plan, -1 where a group has none.
    worth : (groups,) float64
        Of that plan for one copy; -infinity without one.
    plan_price : (plans,) float64
        Cost and priced usage of every plan per unit of rate, less its own value at its price.
    """

    problem: CoupledProblem
    prices: Prices
    plan: Int
    worth: Float
    plan_price: Float

    @cached_property
    def takes(self) -> Bool:
        """Groups whose copies take their best plan, shape (groups,)."""
        return (self.plan >= 0) & ((self.worth > 0) | self.problem.groups.must)

    @cached_property
    def supplied(self) -> Bool:
        """Supplies that are worth their price, shape (supplies,)."""
        return self.supply_worth > 0

    @cached_property
    def supply_worth(self) -> Float:
        """What a unit of each supply brings, priced, less its price; shape (supplies,)."""
        brought = self.problem.supplies.brought
        paid = brought.amount * self.prices.row[brought.column]
        total = np.bincount(brought.row_of_entry, weights=paid, minlength=len(brought))
        return np.asarray(total - self.problem.supply_price, dtype=np.float64)

    @cached_property
    def bound(self) -> float:
        """Most that anything can be worth; less the value of the floor. Infinite if a group must choose and cannot."""
        problem, groups = self.problem, self.problem.groups
        if np.any(groups.must & (self.plan < 0) & (groups.count > 0)):
            return -np.inf
        of_groups = float(groups.count[self.takes] @ self.worth[self.takes])
        of_supplies = float(np.maximum(self.supply_worth, 0.0) @ problem.supplies.maximum)
        return (
            of_groups + float(self.prices.row @ problem.rows.capacity) + of_supplies - self.prices.value * problem.floor
        )

    @cached_property
    def totals(self) -> TemplateTotals:
        """What the groups of each template take together."""
        return TemplateTotals.of(self)


@dataclass(frozen=True)
class TemplateTotals:
    """Value, cost and usage of what the groups of each template take.

    Parameters
    ----------
    value, cost : (templates,) float64
    usage : (templates, rows) float64
    """

    value: Float
    cost: Float
    usage: Float

    @classmethod
    def of(cls, response: Response) -> TemplateTotals:
        """Add up a response."""
        problem, takes = response.problem, np.flatnonzero(response.takes)
        groups, plans = problem.groups, problem.plans
        template, plan = groups.template[takes], response.plan[takes]
        templates, rows = len(plans.start) - 1, len(problem.rows)
        copies = groups.count[takes].astype(np.float64)
        rate_of_plan = np.bincount(plan, weights=copies * groups.rate[takes], minlength=len(plans))
        entry = np.flatnonzero(rate_of_plan[plans.usage.row_of_entry])
        by = plans.usage.row_of_entry[entry]
        place = plans.template[by] * rows + plans.usage.column[entry]
        used = _summed(place, plans.usage.amount[entry] * rate_of_plan[by], templates * rows)
        value = copies * (groups.value[takes] + plans.value[plan])
        return cls(
            value=_summed(template, value, templates),
            cost=_summed(plans.template, plans.cost * rate_of_plan, templates),
            usage=used.reshape(templates, rows),
        )


def respond(problem: CoupledProblem, prices: Prices) -> Response:
    """Return the best plan of every group at some prices; of equals, one that depends on nothing but the prices.

    Parameters
    ----------
    problem : CoupledProblem
    prices : Prices
    """
    plans, groups = problem.plans, problem.groups
    paid = plans.usage.amount * prices.row[plans.usage.column]
    price = _summed(plans.usage.row_of_entry, paid, len(plans))
    price += plans.cost - prices.value * plans.value
    plan = first_open(groups.template, groups.allowed, plans.start, sort_by_price(plans.start, price), plans.needs)
    worth = np.full(len(groups), -np.inf)
    found = np.flatnonzero(plan >= 0)
    worth[found] = prices.value * groups.value[found] - groups.rate[found] * price[plan[found]]
    return Response(problem, prices, plan, worth, price)


def _summed(place: Int, amount: Int | Float, size: int) -> Float:
    """Add up amounts by place, shape (size,)."""
    return np.bincount(place, weights=amount, minlength=size).astype(np.float64)
