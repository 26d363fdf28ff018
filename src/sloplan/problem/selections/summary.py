"""What a plan selection looks like: sizes, plans per group, tightness of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import Bool, Int
from sloplan.problem.exact_sums import Exact, exact_totals
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.spread import Spread


@dataclass(frozen=True)
class RowTightness:
    """How a row's capacity compares with what the plans may use.

    Parameters
    ----------
    name : str
    capacity : float
        In the row's own unit, with what the largest amounts of supplies bring.
    tightness : float, optional
        Capacity over the usage if every copy took the plan that uses most of this row: a row of 1 or more never
        binds. None if no plan uses the row, or if supplies take from it.
    least : float, optional
        Usage if every copy took the plan that uses least (nothing where it may stay out), over the capacity:
        above 1 there is no solution. None where tightness is, or without capacity.
    """

    name: str
    capacity: float
    tightness: float | None
    least: float | None


@dataclass(frozen=True)
class SelectionSummary:
    """Sizes and figures of a plan selection.

    Parameters
    ----------
    name, sha256, objective : str
    goodput_floor : float, optional
    sizes : mapping of str to int
    plans_per_group : Spread, optional
        None without groups.
    greatest_value : float
        Of all copies, each with its plan of greatest value, whether or not they fit.
    rows : tuple of RowTightness
    """

    name: str
    sha256: str
    objective: str
    goodput_floor: float | None
    sizes: Mapping[str, int]
    plans_per_group: Spread | None
    greatest_value: float
    rows: tuple[RowTightness, ...]


def summarise_selection(selection: PlanSelection) -> SelectionSummary:
    """Summarise a plan selection.

    Parameters
    ----------
    selection : PlanSelection

    Returns
    -------
    SelectionSummary
    """
    groups, floor = selection.groups, selection.goodput_floor
    best = _of_groups(selection, selection.plans.group, selection.plans.value)
    value = sum((best.astype(object) * groups.count).tolist())
    return SelectionSummary(
        name=selection.name,
        sha256=selection.sha256,
        objective=selection.objective,
        goodput_floor=None if floor is None else floor / selection.value_scale,
        sizes=_sizes(selection),
        plans_per_group=Spread.of(np.diff(selection.plan_start)),
        greatest_value=value / selection.value_scale,
        rows=_rows(selection),
    )


def _sizes(selection: PlanSelection) -> dict[str, int]:
    groups = selection.groups
    return {
        "groups": len(groups),
        "copies": sum(groups.count.tolist()),
        "copies that must choose": sum(groups.count[groups.must].tolist()),
        "copies that may choose": sum(groups.count[~groups.must].tolist()),
        "plans": len(selection.plans),
        "rows": len(selection.rows),
        "supplies": len(selection.supplies),
        "usage entries": len(selection.plans.usage.amount),
    }


def _of_groups(selection: PlanSelection, group: Int, figure: Int) -> Int:
    """Greatest figure of each group, 0 for one without any."""
    greatest = np.zeros(len(selection.groups), dtype=np.int64)
    np.maximum.at(greatest, group, figure)
    return greatest


def _rows(selection: PlanSelection) -> tuple[RowTightness, ...]:
    capacity, taken = _capacity(selection)
    most, least = _usage(selection)
    rows, found = selection.rows, []
    for row, (name, scale) in enumerate(zip(rows.name.tolist(), rows.scale.tolist(), strict=True)):
        known = not taken[row]
        found.append(
            RowTightness(
                name=str(name),
                capacity=capacity[row] / scale,
                tightness=capacity[row] / most[row] if known and most[row] > 0 else None,
                least=least[row] / capacity[row] if known and most[row] > 0 and capacity[row] > 0 else None,
            )
        )
    return tuple(found)


def _capacity(selection: PlanSelection) -> tuple[list[int], Bool]:
    """Capacity with the most that supplies bring, and whether supplies take from the row."""
    rows, brought = selection.rows, selection.supplies.brought
    brings = brought.amount > 0
    most = selection.supplies.maximum[brought.row_of_entry[brings]]
    supplied = exact_totals(brought.column[brings], brought.amount[brings], most, len(rows))
    return (rows.capacity + supplied).tolist(), np.isin(np.arange(len(rows)), brought.column[~brings])


def _usage(selection: PlanSelection) -> tuple[list[int], list[int]]:
    """Usage of each row if every copy took the plan that uses most of it, and least of it."""
    usage, groups, rows = selection.plans.usage, selection.groups, len(selection.rows)
    # Entries by (group, row): one stretch per pair that any plan uses.
    code = selection.plans.group[usage.row_of_entry] * rows + usage.column
    order = np.argsort(code, kind="stable")
    pair, start, entries = np.unique(code[order], return_index=True, return_counts=True)
    group, row = np.divmod(pair, max(rows, 1))
    if len(pair) == 0:
        return [0] * rows, [0] * rows
    amount = usage.amount[order]
    most, least = np.maximum.reduceat(amount, start), np.minimum.reduceat(amount, start)
    by_every_plan = entries == np.diff(selection.plan_start)[group]
    least = np.where(by_every_plan & groups.must[group], least, 0)

    def totals(figure: Int) -> Exact:
        return exact_totals(row, figure, groups.count[group], rows)

    return totals(most).tolist(), totals(least).tolist()
