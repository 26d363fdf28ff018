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
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.choice_kernels import first_open, price_plans, sort_by_price
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

ROUNDING: Final = 1e-10
"""Relative error allowed for sums in floating point; they are of far fewer than 10^5 roundings of 10^-16 each."""


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
    most : (groups,) float64
        No plan of the group is worth more: `worth`, unless a search for plans was cut off.
    plan_price : (plans,) float64
        Cost and priced usage of every plan per unit of rate, less its own value at its price; infinite at vacant
        places.
    """

    problem: CoupledProblem
    prices: Prices
    plan: Int
    worth: Float
    most: Float
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
        return self._total(self.most)

    @cached_property
    def reached(self) -> float:
        """What the bound would be if no plan were better than those found: the bound itself, unless one was cut off."""
        return self.bound if self.most is self.worth else self._total(self.worth)

    @cached_property
    def uncertainty(self) -> float:
        """What rounding may have taken off the bound, on the safe side: it can be a small difference of large sums."""
        problem, groups, supplies = self.problem, self.problem.groups, self.problem.supplies
        of_groups = (groups.count[self.takes] * np.abs(self.worth[self.takes])).sum()
        of_rows = (self.prices.row * np.abs(problem.rows.capacity)).sum()
        of_supplies = ((np.abs(self.supply_worth) + problem.supply_price) * supplies.maximum).sum()
        of_value = self.prices.value * (problem.floor + float((groups.value * groups.count.astype(np.float64)).sum()))
        return ROUNDING * float(of_groups + of_rows + of_supplies + of_value)

    def _total(self, worth: Float) -> float:
        """The Lagrangian function, by the worth of one copy of every group."""
        problem, groups = self.problem, self.problem.groups
        if np.any(np.isneginf(worth) & groups.must & (groups.count > 0)):
            return -np.inf
        # Sums, not products of matrices: those depend on how many threads the engine behind them has.
        of_groups = (groups.count * np.where(groups.must, worth, np.maximum(worth, 0.0)))[groups.count > 0].sum()
        of_supplies = (np.maximum(self.supply_worth, 0.0) * problem.supplies.maximum).sum()
        standing = (self.prices.row * problem.rows.capacity).sum()
        return float(of_groups + standing + of_supplies - self.prices.value * problem.floor)

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
        taken = np.flatnonzero(rate_of_plan)  # few of many
        usage = plans.usage.taken(taken)
        by = taken[usage.row_of_entry]
        used = _summed(plans.template[by] * rows + usage.column, usage.amount * rate_of_plan[by], templates * rows)
        value = copies * (groups.value[takes] + plans.value[plan])
        return cls(
            value=_summed(template, value, templates),
            cost=_summed(plans.template, plans.cost * rate_of_plan, templates),
            usage=used.reshape(templates, rows),
        )


def respond(problem: CoupledProblem, prices: Prices, *, searches: bool = True) -> Response:
    """Return the best plan of every group at some prices; of equals, one that depends on nothing but the prices.

    Templates whose plans are not listed are searched, and what is found is written down in the problem.

    Parameters
    ----------
    problem : CoupledProblem
    prices : Prices
    searches : bool, optional
        Off: of those templates only the plans known so far count, and the bound is none.
    """
    plans, groups, members = problem.plans, problem.groups, problem.searched_groups
    least = {
        template: searched.extend(plans, int(plans.start[template]), groups.allowed[members[template]], prices.row)
        for template, searched in (problem.searched if searches else {}).items()
    }
    own = plans.cost - prices.value * plans.value
    price = price_plans(plans.usage.start, plans.usage.column, plans.usage.amount, prices.row, own)
    for template, searched in problem.searched.items():
        price[plans.start[template] + searched.known : plans.start[template + 1]] = np.inf
    plan = first_open(groups.template, groups.allowed, plans.start, sort_by_price(plans.start, price), plans.needs)
    worth = np.full(len(groups), -np.inf)
    found = np.flatnonzero(plan >= 0)
    worth[found] = prices.value * groups.value[found] - groups.rate[found] * price[plan[found]]
    most = worth.copy() if least else worth
    for template, cheapest in least.items():
        of = members[template]
        most[of] = np.maximum(worth[of], prices.value * groups.value[of] - groups.rate[of] * cheapest)
    return Response(problem, prices, plan, worth, most, price)


def _summed(place: Int, amount: Int | Float, size: int) -> Float:
    """Add up amounts by place, shape (size,)."""
    return np.bincount(place, weights=amount, minlength=size).astype(np.float64)
