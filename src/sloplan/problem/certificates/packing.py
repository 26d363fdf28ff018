"""The bound that prices of groups prove where every plan uses one row: each row is packed by itself, exactly.

Source of the bound: G. T. Ross, R. M. Soland, A branch and bound algorithm for the generalized assignment problem,
Mathematical Programming 8, 1975.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sloplan.problem.certificates.bound import LeafTotals, VerificationStoppedError
from sloplan.problem.certificates.format import GroupLeaf
from sloplan.problem.certificates.pricing import PRICED_LIMIT, GridTooFineError, is_integer
from sloplan.problem.compiled import Bool, Int
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.violation import Violation

CELL_LIMIT: Final = 1_000_000_000
"""Most plans times capacity, summed over the rows, that are counted through: some seconds."""

WIDTH_LIMIT: Final = 10_000_000
"""Most capacity of one row: a fraction of a second for each of its plans."""


def packing_violations(selection: PlanSelection, leaf: GroupLeaf) -> list[Violation]:
    """Return what keeps prices of groups from proving anything for a plan selection.

    Parameters
    ----------
    selection : PlanSelection
    leaf : GroupLeaf

    Returns
    -------
    list of Violation
        Of the problem's structure, else of the prices.
    """
    return _structure_violations(selection) or _price_violations(selection, leaf.group_prices)


def packing_totals(
    selection: PlanSelection, leaf: GroupLeaf, denominator: int, should_stop: Callable[[], bool] | None = None
) -> LeafTotals:
    """Work out what prices of groups prove.

    With prices u it is the sum of all u_g, and for every row the most that the plans taken there can be worth together,
    each its worth less the price of its group: at most one plan of a group, within the row's capacity.

    Parameters
    ----------
    selection : PlanSelection
        Without `packing_violations`.
    leaf : GroupLeaf
    denominator : int
    should_stop : callable, optional
        Asked before each group of a row.

    Raises
    ------
    GridTooFineError
        If what plans are worth passes 2^62, all together.
    SizeLimitError
        If capacities are too large to be counted through.
    VerificationStoppedError
        If `should_stop` said so.
    """
    plans = selection.plans
    price = np.array([int(leaf.group_prices.get(name, 0)) for name in selection.groups.name], dtype=np.int64)
    coefficient = plans.value if selection.objective == "goodput" else plans.cost
    _refuse_large(coefficient, denominator, price[plans.group])
    sign = 1 if selection.objective == "goodput" else -1
    profit = sign * denominator * coefficient - price[plans.group]
    total = sum(price.tolist())
    for knapsack in _knapsacks(selection):
        total += knapsack.best(profit, should_stop)
    return LeafTotals([total], max(int(np.gcd.reduce(coefficient, initial=0)), 1))


@dataclass(frozen=True)
class _Knapsack:
    """One row and the plans that use it.

    Parameters
    ----------
    plan, group, weight : (n,) int64
        In order of groups; weights in units of their greatest common divisor.
    capacity : int
        In these units; no more than the groups can fill.
    """

    plan: Int
    group: Int
    weight: Int
    capacity: int

    def best(self, profit: Int, should_stop: Callable[[], bool] | None) -> int:
        """Return the greatest sum of profits within the capacity, at most one plan of each group."""
        best = np.zeros(self.capacity + 1, dtype=np.int64)
        for members in np.split(np.arange(len(self.plan)), np.flatnonzero(np.diff(self.group)) + 1):
            if should_stop is not None and should_stop():
                raise VerificationStoppedError
            members = members[profit[self.plan[members]] > 0]
            before = best.copy() if len(members) > 1 else best  # a single one is added up before it is compared
            for weight, gain in zip(self.weight[members].tolist(), profit[self.plan[members]].tolist(), strict=True):
                np.maximum(best[weight:], before[: self.capacity + 1 - weight] + gain, out=best[weight:])
        return int(best[-1])


def _knapsacks(selection: PlanSelection) -> list[_Knapsack]:
    plan, row, weight = _single_usage(selection)
    order = np.argsort(row, kind="stable")
    plan, weight = plan[order], weight[order]
    start = np.searchsorted(row[order], np.arange(len(selection.rows) + 1))
    knapsacks = []
    for first, last, capacity in zip(start[:-1], start[1:], selection.rows.capacity.tolist(), strict=True):
        if first == last:
            continue
        unit = int(np.gcd.reduce(weight[first:last]))
        group = selection.plans.group[plan[first:last]]
        heaviest = np.maximum.reduceat(weight[first:last], np.flatnonzero(np.diff(group, prepend=-1)))
        room = min(capacity, sum(heaviest.tolist())) // unit
        knapsacks.append(_Knapsack(plan[first:last], group, weight[first:last] // unit, room))
    cells = sum(len(knapsack.plan) * knapsack.capacity for knapsack in knapsacks)
    if cells > CELL_LIMIT or max((knapsack.capacity for knapsack in knapsacks), default=0) > WIDTH_LIMIT:
        raise SizeLimitError(
            f"plan selection {selection.name!r}: its rows are too large to be packed unit by unit; "
            "next: a certificate of prices of rows"
        )
    return knapsacks


def _single_usage(selection: PlanSelection) -> tuple[Int, Int, Int]:
    """Return the plans that fit alone, the one row that each uses and how much of it."""
    entry = np.flatnonzero(_fitting(selection)[selection.plans.usage.row_of_entry] & (selection.plans.usage.amount > 0))
    usage = selection.plans.usage
    return usage.row_of_entry[entry], usage.column[entry], usage.amount[entry]


def _fitting(selection: PlanSelection) -> Bool:
    """Whether each plan fits alone; shape (plans,)."""
    usage, fits = selection.plans.usage, np.ones(len(selection.plans), dtype=np.bool_)
    fits[usage.row_of_entry[usage.amount > selection.rows.capacity[usage.column]]] = False
    return fits


def _structure_violations(selection: PlanSelection) -> list[Violation]:
    """Prices of groups count packings of rows: no copies, nothing that brings capacity or has to be reached."""

    def refused(message: str) -> list[Violation]:
        return [Violation("certificate_packing", "prices of groups", message)]

    if len(selection.supplies):
        return refused("stand for no supplies, which the plan selection has")
    if selection.objective == "cost" and (selection.goodput_floor or 0) > 0:
        return refused("stand for no goodput floor, which the plan selection has")
    several = np.flatnonzero(selection.groups.count != 1)
    if len(several):
        return refused(f"stand for groups of one copy; group {selection.groups.name[several[0]]!r} has another count")
    if (selection.rows.capacity < 0).any() or (selection.plans.usage.amount < 0).any():
        return refused("stand for no negative capacities and usages, which the plan selection has")
    plan, _, _ = _single_usage(selection)
    number = np.bincount(plan, minlength=len(selection.plans))
    wrong = np.flatnonzero(_fitting(selection) & (number != 1))
    if len(wrong):
        several_rows = wrong[0]
        group, name = selection.groups.name[selection.plans.group[several_rows]], selection.plans.name[several_rows]
        return refused(
            f"stand for plans that use one row; plan {name!r} of group {group!r} uses {number[several_rows]}"
        )
    return []


def _price_violations(selection: PlanSelection, prices: Mapping[str, object]) -> list[Violation]:
    must = dict(zip(selection.groups.name.tolist(), selection.groups.must.tolist(), strict=True))
    violations = []
    for group, price in prices.items():
        subject = f"price of group {group!r}"
        if group not in must:
            message = "is of a group that the plan selection does not have"
            violations.append(Violation("certificate_group", subject, message))
        elif not is_integer(price):
            violations.append(Violation("certificate_price_integer", subject, f"is {price!r}, not a whole number"))
        elif abs(int(price)) > PRICED_LIMIT:  # type: ignore[call-overload]
            violations.append(Violation("certificate_grid", subject, "passes 2^62"))
        elif price < 0 and not must[group]:  # type: ignore[operator]
            message = f"is negative, of a group that may stay out: {price}"
            violations.append(Violation("certificate_price_sign", subject, message))
    return violations


def _refuse_large(coefficient: Int, denominator: int, price: Int) -> None:
    """See that nothing that is added up passes what int64 holds; sums in floating point are far more exact than 2."""
    size = np.abs(coefficient.astype(np.float64)) * denominator + np.abs(price.astype(np.float64))
    if size.sum() > PRICED_LIMIT:
        raise GridTooFineError("all plans together")
