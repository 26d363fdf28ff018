"""The plan-selection MILP as arrays, straight from a plan selection: no object per variable or term.

`models.plans_milp` states the same model in Pyomo, to be read and extended; a test holds the two equal. A plan's usage
stands together in a plan selection, so the matrix is written column by column, as engines keep it: nothing is sorted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse

from sloplan.models.reduced import LARGEST_OF_PLANS, covering_unit, power_of_two_unit
from sloplan.problem.compiled import Int
from sloplan.problem.selections.selection import PlanSelection
from sloplan.solvers.plans_kernels import common_divisor, divide_rows, fill_columns, raise_largest
from sloplan.solvers.standard_form import TOLERANCE, Floats, StandardForm

SUPPLIED_TOLERANCE: Final = 1e-9
"""Tolerance where there are supplies, whose units bring 10^8 and more of what plans use by ones.

Rows have to be small there, so that an engine that takes 1.0000001 units for one finds them kept all the same: or it
drops the answer, which may be the best. With 1e-6 small rows would hide that 100 too many are used of 10^8.
"""


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
    floor. Coupling rows and the floor are divided by the gcd of their coefficients and scaled by a power of two, as
    `models.rows.limit_row` does: to small coefficients where there are supplies, and for the floor.

    Parameters
    ----------
    selection : PlanSelection
    """
    plans, supplies, groups = selection.plans, selection.supplies, selection.groups
    columns = len(plans) + len(supplies)
    grouped = np.diff(selection.plan_start) > 0
    most = groups.count[grouped].astype(np.float64)
    coupling = _Coupling(selection)
    floor = _Floor(selection)
    matrix = _matrix(selection, np.cumsum(grouped) - 1, coupling, floor)
    maximise = selection.objective == "goodput"
    figures = [plans.value, np.zeros_like(supplies.price)] if maximise else [plans.cost, supplies.price]
    scale = math.gcd(*(int(common_divisor(part)) for part in figures)) or 1
    cost = _floats([part if scale == 1 else part // scale for part in figures])
    limits = np.concatenate([coupling.limit, floor.limit])
    form = StandardForm(
        columns=[],
        cost=np.negative(cost, out=cost) if maximise else cost,
        lower=np.zeros(columns),
        upper=_floats([groups.count[plans.group], supplies.maximum]),
        integer=np.ones(columns, dtype=np.bool_),
        matrix=matrix,
        row_lower=np.concatenate([np.where(groups.must[grouped], most, -np.inf), np.full(len(limits), -np.inf)]),
        row_upper=np.concatenate([most, limits]),
        offset=0.0,
        tolerance=SUPPLIED_TOLERANCE if len(supplies) else TOLERANCE,
    )
    return PlansForm(form, scale)


def _floats(parts: list[Int]) -> Floats:
    return np.concatenate(parts, dtype=np.float64, casting="unsafe")


class _Coupling:
    """The coupling rows that hold anything.

    Attributes
    ----------
    used : (coupling rows,) bool
    divisor : (coupling rows,) int64
    factor : (coupling rows,) float64
        The power of two that scales each.
    limit : (used rows,) float64
    """

    def __init__(self, selection: PlanSelection) -> None:
        rows = selection.rows
        self.divisor = np.zeros(len(rows), dtype=np.int64)
        largest = np.zeros_like(self.divisor)
        for entries in (selection.plans.usage, selection.supplies.brought):
            divide_rows(entries.column, entries.amount, self.divisor)
            if len(selection.supplies):
                raise_largest(entries.column, entries.amount, largest)
        self.used: npt.NDArray[np.bool_] = self.divisor > 0
        divisor = np.maximum(self.divisor, 1)
        limit = rows.capacity // divisor
        figures, unit_of = (
            (largest // divisor, _supplied_unit) if len(selection.supplies) else (limit, power_of_two_unit)
        )
        self.factor = np.array([1.0 / unit_of(figure) for figure in figures.tolist()], dtype=np.float64)
        self.limit: Floats = (limit * self.factor)[self.used]


class _Floor:
    """The row ``- value x taken <= - floor``, where there is a floor.

    Attributes
    ----------
    limit : (0 or 1,) float64
    amount : (plans,) float64
        Empty if there is none.
    """

    def __init__(self, selection: PlanSelection) -> None:
        value, floor = selection.plans.value, selection.goodput_floor
        self.limit: Floats = np.zeros(0)
        self.amount: Floats = np.zeros(0)
        if floor is not None and floor > 0:
            divisor = int(common_divisor(value)) or 1
            limit = -floor // divisor
            unit = _supplied_unit(int(value.max(initial=0)) // divisor)
            self.limit = np.array([limit / unit])
            self.amount = -(value // divisor) / unit


def _supplied_unit(figure: int) -> int:
    return covering_unit(figure, LARGEST_OF_PLANS)


def _matrix(selection: PlanSelection, row_of_group: Int, coupling: _Coupling, floor: _Floor) -> scipy.sparse.csc_array:
    plans, supplies = selection.plans, selection.supplies
    usage, brought = plans.usage, supplies.brought
    choices = int(row_of_group[-1]) + 1 if len(row_of_group) else 0
    place = choices + np.cumsum(coupling.used) - 1
    rows = choices + int(coupling.used.sum()) + len(floor.limit)
    entries = len(usage.amount) + len(brought.amount) + (2 if len(floor.limit) else 1) * len(plans)
    pointer = np.zeros(len(plans) + len(supplies) + 1, dtype=np.int32)
    index, value = np.empty(entries, dtype=np.int32), np.empty(entries)
    fill_columns(
        usage.start, usage.column, usage.amount, place, coupling.divisor, coupling.factor,
        plans.group, row_of_group, rows - 1, floor.amount, pointer[: len(plans) + 1], index, value,
    )  # fmt: skip
    nothing = np.zeros(0, dtype=np.int64)
    fill_columns(
        brought.start, brought.column, brought.amount, place, coupling.divisor, -coupling.factor,
        nothing, row_of_group, rows - 1, np.zeros(0), pointer[len(plans) :], index, value,
    )  # fmt: skip
    return scipy.sparse.csc_array((value[: pointer[-1]], index[: pointer[-1]], pointer), shape=(rows, len(pointer) - 1))
