"""Queries with short lists of plans that compete for rows: what query-plan matching works on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int, Sparse


@dataclass(frozen=True)
class PlanLists:
    """Plans in lists, and the queries that choose from them; queries that allow the same share a list.

    Parameters
    ----------
    usage : Sparse
        Per plan: usage of the rows per unit of a query's rate.
    bill : (plans,) int64
        Cost per unit of rate, without whole units; 0 where cost does not count.
    start : (lists + 1,) int64
    plan : (entries,) int64
        Plans of list l at ``plan[start[l]:start[l + 1]]``.
    list_of : (queries,) int64
        List of every query.
    rate, value, count : (queries,) int64
        Factor of a plan's usage and bill; value of one copy; copies, each of which takes one plan or none.
    """

    usage: Sparse
    bill: Int
    start: Int
    plan: Int
    list_of: Int
    rate: Int
    value: Int
    count: Int


@dataclass(frozen=True)
class Room:
    """What rows hold: what stands there, and whole units that are rented for it.

    Parameters
    ----------
    standing : (rows,) int64
        Capacity without any rented unit.
    unit : (rows,) int64
        What one rented unit brings; 0 where none is to be had.
    most_units : (rows,) int64
    unit_price : (rows,) int64
        Price of one.
    """

    standing: Int
    unit: Int
    most_units: Int
    unit_price: Int

    @cached_property
    def most(self) -> Int:
        """Capacity with all units rented, shape (rows,)."""
        return np.asarray(self.standing + self.unit * self.most_units)

    def units(self, used: Int) -> Int:
        """Return the fewest units that carry a use of the rows, shape (rows,)."""
        lacking = np.maximum(used - self.standing, 0)
        return np.where(self.unit > 0, -(-lacking // np.maximum(self.unit, 1)), 0)


@dataclass(frozen=True)
class Contention:
    """At most one plan per copy, within all rows: for the greatest value, or the least cost of a given value.

    Parameters
    ----------
    lists : PlanLists
    room : Room
    is_cost : bool
        Least cost is sought for a value of at least `floor`; otherwise the greatest value.
    floor : int
        0 where value is what is sought.
    """

    lists: PlanLists
    room: Room
    is_cost: bool = False
    floor: int = 0


@dataclass(frozen=True)
class Matching:
    """Copies of queries with the plans that they take; copies that are not named stay out.

    Parameters
    ----------
    query, plan, count : (n,) int64
    """

    query: Int
    plan: Int
    count: Int

    def used(self, problem: Contention) -> Int:
        """Return what is used of each row, exactly; shape (rows,)."""
        lists = problem.lists
        usage = lists.usage.taken(self.plan)
        factor = lists.rate[self.query] * self.count
        total = np.zeros(len(problem.room.standing), dtype=np.int64)
        np.add.at(total, usage.column, usage.amount * factor[usage.row_of_entry])
        return total

    def units(self, problem: Contention) -> Int:
        """Return the fewest whole units that carry it, shape (rows,)."""
        return problem.room.units(self.used(problem))

    def value(self, problem: Contention) -> int:
        """Return the value of the copies that are served."""
        return int((problem.lists.value[self.query].astype(object) * self.count).sum())

    def cost(self, problem: Contention) -> int:
        """Return what plans and whole units cost."""
        lists = problem.lists
        of_plans = (lists.bill[self.plan] * lists.rate[self.query]).astype(object) * self.count
        return int(of_plans.sum()) + int((self.units(problem).astype(object) * problem.room.unit_price).sum())

    def worth(self, problem: Contention) -> int:
        """Return the value, or the negated cost where that is what is sought: the more the better."""
        return -self.cost(problem) if problem.is_cost else self.value(problem)

    def is_valid(self, problem: Contention) -> bool:
        """Tell whether every row holds and the floor is reached."""
        served = np.bincount(self.query, weights=self.count, minlength=len(problem.lists.count))
        return (
            bool(np.all(self.used(problem) <= problem.room.most))
            and bool(np.all(served <= problem.lists.count))
            and (not problem.is_cost or self.value(problem) >= problem.floor)
        )


def room_of(compiled: CompiledInstance, objective: str) -> Room:
    """Return what the rows of an instance hold under an objective; hosting `fluid`.

    Parameters
    ----------
    compiled : CompiledInstance
    objective : {"goodput", "cost"}
    """
    rows = len(compiled.rows)
    nothing = np.zeros((3, rows), dtype=np.int64)
    if objective != "cost":
        return Room(compiled.rows.capacity, *nothing)
    under_cost = compiled.under_cost
    supplies, (unit, most, price) = under_cost.compiled.supplies, nothing
    # A reserved pool's unit brings capacity to its busy row and to no other.
    entry, row = supplies.brought.row_of_entry, supplies.brought.column
    unit[row], most[row], price[row] = supplies.brought.amount, supplies.maximum[entry], under_cost.supply_price[entry]
    return Room(under_cost.compiled.rows.capacity, unit, most, price)
