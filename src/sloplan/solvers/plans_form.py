"""The plan-selection MILP as arrays, straight from a plan selection: no object per variable or term.

`models.plans_milp` states the same model in Pyomo, to be read and extended; a test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from sloplan.models.reduced import reduced_rows
from sloplan.problem.compiled import Int
from sloplan.problem.selections.selection import PlanSelection
from sloplan.solvers.standard_form import StandardForm


@dataclass(frozen=True)
class PlansForm:
    """A plan selection as an engine takes it.

    Parameters
    ----------
    form : StandardForm
        Column p is plan p (copies that take it); the supplies follow. Minimises the cost, or the value with its sign
        turned, in units of `scale`.
    scale : int
        Gcd of the objective's coefficients.
    """

    form: StandardForm
    scale: int


def plans_form(selection: PlanSelection) -> PlansForm:
    """Return the arrays of a plan selection's MILP.

    Rows: one per group with plans, one per coupling row that anything uses, brings to or takes from, and the goodput
    floor. Coupling rows are divided by the gcd of their coefficients and scaled by a power of two, as
    `models.rows.limit_row` does.

    Parameters
    ----------
    selection : PlanSelection
    """
    plans, supplies, groups = selection.plans, selection.supplies, selection.groups
    columns = len(plans) + len(supplies)
    coupling, capacity = _coupling(selection)
    grouped = np.diff(selection.plan_start) > 0
    choice = scipy.sparse.csr_array(
        (np.ones(len(plans)), np.arange(len(plans)), np.append(selection.plan_start[:-1][grouped], len(plans))),
        shape=(int(grouped.sum()), columns),
    )
    most = groups.count[grouped].astype(np.float64)
    if selection.objective == "goodput":
        coefficients = np.concatenate([-plans.value, np.zeros(len(supplies), dtype=np.int64)])
    else:
        coefficients = np.concatenate([plans.cost, supplies.price])
    scale = int(np.gcd.reduce(coefficients)) or 1
    parts, lower, upper = [choice, coupling], [np.where(groups.must[grouped], most, -np.inf)], [most]
    lower.append(np.full(len(capacity), -np.inf))
    upper.append(capacity)
    if selection.goodput_floor is not None and selection.goodput_floor > 0:
        worth, floor = _floor(selection, columns)
        parts.append(worth)
        lower.append(np.full(len(floor), -np.inf))
        upper.append(floor)
    form = StandardForm(
        columns=[],
        cost=(coefficients // scale).astype(np.float64),
        lower=np.zeros(columns),
        upper=np.concatenate([groups.count[plans.group], supplies.maximum]).astype(np.float64),
        integer=np.ones(columns, dtype=np.bool_),
        matrix=scipy.sparse.vstack(parts, format="csr"),
        row_lower=np.concatenate(lower),
        row_upper=np.concatenate(upper),
        offset=0.0,
    )
    return PlansForm(form, scale)


def _coupling(selection: PlanSelection) -> tuple[scipy.sparse.csr_array, np.ndarray]:
    """Return the coupling rows that hold anything, and their capacities."""
    usage, brought = selection.plans.usage, selection.supplies.brought
    row = np.concatenate([usage.column, brought.column])
    column = np.concatenate([usage.row_of_entry, len(selection.plans) + brought.row_of_entry])
    amount = np.concatenate([usage.amount, -brought.amount])
    return _scaled(row, column, amount, selection.rows.capacity, len(selection.plans) + len(selection.supplies))


def _floor(selection: PlanSelection, columns: int) -> tuple[scipy.sparse.csr_array, np.ndarray]:
    """Return ``- value x taken <= - floor``."""
    worth = np.flatnonzero(selection.plans.value)
    assert selection.goodput_floor is not None  # asked for where there is one
    limit = np.array([-selection.goodput_floor], dtype=np.int64)
    zero = np.zeros(len(worth), dtype=np.int64)
    if not len(worth):  # nothing is worth anything: no choice reaches the floor
        return scipy.sparse.csr_array((1, columns)), limit.astype(np.float64)
    return _scaled(zero, worth, -selection.plans.value[worth], limit, columns)


def _scaled(row: Int, column: Int, amount: Int, limit: Int, columns: int) -> tuple[scipy.sparse.csr_array, np.ndarray]:
    held = amount != 0
    row, column, amount = row[held], column[held], amount[held]
    used, place = np.unique(row, return_inverse=True)
    reduced, limits, unit = reduced_rows(place, amount, limit[used])
    matrix = scipy.sparse.csr_array((reduced / unit[place], (place, column)), shape=(len(used), columns))
    return matrix, limits / unit
