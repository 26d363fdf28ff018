"""The job behind the method `cp` on instances: the compact CP-SAT model, everything in integers."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from sloplan.models.cp_answer import hint_solution, solution_from_cp
from sloplan.models.cp_compact import compact_cp
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.exact_sums import exact_dot
from sloplan.problem.instance import Instance
from sloplan.problem.presolving.presolve import Presolved, presolve
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.solvers.cp_sat import solve_cp
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.time_is_up import TimeIsUpError, checkpoint

logger = logging.getLogger(__name__)


def run_compact_cp_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """Build and solve.

    Parameters
    ----------
    problem : Instance
    settings : Settings
        `limit` is the most query copies.
    listener : Listener

    Raises
    ------
    EngineError
        If CP-SAT refuses the model or says what cannot be.
    SizeLimitError
        If there are more copies than the limit, or numbers larger than CP-SAT takes.
    """
    assert isinstance(problem, Instance)  # the method gives plan selections to another job
    look = checkpoint(settings, listener)
    with suppress(TimeIsUpError):
        started = time.perf_counter()
        less = presolve(problem, settings.objective, look) if settings.presolve else None
        compiled = problem.compiled if less is None else less.compiled
        model = compact_cp(
            compiled, settings.objective, settings.goodput_floor, settings.limit, look, settings.open_options
        )
        logger.info("model built in %.2f s", time.perf_counter() - started)
        maximise = settings.objective == "goodput"
        listener.report_bound(_value_with_a_menu(problem, model) if maximise else 0)
        if settings.start is not None:
            assert isinstance(settings.start, Solution)  # the run checked that it is the instance's
            start = settings.start if less is None else _of_what_is_left(problem, settings.start, less)
            hint_solution(model, problem, start)
        solve_cp(
            model,
            settings,
            listener,
            lambda value: solution_from_cp(model, compiled, value),
            maximise=maximise,
            may_be_infeasible=not maximise,
        )


def _of_what_is_left(instance: Instance, solution: Solution, less: Presolved) -> Solution:
    """Return a valid solution with the options that replace those that presolve has left out."""
    indexed, _ = index_solution(instance, solution)
    choices, supply = less.replaced(indexed.choices, indexed.supply)
    names = under_objective(instance.compiled, solution.objective).supplies.name
    standing = {name: amount for name, amount in zip(names.tolist(), supply.tolist(), strict=True) if amount}
    left = Solution.from_choices(instance.compiled, indexed.query, indexed.count, choices, standing)
    return replace(left, objective=solution.objective, goodput_floor=solution.goodput_floor)


def _value_with_a_menu(instance: Instance, model: Any) -> int:
    """Value of the copies that the filters leave a plan."""
    query = np.array([copy.menu.query for copy in model.index.copies], dtype=np.int64)
    return exact_dot(instance.compiled.queries.value_milli[query], np.ones_like(query))
