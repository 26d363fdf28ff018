"""From the values of a model's variables back to a solution of the instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sloplan.models.compact import CompactIndex, compiled_form
from sloplan.models.copies import plan_width, solution_of_copies
from sloplan.models.plans_of_instance import PlansIndex, solution_of_plans
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.errors import InputError
from sloplan.problem.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sloplan.problem.instance import Instance


def solution_from(
    model: Any, problem: Instance | CompiledInstance, values: Mapping[Any, float | None] | None = None
) -> Solution:
    """Read the plans off a solved model.

    Parameters
    ----------
    model : ConcreteModel
        Made by `compact_milp` or `plan_selection_milp` (constraints may have been added) from the same instance.
    problem : Instance or CompiledInstance
        An Instance for `plan_selection_milp`.
    values : mapping, optional
        Value per variable (a Pyomo ComponentMap); by default the values that the solver loaded
        into the model.

    Returns
    -------
    Solution
        Values are rounded; of a compact model a copy counts as served if `served` is above 1/2, and takes the option of
        greatest value per operator; replicas and rented units are the nearest whole numbers. It is made for the
        model's objective and floor. `check` decides whether it is a solution.

    Raises
    ------
    InputError
        If the model belongs to another instance or has no values.
    """
    compiled = compiled_form(problem)
    index: CompactIndex | PlansIndex = model.index
    if index.instance_sha256 != compiled.sha256:
        raise InputError("the model belongs to another instance", advice="pass the instance it was built from")
    value: Callable[[Any], float | None] = (lambda variable: variable.value) if values is None else values.__getitem__
    if isinstance(index, PlansIndex):
        if isinstance(problem, CompiledInstance):
            raise InputError("of a plan-selection model", field="problem", allowed="the Instance it was built from")
        return solution_of_plans(model, problem, value)
    query, choices = [], []
    width = plan_width(compiled)
    for choice in index.copies:
        served = value(choice.served)
        if served is None:
            raise InputError("the model has no values", advice="solve it first, or pass values")
        if served > 0.5:
            row = np.full(width, -1, dtype=np.int64)
            for position, (variables, options) in enumerate(zip(choice.choose, choice.menu.options, strict=True)):
                row[position] = options[int(np.argmax([value(variable) or 0.0 for variable in variables]))]
            query.append(choice.menu.query)
            choices.append(row)
    names = under_objective(compiled, index.objective).supplies.name
    amounts = {str(names[supply]): round(value(variable) or 0.0) for supply, variable in index.amounts.items()}
    return solution_of_copies(
        compiled,
        np.array(query, dtype=np.int64),
        np.array(choices, dtype=np.int64).reshape(-1, width),
        {name: amount for name, amount in amounts.items() if amount},
        index.goodput_floor,
    )
