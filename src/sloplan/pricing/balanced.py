"""Use of rows when everybody turns to what others use least: a quick stand-in for a mixture of plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import cheapest
from sloplan.problem.compiled import Queries

Float = npt.NDArray[np.float64]

ROUNDS = 20
_LEAST_PRICE = 1e-3  # of a row that nobody has used yet: less usage still is better than more


@dataclass(frozen=True)
class Balanced:
    """What the rounds came to.

    Parameters
    ----------
    use : (rows,) float64
        Weighted average of the use in all rounds.
    prices : (rows,) float64
        Row prices, per unit of usage, that this average makes.
    """

    use: Float
    prices: Float


def balance(plans: PlanArrays, queries: Queries, capacity: Float, rounds: int = ROUNDS) -> Balanced:
    """Serve all queries that have a plan, whether or not all fit, each by what others use least.

    In each round every query takes the plan that costs least with use / capacity so far as row prices. The
    use is the average of all rounds, later ones weighing more (method of successive averages: Sheffi, Urban
    Transportation Networks, 1985, section 5.2).

    Parameters
    ----------
    plans : PlanArrays
        `needs` says which plans are open to a query.
    queries : Queries
    capacity : (rows,) float64
    rounds : int
    """
    held = np.maximum(capacity, 1.0)
    use = np.zeros(len(capacity))
    for number in range(1, rounds + 1):
        prices = (use / held + _LEAST_PRICE) / held
        use += (cheapest_use(plans, queries, prices) - use) * 2 / (number + 1)
    return Balanced(use, (use / held + _LEAST_PRICE) / held)


def cheapest_use(plans: PlanArrays, queries: Queries, prices: Float) -> Float:
    """Return the use of every row, shape (rows,), if every query takes its cheapest plan at row prices."""
    price = plans.priced(prices)
    plan_of = cheapest(queries, plans.start, price, plans.needs)
    served = plan_of >= 0
    rate = queries.rate_milli[served].astype(np.float64) * queries.count[served]
    return plans.demand(plan_of[served], rate, len(prices))
