"""The master problem of cutting planes: what is known of the Lagrangian function, as a linear program in the prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.lagrangian import Prices, TemplateTotals

if TYPE_CHECKING:
    import highspy

Float = npt.NDArray[np.float64]


class PriceMaster:
    """Minimises the model of the Lagrangian function over a box of prices.

    Variables are the prices (of the rows that matter, and of value under cost), one figure per template that is at
    least what each known choice of its groups is worth, and one per supply that is at least its worth. Prices are
    scaled so that 1 stands for one `unit` of the objective for the whole capacity of a row.

    Parameters
    ----------
    problem : CoupledProblem

    Attributes
    ----------
    point : (prices,) float64
        Scaled prices of the last optimum.
    value : float
        The model's least value there, in units of the objective as compiled.
    """

    def __init__(self, problem: CoupledProblem) -> None:
        import highspy

        self._problem = problem
        self._rows = problem.used_rows
        self._templates = len(problem.plans.start) - 1
        self._unit = _unit(problem)
        capacity = problem.most_supplied[self._rows].astype(np.float64)
        self._scale = np.maximum(capacity, 1.0) / self._unit
        self._value_scale = max(
            1.0, float(problem.groups.value.max(initial=0)), float(problem.plans.value.max(initial=0))
        )
        self.point: Float = np.zeros(len(self._rows) + int(problem.is_cost))
        self.value = np.inf
        self._infinity = highspy.kHighsInf
        self._engine = self._empty(highspy)

    def _empty(self, highspy: object) -> highspy.Highs:
        problem, rows, templates = self._problem, len(self._rows), self._templates
        engine = highspy.Highs()  # type: ignore[attr-defined]
        engine.setOptionValue("output_flag", False)
        supplies = len(problem.supplies)
        standing = problem.rows.capacity[self._rows] / self._scale / self._unit
        of_value = [-problem.floor / self._value_scale] if problem.is_cost else []
        cost = np.concatenate([standing, of_value, np.ones(templates + supplies)])
        lower = np.zeros(len(cost))
        has_must = np.zeros(templates, dtype=np.bool_)
        has_must[problem.groups.template[problem.groups.must]] = True
        first = rows + len(of_value)
        lower[first : first + templates][has_must] = -self._infinity
        engine.addVars(len(cost), lower, np.full(len(cost), self._infinity))
        engine.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
        self._first_template = first
        self._add_supplies(engine)
        return engine

    def _add_supplies(self, engine: highspy.Highs) -> None:
        """Add the rows ``worth of supply - maximum x brought.prices >= - maximum x price``."""
        problem = self._problem
        brought, most = problem.supplies.brought, problem.supplies.maximum.astype(np.float64)
        if not len(most):
            return
        place = np.full(len(problem.rows), -1)
        place[self._rows] = np.arange(len(self._rows))
        kept = brought.in_columns(place >= 0)
        column = place[kept.column]
        amount = -kept.amount * most[kept.row_of_entry] / self._scale[column] / self._unit
        self._add_rows(
            engine, -most * problem.supply_price / self._unit, kept.row_of_entry, column, amount,
            self._first_template + self._templates + np.arange(len(most)),
        )  # fmt: skip

    def _add_rows(
        self,
        engine: highspy.Highs,
        least: Float,
        row: npt.NDArray,
        column: npt.NDArray,
        amount: Float,
        own: npt.NDArray,
    ) -> None:
        """Add rows ``amounts x prices + own variable >= least``; entries are given row by row."""
        number = len(least)
        length = np.bincount(row, minlength=number)
        start = np.concatenate([[0], np.cumsum(length + 1)])
        index, value = np.empty(start[-1], dtype=np.int32), np.ones(start[-1])
        place = np.arange(len(row)) + row  # every row before has one entry more
        index[place], value[place] = column, amount
        index[start[1:] - 1] = own
        engine.addRows(
            number, least, np.full(number, self._infinity), len(index), start[:-1].astype(np.int32), index, value
        )

    def add(self, totals: TemplateTotals) -> None:
        """Add what the groups of each template take: it is worth at least that at any prices."""
        problem, unit = self._problem, self._unit
        usage = totals.usage[:, self._rows] / self._scale / unit
        least = (-totals.cost if problem.is_cost else totals.value) / unit
        if problem.is_cost:
            usage = np.column_stack([usage, -totals.value / self._value_scale])
        row, column = np.nonzero(usage)
        own = self._first_template + np.arange(self._templates)
        self._add_rows(self._engine, least, row, column, usage[row, column], own)

    def solve(self, center: Float, radius: float) -> None:
        """Find the least value over prices at most `radius` from `center`, in scaled units."""
        engine, size = self._engine, len(center)
        engine.changeColsBounds(
            size, np.arange(size, dtype=np.int32), np.maximum(0.0, center - radius), center + radius
        )
        engine.run()
        self.point = np.asarray(engine.getSolution().col_value[:size], dtype=np.float64).clip(0.0)
        self.value = engine.getInfo().objective_function_value * self._unit

    def prices(self, point: Float) -> Prices:
        """Return scaled prices as prices."""
        row = np.zeros(len(self._problem.rows))
        row[self._rows] = point[: len(self._rows)] / self._scale
        return Prices(row, float(point[-1]) * self._unit / self._value_scale if self._problem.is_cost else 1.0)


def _unit(problem: CoupledProblem) -> float:
    """Return the largest figure of one copy or supply in the objective."""
    groups, plans = problem.groups, problem.plans
    if not problem.is_cost:
        return max(1.0, float(groups.value.max(initial=0)), float(plans.value.max(initial=0)))
    rate = np.zeros(len(plans.start) - 1)
    np.maximum.at(rate, groups.template, groups.rate)
    dearest = float((plans.cost * rate[plans.template]).max(initial=0.0))
    return max(1.0, dearest, float(problem.supply_price.max(initial=0)))
