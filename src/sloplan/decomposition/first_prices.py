"""Where the search for prices begins: nothing is scarce, and what is supplied is paid for as it is used.

Where value is sought all rows are free at first, and then next to free: of plans that are worth the same, groups take
those that use least. Where cost is sought a row on which nothing stands begins at the price per
unit of the cheapest supply, and value at the price at which just enough copies are worth serving.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coordination import Respond, Step
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.lagrangian import Prices, Response
from sloplan.decomposition.price_scale import PriceScale
from sloplan.problem.compiled import Bool

Float = npt.NDArray[np.float64]

_NEXT_TO_NOTHING: Final = 1e-6  # of everything's worth, for a row's whole capacity


@dataclass(frozen=True)
class Beginning:
    """First responses, and the scale that they suggest.

    Parameters
    ----------
    scale : PriceScale
    responses : tuple of Response
        The last one is where to begin.
    """

    scale: PriceScale
    responses: tuple[Response, ...]

    @property
    def best(self) -> Response:
        """The response of least bound."""
        return min(self.responses, key=lambda response: response.bound)

    def steps(self) -> Iterator[Step]:
        """Yield the responses as steps; the last one may have settled the prices."""
        best = self.responses[0]
        for response in self.responses:
            best = min(best, response, key=lambda some: some.bound)
            yield self.scale.step(response, best)


def begin(problem: CoupledProblem, respond: Respond) -> Beginning:
    """Ask for the responses at the first prices: two, or one where no row can bind or nothing is feasible.

    Parameters
    ----------
    problem : CoupledProblem
    respond : callable
    """
    if not problem.is_cost:
        free = respond(Prices(np.zeros(len(problem.rows))))
        scale = PriceScale.of(problem, free.bound)
        if not len(scale) or not np.isfinite(free.bound):
            return Beginning(scale, (free,))
        return Beginning(scale, (free, respond(scale.prices(np.full(len(scale), _NEXT_TO_NOTHING)))))
    row = _supply_prices(problem)
    cheapest = respond(Prices(row, 0.0))
    able = cheapest.plan >= 0
    cost = np.where(able, -np.where(able, cheapest.worth, 0.0), 0.0)
    scale = PriceScale.of(problem, float(problem.groups.count @ cost))
    if not np.isfinite(cheapest.bound):
        return Beginning(scale, (cheapest,))
    return Beginning(scale, (cheapest, respond(Prices(row, _value_price(problem, cheapest, cost)))))


def _value_price(problem: CoupledProblem, cheapest: Response, cost: Float) -> float:
    """Return the least price of value at which the floor is reached, were nothing scarce."""
    groups, able = problem.groups, cheapest.plan >= 0
    value = np.zeros(len(groups))
    value[able] = groups.value[able] + problem.plans.value[cheapest.plan[able]]
    missing = problem.floor - float((groups.count * value)[groups.must].sum())
    free = np.flatnonzero(~groups.must & (value > 0))
    if missing <= 0 or not len(free):
        return 0.0
    ratio = cost[free] / value[free]
    order = np.argsort(ratio, kind="stable")
    reached = np.cumsum((groups.count * value)[free][order])
    return float(ratio[order[min(int(np.searchsorted(reached, missing)), len(order) - 1)]])


def _supply_prices(problem: CoupledProblem) -> Float:
    """Return what a unit of each row costs that stands empty, shape (rows,): supplies first that take nothing."""
    brought = problem.supplies.brought
    entry_of = brought.row_of_entry
    takes = np.zeros(len(brought), dtype=np.bool_)
    takes[entry_of[brought.amount < 0]] = True
    price = np.zeros(len(problem.rows))
    for some in (~takes, takes):
        paid = np.where(brought.amount < 0, -brought.amount * price[brought.column], 0.0)
        taken = np.bincount(entry_of, weights=paid, minlength=len(brought))
        each = problem.supply_price.astype(np.float64) + taken
        price += _cheapest(problem, some, each)
    return price


def _cheapest(problem: CoupledProblem, some: Bool, each: Float) -> Float:
    """Return the least price per unit that some supplies ask for each row they bring to; split evenly over rows."""
    brought = problem.supplies.brought
    helps = (brought.amount > 0) & (problem.rows.capacity[brought.column] == 0)
    number = np.bincount(brought.row_of_entry, weights=helps, minlength=len(brought))
    entry = np.flatnonzero(helps & (some & (problem.supplies.maximum > 0))[brought.row_of_entry])
    least = np.full(len(problem.rows), np.inf)
    supply = brought.row_of_entry[entry]
    np.minimum.at(least, brought.column[entry], each[supply] / number[supply] / brought.amount[entry])
    return np.where(np.isfinite(least), least, 0.0)
