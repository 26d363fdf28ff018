"""The `PlanOracle` of a `PlanSelection`: all its plans are listed, so all are priced."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int, Sparse
from sloplan.problem.method import BestPlans
from sloplan.problem.selections.selection import PlanSelection


class SelectionOracle:
    """Prices the listed plans of every group.

    Parameters
    ----------
    selection : PlanSelection
    """

    def __init__(self, selection: PlanSelection) -> None:
        self._selection = selection

    def best_plans(self, prices: npt.NDArray[np.float64]) -> BestPlans:
        """Return the plan of greatest value minus priced usage of each group; of equals, the first.

        Parameters
        ----------
        prices : (rows,) float64
            Units of 1 / value_scale per unit of usage as scaled, at least 0.
        """
        selection, plans = self._selection, self._selection.plans
        paid = plans.usage.amount * prices[plans.usage.column]
        worth = plans.value - np.bincount(plans.usage.row_of_entry, weights=paid, minlength=len(plans))
        ranked = np.lexsort((np.arange(len(plans)), -worth, plans.group))
        has_plan = np.flatnonzero(np.diff(selection.plan_start))
        best = np.full(len(selection.groups), -1, dtype=np.int64)
        best[has_plan] = ranked[selection.plan_start[has_plan]]
        return BestPlans(
            choices=best[:, None],
            value=_of_plans(plans.value, best),
            cost=_of_plans(plans.cost, best),
            usage=_rows_of(plans.usage, best),
        )


def _of_plans(figure: Int, plan: Int) -> Int:
    """Return a figure of some plans, 0 where the plan is -1."""
    figures = np.zeros(len(plan), dtype=np.int64)
    figures[plan >= 0] = figure[plan[plan >= 0]]
    return figures


def _rows_of(usage: Sparse, plan: Int) -> Sparse:
    """Return the usage of some plans, a row for each; none where the plan is -1."""
    length = _of_plans(np.diff(usage.start), plan)
    start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(length)])
    first = np.repeat(_of_plans(usage.start[:-1], plan), length)
    entry = first + np.arange(start[-1]) - np.repeat(start[:-1], length)
    return Sparse(start=start, column=usage.column[entry], amount=usage.amount[entry])
