"""Tiny contentions of queries for rows, and all that can be made of them by trying everything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement, product

import numpy as np

from sloplan.heuristics.contention import Contention, Matching, PlanLists, Room
from sloplan.problem.compiled import Sparse


def contention(seed: int, *, is_cost: bool = False, unit_slots: bool = False) -> Contention:
    """Return up to four queries of one or two copies, two lists and two or three rows, drawn by the seed."""
    random = np.random.default_rng(seed)
    queries, rows, plans = int(random.integers(1, 5)), int(random.integers(2, 4)), int(random.integers(2, 6))
    width = 1 if unit_slots else int(random.integers(1, rows + 1))
    column = np.concatenate([random.choice(rows, width, replace=False) for _ in range(plans)])
    amount = np.full(len(column), 3) if unit_slots else random.integers(1, 9, len(column))
    cut = int(random.integers(0, plans + 1))
    lists = PlanLists(
        usage=Sparse(np.arange(plans + 1) * width, column, amount),
        bill=random.integers(0, 6, plans) * is_cost,
        start=np.array([0, cut, plans]),
        plan=np.arange(plans),
        list_of=random.integers(0, 2, queries),
        rate=np.full(queries, 2) if unit_slots else random.integers(1, 4, queries),
        value=np.full(queries, 4) if unit_slots and is_cost else random.integers(0, 7, queries),
        count=random.integers(1, 3, queries),
    )
    rented = random.integers(0, 2, rows) * int(is_cost and not unit_slots)
    nothing = np.zeros(rows, dtype=np.int64)
    standing = random.integers(0, 25, rows) * (1 - rented)
    room = Room(standing, 7 * rented, 3 * rented, random.integers(1, 9, rows) * rented) if is_cost else None
    most = int((lists.value * lists.count).sum())
    return Contention(lists, room or Room(standing, nothing, nothing, nothing), is_cost, most // 3 if is_cost else 0)


def matchings(problem: Contention) -> Iterator[Matching]:
    """Yield every matching, valid or not."""
    lists = problem.lists
    ways = []
    for query, count in enumerate(lists.count.tolist()):
        of = lists.list_of[query]
        plans = [-1, *lists.plan[lists.start[of] : lists.start[of + 1]].tolist()]
        ways.append(list(combinations_with_replacement(plans, count)))
    for chosen in product(*ways):
        taken = [(query, plan) for query, plans in enumerate(chosen) for plan in plans if plan >= 0]
        query, plan = np.array(taken, dtype=np.int64).reshape(-1, 2).T
        yield Matching(query, plan, np.ones(len(taken), dtype=np.int64))


def optimum(problem: Contention) -> int | None:
    """Return the greatest worth of a valid matching; None without one."""
    worth = [found.worth(problem) for found in matchings(problem) if found.is_valid(problem)]
    return max(worth, default=None)
