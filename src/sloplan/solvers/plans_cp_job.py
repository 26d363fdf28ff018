"""The job behind the method `cp` on listed plans: the CP-SAT model of a plan selection, everything in integers."""

from __future__ import annotations

import logging
import time

import numpy as np

from sloplan.models.plans_cp import selection_cp
from sloplan.solvers.cp_sat import Value, solve_cp
from sloplan.solvers.job import AnySolution, Listener, Problem, Settings
from sloplan.solvers.listing import list_for_engine

logger = logging.getLogger(__name__)


def run_plans_cp_job(problem: Problem, settings: Settings, listener: Listener) -> None:
    """List, build and solve.

    Parameters
    ----------
    problem : Instance or PlanSelection
    settings : Settings
        `limit` is the most plans of an instance that are listed.
    listener : Listener

    Raises
    ------
    EngineError
        If CP-SAT refuses the model or says what cannot be.
    SizeLimitError
        If there are more plans than the limit, or numbers larger than CP-SAT takes.
    """
    listed = list_for_engine(problem, settings, listener)
    if listed is None:
        return
    started = time.perf_counter()
    selection = listed.selection
    model = selection_cp(selection)
    logger.info("model built in %.2f s", time.perf_counter() - started)
    # Behind plans and supplies stand variables of CP-SAT's own, for constants.
    plans = len(selection.plans)
    variables = [model.get_int_var_from_proto_index(place) for place in range(plans + len(selection.supplies))]
    if settings.start is not None:
        for variable, value in zip(variables, np.concatenate(listed.choices(settings.start)).tolist(), strict=True):
            model.add_hint(variable, value)

    def read(value: Value) -> AnySolution:
        taken, amount = np.split(np.array([value(variable) for variable in variables], dtype=np.int64), [plans])
        plan = np.flatnonzero(taken)
        return listed.solution(plan, taken[plan], amount)

    maximise = selection.objective == "goodput"
    may_be_infeasible = not maximise or bool(selection.groups.must.any())
    solve_cp(model, settings, listener, read, maximise=maximise, may_be_infeasible=may_be_infeasible)
