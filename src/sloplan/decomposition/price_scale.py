"""Prices as points: 1 stands for all that can be gained, paid for the whole capacity of one row.

Ways that look for prices take steps of like length in all directions, which needs prices that can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coordination import TOLERANCE, Step
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.lagrangian import Prices, Response
from sloplan.decomposition.least_worth import least_worth
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PriceScale:
    """What a point stands for.

    Parameters
    ----------
    problem : CoupledProblem
    rows : (n,) int64
        Rows that can bind; all others are free.
    total : float
        Value, or cost, of everything that could be served; above 0.
    row_unit : (n,) float64
        Price per unit of usage that 1 stands for.
    value_unit : float
        Price per unit of value that 1 stands for; its place is last, and only where cost is sought.
    """

    problem: CoupledProblem
    rows: Int
    total: float
    row_unit: Float
    value_unit: float

    def __len__(self) -> int:
        return len(self.rows) + int(self.problem.is_cost)

    @classmethod
    def of(cls, problem: CoupledProblem, total: float) -> PriceScale:
        """Scale by what everything that could be served is worth together.

        Parameters
        ----------
        problem : CoupledProblem
        total : float
        """
        rows, total = _can_bind(problem), max(total, 1.0)
        brought = problem.supplies.brought
        largest = np.maximum(problem.most_supplied, 1)
        np.maximum.at(largest, brought.column, np.abs(brought.amount))
        plans, groups = problem.plans, problem.groups
        most = np.zeros(len(plans.start) - 1, dtype=np.int64)
        np.maximum.at(most, plans.template, plans.value)
        value = float(groups.count @ (groups.value + most[groups.template]).astype(np.float64))
        return cls(problem, rows, total, total / largest[rows], total / max(value, 1.0))

    def prices(self, point: Float) -> Prices:
        """Return the prices of a point, shape (prices,)."""
        row = np.zeros(len(self.problem.rows))
        row[self.rows] = point[: len(self.rows)] * self.row_unit
        return Prices(row, float(point[-1]) * self.value_unit if self.problem.is_cost else 1.0)

    def point(self, prices: Prices) -> Float:
        """Return the point of some prices, shape (prices,); prices of rows that cannot bind are dropped."""
        row = prices.row[self.rows] / self.row_unit
        return np.append(row, prices.value / self.value_unit) if self.problem.is_cost else row

    def slope(self, response: Response) -> Float:
        """Return a subgradient of the bound at a response's point: what is left of each row, and value past the floor.

        Returns
        -------
        (prices,) float64
            Priced: per point, not per unit of usage.
        """
        problem, takes = self.problem, np.flatnonzero(response.takes)
        groups, plans, brought = problem.groups, problem.plans, problem.supplies.brought
        plan, copies = response.plan[takes], groups.count[takes].astype(np.float64)
        rate = np.bincount(plan, weights=copies * groups.rate[takes], minlength=len(plans))
        rows = len(problem.rows)
        used = np.bincount(
            plans.usage.column, weights=plans.usage.amount * rate[plans.usage.row_of_entry], minlength=rows
        )
        supplied = np.where(response.supplied, problem.supplies.maximum, 0)[brought.row_of_entry]
        added = np.bincount(brought.column, weights=brought.amount * supplied.astype(np.float64), minlength=rows)
        left = (problem.rows.capacity + added - used)[self.rows] * self.row_unit
        if not problem.is_cost:
            return np.asarray(left)
        value = float(copies @ (groups.value[takes] + plans.value[plan]))
        return np.append(left, (value - problem.floor) * self.value_unit)

    def step(self, response: Response, best: Response) -> Step:
        """Return a step; settled if there is no solution, or if what the groups want is feasible and worth the bound.

        Parameters
        ----------
        response, best : Response
            At the prices tried last, and of the least bound so far.
        """
        if best.bound < least_worth(self.problem):
            return Step(response, best, settled=True)
        if self.slope(response).min(initial=0.0) < 0:
            return Step(response, best)
        wanted = Fractional.of_response(response)
        if best.bound - wanted.worth > TOLERANCE * max(abs(best.bound), 1.0):
            return Step(response, best)
        return Step(response, best, settled=True, fractional=wanted)


def projected(point: Float, slope: Float) -> Float:
    """Return a slope without what would lead to prices below 0."""
    return np.where((point <= 0) & (slope > 0), 0.0, slope)


def _can_bind(problem: CoupledProblem) -> Int:
    """Return the rows that are too small for the largest plans of all groups, or that supplies take from."""
    plans, groups, brought = problem.plans, problem.groups, problem.supplies.brought
    templates, rows = len(plans.start) - 1, len(problem.rows)
    copies = np.bincount(groups.template, weights=groups.rate * groups.count.astype(np.float64), minlength=templates)
    largest = np.zeros(templates * rows)
    place = plans.template[plans.usage.row_of_entry] * rows + plans.usage.column
    np.maximum.at(largest, place, plans.usage.amount)
    demand = copies @ largest.reshape(templates, rows)
    taken_from = np.zeros(rows, dtype=np.bool_)
    taken_from[brought.column[(brought.amount < 0) & (problem.supplies.maximum[brought.row_of_entry] > 0)]] = True
    demand[plans.usage.column[plans.usage.amount == 0]] = np.inf  # room for plans that are not known yet
    # What cannot be supplied at all is used by no open plan: those fit alone.
    scarce = (demand * (1 + 1e-9) > problem.rows.capacity) & (problem.most_supplied > 0)
    return np.flatnonzero(scarce | taken_from)
