"""The job behind the method `milp-plans`: all plans listed, given to an engine as arrays, exact answers insisted on."""

from __future__ import annotations

import logging
import time

import numpy as np

from sloplan.problem.compiled import Int
from sloplan.problem.exact_sums import exact_totals
from sloplan.solvers.bounds import on_grid
from sloplan.solvers.engine import impossible_infeasible
from sloplan.solvers.engines import open_engine
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.listed import Listed
from sloplan.solvers.listing import list_for_engine
from sloplan.solvers.plans_form import plans_form
from sloplan.solvers.standard_form import Floats

logger = logging.getLogger(__name__)


def run_plans_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """List, build, solve and, while the exact checker refuses what the engine says, cut that off and solve again.

    Parameters
    ----------
    problem : Instance or PlanSelection
    settings : Settings
        `limit` is the most plans of an instance that are listed.
    listener : Listener

    Raises
    ------
    EngineError
        If the engine fails.
    SizeLimitError
        If there are more plans than the limit.
    """
    listed = list_for_engine(problem, settings, listener)
    if listed is not None and not (time.monotonic() >= settings.deadline or listener.should_stop()):
        _Solve(listed, settings, listener).run()


class _Solve:
    """One model on an engine, until the checker accepts the answer or time is up."""

    def __init__(self, listed: Listed, settings: Settings, listener: Listener) -> None:
        started = time.perf_counter()
        self._listed, self._selection = listed, listed.selection
        self._settings, self._listener = settings, listener
        self._maximise = self._selection.objective == "goodput"
        model = plans_form(self._selection)
        self._scale = model.scale
        # A reduced cost of the wrong sign costs at most that times the copies of its group, not times each column.
        self._range = float(self._selection.groups.count.sum() + self._selection.supplies.maximum.sum())
        self._engine = open_engine(
            settings.solver,
            model.form,
            seed=settings.seed,
            threads=settings.threads,
            rel_gap=settings.rel_gap,
            log=settings.engine_log,
        )
        self._engine.on_incumbent = self._improved
        self._engine.on_bound = self._bounded
        self._engine.should_stop = listener.should_stop
        logger.info("model built in %.2f s", time.perf_counter() - started)

    def run(self) -> None:
        """Solve and cut until an answer stands."""
        self._listener.engine_starts()
        if self._settings.start is not None:
            values = np.concatenate(self._listed.choices(self._settings.start)).astype(np.float64)
            self._engine.start_from(np.arange(len(values), dtype=np.int32), values)
        while True:
            answer = self._engine.solve(self._settings.deadline - time.monotonic())
            if answer.ended == "infeasible":
                if self._maximise and not self._selection.groups.must.any():
                    raise impossible_infeasible(self._engine)
                self._listener.report_infeasible()
                return
            if answer.bound is not None:
                self._bounded(answer.bound)
            if answer.ended == "limit" and answer.values is not None:
                self._improved(answer.values)
            if answer.ended == "limit" or answer.values is None:
                return
            if self._offered(answer.values) or not self._cut(answer.values):
                return
            if time.monotonic() >= self._settings.deadline or self._listener.should_stop():
                return

    def _improved(self, values: Floats) -> None:
        if not self._maximise or self._rounded(values)[0].any():  # to serve nobody stands for "nothing found"
            self._offered(values)

    def _offered(self, values: Floats) -> bool:
        """Offer an answer and say whether it was accepted."""
        taken, amount = self._rounded(values)
        plan = np.flatnonzero(taken)
        accepted = self._listener.offer(self._listed.solution(plan, taken[plan], amount))
        if not accepted:
            logger.warning("the checker refused an answer of %s, of %d plans", self._engine.name, len(plan))
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
            self._listener.report_bound(integer if self._maximise else -integer)


def _cover(amount: Int, excess: int) -> Int:
    """Return the places of a small set of amounts that overload a row which all of them overload by `excess`."""
    kept = []
    for place in np.argsort(amount, kind="stable").tolist():
        if amount[place] < excess:
            excess -= int(amount[place])  # the row is overloaded without this one too
        else:
            kept.append(place)
    return np.array(kept, dtype=np.int64)
