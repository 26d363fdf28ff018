"""The job behind the method `milp-plans`: all plans listed, given to an engine as arrays, exact answers insisted on."""

from __future__ import annotations

import logging
import time

import numpy as np

from sloplan.problem.compiled import Int
from sloplan.solvers.engine import impossible_infeasible
from sloplan.solvers.engines import open_engine
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.listed import Listed
from sloplan.solvers.listing import list_for_engine
from sloplan.solvers.plans_form import plans_form
from sloplan.solvers.selection_solve import SelectionSolve

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
        _solve(listed, settings, listener)


def _solve(listed: Listed, settings: Settings, listener: Listener) -> None:
    started = time.perf_counter()
    selection = listed.selection
    model = plans_form(selection)
    engine = open_engine(
        settings.solver,
        model.form,
        seed=settings.seed,
        threads=settings.threads,
        rel_gap=settings.rel_gap,
        log=settings.engine_log,
    )

    def offer(taken: Int, amount: Int) -> bool:
        plan = np.flatnonzero(taken)
        return listener.offer(listed.solution(plan, taken[plan], amount))

    solve = SelectionSolve(
        selection, model, engine,
        offer=offer, report_bound=listener.report_bound, should_stop=listener.should_stop,
    )  # fmt: skip
    logger.info("model built in %.2f s", time.perf_counter() - started)
    start = None
    if settings.start is not None:
        start = np.concatenate(listed.choices(settings.start)).astype(np.float64)
    listener.engine_starts()
    if solve.run(settings.deadline, start) == "infeasible":
        if selection.objective == "goodput" and not selection.groups.must.any():
            raise impossible_infeasible(engine)
        listener.report_infeasible()
