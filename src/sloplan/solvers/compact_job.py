"""The job behind the method `milp`: build the compact model, give it to an engine, insist on exact answers.

It knows neither run nor process: a `Listener` takes what it finds.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from sloplan.models.compact import CompactIndex, compact_milp
from sloplan.models.copies import plan_width, solution_of_copies
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.instance import Instance
from sloplan.problem.presolving.presolve import Presolved, presolve
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.solvers.bounds import column_range, on_grid
from sloplan.solvers.engine import EngineError, impossible_infeasible
from sloplan.solvers.engines import open_engine
from sloplan.solvers.job import AnySolution, Listener, Problem, Settings
from sloplan.solvers.refuted import Choice, refuted_choices
from sloplan.solvers.standard_form import Floats, StandardForm, standard_form

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """One plan per served copy.

    Parameters
    ----------
    query : (n,) int64
    choices : (n, most operators) int64
        Global option index per local operator position, padded by -1.
    """

    query: Int
    choices: Int


def run_compact_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """Build, solve and, while the exact checker refuses what the engine says, cut that off and solve again.

    Parameters
    ----------
    problem : Instance
    settings : Settings
    listener : Listener

    Raises
    ------
    EngineError
        If the engine fails or says what cannot be.
    """
    assert isinstance(problem, Instance)  # the method refuses plan selections
    with suppress(_TimeIsUpError):
        _build_and_solve(problem, settings, listener)


class _TimeIsUpError(Exception):
    """Breaks off the building of a model."""


def _build_and_solve(instance: Instance, settings: Settings, listener: Listener) -> None:
    compiled = instance.compiled

    def checkpoint() -> None:
        if _time_is_up(settings, listener):
            raise _TimeIsUpError

    started = time.perf_counter()
    less = presolve(compiled, settings.objective, checkpoint) if settings.presolve else None
    compiled = compiled if less is None else less.compiled
    model = compact_milp(compiled, settings.objective, settings.limit, checkpoint)
    if not model.index.copies:
        listener.report_bound(0)
        nothing = np.zeros(0, dtype=np.int64)
        listener.offer(solution_of_copies(compiled, nothing, nothing.reshape(0, plan_width(compiled))))
        return
    listener.report_bound(sum(int(compiled.queries.value_milli[copy.menu.query]) for copy in model.index.copies))
    checkpoint()
    built = time.perf_counter()
    form = standard_form(model)
    logger.info(
        "model built in %.2f s, standard form of %d rows and %d columns in %.2f s",
        built - started, *form.matrix.shape, time.perf_counter() - built,
    )  # fmt: skip
    checkpoint()
    start = None if settings.start is None else _answer_of(instance, settings.start, less)
    _Solve(compiled, model, form, settings, listener).run(start)


def _time_is_up(settings: Settings, listener: Listener) -> bool:
    return time.monotonic() >= settings.deadline or listener.should_stop()


def _answer_of(instance: Instance, solution: AnySolution, less: Presolved | None) -> Answer:
    """Return a valid solution as one plan per copy, of options that are left."""
    assert isinstance(solution, Solution)  # the run checked that it is the instance's
    indexed, _ = index_solution(instance, solution)
    choices = indexed.choices if less is None else less.replaced(indexed.choices, indexed.supply)[0]
    return Answer(np.repeat(indexed.query, indexed.count), np.repeat(choices, indexed.count, axis=0))


class _Solve:
    """One model on an engine, until the checker accepts the answer or time is up."""

    def __init__(
        self, compiled: CompiledInstance, model: Any, form: StandardForm, settings: Settings, listener: Listener
    ) -> None:
        self._compiled = compiled
        self._settings = settings
        self._listener = listener
        self._scale = int(model.objective_scale)
        self._range = column_range(form)
        self._columns = _Columns(compiled, model.index, form)
        self._engine = open_engine(
            settings.solver,
            form,
            seed=settings.seed,
            threads=settings.threads,
            rel_gap=settings.rel_gap,
            log=settings.engine_log,
        )
        self._engine.on_incumbent = self._improved
        self._engine.on_bound = self._bounded
        self._engine.should_stop = listener.should_stop

    def run(self, start: Answer | None) -> None:
        """Solve and cut until an answer stands."""
        self._listener.engine_starts()
        if start is not None:
            self._engine.start_from(*self._columns.values_of(start))
        while True:
            answer = self._engine.solve(self._settings.deadline - time.monotonic())
            if answer.ended == "infeasible":
                raise impossible_infeasible(self._engine)
            if answer.bound is not None:
                self._bounded(answer.bound)
            if answer.values is None or not self._is_wrong(answer.values, proven=answer.ended == "optimal"):
                return
            if _time_is_up(self._settings, self._listener):
                return

    def _is_wrong(self, values: Floats, proven: bool) -> bool:
        """Offer an answer; if it is refused, cut it off and return True."""
        copies, answer = self._columns.answer(values)
        if len(copies) == 0 and not proven:  # the empty plan stands for "nothing found"
            return False
        if self._accepted(answer):
            return False
        wrong = refuted_choices(self._compiled, answer.query, answer.choices)
        if not wrong:
            raise EngineError("the checker refused an answer in which no single rule is broken")
        cut = {columns for choices in wrong for columns in self._columns.of_choices(copies, answer, choices)}
        for columns in sorted(cut):
            self._engine.add_row(columns, len(columns) - 1)
        logger.info("%d rows cut off what was refused", len(cut))
        return True

    def _accepted(self, answer: Answer) -> bool:
        accepted = self._listener.offer(solution_of_copies(self._compiled, answer.query, answer.choices))
        if not accepted:
            logger.warning(
                "the checker refused an answer of %s, of %d copies served", self._engine.name, len(answer.query)
            )
        return accepted

    def _improved(self, values: Floats) -> None:
        copies, answer = self._columns.answer(values)
        if len(copies):
            self._accepted(answer)

    def _bounded(self, bound: float) -> None:
        integer = on_grid(-bound, self._range, self._engine.tolerances, self._scale)
        if integer is not None:
            self._listener.report_bound(integer)


class _Columns:
    """Which columns of the standard form are the choices and copies of the model."""

    def __init__(self, compiled: CompiledInstance, index: CompactIndex, form: StandardForm) -> None:
        column_of = form.column_of()
        self._width = plan_width(compiled)
        self._query = index.copy_query
        self._served: dict[int, int] = {}
        self._alike: dict[int, list[int]] = {}  # copies of each query
        column, copy, position, option = [], [], [], []
        for choice in index.copies:
            self._alike.setdefault(choice.menu.query, []).append(choice.copy)
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

    def of_choices(self, copies: Int, answer: Answer, choices: list[Choice]) -> set[tuple[int, ...]]:
        """Return the columns of some (plan, operator position) of an answer, and of the same for copies alike.

        What is wrong for some copies is wrong for any others of the same queries. They are moved
        on cyclically, all of one query by the same number, so that different copies stay different.
        """
        alike = [self._alike[int(query)] for query in answer.query]
        place = [of_query.index(int(copy)) for of_query, copy in zip(alike, copies, strict=True)]
        return {
            tuple(
                sorted(
                    self._choice[
                        alike[plan][(place[plan] + move) % len(alike[plan])], int(answer.choices[plan, position])
                    ]
                    for plan, position in choices
                )
            )
            for move in range(max(len(alike[plan]) for plan, _ in choices))
        }

    def values_of(self, answer: Answer) -> tuple[np.ndarray, Floats]:
        """Return columns and values of a valid answer: all of `served` and `choose`."""
        left = {query: iter(copies) for query, copies in self._alike.items()}
        value = dict.fromkeys([*self._served.values(), *self._choice.values()], 0.0)
        for query, row in zip(answer.query.tolist(), answer.choices.tolist(), strict=True):
            copy = next(left[query])
            value[self._served[copy]] = 1.0
            value.update({self._choice[copy, option]: 1.0 for option in row if option >= 0})
        return np.array(list(value), dtype=np.int32), np.array(list(value.values()), dtype=np.float64)
