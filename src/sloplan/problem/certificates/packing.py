"""The bound that prices of groups prove where every plan uses one row: each row is packed by itself, exactly.

Source of the bound: G. T. Ross, R. M. Soland, A branch and bound algorithm for the generalized assignment problem,
Mathematical Programming 8, 1975.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from sloplan.problem.certificates.bound import LeafTotals, VerificationStoppedError
from sloplan.problem.certificates.format import GroupLeaf
from sloplan.problem.certificates.pricing import PRICED_LIMIT, GridTooFineError, is_integer
from sloplan.problem.compiled import Int
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.violation import Violation

CELL_LIMIT: Final = 1_000_000_000
"""Most plans times capacity, summed over the rows, that are counted through: some seconds."""


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
        Asked before each row.

    Raises
    ------
    GridTooFineError
        If what plans are worth passes 2^62, all together.
    SizeLimitError
        If capacities are too large to be counted through.
    VerificationStoppedError
        If `should_stop` said so.
    """
    plans, rows = selection.plans, selection.rows
    price = np.array([leaf.group_prices.get(name, 0) for name in selection.groups.name], dtype=np.int64)
    coefficient = plans.value if selection.objective == "goodput" else plans.cost
    used = plans.usage.amount > 0
    row, weight = plans.usage.column[used], plans.usage.amount[used]  # one of each plan
    by_row = np.argsort(row, kind="stable")
    parts = np.split(by_row, np.searchsorted(row[by_row], np.arange(1, len(rows))))
    unit = [int(np.gcd.reduce(weight[part], initial=0)) or 1 for part in parts]
    room = [
        min(capacity, int(weight[part].sum())) // unit
        for part, unit, capacity in zip(parts, unit, rows.capacity.tolist(), strict=True)
    ]
    if sum(len(part) * left for part, left in zip(parts, room, strict=True)) > CELL_LIMIT:
        raise SizeLimitError(
            f"plan selection {selection.name!r}: its rows are too large to be packed unit by unit; "
            "next: a certificate of prices of rows"
        )
    _refuse_large(coefficient, denominator, price[plans.group])
    sign = 1 if selection.objective == "goodput" else -1
    profit = sign * denominator * coefficient - price[plans.group]
    total = sum(price.tolist())
    for part, unit_of_row, left in zip(parts, unit, room, strict=True):
        if should_stop is not None and should_stop():
            raise VerificationStoppedError
        total += _best_packing(plans.group[part], weight[part] // unit_of_row, profit[part], left)
    return LeafTotals([total], max(int(np.gcd.reduce(coefficient, initial=0)), 1))


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
    usage = selection.plans.usage
    number = np.bincount(usage.row_of_entry[usage.amount > 0], minlength=len(selection.plans))
    wrong = np.flatnonzero(number != 1)
    if len(wrong):
        plan = wrong[0]
        group, name = selection.groups.name[selection.plans.group[plan]], selection.plans.name[plan]
        return refused(f"stand for plans that use one row; plan {name!r} of group {group!r} uses {number[plan]}")
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
        elif price < 0 and not must[group]:  # type: ignore[operator]
            message = f"is negative, of a group that may stay out: {price}"
            violations.append(Violation("certificate_price_sign", subject, message))
        elif abs(price) > PRICED_LIMIT:  # type: ignore[arg-type]
            violations.append(Violation("certificate_grid", subject, f"passes 2^62: {price}"))
    return violations


def _refuse_large(coefficient: Int, denominator: int, price: Int) -> None:
    """See that nothing that is added up passes what int64 holds; sums in floating point are far more exact than 2."""
    size = np.abs(coefficient.astype(np.float64)) * denominator + np.abs(price.astype(np.float64))
    if size.sum() > PRICED_LIMIT:
        raise GridTooFineError("plans")


def _best_packing(group: Int, weight: Int, profit: Int, capacity: int) -> int:
    """Return the greatest sum of profits within a capacity, at most one plan of each group (in order of groups)."""
    best = np.zeros(capacity + 1, dtype=np.int64)
    for members in np.split(np.arange(len(group)), np.flatnonzero(np.diff(group)) + 1):
        before = best.copy()
        for member in members.tolist():
            heavy = int(weight[member])
            if profit[member] > 0 and heavy <= capacity:
                np.maximum(best[heavy:], before[: capacity + 1 - heavy] + profit[member], out=best[heavy:])
    return int(best[-1])
