"""An optimal choice of a plan selection, found by CP-SAT, in integers, on the plan selection alone."""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from tests.problem.selections.selection_cases import dense


def best_choice(selection: PlanSelection) -> SelectionSolution | None:
    """Greatest value, or least cost at the floor; None if nothing is feasible. No group must."""
    model = cp_model.CpModel()
    plans, supplies = selection.plans, selection.supplies
    count = [model.new_int_var(0, size, "") for size in selection.groups.count[plans.group].tolist()]
    amount = [model.new_int_var(0, size, "") for size in supplies.maximum.tolist()]
    for group, copies in enumerate(selection.groups.count.tolist()):
        model.add(sum(count[selection.plans_of(group)]) <= copies)
    usage, brought = dense(plans.usage, selection), dense(supplies.brought, selection)

    def total(each: np.ndarray, taken: list[cp_model.IntVar]) -> cp_model.LinearExprT:
        return sum(factor * variable for factor, variable in zip(each.tolist(), taken, strict=True) if factor)

    for row, capacity in enumerate(selection.rows.capacity.tolist()):
        model.add(total(usage[:, row], count) <= capacity + total(brought[:, row], amount))
    if selection.objective == "goodput":
        model.maximize(total(plans.value, count))
    else:
        model.add(total(plans.value, count) >= (selection.goodput_floor or 0))
        model.minimize(total(plans.cost, count) + total(supplies.price, amount))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    assert status == cp_model.OPTIMAL
    taken = np.array([solver.value(variable) for variable in count], dtype=np.int64)
    chosen = np.flatnonzero(taken)
    return SelectionSolution.from_choices(
        selection, chosen, taken[chosen], np.array([solver.value(variable) for variable in amount], dtype=np.int64)
    )
