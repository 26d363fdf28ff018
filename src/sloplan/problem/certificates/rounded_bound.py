"""The bound that prices of rows and of rounded inequalities prove together, in exact arithmetic.

Solutions that lose more than some amount at the first prices are worth no more than what is left of their bound. All
others are made of the pairs that lose no more than that; for them the inequalities hold, and they are rows like any
other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from sloplan.problem.certificates.inequalities import Amounts, Columns, Rounded, Weights
from sloplan.problem.certificates.pricing import PlanPricer, PricedPairs, Prices, check_priced_size
from sloplan.problem.compiled import Bool, Int
from sloplan.problem.exact_sums import Exact, exact_dot, exact_totals

_AMOUNTS_AT_ONCE: Final = 10_000_000
"""Amounts of columns in inequalities that are held at once."""


@dataclass(frozen=True)
class RoundingCase:
    """The inequalities of a leaf in indices.

    Parameters
    ----------
    most_lost : int
        Numerator, like all prices.
    prices : Prices
        Beside those of inequalities.
    divisor : int
    weights : tuple of Weights
        The floor's row stands after the coupling rows.
    inequality_price : (inequalities,) int64
    """

    most_lost: int
    prices: Prices
    divisor: int
    weights: tuple[Weights, ...]
    inequality_price: Int


class _Interval(NamedTuple):
    """Least and most units of every supply, (supplies,) Python integers."""

    low: Exact
    high: Exact


class RoundedBound:
    """Adds up what a solution can be worth that loses little; groups are added batch by batch.

    Parameters
    ----------
    pricer : PlanPricer
    case : RoundingCase
    first : Prices
        At which solutions lose.
    """

    def __init__(self, pricer: PlanPricer, case: RoundingCase, first: Prices) -> None:
        self._pricer, self._case = pricer, case
        self._interval = _interval(pricer, first, case.most_lost)
        capacity = np.append(pricer.rows.capacity, -pricer.floor)
        count = np.concatenate([pricer.group_count, self._interval.high.astype(np.int64)])
        self._rounded: list[Rounded] = []
        for weights in case.weights:
            self._rounded.append(Rounded.of(weights, case.divisor, capacity, count, self._rounded))
        self._pairs: list[PricedPairs] = []
        self._must = np.zeros(len(pricer.group_count), dtype=np.bool_)
        self._closed = bool(np.any(self._interval.low > self._interval.high))
        self._total = exact_dot(pricer.rows.capacity, case.prices.row) - case.prices.value * pricer.floor
        self._total += sum(
            price * rounded.most for price, rounded in zip(case.inequality_price.tolist(), self._rounded, strict=True)
        )
        self._total += self._of_supplies()

    def most(self, at_first: int) -> int:
        """Return the most that any solution is worth, a numerator, once all groups are added.

        Parameters
        ----------
        at_first : int
            What the first prices say.
        """
        self._add_up()
        others = at_first - self._case.most_lost
        return min(at_first, others if self._closed else max(others, self._total))

    def add(self, pairs: PricedPairs, group: Int, count: Int, must: Bool) -> None:
        """Add the copies of a batch of groups.

        Parameters
        ----------
        pairs : PricedPairs
            All that copies of these groups need to do in a solution that loses little, by group.
        group : (n,) int64
            Indices of the groups, ascending.
        count : (n,) int64
        must : (n,) bool
        """
        self._closed = self._closed or bool(np.any(must & ~np.isin(group, pairs.group) & (count > 0)))
        self._must[group] = must
        self._pairs.append(pairs)
        if sum(len(some) for some in self._pairs) * max(len(self._rounded), 1) > _AMOUNTS_AT_ONCE:
            self._add_up()

    def _add_up(self) -> None:
        """Add what the groups of the pairs so far are worth at their best."""
        pairs, self._pairs = PricedPairs.joined(self._pairs), []
        for some in _parts(pairs, len(self._rounded)):
            worth, due = (
                some.worth(self._case.prices),
                self._due(Columns.of_pairs(some.group, some.usage, self._value(some), len(self._pricer.rows))),
            )
            size = np.abs(worth.astype(np.float64)) + np.abs(due.astype(np.float64))
            check_priced_size(size, "a plan at prices of inequalities")
            first = np.flatnonzero(np.diff(some.group, prepend=-1))
            best, group = np.maximum.reduceat(worth - due, first), some.group[first]
            self._total += exact_dot(
                np.where(self._must[group], best, np.maximum(best, 0)), self._pricer.group_count[group]
            )

    def _value(self, pairs: PricedPairs) -> Int | None:
        """Value counts as a use of the floor's row, under "cost"."""
        return pairs.value if self._case.prices.cost else None

    def _due(self, columns: Columns) -> Int:
        """Return what inequalities take off the worth of columns."""
        amounts: list[Amounts] = []
        total, size = np.zeros(len(columns), dtype=np.int64), np.zeros(len(columns))
        for price, rounded in zip(self._case.inequality_price.tolist(), self._rounded, strict=True):
            amounts.append(rounded.amounts(columns, amounts))
            if price:
                size += np.abs(amounts[-1].each.astype(np.float64)) * price
                total += amounts[-1].each * price
        check_priced_size(size, "a plan at prices of inequalities")
        return total

    def _of_supplies(self) -> int:
        """What supplies are worth at most: as many or as few of each as may be."""
        pricer, prices = self._pricer, self._case.prices
        columns = Columns.of_supplies(pricer.supplies.brought, len(pricer.group_count))
        each = _supply_worth(pricer, prices) - self._due(columns).astype(object)
        return int(np.where(each > 0, each * self._interval.high, each * self._interval.low).sum())


def _interval(pricer: PlanPricer, prices: Prices, most_lost: int) -> _Interval:
    """Return how many units of each supply a solution can have that loses no more than `most_lost`."""
    worth, maximum = _supply_worth(pricer, prices), pricer.supplies.maximum.astype(object)
    away = np.array([most_lost // abs(each) if each else most for each, most in zip(worth, maximum, strict=True)])
    low = np.where(worth > 0, np.maximum(maximum - away, 0), 0) if len(worth) else maximum
    high = np.where(worth < 0, np.minimum(maximum, away), maximum) if len(worth) else maximum
    return _Interval(low.astype(object), high.astype(object))


def _supply_worth(pricer: PlanPricer, prices: Prices) -> Exact:
    """Return what a unit of each supply brings at some prices less its own, (supplies,) Python integers."""
    brought = pricer.supplies.brought
    worth = exact_totals(brought.row_of_entry, brought.amount, prices.row[brought.column], len(brought))
    return np.asarray(worth - prices.cost * pricer.supply_price.astype(object))


def _parts(pairs: PricedPairs, inequalities: int) -> Iterator[PricedPairs]:
    """Split pairs between groups, so that not too many amounts are held at once."""
    begins = np.append(np.flatnonzero(np.diff(pairs.group, prepend=-1)), len(pairs))
    part = begins * max(inequalities, 1) // _AMOUNTS_AT_ONCE
    cuts = np.append(begins[np.flatnonzero(np.diff(part, prepend=-1))], len(pairs))
    for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        if first < last:
            yield pairs.taken(np.arange(first, last))
