"""Query-plan matching where every plan takes one unit slot: a bipartite flow of least cost, exact.

That is so where every plan uses at most one of the rows that can bind, and every copy takes the same amount of a row
whichever copy and plan it is: the row then has ``floor(capacity / amount)`` slots. A row binds if the queries could ask
for more than it holds. Copies flow from their query through a plan's row to the sink; solved by OR-Tools' min-cost
flow (a cost-scaling push-relabel algorithm, A. V. Goldberg, Journal of Algorithms 22(1), 1997).

Under cost this needs values that are all alike too, so that the floor is a number of copies, and rows that bind or have
units at a price are none that whole units are rented for: a unit of several slots is no flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sloplan.heuristics.contention import Contention, Matching, PlanLists
from sloplan.problem.compiled import Int
from sloplan.problem.spans import spans

_MOST_ARCS: Final = 5_000_000
_LARGEST_COST: Final = 2**50
"""Costs times nodes have to stay within int64 inside the flow; a larger one is left to prices."""


@dataclass(frozen=True)
class _Arcs:
    """The cheapest plan of every query for each slot row (-1: no row that binds)."""

    query: Int
    plan: Int
    row: Int
    cost: Int


def match_unit_slots(problem: Contention) -> Matching | None:
    """Return the best matching where unit slots make it a flow; None where they do not.

    Parameters
    ----------
    problem : Contention
    """
    lists = problem.lists
    if int(np.diff(lists.start)[lists.list_of].sum()) > _MOST_ARCS:
        return None
    query, plan = _pairs(lists)
    if not len(query):
        return None
    value = _equal(lists.value[np.unique(query)])
    if problem.is_cost and (value is None or value <= 0):
        return None
    slots = _slots(problem, query, plan)
    if slots is None:
        return None
    row, number = slots
    cost = lists.bill[plan] * lists.rate[query] if problem.is_cost else -lists.value[query]
    if int(np.abs(cost).max(initial=0)) * (len(lists.count) + len(number) + 2) > _LARGEST_COST:
        return None
    order = np.lexsort((plan, cost, row, query))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(query[order]) != 0) | (np.diff(row[order]) != 0)
    kept = order[first]
    arcs = _Arcs(query[kept], plan[kept], row[kept], cost[kept])
    return _flow(lists, arcs, number, -(-problem.floor // value) if problem.is_cost and value else None)


def _pairs(lists: PlanLists) -> tuple[Int, Int]:
    """All pairs of a query that has copies and a plan of its list."""
    first, length = lists.start[lists.list_of], np.diff(lists.start)[lists.list_of] * (lists.count > 0)
    return np.repeat(np.arange(len(length)), length), lists.plan[spans(first, length)]


def _equal(numbers: Int) -> int | None:
    return int(numbers[0]) if len(numbers) and (numbers == numbers[0]).all() else None


def _slots(problem: Contention, query: Int, plan: Int) -> tuple[Int, Int] | None:
    """Return the slot row of every pair (-1: none) and the slots of every row; None where there are no unit slots."""
    lists, room = problem.lists, problem.room
    usage = lists.usage.taken(plan)
    amount = usage.amount * lists.rate[query][usage.row_of_entry]
    pair, row, amount = (part[amount > 0] for part in (usage.row_of_entry, usage.column, amount))
    if (room.unit_price[row] > 0).any():
        return None
    # The most that one copy of a query can ask of a row, whatever its plan, for all copies.
    rows = len(room.standing)
    most, of = _largest(query[pair] * rows + row, amount)
    asked = np.bincount(of % rows, weights=most.astype(np.float64) * lists.count[of // rows], minlength=rows)
    binding = asked > room.most * (1 - 1e-9)  # where floats cannot tell, the row is taken to bind
    pair, row, amount = (part[binding[row]] for part in (pair, row, amount))
    if len(np.unique(pair)) < len(pair):
        return None
    number, each = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    each[row] = amount
    if (each[row] != amount).any():
        return None
    number[row] = room.most[row] // amount
    row_of = np.full(len(plan), -1, dtype=np.int64)
    row_of[pair] = row
    return row_of, number


def _largest(key: Int, amount: Int) -> tuple[Int, Int]:
    """Return the largest amount of every distinct key, and the keys."""
    distinct, of = np.unique(key, return_inverse=True)
    most = np.zeros(len(distinct), dtype=np.int64)
    np.maximum.at(most, of.reshape(-1), amount)
    return most, distinct


def _flow(lists: PlanLists, arcs: _Arcs, slots: Int, served: int | None) -> Matching | None:
    """Send copies through rows; None if fewer can be served than have to be."""
    from ortools.graph.python import min_cost_flow  # takes a tenth of a second: only where it is used

    queries, rows = len(lists.count), len(slots)
    source, free, sink = queries + rows, queries + rows + 1, queries + rows + 2
    copies = lists.count
    total = int(copies.sum())
    asked = total if served is None else served
    flow = min_cost_flow.SimpleMinCostFlow()
    every, of_row = np.arange(queries), np.arange(rows)
    nothing = np.zeros(queries, dtype=np.int64)
    flow.add_arcs_with_capacity_and_unit_cost(np.full(queries, source), every, copies, nothing)
    through = np.where(arcs.row >= 0, queries + arcs.row, free)
    mine = flow.add_arcs_with_capacity_and_unit_cost(arcs.query, through, copies[arcs.query], arcs.cost)
    flow.add_arcs_with_capacity_and_unit_cost(
        queries + of_row, np.full(rows, sink), slots, np.zeros(rows, dtype=np.int64)
    )
    flow.add_arc_with_capacity_and_unit_cost(free, sink, total, 0)
    if served is None:
        flow.add_arc_with_capacity_and_unit_cost(source, sink, total, 0)
    flow.set_node_supply(source, asked)
    flow.set_node_supply(sink, -asked)
    if flow.solve() != flow.OPTIMAL:
        return None
    sent = np.asarray(flow.flows(mine), dtype=np.int64)
    used = np.flatnonzero(sent)
    return Matching(arcs.query[used], arcs.plan[used], sent[used])
