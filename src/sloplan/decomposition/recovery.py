"""Primal recovery: from prices to an answer that holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_selection
from sloplan.decomposition.guiding_prices import guided
from sloplan.decomposition.lagrangian import Prices, Response, respond
from sloplan.decomposition.least_supplies import least_supplies
from sloplan.decomposition.local_search import STEPS, LocalSearch
from sloplan.decomposition.priced_greedy import by_return, by_worth, serve_by_price
from sloplan.problem.selections.selection import PlanSelection

COMPLETING_STEPS: Final = 50 * STEPS
"""Steps of local search that may complete what greedy leaves without must groups or floor: about a second, but several
with whole replicas."""

_STEPS_PER_LOOK: Final = STEPS // 10  # at the time


def recover(
    problem: CoupledProblem,
    response: Response,
    seed: int,
    *,
    completes: bool = True,
    should_stop: Callable[[], bool] = lambda: False,
) -> Assignment | None:
    """Return a valid assignment made at the prices of a response, or None if none was found.

    At prices that tell equals apart (`guided`), groups are served greedily in two orders, and the better answer is
    kept. Where must groups or the floor are missed, local search completes it for a bounded number of steps.

    Parameters
    ----------
    problem : CoupledProblem
    response : Response
    seed : int
        Decides between equals, and leads the search.
    completes : bool, optional
        Off: what greedy service misses is not completed.
    should_stop : callable, optional
        Asked while it is.
    """
    guide = guided(response)
    found = [serve_by_price(problem, guide, order(guide, seed)) for order in (by_return, by_worth)]
    valid = [assignment for assignment in found if assignment.is_valid(problem)]
    if valid:
        return max(valid, key=lambda assignment: assignment.worth(problem))
    if not completes:
        return None
    nearest = min(found, key=lambda assignment: _lacking(problem, assignment))
    return _completed(problem, nearest, response, seed, should_stop)


def _lacking(problem: CoupledProblem, assignment: Assignment) -> tuple[int, int]:
    """Return must copies that are out, and the value that is missing to the floor."""
    must = problem.groups.must
    served = int(assignment.count[must[assignment.group]].sum())
    return int(problem.groups.count[must].sum()) - served, max(0, problem.floor - assignment.value(problem))


def _completed(
    problem: CoupledProblem, assignment: Assignment, response: Response, seed: int, should_stop: Callable[[], bool]
) -> Assignment | None:
    groups = problem.groups
    if (groups.must & (response.plan < 0) & (groups.count > 0)).any():
        return None
    search = LocalSearch(problem, assignment, response, seed)
    for _ in range(0, COMPLETING_STEPS, _STEPS_PER_LOOK):
        if should_stop():
            return None
        found = search.improve(_STEPS_PER_LOOK)
        if found.is_valid(problem):
            return found
    return None


def compile_kernels() -> float:
    """Compile the kernels of recovery, or read them from numba's cache, and return the seconds that it took."""
    began = time.monotonic()
    tiny = coupled_selection(
        PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1], must=[False], name="tiny")
    )
    response = respond(tiny, Prices(np.ones(1)))
    LocalSearch(tiny, serve_by_price(tiny, response, by_return(response, 0)), response, 0).improve(1)
    least_supplies(tiny, *np.zeros((3, 0), dtype=np.int64))
    return time.monotonic() - began
