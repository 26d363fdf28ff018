"""The restricted master of column generation: the linear program over the plans that are known so far.

A class of identical groups with a single known plan needs no row: its column is bounded. The row comes with its second
plan, and the basis is extended so that nothing changes. Most classes never have a second one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.identical import IdenticalGroups
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.linear_engine import LinearEngine
from sloplan.decomposition.price_scale import PriceScale
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

_PENALTY = 10.0  # of the largest worth of a copy, for what must be served and is not; of the first value price
_TOLERANCE = 1e-8  # of the worth of a class: columns that promise less are not added
_SHORT = 1e-7  # of a class, or of all value: what is missing counts as nothing below


class ColumnMaster:
    """Maximises worth over known columns: pairs of a class of identical groups and a plan, in shares of its copies.

    Objective and coupling rows are shares of everything's worth and of what the `PriceScale` takes as a row's
    capacity, times the number of classes; so the price of a row is its point. Must groups may stay out, and value may
    be short of the floor, at a penalty that is raised as long as they do.

    Parameters
    ----------
    scale : PriceScale
    first : Response
        Its columns are the first; its prices say what a high penalty is.

    Attributes
    ----------
    point : (prices,) float64
        Prices of the last optimum.
    """

    def __init__(self, scale: PriceScale, first: Response) -> None:
        self._scale, self._problem = scale, scale.problem
        self._classes = IdenticalGroups.of(self._problem.groups)
        self._factor = max(len(self._classes), 1)
        self._unit = scale.total / self._factor
        self._engine = LinearEngine(grows_by_columns=True)
        problem, infinity = self._problem, self._engine.infinity
        worth = np.abs(first.worth[first.plan >= 0])
        self._must = problem.groups.must[self._classes.first]
        self._penalty = _PENALTY * max(1.0, float(worth.max(initial=0.0)))
        self._value_penalty = _PENALTY * (1.0 + (float(scale.point(first.prices)[-1]) if problem.is_cost else 0.0))
        capacity = problem.rows.capacity[scale.rows] * scale.row_unit / self._unit
        nothing = np.zeros(0, dtype=np.int64)
        self._engine.add_rows(np.full(len(capacity), -infinity), capacity, nothing, nothing, np.zeros(0))
        if problem.is_cost:
            floor = np.array([problem.floor * scale.value_unit / self._unit])
            self._engine.add_rows(floor, np.full(1, infinity), nothing, nothing, np.zeros(0))
        self._add_supplies()
        self._row = np.full(len(self._classes), -1)  # row of each class, -1 without one
        self._only = np.full(len(self._classes), -1)  # its only column, -1 without one or with several
        self._class = np.zeros(0, dtype=np.int64)  # of each column
        self._plan = np.zeros(0, dtype=np.int64)
        self._worth = np.zeros(0)  # of each column, all copies, without penalties
        self._rows = len(scale)
        able = np.flatnonzero(first.plan[self._classes.first] >= 0)
        self._add(able, first.plan[self._classes.first[able]])

    @property
    def _first_plan_column(self) -> int:
        return len(self._problem.supplies) + int(self._problem.is_cost)

    def _add_supplies(self) -> None:
        """Add a column for each supply, in shares of its maximum, and one for value that is short of the floor."""
        problem, scale = self._problem, self._scale
        most = problem.supplies.maximum.astype(np.float64)
        place = np.full(len(problem.rows), -1)
        place[scale.rows] = np.arange(len(scale.rows))
        kept = problem.supplies.brought.in_columns(place >= 0)
        row = place[kept.column]
        amount = -kept.amount * most[kept.row_of_entry] * scale.row_unit[row] / self._unit
        zero, one = np.zeros(len(most)), np.ones(len(most))
        self._engine.add_columns(most * problem.supply_price / self._unit, zero, one, kept.row_of_entry, row, amount)
        if problem.is_cost:
            entry = np.zeros(1, dtype=np.int64), np.array([len(scale.rows)]), np.array([float(self._factor)])
            cost, most_short = np.array([self._value_penalty * self._factor]), np.array([self._engine.infinity])
            self._engine.add_columns(cost, np.zeros(1), most_short, *entry)

    # -------------------------------------------------------------------------------------------------------- columns

    def add(self, response: Response) -> int:
        """Add the best plans of a response that are worth more than the last optimum pays for their classes.

        Returns
        -------
        int
            Number of columns.
        """
        first = self._classes.first
        able = np.flatnonzero(response.plan[first] >= 0)
        plan = response.plan[first[able]]
        new = self._priced(able, plan) - self._paid[able] > _TOLERANCE
        self._add(able[new], plan[new])
        return int(new.sum())

    def add_pairs(self, group: Int, plan: Int) -> None:
        """Add some pairs of a group and a plan, before the first optimum; those that are known stay as they are."""
        plans = len(self._problem.plans)
        pairs = np.unique(self._classes.of_group[group] * plans + plan)
        pairs = np.setdiff1d(pairs, self._class * plans + self._plan)
        while len(pairs):  # a class gets its columns one after the other
            _, first = np.unique(pairs // plans, return_index=True)
            self._add(pairs[first] // plans, pairs[first] % plans)
            pairs = np.delete(pairs, first)

    def _priced(self, index: Int, plan: Int) -> Float:
        """Return what plans are worth to classes at the prices of the last optimum, in the master's units."""
        problem, prices = self._problem, self._scale.prices(self.point)
        groups, plans = problem.groups, problem.plans
        group = self._classes.first[index]
        used = plans.usage.taken(plan)
        paid = np.bincount(used.row_of_entry, weights=used.amount * prices.row[used.column], minlength=len(plan))
        price = paid + plans.cost[plan] - prices.value * plans.value[plan]
        worth = prices.value * groups.value[group] - groups.rate[group] * price + self._penalty * self._must[index]
        return np.asarray(worth * self._classes.count[index] / self._unit)

    def _add(self, index: Int, plan: Int) -> None:
        """Add a column for each of some classes, no class twice."""
        if not len(index):
            return
        problem, scale = self._problem, self._scale
        groups, plans = problem.groups, problem.plans
        group = self._classes.first[index]
        copies = self._classes.count[index].astype(np.float64)
        self._give_rows(index[self._only[index] >= 0])
        bounded = self._row[index] < 0
        column = self._first_plan_column + len(self._class) + np.arange(len(index))
        self._only[index[bounded]] = column[bounded]
        value = copies * (groups.value[group] + plans.value[plan])
        worth = -copies * groups.rate[group] * plans.cost[plan] if problem.is_cost else value
        self._class, self._plan = np.concatenate([self._class, index]), np.concatenate([self._plan, plan])
        self._worth = np.concatenate([self._worth, worth])
        owner, row, amount = self._entries(plan, copies * groups.rate[group])
        if problem.is_cost:
            owner = np.concatenate([owner, np.arange(len(index))])
            row = np.concatenate([row, np.full(len(index), len(scale.rows))])
            amount = np.concatenate([amount, value * scale.value_unit / self._unit])
        owner = np.concatenate([owner, np.flatnonzero(~bounded)])
        row = np.concatenate([row, self._row[index[~bounded]]])
        amount = np.concatenate([amount, np.ones(int((~bounded).sum()))])
        order = np.argsort(owner, kind="stable")
        upper = np.where(bounded, 1.0, self._engine.infinity)
        cost = -(worth + copies * self._penalty * self._must[index]) / self._unit
        self._engine.add_columns(cost, np.zeros(len(index)), upper, owner[order], row[order], amount[order])

    def _entries(self, plan: Int, times: Float) -> tuple[Int, Int, Float]:
        """Return (column, row, amount) of the coupling rows that can bind."""
        place = np.full(len(self._problem.rows), -1)
        place[self._scale.rows] = np.arange(len(self._scale.rows))
        used = self._problem.plans.usage.taken(plan)
        entry = np.flatnonzero(place[used.column] >= 0)
        owner, row = used.row_of_entry[entry], place[used.column[entry]]
        return owner, row, used.amount[entry] * times[owner] * (self._scale.row_unit[row] / self._unit)

    def _give_rows(self, index: Int) -> None:
        """Give classes with a single column a row in place of the column's bound."""
        if not len(index):
            return
        number, column = len(index), self._only[index]
        self._engine.bounds_to_rows(column, np.ones(number))
        self._row[index] = self._rows + np.arange(number)
        self._only[index] = -1
        self._rows += number

    # ---------------------------------------------------------------------------------------------------------- solve

    def solve(self, seconds: float = math.inf) -> bool:
        """Find the optimum over the known columns; False if there was no time for it.

        Parameters
        ----------
        seconds : float, optional
        """
        if not self._engine.run(None if math.isinf(seconds) else max(seconds, 0.0)):
            return False
        duals = self._engine.duals
        point = -duals[: len(self._scale)]
        if self._problem.is_cost:
            point[-1] = -point[-1]
        self.point: Float = point.clip(0.0)
        self._paid = np.zeros(len(self._classes))
        with_row = np.flatnonzero(self._row >= 0)
        self._paid[with_row] = -duals[self._row[with_row]]
        alone = np.flatnonzero(self._only >= 0)
        self._paid[alone] = np.maximum(0.0, -self._engine.reduced_costs[self._only[alone]])
        return True

    @property
    def _shares(self) -> Float:
        """Share of each plan column in its class."""
        return self._engine.columns[self._first_plan_column :].clip(0.0)

    @property
    def is_feasible(self) -> bool:
        """All that must be served is, and the floor is reached."""
        problem = self._problem
        served = np.bincount(self._class, weights=self._shares, minlength=len(self._classes))
        short = float(self._engine.columns[len(problem.supplies)]) if problem.is_cost else 0.0
        return short <= _SHORT and bool(np.all(served[self._must] >= 1 - _SHORT))

    def raise_penalties(self) -> None:
        """Make it ten times as dear to leave must groups out or to miss the floor."""
        self._penalty *= 10
        self._value_penalty *= 10
        must = np.flatnonzero(self._must[self._class])
        copies = self._classes.count[self._class[must]]
        self._engine.set_costs(
            self._first_plan_column + must, -(self._worth[must] + copies * self._penalty) / self._unit
        )
        if self._problem.is_cost:
            self._engine.set_costs(
                np.array([len(self._problem.supplies)]), np.array([self._value_penalty * self._factor])
            )

    def fractional(self) -> Fractional:
        """Return the last optimum."""
        problem, share = self._problem, self._shares
        used = np.flatnonzero(share > 0)
        weight = share[used] * self._classes.count[self._class[used]]
        entry, group, weight = self._classes.spread(self._class[used], weight)
        supplied = self._engine.columns[: len(problem.supplies)].clip(0.0)
        amount = supplied * problem.supplies.maximum.astype(np.float64)
        return Fractional.of(problem, group, self._plan[used][entry], weight, amount)
