"""The plan-selection MILP of an instance: over all its plans, or over given ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sloplan.models.plans_milp import selection_milp
from sloplan.models.scope import floor_of_model
from sloplan.problem.errors import InputError
from sloplan.problem.selections.from_columns import selection_of_columns
from sloplan.problem.selections.from_instance import solution_of_instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance
    from sloplan.problem.solution import Solution


@dataclass(frozen=True)
class PlansIndex:
    """What the indices of an instance's plan-selection model stand for; kept at `model.index`.

    Parameters
    ----------
    instance_sha256 : str
        Content hash of the instance.
    selection : PlanSelection
        Its plans: ``take[p]`` is plan p of it, ``amount[i]`` supply i.
    complete : bool
        Whether all plans of the instance are listed. If not, a bound of the model is none for the instance.
    """

    instance_sha256: str
    selection: PlanSelection
    complete: bool


def plan_selection_milp(
    instance: Instance,
    objective: str = "goodput",
    goodput_floor: int | None = None,
    columns: Sequence[Solution] | None = None,
) -> Any:
    """Build the plan-selection MILP of an instance.

    Parameters
    ----------
    instance : Instance
    objective : {"goodput", "cost"}
    goodput_floor : int, optional
        Least goodput, milli-value; under "cost", which needs one (`problem.cost_problem.goodput_floor`).
    columns : sequence of Solution, optional
        Only the plans that these follow are listed: where the plan space is too large for all of them, or for a
        restricted master of one's own. Without it all are.

    Returns
    -------
    pyomo.environ.ConcreteModel
        As `selection_milp` describes; `index` is a `PlansIndex` and says whether the plans are complete. Add
        constraints, solve it, and `solution_from` brings the answer back.

    Raises
    ------
    InputError
        If there is no such objective, `goodput_floor` does not go with it, or columns are no plans of the instance.
    SizeLimitError
        If all plans are asked for and there are too many.
    """
    goodput_floor = floor_of_model(objective, goodput_floor)
    if columns is None:
        every = PlanSelection.from_instance(instance, objective, min_goodput=0.0)
        selection = replace(every, goodput_floor=goodput_floor)
    else:
        selection = selection_of_columns(instance, columns, objective, goodput_floor)
    model = selection_milp(selection)
    model.index = PlansIndex(instance.sha256, selection, columns is None)
    return model


def solution_of_plans(model: Any, instance: Instance, value: Any) -> Solution:
    """Return the solution of the instance that the values of a plan-selection model stand for, rounded.

    Parameters
    ----------
    model : ConcreteModel
        Made by `plan_selection_milp`.
    instance : Instance
    value : callable
        Returns the value of a variable, or None.
    """
    selection: PlanSelection = model.index.selection
    taken, standing = ([value(variable) for variable in part.values()] for part in (model.take, model.amount))
    if any(number is None for number in (*taken, *standing)):
        raise InputError("the model has no values", advice="solve it first, or pass values")
    count = np.array([round(number) for number in taken], dtype=np.int64)
    amount = np.array([round(number) for number in standing], dtype=np.int64)
    plan = np.flatnonzero(count > 0)
    chosen = SelectionSolution.from_choices(selection, plan, count[plan], amount)
    return solution_of_instance(instance, chosen, objective=selection.objective, goodput_floor=selection.goodput_floor)
