"""Between a compact CP-SAT model and solutions: an answer as a solution, a solution as a hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sloplan.models.copies import plan_width
from sloplan.models.cp_choices import CpCopy
from sloplan.models.cp_compact import CpIndex
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.errors import InputError
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance


def solution_from_cp(model: Any, problem: Instance | CompiledInstance, value: Callable[[Any], int]) -> Solution:
    """Read the plans and supplies off an answer of a compact CP-SAT model.

    Parameters
    ----------
    model : CpModel
        Made by `compact_cp` (constraints may have been added) from the same instance.
    problem : Instance or CompiledInstance
    value : callable
        Returns the value of a variable: `value` of a CpSolver that has solved the model, or of a solution callback.

    Returns
    -------
    Solution
        `check` decides whether it is one.

    Raises
    ------
    InputError
        If the model belongs to another instance.
    """
    compiled = problem if isinstance(problem, CompiledInstance) else problem.compiled
    index = _index(model, compiled)
    query: list[int] = []
    choices = [np.zeros((0, plan_width(compiled)), dtype=np.int64)]
    for copy in index.copies:
        if value(copy.served):
            row = np.full((1, plan_width(compiled)), -1, dtype=np.int64)
            for position, (literals, options) in enumerate(zip(copy.choose, copy.menu.options, strict=True)):
                row[0, position] = options[int(np.argmax([value(literal) for literal in literals]))]
            query.append(copy.menu.query)
            choices.append(row)
    rows = np.column_stack([np.array(query, dtype=np.int64), np.concatenate(choices)])
    plans, count = np.unique(rows, axis=0, return_counts=True)
    names = under_objective(compiled, index.objective).supplies.name
    supply = {names[supply]: amount for supply, variable in model.amount.items() if (amount := int(value(variable)))}
    solution = Solution.from_choices(compiled, plans[:, 0], count.astype(np.int64), plans[:, 1:], supply)
    return replace(solution, objective=index.objective, goodput_floor=index.goodput_floor)


def hint_solution(model: Any, instance: Instance, solution: Solution) -> None:
    """Let CP-SAT start from a solution: every `served`, `choose` and `amount` gets its value there as a hint.

    All other variables follow from these, but for finish times, which have a least value.

    Parameters
    ----------
    model : CpModel
        Made by `compact_cp` from the same instance.
    instance : Instance
    solution : Solution
        Valid, for the same objective.

    Raises
    ------
    InputError
        If the model belongs to another instance.
    """
    index = _index(model, instance.compiled)
    indexed, _ = index_solution(instance, solution)
    plans = np.repeat(indexed.choices, indexed.count, axis=0)
    waiting: dict[int, list[list[int]]] = {}
    for query, plan in zip(np.repeat(indexed.query, indexed.count).tolist(), plans.tolist(), strict=True):
        waiting.setdefault(query, []).append(plan)
    values: dict[Any, int] = {}
    for copy in index.copies:
        left = waiting.get(copy.menu.query)
        _hint_copy(copy, left.pop() if left else None, values)  # the first copies of a query are served
    values.update(zip(model.amount.values(), indexed.supply.tolist(), strict=True))
    for variable, value in values.items():
        model.add_hint(variable, value)


def _hint_copy(copy: CpCopy, plan: list[int] | None, values: dict[Any, int]) -> None:
    """Add the values of a copy's literals; `plan` is its option per operator, None if it is not served."""
    for position, (literals, options) in enumerate(zip(copy.choose, copy.menu.options, strict=True)):
        for literal, option in zip(literals, options.tolist(), strict=True):
            values[literal] = int(plan is not None and plan[position] == option)
    values[copy.served] = int(plan is not None)


def _index(model: Any, compiled: CompiledInstance) -> CpIndex:
    index: CpIndex = model.index
    if index.instance_sha256 != compiled.sha256:
        raise InputError("the model belongs to another instance", advice="pass the instance it was built from")
    return index
