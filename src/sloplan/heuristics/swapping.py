"""Repair and swap search on a matching, led by prices; it goes on for as long as it is asked to.

A step forces an item (copies of one query that go together) into one of its plans, and whoever stands in the way
leaves; or takes some users of one row out; or, under cost, closes a unit. Who left goes to its plan of least price that
fits, or forces its own way in, a few links deep. Simulated annealing keeps the step or undoes it.

Sources: G. Schrimpf et al., Record breaking optimization results using the ruin and recreate principle, Journal of
Computational Physics 159(2), 2000; F. Glover, Ejection chains, reference structures and alternating path methods for
traveling salesman problems, Discrete Applied Mathematics 65, 1996.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.heuristics import swap_kernels as kernels
from sloplan.heuristics.contention import Contention, Matching
from sloplan.heuristics.matching_prices import Asked
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

_CANDIDATES: Final = 16
"""Plans of a query that the search tries, the cheapest ones."""

_MOST_ITEMS: Final = 200_000
"""Copies go one by one as long as they are no more than this; beyond it, several go together."""

_HOT, _COLD = 0.01, 0.001  # temperatures as shares of what an item is worth on average
_USAGE_SHARE = 0.7  # of the priced usage in what the search makes small
_FIRST_CYCLE = 5_000  # steps


class SwapSearch:
    """A search that improves a matching.

    Parameters
    ----------
    problem : Contention
    matching : Matching
        Within all rows; the floor may be missed.
    asked : Asked
        At the prices that lead the search.
    listed : (entries,) int64
        Plans of every list, the cheapest first.
    seed : int
    """

    def __init__(self, problem: Contention, matching: Matching, asked: Asked, listed: Int, seed: int) -> None:
        self._problem = problem
        lists, room = problem.lists, problem.room
        self._query, self._size, plan = _items(problem, matching, asked)
        number, rows = len(self._query), len(room.standing)
        width = int(np.diff(lists.usage.start).max(initial=1))
        rank = np.empty(len(lists.rate), dtype=np.int64)
        rank[np.argsort(-asked.worth, kind="stable")] = np.arange(len(lists.rate))
        first = lists.start[lists.list_of[self._query]]
        end = np.minimum(lists.start[lists.list_of[self._query] + 1], first + _CANDIDATES)
        none, nodes = np.zeros(number, dtype=np.int64), np.zeros(number * width, dtype=np.int64)
        log = np.zeros(kernels.LOG_LENGTH, dtype=np.int64)
        floor = problem.floor if problem.is_cost else 0
        priced = np.flatnonzero((room.unit_price > 0) & (room.unit > 0))
        value = lists.value[self._query] * self._size
        factor = lists.rate[self._query] * self._size
        scalars = {
            "OUTSIDE": number, "WIDTH": width, "IS_COST": int(problem.is_cost), "FLOOR": floor,
            "RANDOM": _seeded(seed), "ITEMS": number, "NUM_PRICED": len(priced),
        }  # fmt: skip
        arrays: dict[str, Int] = {
            "USAGE_START": lists.usage.start, "USAGE_ROW": lists.usage.column, "USAGE": lists.usage.amount,
            "BILL": lists.bill, "STANDING": room.standing, "UNIT": room.unit, "UNIT_PRICE": room.unit_price,
            "MOST": room.most_units, "USED": np.zeros(rows, dtype=np.int64), "UNITS": np.zeros(rows, dtype=np.int64),
            "FIRST": first, "END": end, "CANDIDATE": listed, "FACTOR": factor, "VALUE": value,
            "RANK": rank[self._query], "PLAN": none - 1, "HEAD": np.full(rows, -1), "AFTER": nodes, "BEFORE": nodes,
            "OUT": np.arange(number), "OUT_AT": np.arange(number), "LOCKED": none - 1, "LOG_ITEM": log, "LOG_PLAN": log,
            "CHANGED": none, "IS_CHANGED": none, "BEST": plan, "PRICED": priced,
        }  # fmt: skip
        self._m, self._best_plan = _laid_out(scalars, arrays)
        # What rows charge, their own bill left out: that is in the cost already.
        charge = np.maximum(asked.plan_price - lists.bill, 0.0)
        self._f = (charge, np.zeros(1), self._schedule(asked, value, factor))
        kernels.begin(self._m, self._f)
        self._best = matching
        if matching.is_valid(problem):
            self._f[kernels.SCHEDULE][kernels.LEAST] = -matching.worth(problem)
        self._least = float(self._f[kernels.SCHEDULE][kernels.LEAST])

    def improve(self, steps: int) -> Matching:
        """Search on, and return the best matching so far.

        Parameters
        ----------
        steps : int
        """
        if len(self._query):
            kernels.improve(self._m, self._f, steps)
        least = float(self._f[kernels.SCHEDULE][kernels.LEAST])
        if least < self._least:
            self._least = least
            self._best = self._answer()
        return self._best

    def _answer(self) -> Matching:
        plan, plans = self._best_plan, max(len(self._problem.lists.bill), 1)
        item = np.flatnonzero(plan >= 0)
        pair, of_item = np.unique(self._query[item] * plans + plan[item], return_inverse=True)
        count = np.zeros(len(pair), dtype=np.int64)
        np.add.at(count, of_item.reshape(-1), self._size[item])
        return Matching(pair // plans, pair % plans, count)

    def _schedule(self, asked: Asked, value: Int, factor: Int) -> Float:
        problem, schedule = self._problem, np.zeros(8)
        if problem.is_cost:
            chosen = asked.choice[self._query]
            each = np.where(chosen >= 0, factor * asked.plan_price[chosen], 0.0)
        else:
            each = value.astype(np.float64)
        scale = max(float(each.mean()), 1.0) if len(each) else 1.0
        schedule[[kernels.HOT, kernels.COLD]] = _HOT * scale, _COLD * scale
        schedule[kernels.LENGTH], schedule[kernels.LEAST] = _FIRST_CYCLE, np.inf
        schedule[[kernels.SHARE, kernels.OTHER_SHARE]] = (0.0 if problem.is_cost else _USAGE_SHARE), _USAGE_SHARE
        schedule[kernels.PENALTY] = 2 * asked.value_price + 1.0 if problem.is_cost else 0.0
        return schedule


def _laid_out(scalars: dict[str, int], arrays: dict[str, Int]) -> tuple[Int, Int]:
    """Return all integers in one array, as `swap_kernels` says, and the part that holds the best answer."""
    header = [scalars.get(name, 0) for name in kernels.SCALARS]
    parts = [np.asarray(arrays[name], dtype=np.int64) for name in kernels.ARRAYS]
    place = kernels.HEADER + np.cumsum([0, *map(len, parts)])
    cells = np.concatenate([np.array([*header, *place[:-1]], dtype=np.int64), *parts])
    best = kernels.ARRAYS.index("BEST")
    return cells, cells[place[best] : place[best + 1]]


def _items(problem: Contention, matching: Matching, asked: Asked) -> tuple[Int, Int, Int]:
    """Cut what is served, and what is out but could be, into items: query, copies and plan (-1: out) of each."""
    lists = problem.lists
    out = lists.count.copy()
    np.subtract.at(out, matching.query, matching.count)
    waiting = np.flatnonzero((out > 0) & (asked.choice >= 0) & (lists.value > 0))
    query = np.concatenate([matching.query, waiting])
    plan = np.concatenate([matching.plan, np.full(len(waiting), -1, dtype=np.int64)])
    copies = np.concatenate([matching.count, out[waiting]])
    together = max(1, -(-int(copies.sum()) // _MOST_ITEMS))
    pieces = -(-copies // together)
    each = np.repeat(np.arange(len(query)), pieces)
    place = np.arange(len(each)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    size = np.minimum(copies[each] - place * together, together)
    return query[each], size, plan[each]


def _seeded(seed: int) -> int:
    """Return the first state of the random numbers: any but 0."""
    return int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0].astype(np.int64)) | 1
