"""The job behind the method `cp` on instances: the compact CP-SAT model, everything in integers."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import Any

import numpy as np

from sloplan.models.cp_answer import hint_solution, solution_from_cp
from sloplan.models.cp_compact import compact_cp
from sloplan.problem.exact_sums import exact_dot
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from sloplan.solvers.cp_sat import solve_cp
from sloplan.solvers.job import Listener, Problem, Settings

logger = logging.getLogger(__name__)


class _TimeIsUpError(Exception):
    """Breaks off the building of a model."""


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

    def checkpoint() -> None:
        if time.monotonic() >= settings.deadline or listener.should_stop():
            raise _TimeIsUpError

    with suppress(_TimeIsUpError):
        started = time.perf_counter()
        model = compact_cp(problem, settings.objective, settings.goodput_floor, settings.limit, checkpoint)
        logger.info("model built in %.2f s", time.perf_counter() - started)
        maximise = settings.objective == "goodput"
        listener.report_bound(_value_with_a_menu(problem, model) if maximise else 0)
        if settings.start is not None:
            assert isinstance(settings.start, Solution)  # the run checked that it is the instance's
            hint_solution(model, problem, settings.start)
        solve_cp(
            model,
            settings,
            listener,
            lambda value: solution_from_cp(model, problem, value),
            maximise=maximise,
            may_be_infeasible=not maximise,
        )


def _value_with_a_menu(instance: Instance, model: Any) -> int:
    """Value of the copies that the filters leave a plan."""
    query = np.array([copy.menu.query for copy in model.index.copies], dtype=np.int64)
    return exact_dot(instance.compiled.queries.value_milli[query], np.ones_like(query))
