"""How every job over listed plans begins: list them, and say what is known before an engine starts."""

from __future__ import annotations

import logging
import time

import numpy as np

from sloplan.problem.selections.selection import PlanSelection
from sloplan.solvers.job import Listener, Problem, Settings
from sloplan.solvers.listed import Listed
from sloplan.solvers.plans_bound import bound_of_all
from sloplan.solvers.time_is_up import TimeIsUpError, checkpoint

logger = logging.getLogger(__name__)


def list_for_engine(problem: Problem, settings: Settings, listener: Listener) -> Listed | None:
    """List the plans of a problem; None where nothing is left for an engine to say, or no time for it.

    Parameters
    ----------
    problem : Instance or PlanSelection
    settings : Settings
        `limit` is the most plans of an instance that are listed.
    listener : Listener
        Learns the bound of all copies at their best, and what is settled at once: that a group must choose and has
        nothing to choose from, or that there are no plans at all.

    Raises
    ------
    SizeLimitError
        If there are more plans than the limit.
    """
    started = time.perf_counter()
    try:
        listed = Listed.of(
            problem,
            settings.limit,
            objective=settings.objective,
            goodput_floor=settings.goodput_floor,
            presolve=settings.presolve,
            checkpoint=checkpoint(settings, listener),
        )
    except TimeIsUpError:
        return None
    selection = listed.selection
    logger.info("%d plans listed in %.2f s", len(selection.plans), time.perf_counter() - started)
    if _lacks_plans(selection):
        listener.report_infeasible()
        return None
    listener.report_bound(bound_of_all(selection))
    if not len(selection.plans):
        nothing = np.zeros(0, dtype=np.int64)
        if not listener.offer(listed.solution(nothing, nothing, np.zeros(len(selection.supplies), dtype=np.int64))):
            listener.report_infeasible()
        return None
    return listed


def _lacks_plans(selection: PlanSelection) -> bool:
    """Tell whether a group that must choose has nothing to choose from."""
    groups = selection.groups
    return bool(np.any(groups.must & (groups.count > 0) & (np.diff(selection.plan_start) == 0)))
