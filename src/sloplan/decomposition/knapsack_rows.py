"""Problems whose plans use one row each, as in generalised assignment: with prices for groups, every row is a knapsack.

Row prices relax the rows, and leave every group its best plan: the bound is the linear program's. Where every plan uses
a single row, the groups can be relaxed instead: at prices of the groups every row is packed by itself, exactly,

    bound(u) = sum of u_g over the groups + sum over the rows of max {sum of worth_p - u_g(p): p fits into the row},

which for good prices lies below the linear program's bound, since a knapsack's optimum does.

Source: G. T. Ross, R. M. Soland, A branch and bound algorithm for the generalized assignment problem, Mathematical
Programming 8, 1975; M. L. Fisher, R. Jaikumar, L. N. Van Wassenhove, A multiplier adjustment method for the generalized
assignment problem, Management Science 32(9), 1986.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.knapsack_kernels import losses, pack
from sloplan.decomposition.objective_step import objective_step
from sloplan.problem.certificates.format import Certificate, GroupLeaf
from sloplan.problem.compiled import Bool, Int
from sloplan.problem.exact_sums import exact_totals
from sloplan.problem.selections.selection import PlanSelection

Float = npt.NDArray[np.float64]

_MOST_CELLS: Final = 20_000_000
"""Options times capacity, over all rows: a tenth of a second for all packings."""

_MOST_GROUPS: Final = 1000
"""The master over packings has a row for each, and its linear programs end only when they are solved."""

_BITS: Final = 60
"""Priced sums stay below 2^60, so that everything is exact in int64."""

_MOST_PRICE: Final = 4.0
"""Of the largest worth: no price that helps is higher."""


@dataclass(frozen=True)
class Packing:
    """The best packings of all rows at some prices of groups.

    Parameters
    ----------
    bound : float
        Most that anything is worth.
    most : int
        The same on the objective's grid, rounded down, exactly.
    taken : (options,) bool
    """

    bound: float
    most: int
    taken: Bool


@dataclass(frozen=True)
class KnapsackRows:
    """Options, each a group's plan in the one row that it uses: row by row, within a row group by group.

    Parameters
    ----------
    problem : CoupledProblem
    start : (rows + 1,) int64
    row, group, plan, weight, worth : (options,) int64
        Weights are in units of a common divisor of the row's.
    capacity : (rows,) int64
    """

    problem: CoupledProblem
    start: Int
    row: Int
    group: Int
    plan: Int
    weight: Int
    worth: Int
    capacity: Int

    @classmethod
    def of(cls, problem: CoupledProblem) -> KnapsackRows | None:
        """Return a problem in this form; None if it has another one, or capacities too large to count through.

        Parameters
        ----------
        problem : CoupledProblem
        """
        groups, plans = problem.groups, problem.plans
        if problem.searched or len(problem.supplies) or problem.floor:
            return None
        if len(groups) > _MOST_GROUPS or (groups.count != 1).any():
            return None
        group, plan = problem.open_plans(np.arange(len(groups)))
        used = plans.usage.taken(plan)
        once = np.bincount(used.row_of_entry, weights=used.amount != 0, minlength=len(plan)) == 1
        if not len(plan) or not once.all() or (used.amount < 0).any() or (problem.rows.capacity < 0).any():
            return None
        used_at = used.amount > 0
        row, weight = used.column[used_at], used.amount[used_at] * groups.rate[group]
        order = np.lexsort((plan, group, row))
        row, group, plan, weight = row[order], group[order], plan[order], weight[order]
        worth = -plans.cost[plan] * groups.rate[group] if problem.is_cost else groups.value[group] + plans.value[plan]
        unit = np.zeros(len(problem.rows), dtype=np.int64)
        np.gcd.at(unit, row, weight)
        weight //= unit[row]
        capacity = problem.rows.capacity // np.maximum(unit, 1)
        everything = exact_totals(row, weight, np.ones_like(weight), len(capacity))
        capacity = np.minimum(capacity, everything).astype(np.int64)
        number = np.bincount(row, minlength=len(capacity))
        if float(number @ capacity.astype(np.float64)) > _MOST_CELLS:
            return None
        start = np.concatenate([[0], np.cumsum(number)])
        return cls(problem, start, row, group, plan, weight, worth, capacity)

    def __len__(self) -> int:
        return len(self.group)

    @cached_property
    def _largest(self) -> float:
        return float(np.abs(self.worth).max()) + 1.0

    @cached_property
    def grid(self) -> int:
        """Steps of prices in a unit of worth: a power of two."""
        largest_sum = len(self.problem.groups) * (1.0 + 2 * _MOST_PRICE) * self._largest  # prices, and profits at them
        return int(2 ** max(0, _BITS - math.ceil(math.log2(largest_sum))))

    @cached_property
    def step(self) -> int:
        """What is better than a solution is better by that, at least."""
        return objective_step(self.problem)

    @cached_property
    def may_repeat(self) -> Bool:
        """Groups that must be served and gain nothing by it: to take one twice is never better, shape (groups,)."""
        gains = np.zeros(len(self.problem.groups), dtype=np.bool_)
        gains[self.group[self.worth > 0]] = True
        return self.problem.groups.must & ~gains

    def on_grid(self, price: Float) -> Int:
        """Return prices in steps of the grid: not negative for groups that may stay out, within what sums allow.

        Parameters
        ----------
        price : (groups,) float64
        """
        most = _MOST_PRICE * self._largest
        least = np.where(self.problem.groups.must, -most, 0.0)
        return np.rint(np.clip(price, least, most) * self.grid).astype(np.int64)

    def packed(self, price: Float, forced: Bool | None = None) -> Packing:
        """Return the best packings, exactly, at prices rounded to the grid.

        Parameters
        ----------
        price : (groups,) float64
        forced : (options,) bool, optional
            What every packing holds, of no group twice: other options of their groups are out, and the bound holds for
            solutions with all of them.
        """
        steps = self.on_grid(price)
        forced = np.zeros(len(self), dtype=np.bool_) if forced is None else forced
        may, free, capacity = self.left(forced)
        profit = self.worth * self.grid - steps[self.group]
        taken = np.empty(len(self), dtype=np.bool_)
        total = int(pack(self.start, self.group, self.weight, profit, may, capacity, taken))
        total += int(steps[free].sum()) + int(self.worth[forced].sum()) * self.grid
        return Packing(total / self.grid, total // (self.grid * self.step) * self.step, taken | forced)

    def left(self, forced: Bool) -> tuple[Bool, Bool, Int]:
        """Return the options that may still be taken, the groups that have none and the capacity beside `forced`."""
        free = np.ones(len(self.problem.groups), dtype=np.bool_)
        free[self.group[forced]] = False
        capacity = self.capacity - np.bincount(
            self.row[forced], weights=self.weight[forced], minlength=len(self.capacity)
        ).astype(np.int64)
        return free[self.group] & (self.weight <= capacity[self.row]), free, capacity

    def lost(self, price: Float) -> Float:
        """Return by how much the bound falls if an option must be taken, shape (options,); infinite if it cannot.

        Parameters
        ----------
        price : (groups,) float64
        """
        steps, loss = self.on_grid(price), np.empty(len(self), dtype=np.int64)
        profit = self.worth * self.grid - steps[self.group]
        losses(self.start, self.group, self.weight, profit, self.capacity, loss)
        return np.where(loss < 0, np.inf, loss / self.grid)

    def certificate(self, price: Float) -> Certificate:
        """Return what proves the bound of `packed` at some prices, for the plan selection that the problem comes from.

        Parameters
        ----------
        price : (groups,) float64
        """
        selection = self.problem.source
        assert isinstance(selection, PlanSelection)
        named = zip(selection.groups.name.tolist(), self.on_grid(price).tolist(), strict=True)
        leaf = GroupLeaf({group: steps for group, steps in named if steps})
        return Certificate("cost" if self.problem.is_cost else "goodput", self.grid, (leaf,))

    def assignment(self, chosen: Bool) -> Assignment:
        """Return options as an assignment.

        Parameters
        ----------
        chosen : (options,) bool
            Of no group twice.
        """
        nothing = np.zeros(0, dtype=np.int64)
        group = self.group[chosen]
        return Assignment(group, self.plan[chosen], np.ones(len(group), dtype=np.int64), nothing)
