"""The linear relaxation over listed plans, by column generation over templates.

Two questions share it: what factor on all shared capacities serves everybody (`smallest_factor`), and
what value the capacities serve if plans may be mixed (`greatest_value`). A column is what all queries of one
template use when each takes its cheapest plan at some row prices; a master LP mixes columns and gives the next
prices (Dantzig and Wolfe, Decomposition Principle for Linear Programs, Operations Research 8, 1960).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, csc_array, hstack, vstack

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import cheapest
from sloplan.problem.compiled import Bool, Int, Queries, Sparse, Supplies

Float = npt.NDArray[np.float64]

MOST_ROUNDS: Final = 200
TOLERANCE: Final = 1e-6
"""Relative distance of master and bound at which the relaxation counts as solved."""


@dataclass(frozen=True)
class Relaxed:
    """What a relaxation found.

    Parameters
    ----------
    value : float
        Of the mixture of plans found: a factor, or a value in thousandths.
    bound : float
        What no mixture passes; close to `value` unless rounds ran out.
    prices : (rows,) float64
        Row prices of the bound, per unit of usage.
    use : (rows,) float64
        Usage of the mixture.
    rounds : int
    """

    value: float
    bound: float
    prices: Float
    use: Float
    rounds: int

    @property
    def relative_gap(self) -> float:
        """Distance of value and bound over the value; 0 where both are infinite."""
        return 0.0 if self.value == self.bound else abs(self.value - self.bound) / max(abs(self.value), 1e-12)


def smallest_factor(
    plans: PlanArrays,
    queries: Queries,
    capacity: Float,
    supplies: Supplies | None = None,
    *,
    first_prices: Float | None = None,
    tolerance: float = TOLERANCE,
) -> Relaxed:
    """Return the smallest factor on all capacities at which every query that has a plan can be served.

    Plans may be mixed, and supplies are taken in any fraction.

    Parameters
    ----------
    plans : PlanArrays
    queries : Queries
        Queries without an open plan are left out.
    capacity : (rows,) float64
    supplies : Supplies, optional
        Replicas: what one takes of a row counts against its capacity.
    first_prices : (rows,) float64, optional
        Row prices to begin with.
    tolerance : float
        Relative distance of value and bound that is good enough.

    Returns
    -------
    Relaxed
        Value and bound are infinite if a query has plans, and each needs a row that no factor opens: one without
        capacity to which no supply brings any.
    """
    possible = plans.taken(np.flatnonzero(~_never_fits(plans, capacity, supplies)))
    if ((_open(possible, queries) < 0) & (_open(plans, queries) >= 0)).any():
        none = np.zeros(len(capacity))
        return Relaxed(np.inf, np.inf, none, none, 0)
    return _Relaxation(possible, queries, capacity, supplies, everybody=True).solved(first_prices, tolerance)


def _open(plans: PlanArrays, queries: Queries) -> Int:
    return cheapest(queries, plans.start, np.zeros(len(plans)), plans.needs)


def _never_fits(plans: PlanArrays, capacity: Float, supplies: Supplies | None) -> Bool:
    """Tell which plans use a row that stays without capacity whatever the factor, shape (plans,)."""
    opened = capacity > 0
    if supplies is not None and len(supplies):
        brought = supplies.brought
        held = np.ones(len(supplies), dtype=np.bool_)
        held[brought.row_of_entry[(brought.amount < 0) & ~opened[brought.column]]] = False
        opened[brought.column[(brought.amount > 0) & held[brought.row_of_entry]]] = True
    never = np.zeros(len(plans), dtype=np.bool_)
    never[plans.usage.row_of_entry[(plans.usage.amount > 0) & ~opened[plans.usage.column]]] = True
    return never


def greatest_value(
    plans: PlanArrays,
    queries: Queries,
    capacity: Float,
    supplies: Supplies | None = None,
    *,
    first_prices: Float | None = None,
    tolerance: float = TOLERANCE,
) -> Relaxed:
    """Return the greatest value, thousandths, that the capacities serve if plans may be mixed.

    Parameters
    ----------
    plans, queries, capacity, supplies, first_prices, tolerance
        As in `smallest_factor`; here a query may be left out.
    """
    return _Relaxation(plans, queries, capacity, supplies, everybody=False).solved(first_prices, tolerance)


class _Relaxation:
    """Master LP and pricing; `everybody` tells the two questions apart.

    Rows are scaled so that a capacity is 1 (a row without capacity: its largest demand).
    """

    def __init__(
        self, plans: PlanArrays, queries: Queries, capacity: Float, supplies: Supplies | None, *, everybody: bool
    ) -> None:
        self._plans, self._queries, self._everybody = plans, queries, everybody
        self._rate = queries.rate_milli.astype(np.float64) * queries.count
        worth = queries.value_milli.astype(np.float64) * queries.count
        self._worth_scale = max(float(worth.max(initial=0.0)), 1.0)  # the LP engine likes figures near 1
        self._worth = worth / self._worth_scale
        self._blocks = len(plans.start) - 1
        brought = None if supplies is None or len(supplies) == 0 else supplies.brought
        # A row that no plan uses and no supply touches says nothing.
        self._rows = np.unique(np.concatenate([plans.usage.column, *([] if brought is None else [brought.column])]))
        self._position = np.full(len(capacity), -1, dtype=np.int64)
        self._position[self._rows] = np.arange(len(self._rows))
        self._all_rows = len(capacity)
        held = capacity[self._rows]
        demand = plans.demand(np.arange(len(plans)), np.ones(len(plans)), len(capacity))[self._rows]
        self._scale = np.where(held > 0, held, np.maximum(demand, 1.0))
        self._capacity = held / self._scale
        self._brought, self._most = self._supply_columns(brought, None if supplies is None else supplies.maximum)
        self._usage: list[csc_array] = []
        self._block: list[Int] = []
        self._value: list[Float] = []

    def _supply_columns(self, brought: Sparse | None, maximum: Int | None) -> tuple[csc_array, Float]:
        if brought is None or maximum is None:
            return csc_array((len(self._rows), 0)), np.zeros(0)
        row = self._position[brought.column]
        amount = brought.amount / self._scale[row]
        columns = coo_array((amount, (row, brought.row_of_entry)), shape=(len(self._rows), len(maximum)))
        # Whose capacities grow by a factor may hold more replicas than the instance allows.
        most = np.full(len(maximum), np.inf) if self._everybody else maximum.astype(np.float64)
        return columns.tocsc(), most

    def solved(self, first_prices: Float | None, tolerance: float) -> Relaxed:
        """Alternate between pricing and master until no column improves the mixture."""
        best_bound = 0.0 if self._everybody else np.inf
        best_prices = np.zeros(len(self._rows))
        value, use = np.inf, np.zeros(len(self._rows))
        prices = self._first_prices() if first_prices is None else first_prices[self._rows] * self._scale
        rounds = 0
        for rounds in range(1, MOST_ROUNDS + 1):
            prices = self._without_profit(prices) if self._everybody else prices
            reduced = self._add_columns(prices)
            bound = self._bound(prices, reduced)
            if bound > best_bound if self._everybody else bound < best_bound:
                best_bound, best_prices = bound, prices
            if rounds > 1 and abs(value - best_bound) <= tolerance * max(abs(value), 1e-12):
                break
            value, use, prices = self._master()
        unit = 1.0 if self._everybody else self._worth_scale
        row_prices, row_use = np.zeros(self._all_rows), np.zeros(self._all_rows)
        row_prices[self._rows] = best_prices * unit / self._scale
        row_use[self._rows] = use * self._scale
        return Relaxed(value * unit, best_bound * unit, row_prices, row_use, rounds)

    def _first_prices(self) -> Float:
        return np.where(self._capacity > 0, 1.0, 0.1) / len(self._rows)

    def _without_profit(self, prices: Float) -> Float:
        """Lower the prices of what supplies bring until none is worth more than it takes: any number may be had.

        A row is either taken or brought to by supplies, not both.
        """
        amount, row = self._brought.data, self._brought.indices
        supply = np.repeat(np.arange(self._brought.shape[1]), np.diff(self._brought.indptr))
        worth = prices[row] * amount
        gains = np.bincount(supply, weights=np.maximum(worth, 0.0), minlength=len(self._most))
        costs = np.bincount(supply, weights=np.maximum(-worth, 0.0), minlength=len(self._most))
        part = np.divide(costs, gains, out=np.ones(len(gains)), where=gains > costs)
        lowered = prices.copy()
        np.minimum.at(lowered, row[amount > 0], (prices[row] * part[supply])[amount > 0])
        return lowered

    def _add_columns(self, prices: Float) -> Float:
        """Price every query; add a column per template; return each template's worth at the prices."""
        plans, queries = self._plans, self._queries
        by_row = np.zeros(self._all_rows)
        by_row[self._rows] = prices / self._scale
        price = plans.priced(by_row)
        plan_of = cheapest(queries, plans.start, price, plans.needs)
        taken = np.flatnonzero(plan_of >= 0)
        if not self._everybody:
            taken = taken[self._worth[taken] > self._rate[taken] * price[plan_of[taken]]]
        plan, block = plan_of[taken], queries.template[taken]
        value = self._by_block(block, self._worth[taken])
        self._usage.append(self._used(plan, self._rate[taken]))
        self._block.append(np.arange(self._blocks))
        self._value.append(value)
        spent = self._by_block(block, self._rate[taken] * price[plan])
        return spent if self._everybody else value - spent

    def _by_block(self, block: Int, amount: Float) -> Float:
        return np.bincount(block, weights=amount, minlength=self._blocks).astype(np.float64)

    def _used(self, plan: Int, rate: Float) -> csc_array:
        """Usage of the rows by each template, scaled; a plan belongs to one template."""
        usage = self._plans.usage
        followed = np.bincount(plan, weights=rate, minlength=len(self._plans))
        entry = np.flatnonzero(followed[usage.row_of_entry] > 0)
        of_plan, row = usage.row_of_entry[entry], self._position[usage.column[entry]]
        amount = usage.amount[entry] * followed[of_plan] / self._scale[row]
        shape = (len(self._rows), self._blocks)
        return coo_array((amount, (row, self._plans.template[of_plan])), shape=shape).tocsc()

    def _bound(self, prices: Float, of_block: Float) -> float:
        """Lagrangian bound at row prices (where everybody is served: at which no supply brings profit)."""
        if self._everybody:
            weight = float(prices @ self._capacity)
            return float(of_block.sum()) / weight if weight > 0 else -np.inf
        supplied = np.maximum(self._brought.T @ prices, 0.0) * self._most
        return float(of_block.sum() + prices @ self._capacity + supplied.sum())

    def _master(self) -> tuple[float, Float, Float]:
        """Mix the columns; return value, use and row prices."""
        usage = hstack(self._usage, format="csc")
        block, value = np.concatenate(self._block), np.concatenate(self._value)
        columns, supplies = usage.shape[1], self._brought.shape[1]
        choose = coo_array((np.ones(columns), (block, np.arange(columns))), shape=(self._blocks, columns))
        one_each = np.ones(self._blocks)
        upper = [np.full(columns, np.inf), self._most]
        if self._everybody:
            factor = csc_array(-self._capacity[:, None])
            rows = hstack([usage, -self._brought, factor], format="csc")
            choices = hstack([choose, csc_array((self._blocks, supplies + 1))], format="csc")
            cost, upper = np.concatenate([np.zeros(columns + supplies), [1.0]]), [*upper, np.array([np.inf])]
            constraints = {"A_ub": rows, "b_ub": np.zeros(len(self._rows)), "A_eq": choices, "b_eq": one_each}
        else:
            rows = hstack([usage, -self._brought], format="csc")
            choices = hstack([choose, csc_array((self._blocks, supplies))], format="csc")
            cost = np.concatenate([-value, np.zeros(supplies)])
            limits = np.concatenate([self._capacity, one_each])
            constraints = {"A_ub": vstack([rows, choices], format="csc"), "b_ub": limits}
        most = np.concatenate(upper)
        found = linprog(
            cost,
            bounds=np.column_stack([np.zeros(len(most)), most]),
            method="highs",
            options={"presolve": False},  # on masters as small as these it takes longer than it saves
            **constraints,
        )
        if found.status != 0:
            raise RuntimeError(f"master of the relaxation: {found.message}")
        prices = np.maximum(-found.ineqlin.marginals[: len(self._rows)], 0.0)
        return abs(float(found.fun)), usage @ found.x[:columns], prices
