"""The job behind the method `milp`: build the compact model, give it to HiGHS, insist on exact answers.

It knows neither run nor process: a `Listener` takes what it finds.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np

from sloplan.models.compact import CompactIndex, compact_milp
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.solvers.bounds import column_range, on_grid
from sloplan.solvers.highs import EngineError, Highs, Tolerances
from sloplan.solvers.job import Answer, Listener, Settings
from sloplan.solvers.refuted import refuted_choices
from sloplan.solvers.standard_form import Floats, StandardForm, standard_form

logger = logging.getLogger(__name__)


def run_compact_job(compiled: CompiledInstance, settings: Settings, listener: Listener) -> None:
    """Build, solve and, while the exact checker refuses what HiGHS says, cut that off and solve again.

    Raises
    ------
    EngineError
        If HiGHS fails or says what cannot be.
    """
    started = time.perf_counter()
    model = compact_milp(compiled, settings.objective, settings.copy_limit)
    if not model.index.copies:
        listener.report_bound(0)
        listener.offer(_nothing(compiled))
        return
    listener.report_bound(sum(int(compiled.queries.value_milli[copy.menu.query]) for copy in model.index.copies))
    built = time.perf_counter()
    form = standard_form(model)
    logger.info(
        "model built in %.2f s, standard form of %d rows and %d columns in %.2f s",
        built - started, *form.matrix.shape, time.perf_counter() - built,
    )  # fmt: skip
    _Solve(compiled, model, form, settings, listener).run()


def _nothing(compiled: CompiledInstance) -> Answer:
    width = max((len(application.operators) for application in compiled.applications), default=0)
    return Answer(np.zeros(0, dtype=np.int64), np.zeros((0, width), dtype=np.int64))


class _Solve:
    """One model on HiGHS, until the checker accepts the answer or time is up."""

    def __init__(
        self, compiled: CompiledInstance, model: Any, form: StandardForm, settings: Settings, listener: Listener
    ) -> None:
        self._compiled = compiled
        self._settings = settings
        self._listener = listener
        self._scale = int(model.objective_scale)
        self._offset = form.offset
        self._range = column_range(form)
        self._tolerances = Tolerances()
        self._columns = _Columns(compiled, model.index, form)
        self._highs = Highs(
            form,
            seed=settings.seed,
            threads=settings.threads,
            rel_gap=settings.rel_gap,
            tolerances=self._tolerances,
        )
        self._highs.on_incumbent = self._improved
        self._highs.on_bound = self._bounded
        self._highs.should_stop = listener.should_stop

    def run(self) -> None:
        """Solve and cut until an answer stands."""
        self._listener.engine_starts()
        if self._settings.start is not None:
            self._highs.start_from(*self._columns.values_of(self._settings.start))
        while True:
            answer = self._highs.solve(self._settings.deadline - time.time())
            if answer.ended == "infeasible":
                raise EngineError("HiGHS calls the model infeasible, but serving nothing always is feasible")
            if answer.bound is not None:
                self._bounded(answer.bound)
            if answer.values is None or not self._is_wrong(answer.values, proven=answer.ended == "optimal"):
                return
            if self._listener.should_stop() or time.time() >= self._settings.deadline:
                return

    def _is_wrong(self, values: Floats, proven: bool) -> bool:
        """Offer an answer; if it is refused, cut it off and return True."""
        copies, answer = self._columns.answer(values)
        if len(copies) == 0 and not proven:  # the empty plan stands for "nothing found"
            return False
        if self._listener.offer(answer):
            return False
        wrong = refuted_choices(self._compiled, answer.query, answer.choices)
        if not wrong:
            raise EngineError("the checker refused an answer in which no single rule is broken")
        for choices in wrong:
            self._highs.add_row(self._columns.of_choices(copies, answer, choices), len(choices) - 1)
        logger.info("the checker refused an answer of HiGHS: %d rows cut it off", len(wrong))
        return True

    def _improved(self, values: Floats) -> None:
        copies, answer = self._columns.answer(values)
        if len(copies):
            self._listener.offer(answer)

    def _bounded(self, bound: float) -> None:
        integer = on_grid(-bound, self._range, self._tolerances, self._scale)
        if integer is not None:
            self._listener.report_bound(integer)


class _Columns:
    """Which columns of the standard form are the choices and copies of the model."""

    def __init__(self, compiled: CompiledInstance, index: CompactIndex, form: StandardForm) -> None:
        column_of = form.column_of()
        self._width = max(len(application.operators) for application in compiled.applications)
        self._query = index.copy_query
        self._choice: dict[tuple[int, int], int] = {}
        self._served: dict[int, int] = {}
        column, copy, position, option = [], [], [], []
        for choice in index.copies:
            self._served[choice.copy] = column_of[id(choice.served)]
            for place, (variables, options) in enumerate(zip(choice.choose, choice.menu.options, strict=True)):
                column += [column_of[id(variable)] for variable in variables]
                option += options.tolist()
                copy += [choice.copy] * len(variables)
                position += [place] * len(variables)
        self._choice = dict(zip(zip(copy, option, strict=True), column, strict=True))
        self._column, self._copy = np.array(column), np.array(copy)
        self._position, self._option = np.array(position), np.array(option)

    def answer(self, values: Floats) -> tuple[Int, Answer]:
        """Round the values; return the copies served and their plans."""
        chosen = np.flatnonzero(values[self._column] > 0.5)
        copies, plan = np.unique(self._copy[chosen], return_inverse=True)
        choices = np.full((len(copies), self._width), -1, dtype=np.int64)
        choices[plan, self._position[chosen]] = self._option[chosen]
        return copies, Answer(self._query[copies], choices)

    def of_choices(self, copies: Int, answer: Answer, choices: list[tuple[int, int]]) -> list[int]:
        """Return the columns of some (plan, operator position) of an answer."""
        return [self._choice[int(copies[plan]), int(answer.choices[plan, position])] for plan, position in choices]

    def values_of(self, answer: Answer) -> tuple[np.ndarray, Floats]:
        """Return columns and values of a valid answer: all of `served` and `choose`."""
        of_query: dict[int, list[int]] = {}
        for copy in self._served:
            of_query.setdefault(int(self._query[copy]), []).append(copy)
        value = dict.fromkeys([*self._served.values(), *self._choice.values()], 0.0)
        for query, row in zip(answer.query.tolist(), answer.choices.tolist(), strict=True):
            copy = of_query[query].pop(0)
            value[self._served[copy]] = 1.0
            value.update({self._choice[copy, option]: 1.0 for option in row if option >= 0})
        return np.array(list(value), dtype=np.int32), np.array(list(value.values()), dtype=np.float64)
