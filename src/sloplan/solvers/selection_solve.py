"""A plan selection's model on an engine, exact answers insisted on: what the checker refuses is cut off alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Literal

import numpy as np

from sloplan.problem.compiled import Int
from sloplan.problem.exact_sums import exact_totals
from sloplan.problem.selections.selection import PlanSelection
from sloplan.solvers.bounds import on_grid
from sloplan.solvers.engine import Engine
from sloplan.solvers.plans_form import PlansForm
from sloplan.solvers.standard_form import Floats

logger = logging.getLogger(__name__)


class SelectionSolve:
    """One model on an engine, until an answer is accepted or time is up.

    Parameters
    ----------
    selection : PlanSelection
    model : PlansForm
        Its arrays, as `plans_form` returns them; columns and rows may be narrowed.
    engine : Engine
        Holds `model`.
    offer : callable
        Takes copies per plan and amounts of the supplies, int64, and says whether they are a valid solution.
    report_bound : callable
        Takes a bound in integers of the objective.
    should_stop : callable
    """

    def __init__(
        self,
        selection: PlanSelection,
        model: PlansForm,
        engine: Engine,
        *,
        offer: Callable[[Int, Int], bool],
        report_bound: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._selection, self._engine, self._scale = selection, engine, model.scale
        self._offer, self._report_bound, self._should_stop = offer, report_bound, should_stop
        self._maximise = selection.objective == "goodput"
        # A reduced cost of the wrong sign costs at most that times the copies of its group, not times each column.
        self._range = float(selection.groups.count.sum() + selection.supplies.maximum.sum())
        engine.on_incumbent = self._improved
        engine.on_bound = self._bounded
        engine.should_stop = should_stop

    def run(self, deadline: float, start: Floats | None = None) -> Literal["optimal", "infeasible", "limit"]:
        """Solve and cut until an answer stands.

        Parameters
        ----------
        deadline : float
            As `time.monotonic` tells it.
        start : (columns,) float64, optional
            A valid solution.

        Returns
        -------
        str
            "optimal" if the last answer was accepted; "limit" also where it was refused and cannot be cut off alone.

        Raises
        ------
        EngineError
            If the engine fails.
        """
        if start is not None:
            self._engine.start_from(np.arange(len(start), dtype=np.int32), start)
        while True:
            answer = self._engine.solve(deadline - time.monotonic())
            if answer.ended == "infeasible":
                return "infeasible"
            if answer.bound is not None:
                self._bounded(answer.bound)
            if answer.values is None:
                return "limit"
            if answer.ended == "limit":
                self._improved(answer.values)
                return "limit"
            if self._offered(answer.values):
                return "optimal"
            if not self._cut(answer.values) or time.monotonic() >= deadline or self._should_stop():
                return "limit"

    def _improved(self, values: Floats) -> None:
        if not self._maximise or self._rounded(values)[0].any():  # to serve nobody stands for "nothing found"
            self._offered(values)

    def _offered(self, values: Floats) -> bool:
        """Offer an answer and say whether it was accepted."""
        taken, amount = self._rounded(values)
        accepted = self._offer(taken, amount)
        if not accepted:
            logger.warning("refused an answer of %s, of %d plans", self._engine.name, np.count_nonzero(taken))
        return accepted

    def _rounded(self, values: Floats) -> tuple[Int, Int]:
        whole = np.rint(values).astype(np.int64)
        return whole[: len(self._selection.plans)], whole[len(self._selection.plans) :]

    def _cut(self, values: Floats) -> bool:
        """Cut off a refused answer by rows that no valid solution breaks; say whether there are any.

        A set of plans of single copies that alone overload a row, to which no supply brings anything, is never taken
        together. Other refused answers cannot be cut off alone: the search ends there, with the bound that stands.
        """
        taken, _ = self._rounded(values)
        plans, rows = self._selection.plans, self._selection.rows
        usage = plans.usage
        entry = np.flatnonzero(taken[usage.row_of_entry] > 0)
        plan, row, amount = usage.row_of_entry[entry], usage.column[entry], usage.amount[entry]
        used = exact_totals(row, amount, taken[plan], len(rows))
        supplied = np.zeros(len(rows), dtype=np.bool_)
        brought = self._selection.supplies.brought
        supplied[brought.column[brought.amount > 0]] = True
        single = self._selection.groups.count[plans.group] == 1
        found = False
        for overloaded in np.flatnonzero((used > rows.capacity) & ~supplied).tolist():
            members = np.flatnonzero((row == overloaded) & (amount > 0))
            cover = _cover(amount[members], int(used[overloaded]) - int(rows.capacity[overloaded]))
            columns = plan[members[cover]]
            if single[columns].all():
                self._engine.add_row(columns.tolist(), len(columns) - 1)
                found = True
        return found

    def _bounded(self, bound: float) -> None:
        integer = on_grid(-bound, self._range, self._engine.tolerances, self._scale)
        if integer is not None:
            self._report_bound(integer if self._maximise else -integer)


def _cover(amount: Int, excess: int) -> Int:
    """Return the places of a small set of amounts that overload a row which all of them overload by `excess`."""
    kept = []
    for place in np.argsort(amount, kind="stable").tolist():
        if amount[place] < excess:
            excess -= int(amount[place])  # the row is overloaded without this one too
        else:
            kept.append(place)
    return np.array(kept, dtype=np.int64)
