"""Prices that tell equals apart: a little more for every row, most for those that would be asked for most.

At prices of least bound many plans are equally good; where everything fits, all prices are 0 and nothing tells a plan
that crowds a row from one that does not. So every row gets a small price of its own, in shares of its capacity, that
follows the demand, as `greedy` does from nothing. The prices are as good as any, and prove a slightly weaker bound.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.lagrangian import Prices, Response, respond

SHARE: Final = 0.005
"""Of the bound: what the capacity of all rows is worth at the small prices, before they follow the demand."""

_ROUNDS = 8
_LEAST_CHANGE, _MOST_CHANGE = 0.5, 2.0


def guided(response: Response) -> Response:
    """Return the response at prices that are a little higher, so that of equal plans one comes first that crowds none.

    Parameters
    ----------
    response : Response
    """
    problem, prices = response.problem, response.prices
    capacity = np.maximum(problem.most_supplied.astype(np.float64), 1.0)
    if not (np.isfinite(response.bound) and response.bound) or not len(problem.used_rows):
        return response
    more = np.zeros(len(capacity))
    more[problem.used_rows] = SHARE * abs(response.bound) / (capacity[problem.used_rows] * len(problem.used_rows))
    for number in range(1, _ROUNDS + 1):
        # Only the last one has to hold for plans that are not known yet.
        found = respond(problem, Prices(prices.row + more, prices.value), searches=number == _ROUNDS)
        demand = _asked_for(found).usage(problem) / capacity
        more *= np.clip(demand, _LEAST_CHANGE, _MOST_CHANGE) ** (2 / (number + 1))
    return found


def _asked_for(response: Response) -> Assignment:
    """Everybody with the plan that is best alone, whether all fit or not."""
    takes, problem = np.flatnonzero(response.takes), response.problem
    none = np.zeros(len(problem.supplies), dtype=np.int64)
    return Assignment(takes, response.plan[takes], problem.groups.count[takes], none)
