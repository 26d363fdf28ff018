"""Stage two of `compass`: query-plan matching under contention.

The problem, with plans as columns, is a multiple-choice multidimensional knapsack (NP-hard). What is done:

1. Where every plan takes one slot of one row at most, the matching is a flow of least cost, and exact (`unit_slots`).
2. Otherwise row prices are sought by a subgradient search (`matching_prices`): all queries take their best plan at the
   prices, rows that are overloaded become dearer, slack ones cheaper. The best prices prove a bound for the lists.
3. At some of the prices, raised a little so that they tell equals apart, queries are served in the order of value per
   price, and of what they lose by staying out, each by its plans of least price that fit.
4. Under cost, the same at slopes that charge whole units to what uses them, so that few are rented (`slope_scaling`).
5. The best matching is improved by swaps (`swapping`); under cost so is the best one at slopes, led by these.

What is guaranteed: every matching is within all rows. Nothing is promised of how good it is beyond the flow case; the
prices' bound says how good it is. A basic optimum of the linear relaxation splits no more copies than rows bind, so the
gap that integrality leaves falls as copies grow in number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sloplan.heuristics import matching_kernels as kernels
from sloplan.heuristics.contention import Contention, Matching, PlanLists
from sloplan.heuristics.matching_prices import Asked, Market, bid, guided
from sloplan.heuristics.slope_scaling import ROUNDS as SLOPE_ROUNDS
from sloplan.heuristics.slope_scaling import SlopeScaling
from sloplan.heuristics.swapping import SwapSearch
from sloplan.heuristics.unit_slots import match_unit_slots
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

ROUNDS: Final = 200
"""Rounds of bidding."""

_SERVED_AFTER: Final = frozenset({0, 40, 80, 120, 160})
"""Rounds after which queries are served at the best prices so far; they are after the last one too."""

_PLANS_PER_QUERY: Final = 64
"""Plans among which the copies of one query are spread, at most."""

_STEPS_PER_COPY: Final = 150
_LEAST_STEPS: Final = 60_000
_STEPS: Final = 2_000
"""Steps of swapping per copy from one start, the least in all, and those of one call."""


class _Start(NamedTuple):
    """Where the search by swaps begins: a matching, the prices that lead it, and all lists in their order."""

    matching: Matching
    asked: Asked
    listed: Int


class StageTwo:
    """Matches queries and plans, and tells of what it finds on the way.

    Parameters
    ----------
    problem : Contention
    seed : int
        Of the swaps.
    offer : callable
        Told of every matching that is better than those before.
    should_stop : callable
        Asked between rounds and between calls of swapping.
    prices : (rows,) float64, optional
        Where value is sought: row prices at which bidding begins, those of a problem much like this one.

    Attributes
    ----------
    best : Matching or None
        The best one that is valid.
    asked : Asked
        What is asked for at the best prices.
    is_exact : bool
        Whether the best matching is the best that the lists allow.
    """

    def __init__(
        self,
        problem: Contention,
        seed: int,
        offer: Callable[[Matching], None],
        should_stop: Callable[[], bool],
        prices: Float | None = None,
    ) -> None:
        self._problem, self._seed, self._offer, self._should_stop = problem, seed, offer, should_stop
        self._market = Market(problem)
        self.best: Matching | None = None
        self._best_worth = 0
        self.is_exact = False
        self.asked = self._market.first() if prices is None else self._market.ask(prices)

    def run(self) -> None:
        """Bid, serve and swap, until all is settled, the rounds and steps are done, or it is time to stop."""
        flow = match_unit_slots(self._problem)
        if flow is not None:
            self._keep(flow)
            self.is_exact = True
        for number, asked in enumerate(bid(self._market, ROUNDS, self.asked)):
            self.asked = asked
            if number in _SERVED_AFTER and not self.is_exact:
                self._serve()
            if self._should_stop() or self._is_settled():
                break
        if self.is_exact:
            return
        starts = [self._serve()]
        if self._problem.is_cost:
            starts += self._serve_at_slopes(starts[0])
        for start in sorted(starts, key=self._promise, reverse=True):
            self._improve(start)

    def _keep(self, matching: Matching) -> bool:
        """Keep a matching if it is valid and better than the best."""
        if not matching.is_valid(self._problem):
            return False
        worth = matching.worth(self._problem)
        if self.best is None or worth > self._best_worth:
            self.best, self._best_worth = matching, worth
            self._offer(matching)
        return True

    def _serve(self) -> _Start:
        """Serve at the best prices, in two orders; return the best matching so far, or the one of most value."""
        asked = guided(self._market, self.asked)
        listed = self._listed(asked)
        found = [self._served(listed, turn) for turn in _orders(asked, self._problem.lists)]
        for matching in found:
            self._keep(matching)
        most = max(found, key=lambda matching: matching.value(self._problem))
        return _Start(self.best or most, asked, listed)

    def _serve_at_slopes(self, at_prices: _Start) -> list[_Start]:
        """Serve at slopes until the cost repeats; return the cheapest matching, led by the slopes and by the prices."""
        slopes = SlopeScaling(self._market, self.asked)
        found: list[_Start] = []
        for _ in range(SLOPE_ROUNDS):
            asked, listed = slopes.asked, self._listed(slopes.asked)
            matching = self._served(listed, _orders(asked, self._problem.lists)[0])
            repeats = bool(found) and matching.cost(self._problem) == found[-1].matching.cost(self._problem)
            self._keep(matching)
            found.append(_Start(matching, asked, listed))
            if repeats or self._should_stop():
                break
            slopes.follow(matching.used(self._problem))
        cheapest = max(found, key=self._promise)
        return [cheapest, cheapest._replace(asked=at_prices.asked, listed=at_prices.listed)]

    def _promise(self, start: _Start) -> tuple[bool, int]:
        """Order starts: valid ones by their worth."""
        return start.matching.is_valid(self._problem), start.matching.worth(self._problem)

    def _served(self, listed: Int, turn: Int) -> Matching:
        """Serve queries in turn by the lists in this order."""
        start, _, list_of = self._market.lists
        return serve_in_turn(self._problem, self._market, (start, listed, list_of), turn)

    def _listed(self, asked: Asked) -> Int:
        """Return the plans of all lists, those of least price first."""
        listed = np.empty(len(self._problem.lists.plan), dtype=np.int64)
        start, plan, _ = self._market.lists
        kernels.sort_lists(start, plan, asked.plan_price, listed)
        return listed

    def _improve(self, start: _Start) -> None:
        """Search by swaps from a start."""
        if self._should_stop():
            return
        search = SwapSearch(self._problem, *start, self._seed)
        copies = int(self._problem.lists.count.sum())
        last = start.matching
        for _ in range(max(_LEAST_STEPS, _STEPS_PER_COPY * copies) // _STEPS):
            found = search.improve(_STEPS)
            if found is not last:
                self._keep(found)
            last = found
            if self._should_stop() or self._is_settled():
                return

    def _is_settled(self) -> bool:
        """Whether the best matching reaches the bound, to a whole base unit."""
        return self.best is not None and self.asked.bound - self._best_worth < 1


def serve_in_turn(problem: Contention, market: Market, lists: tuple[Int, ...], turn: Int) -> Matching:
    """Serve queries in turn, each copy by the first plan of its list that fits.

    Parameters
    ----------
    problem : Contention
    market : Market
    lists
        Start of the lists, their plans with the best one first, list of every query.
    turn : (m,) int64
        Queries, the first first.
    """
    length = np.diff(lists[0])[lists[2][turn]]
    most = int(np.minimum(np.minimum(problem.lists.count[turn], length), _PLANS_PER_QUERY).sum())
    entries = np.zeros((3, most), dtype=np.int64)
    floor = problem.floor if problem.is_cost else -1
    left = problem.room.most.astype(np.int64, copy=True)
    number = kernels.serve(market.usage, lists, market.queries, turn, left, floor, entries)
    return Matching(*entries[:, :number])


def _orders(asked: Asked, lists: PlanLists) -> tuple[Int, Int]:
    """Return the queries that have a plan by value per price, and by what they lose if they stay out."""
    able = np.flatnonzero((asked.choice >= 0) & (lists.count > 0) & (lists.value > 0))
    value = lists.value[able].astype(np.float64)
    price = asked.value_price * value - asked.worth[able]
    ratio = np.divide(value, price, out=np.full(len(able), np.inf), where=price > 0)
    return able[np.argsort(-ratio, kind="stable")], able[np.argsort(-asked.worth[able], kind="stable")]


def match_first_come(problem: Contention) -> Matching:
    """Serve queries in their order, each copy by the first plan of its list that fits: matching without prices.

    Plans of a list are in the order of their bill, then of what they take of all capacity.

    Parameters
    ----------
    problem : Contention
    """
    market = Market(problem)
    share = 1 / np.maximum(problem.room.most, 1)
    asked = market.ask(share * max(1e-9 * float(problem.lists.bill.max(initial=0)), 1.0))
    listed = np.empty(len(problem.lists.plan), dtype=np.int64)
    start, plan, list_of = market.lists
    kernels.sort_lists(start, plan, asked.plan_price, listed)
    return serve_in_turn(problem, market, (start, listed, list_of), np.arange(len(problem.lists.count)))
