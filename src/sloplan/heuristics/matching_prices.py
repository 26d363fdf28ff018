"""Row prices under which queries ask for about what there is: a subgradient search on the Lagrangian dual.

At row prices pi and value price mu (1 where value is sought) nothing is worth more than

    sum over copies of max(0, mu value - rate x (bill + priced usage) of the plan of least price) + pi . standing
    + sum over rows of max(0, pi unit - unit price) x most units - mu floor.

Every round each query takes its best plan at the prices; prices of overloaded rows rise, those of slack ones fall, in
shares of what everything is worth. A row's step is scaled by the size of its own last slacks and smoothed by momentum
(D. P. Kingma, J. Ba, Adam: a method for stochastic optimization, ICLR 2015), and all steps shrink by a fixed factor a
round. The prices of least bound are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.heuristics import matching_kernels as kernels
from sloplan.heuristics.contention import Contention
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

_FIRST_STEP, _LAST_STEP = 0.1, 0.001  # of a row's even share in what everything is worth
_MOMENTUM, _SCALE_MEMORY = 0.9, 0.97
_MOST_LACKING: Final = 2.0  # capacities: what is asked for beyond it does not hasten a price
_GUIDE_SHARE, _GUIDE_ROUNDS = 0.005, 8


@dataclass(frozen=True)
class Asked:
    """What queries ask for at some prices.

    Parameters
    ----------
    price : (rows,) float64
        Per unit of usage.
    value_price : float
    bound : float
        Nothing that the lists allow is worth more (costs less, negated, where cost is sought).
    plan_price : (plans,) float64
        Bill and priced usage per unit of rate.
    choice : (queries,) int64
        Plan of least price, -1 where there is none.
    worth : (queries,) float64
        Of one copy by that plan.
    demand : (rows,) float64
    served : float
        Value of what is worth more than nothing.
    """

    price: Float
    value_price: float
    bound: float
    plan_price: Float
    choice: Int
    worth: Float
    demand: Float
    served: float


class Market:
    """Asks queries what they take at prices.

    Parameters
    ----------
    problem : Contention
    """

    def __init__(self, problem: Contention) -> None:
        self.problem = problem
        lists = problem.lists
        self.usage = _plain(lists.usage.start, lists.usage.column, lists.usage.amount)
        self.lists = _plain(lists.start, lists.plan, lists.list_of)
        self.queries = _plain(lists.rate, lists.value, lists.count)
        self._bill = _plain(lists.bill)[0]

    @cached_property
    def capacity(self) -> Float:
        """What each row holds with all units, shape (rows,); at least 1."""
        return np.maximum(self.problem.room.most.astype(np.float64), 1.0)

    def ask(self, price: Float, value_price: float = 1.0) -> Asked:
        """Return what queries take at some prices.

        Parameters
        ----------
        price : (rows,) float64
        value_price : float, optional
        """
        lists, room = self.problem.lists, self.problem.room
        plan_price, worth = np.empty(len(lists.bill)), np.empty(len(lists.rate))
        choice, demand = np.empty(len(lists.rate), dtype=np.int64), np.empty(len(price))
        prices = np.ascontiguousarray(price, dtype=np.float64)
        asked = self.usage, self.lists, self.queries, self._bill, prices, float(value_price)
        total, served = kernels.respond(*asked, plan_price, choice, worth, demand)
        units = (np.maximum(price * room.unit - room.unit_price, 0.0) * room.most_units).sum()
        bound = total + float((price * room.standing).sum()) + float(units) - value_price * self.problem.floor
        return Asked(price, value_price, bound, plan_price, choice, worth, demand, served)

    def slack(self, asked: Asked) -> Float:
        """Return the slope of the bound in shares of capacity and of the floor, shape (rows + 1,)."""
        room, floor = self.problem.room, self.problem.floor
        rented = (asked.price * room.unit > room.unit_price) * room.most_units * room.unit
        of_value = (asked.served - floor) / max(floor, 1) if self.problem.is_cost else 0.0
        return np.append((room.standing + rented - asked.demand) / self.capacity, of_value)

    def first(self) -> Asked:
        """Return what is asked for where bidding begins: nothing is scarce, units are paid for as they are used."""
        room, lists = self.problem.room, self.problem.lists
        price = np.divide(room.unit_price, room.unit, out=np.zeros(len(room.unit)), where=room.unit > 0)
        if not self.problem.is_cost:
            return self.ask(price)
        cheapest = self.ask(price, 0.0)
        able = np.flatnonzero((cheapest.choice >= 0) & (lists.value > 0))
        ratio = -cheapest.worth[able] / lists.value[able]
        order = np.argsort(ratio, kind="stable")
        reached = np.cumsum((lists.value * lists.count).astype(np.float64)[able][order])
        if not len(able):
            return cheapest
        last = min(int(np.searchsorted(reached, self.problem.floor)), len(order) - 1)
        return self.ask(price, float(ratio[order[last]]) * (1 + 1e-9))


def bid(market: Market, rounds: int, first: Asked | None = None) -> Iterator[Asked]:
    """Yield the best prices so far, before bidding and after every round of it.

    Parameters
    ----------
    market : Market
    rounds : int
    first : Asked, optional
        Where bidding begins, if not where nothing is scarce.
    """
    best = now = market.first() if first is None else first
    yield best
    is_cost = market.problem.is_cost
    scale = np.append(market.capacity, float(max(market.problem.floor, 1)))
    at = np.append(best.price, best.value_price) * scale
    share = max(abs(best.bound), float(at[:-1].sum())) / len(scale)
    momentum, size = np.zeros(len(scale)), np.zeros(len(scale))
    for number in range(rounds):
        slack = np.clip(market.slack(now), -_MOST_LACKING, 1.0)
        momentum = _MOMENTUM * momentum + (1 - _MOMENTUM) * slack
        size = _SCALE_MEMORY * size + (1 - _SCALE_MEMORY) * slack**2
        step = share * _FIRST_STEP * (_LAST_STEP / _FIRST_STEP) ** (number / rounds)
        at = np.maximum(at - step * momentum / np.sqrt(size + 1e-6), 0.0)
        now = market.ask(at[:-1] / scale[:-1], float(at[-1] / scale[-1]) if is_cost else 1.0)
        best = min(best, now, key=lambda asked: asked.bound)
        yield best


def guided(market: Market, asked: Asked) -> Asked:
    """Return what is asked for at prices that tell equals apart: a little more for every row, most where all crowd.

    Parameters
    ----------
    market : Market
    asked : Asked
        At the best prices.
    """
    used = np.zeros(len(market.capacity), dtype=np.bool_)
    used[market.usage[1]] = True
    if not used.any() or not asked.bound:
        return asked
    more = np.where(used, _GUIDE_SHARE * abs(asked.bound) / (market.capacity * used.sum()), 0.0)
    for number in range(1, _GUIDE_ROUNDS + 1):
        found = market.ask(asked.price + more, asked.value_price)
        more = more * np.clip(found.demand / market.capacity, 0.5, 2.0) ** (2 / (number + 1))
    return market.ask(asked.price + more, asked.value_price)


def _plain(*arrays: Int) -> tuple[Int, ...]:
    """Writable and contiguous: read-only arrays are a type of their own to numba."""
    return tuple(np.array(array, dtype=np.int64, order="C") for array in arrays)
