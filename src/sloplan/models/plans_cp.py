"""The CP-SAT model of a plan selection: one variable per plan and per supply, everything in integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from sloplan.models.plans_rows import entries_by_row
from sloplan.models.reduced import divided_by_gcd
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.selections.selection import PlanSelection


def selection_cp(selection: PlanSelection) -> Any:
    """Build the CP-SAT model of a plan selection.

    Parameters
    ----------
    selection : PlanSelection

    Returns
    -------
    ortools.sat.python.cp_model.CpModel
        Variable p is plan p, named "group/plan": a boolean in a group of one copy, else an integer from 0 to the
        group's count. The supplies follow, integers from 0 to their maximum. The objective is in the plan
        selection's scaled units.

    Raises
    ------
    SizeLimitError
        If a sum passes what CP-SAT takes.
    """
    from ortools.sat.python import cp_model

    plans, supplies, groups = selection.plans, selection.supplies, selection.groups
    model = cp_model.CpModel()
    model.name = selection.name
    take = [
        model.new_bool_var(name) if most == 1 else model.new_int_var(0, most, name)
        for name, most in zip(
            groups.name[plans.group] + ("/" + plans.name), groups.count[plans.group].tolist(), strict=True
        )
    ]
    amount = [
        model.new_int_var(0, most, name) for name, most in zip(supplies.name, supplies.maximum.tolist(), strict=True)
    ]
    for group, (most, must) in enumerate(zip(groups.count.tolist(), groups.must.tolist(), strict=True)):
        _add_choice(model, take[selection.plans_of(group)], most, must)
    variables = [*take, *amount]
    for row, columns, amounts in entries_by_row(selection):
        reduced, limit = divided_by_gcd(amounts, int(selection.rows.capacity[row]))
        used = cp_model.LinearExpr.weighted_sum([variables[column] for column in columns], reduced)
        model.add(used <= limit).with_name(selection.rows.name[row])
    value = cp_model.LinearExpr.weighted_sum(take, plans.value.tolist())
    if selection.objective == "goodput":
        model.maximize(value)
    else:
        if selection.goodput_floor is not None:
            model.add(value >= selection.goodput_floor).with_name("goodput_floor")
        prices = np.concatenate([plans.cost, supplies.price]).tolist()
        model.minimize(cp_model.LinearExpr.weighted_sum(variables, prices))
    fault = model.validate()
    if fault:
        message = fault.strip().splitlines()[0]
        raise SizeLimitError(
            f"{selection.name!r} does not fit into a CP-SAT model: {message}; next: fewer decimals, or a larger unit"
        )
    return model


def _add_choice(model: Any, take: list[Any], most: int, must: bool) -> None:
    if most == 1:
        (model.add_exactly_one if must else model.add_at_most_one)(take)
    elif must:
        model.add(sum(take) == most)
    else:
        model.add(sum(take) <= most)
