"""The plan-selection MILP: how many copies of each group take each listed plan, as a Pyomo model to extend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from sloplan.models.plans_rows import entries_by_row
from sloplan.models.reduced import LARGEST_OF_PLANS
from sloplan.models.rows import limit_row, linear
from sloplan.problem.compiled import Int
from sloplan.problem.selections.selection import PlanSelection


def selection_milp(selection: PlanSelection) -> Any:
    """Build the MILP of a plan selection.

    Parameters
    ----------
    selection : PlanSelection

    Returns
    -------
    pyomo.environ.ConcreteModel
        Variables ``take[plan]``, how many copies take the plan (binary in a group of one copy), and
        ``amount[supply]``, both integer; constraints ``choice[group]``, ``capacity[row name]`` and ``goodput_floor``;
        objective ``goodput`` or ``cost``, to be multiplied by ``objective_scale`` to give the plan selection's scaled
        units. Indices are those of the plan selection. A group that must choose and has no plan makes the model
        infeasible by ``missing[group]``, which is 0 and ought to be the group's count.

    Notes
    -----
    Where there are supplies, have the engine keep rows and integers to 1e-9 (HiGHS: ``mip_feasibility_tolerance``):
    what a unit brings is often more than 10^6 times the step of what plans use, and the usual 1e-6 hides such a step.
    """
    plans, supplies, count = selection.plans, selection.supplies, selection.groups.count
    with PauseGC():  # hundreds of thousands of small objects, none of them garbage
        model = pyo.ConcreteModel(name=selection.name)
        model.take = pyo.Var(pyo.RangeSet(0, len(plans) - 1), domain=pyo.NonNegativeIntegers)
        take = list(model.take.values())
        for variable, most in zip(take, count[plans.group].tolist(), strict=True):
            variable.setub(most)
            if most == 1:
                variable.domain = pyo.Binary
        model.amount = pyo.Var(pyo.RangeSet(0, len(supplies) - 1), domain=pyo.NonNegativeIntegers)
        amount = list(model.amount.values())
        for variable, most in zip(amount, supplies.maximum.tolist(), strict=True):
            variable.setub(most)
        _add_choices(model, selection, take)
        _add_capacity(model, selection, [*take, *amount])
        _add_objective(model, selection, take, amount)
    return model


def _add_choices(model: Any, selection: PlanSelection, take: Sequence[Any]) -> None:
    """Copies of a group take at most as many plans as there are copies, exactly as many where the group must."""
    groups = selection.groups
    has_plan = np.diff(selection.plan_start) > 0
    model.choice = pyo.Constraint(pyo.Any)
    model.missing = pyo.Var(pyo.Set(initialize=np.flatnonzero(groups.must & ~has_plan).tolist()), bounds=(0, 0))
    for group in np.flatnonzero(has_plan | groups.must).tolist():
        variables = list(take[selection.plans_of(group)]) or [model.missing[group]]
        taken = linear([1.0] * len(variables), variables)
        most = int(groups.count[group])
        model.choice[group] = taken == most if groups.must[group] else taken <= most


def _add_capacity(model: Any, selection: PlanSelection, variables: Sequence[Any]) -> None:
    model.capacity = pyo.Constraint(pyo.Any)
    for row, columns, amounts in entries_by_row(selection):
        name, capacity = selection.rows.name[row], int(selection.rows.capacity[row])
        of_row = [variables[column] for column in columns]
        model.capacity[name] = limit_row(
            amounts, of_row, capacity, largest=LARGEST_OF_PLANS if len(selection.supplies) else None
        )


def _add_objective(model: Any, selection: PlanSelection, take: Sequence[Any], amount: Sequence[Any]) -> None:
    plans, supplies = selection.plans, selection.supplies
    if selection.objective == "goodput":
        model.goodput = _objective(model, _terms(plans.value, take), pyo.maximize)
        return
    model.cost = _objective(model, [*_terms(plans.cost, take), *_terms(supplies.price, amount)], pyo.minimize)
    if selection.goodput_floor is not None and selection.goodput_floor > 0:
        values = [(-value, variable) for value, variable in _terms(plans.value, take)]
        if not values:  # nothing is worth anything: no choice reaches the floor
            model.worthless = pyo.Var(bounds=(0, 0))
            values = [(-1, model.worthless)]
        coefficients, variables = map(list, zip(*values, strict=True))
        row = limit_row(coefficients, variables, -selection.goodput_floor, largest=LARGEST_OF_PLANS)
        model.goodput_floor = pyo.Constraint(expr=row)


def _terms(figures: Int, variables: Sequence[Any]) -> list[tuple[int, Any]]:
    return [(int(figures[place]), variables[place]) for place in np.flatnonzero(figures).tolist()]


def _objective(model: Any, terms: Sequence[tuple[int, Any]], sense: Any) -> Any:
    """Return the objective in units of the gcd of its coefficients, which becomes `objective_scale`."""
    model.objective_scale = reduce(math.gcd, (figure for figure, _ in terms), 0) or 1
    if not terms:
        return pyo.Objective(expr=0.0, sense=sense)
    coefficients = [float(figure // model.objective_scale) for figure, _ in terms]
    return pyo.Objective(expr=linear(coefficients, [variable for _, variable in terms]), sense=sense)
