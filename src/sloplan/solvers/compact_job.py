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
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.exact_sums import Exact
from sloplan.problem.instance import Instance
from sloplan.problem.presolving.presolve import Presolved, presolve
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.solvers.bounds import column_range, on_grid
from sloplan.solvers.engine import EngineError, impossible_infeasible
from sloplan.solvers.engines import open_engine
from sloplan.solvers.job import AnySolution, Listener, Problem, Settings
from sloplan.solvers.refuted import Choice, Loads, Refutation
from sloplan.solvers.standard_form import Floats, StandardForm, standard_form
from sloplan.solvers.time_is_up import TimeIsUpError, checkpoint, time_is_up

logger = logging.getLogger(__name__)


Cut = tuple[tuple[int, ...], tuple[float, ...], float]
"""Columns, their coefficients, and the limit of their sum."""


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
    with suppress(TimeIsUpError):
        _build_and_solve(problem, settings, listener)


def _build_and_solve(instance: Instance, settings: Settings, listener: Listener) -> None:
    compiled = instance.compiled
    look = checkpoint(settings, listener)
    started = time.perf_counter()
    less = presolve(compiled, settings.objective, look) if settings.presolve else None
    compiled = compiled if less is None else less.compiled
    floor = settings.goodput_floor
    model = compact_milp(compiled, settings.objective, floor, settings.limit, look, settings.open_options)
    reachable = sum(int(compiled.queries.value_milli[copy.menu.query]) for copy in model.index.copies)
    if floor is None:
        listener.report_bound(reachable)
    elif reachable < floor:
        listener.report_infeasible()
        return
    if not model.index.copies:
        listener.report_bound(0)
        nothing = np.zeros(0, dtype=np.int64)
        listener.offer(solution_of_copies(compiled, nothing, nothing.reshape(0, plan_width(compiled)), None, floor))
        return
    look()
    built = time.perf_counter()
    form = standard_form(model)
    logger.info(
        "model built in %.2f s, standard form of %d rows and %d columns in %.2f s",
        built - started, *form.matrix.shape, time.perf_counter() - built,
    )  # fmt: skip
    look()
    start = None if settings.start is None else _answer_of(instance, settings.start, less)
    _Solve(compiled, model, form, settings, listener).run(start)


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
        self._ruled = under_objective(compiled, settings.objective)
        self._floor: int | None = settings.goodput_floor
        self._price = compiled.under_cost.supply_price if settings.objective == "cost" else None
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
            needed = Loads(self._ruled, start.query, start.choices).needed
            self._engine.start_from(*self._columns.values_of(start, needed))
        while True:
            answer = self._engine.solve(self._settings.deadline - time.monotonic())
            if answer.ended == "infeasible":
                if self._floor is None:
                    raise impossible_infeasible(self._engine)
                self._listener.report_infeasible()
                return
            if answer.bound is not None:
                self._bounded(answer.bound)
            if answer.values is None or not self._is_wrong(answer.values, proven=answer.ended == "optimal"):
                return
            if time_is_up(self._settings, self._listener):
                return

    def _is_wrong(self, values: Floats, proven: bool) -> bool:
        """Offer an answer; if it is refused or costs more than HiGHS believes, cut it off and return True."""
        copies, answer = self._columns.answer(values)
        if self._floor is None and len(copies) == 0 and not proven:  # the empty plan stands for "nothing found"
            return False
        loads = Loads(self._ruled, answer.query, answer.choices)
        amounts = self._columns.amounts(values)
        accepted = self._accepted(answer, loads.needed)
        if accepted and not self._costs_more(loads.needed, amounts):
            return False
        wrong = loads.refuted(amounts if accepted else None)
        missed = self._floor is not None and self._value(answer) < self._floor
        if not wrong and not missed:
            raise EngineError("the checker refused an answer in which no single rule is broken")
        if missed:  # no part of what is served reaches the floor: another copy must be served
            others = self._columns.unserved(copies)
            self._engine.add_row(others, -1.0, [-1.0] * len(others))
        cuts = {cut for refutation in wrong for cut in self._columns.cuts(copies, answer, refutation)}
        for columns, coefficients, limit in sorted(cuts):
            self._engine.add_row(columns, limit, coefficients)
        logger.info("%d rows cut off what was refused", len(cuts) + missed)
        return True

    def _costs_more(self, needed: Exact, amounts: dict[int, int]) -> bool:
        """Whether an answer's plans need more rented units than it names, in all."""
        if self._price is None:
            return False
        named = sum(int(self._price[supply]) * amount for supply, amount in amounts.items())
        return int((self._price.astype(object) * needed).sum()) > named

    def _value(self, answer: Answer) -> int:
        return sum(self._ruled.queries.value_milli[answer.query].tolist())

    def _accepted(self, answer: Answer, needed: Exact) -> bool:
        """Offer plans with the fewest supplies that carry them, whatever HiGHS took."""
        supply = {str(self._ruled.supplies.name[place]): int(needed[place]) for place in np.flatnonzero(needed)}
        solution = solution_of_copies(self._ruled, answer.query, answer.choices, supply, self._floor)
        accepted = self._listener.offer(solution)
        if not accepted:
            logger.warning(
                "the checker refused an answer of %s, of %d copies served", self._engine.name, len(answer.query)
            )
        return accepted

    def _improved(self, values: Floats) -> None:
        copies, answer = self._columns.answer(values)
        if len(copies) or self._floor is not None:
            self._accepted(answer, Loads(self._ruled, answer.query, answer.choices).needed)

    def _bounded(self, bound: float) -> None:
        integer = on_grid(-bound, self._range, self._engine.tolerances, self._scale)
        if integer is not None:
            self._listener.report_bound(integer if self._floor is None else -integer)


class _Columns:
    """Which columns of the standard form are the choices and copies of the model."""

    def __init__(self, compiled: CompiledInstance, index: CompactIndex, form: StandardForm) -> None:
        column_of = form.column_of()
        self._width = plan_width(compiled)
        self._query = index.copy_query
        self._served: dict[int, int] = {}
        self._amount = {supply: column_of[id(variable)] for supply, variable in index.amounts.items()}
        self._most = {supply: int(variable.ub) for supply, variable in index.amounts.items()}
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

    def amounts(self, values: Floats) -> dict[int, int]:
        """Round the values of the supplies."""
        return {supply: round(values[column]) for supply, column in self._amount.items()}

    def unserved(self, copies: Int) -> list[int]:
        """Return the columns of `served` of all other copies."""
        served = set(copies.tolist())
        return [column for copy, column in self._served.items() if copy not in served]

    def cuts(self, copies: Int, answer: Answer, refutation: Refutation) -> set[Cut]:
        """Return the rows that cut off what is refuted, for these copies and for those alike.

        Of n choices that never go together at most n - 1 are made. Where they take at least s of a supply, that is
        at least s x (choices made - n + 1).
        """
        found: set[Cut] = set()
        for columns in self.of_choices(copies, answer, refutation.choices):
            if refutation.supply is None:
                found.add((columns, (1.0,) * len(columns), len(columns) - 1.0))
            else:
                needed = float(refutation.needed)
                all_columns = (*columns, self._amount[refutation.supply])
                found.add((all_columns, (*(needed,) * len(columns), -1.0), needed * (len(columns) - 1)))
        return found

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

    def values_of(self, answer: Answer, needed: Exact) -> tuple[np.ndarray, Floats]:
        """Return columns and values of a valid answer: all of `served`, `choose` and `amount`."""
        left = {query: iter(copies) for query, copies in self._alike.items()}
        value = dict.fromkeys([*self._served.values(), *self._choice.values()], 0.0)
        for query, row in zip(answer.query.tolist(), answer.choices.tolist(), strict=True):
            copy = next(left[query])
            value[self._served[copy]] = 1.0
            value.update({self._choice[copy, option]: 1.0 for option in row if option >= 0})
        value.update({column: float(min(needed[s], self._most[s])) for s, column in self._amount.items()})
        return np.array(list(value), dtype=np.int32), np.array(list(value.values()), dtype=np.float64)
