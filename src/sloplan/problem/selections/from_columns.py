"""An instance with some of its plans listed: those that given solutions follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int, Sparse
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.errors import InputError
from sloplan.problem.evaluation import evaluate_plans, meets
from sloplan.problem.grouping import grouped
from sloplan.problem.selections.from_instance import plan_names, selection_of_plans
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.solution_index import index_solution

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance
    from sloplan.problem.solution import Solution


def selection_of_columns(
    instance: Instance, columns: Sequence[Solution], objective: str = "goodput", goodput_floor: int | None = None
) -> PlanSelection:
    """Return an instance as a plan selection that holds the plans of some solutions, and no others.

    What is best among them may not be best of all: a bound for the plan selection is none for the instance.

    Parameters
    ----------
    instance : Instance
    columns : sequence of Solution
        Whose plans are listed, each once; counts and supplies do not matter.
    objective : {"goodput", "cost"}
    goodput_floor : int, optional
        Least goodput under "cost", milli-value.

    Raises
    ------
    InputError
        If a solution belongs to another instance, or holds a plan that does not meet its query's SLOs and rules.
    """
    compiled = under_objective(instance.compiled, objective)
    query, choices = _plans_of(instance, columns)
    cost = np.zeros(len(query), dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    usage = [Sparse(np.zeros(1, dtype=np.int64), none, none)]
    order = [none]
    template = compiled.queries.template[query]
    for application, member in grouped(compiled.templates.application[template]):
        operators = len(compiled.applications[application].operators)
        figures = evaluate_plans(compiled, template[member], choices[member, :operators])
        wrong = np.flatnonzero(~(figures.placeable & meets(compiled, query[member], figures)))
        if len(wrong):
            raise InputError(
                "a plan of the columns does not meet the SLOs and rules of its query",
                field="columns",
                value=str(compiled.names.queries[query[member[wrong[0]]]]),
                advice="`check` the solutions that they come from",
            )
        rate = compiled.queries.rate_milli[query[member]]
        cost[member] = rate * figures.billed_cost_nano
        used = figures.usage
        usage.append(Sparse(used.start, used.column, used.amount * rate[used.row_of_entry]))
        order.append(member)
    back = np.argsort(np.concatenate(order), kind="stable")
    return selection_of_plans(
        instance, objective, goodput_floor, query, plan_names(compiled, choices), cost, Sparse.joined(usage).taken(back)
    )


def _plans_of(instance: Instance, columns: Sequence[Solution]) -> tuple[Int, Int]:
    """Query and choices of all plans, every one once, query by query."""
    compiled: CompiledInstance = instance.compiled
    width = max((len(application.operators) for application in compiled.applications), default=0)
    rows = [np.zeros((0, width + 1), dtype=np.int64)]
    for solution in columns:
        if solution.instance_sha256 != instance.sha256:
            raise InputError("a solution belongs to another instance", field="columns", value=solution.instance_sha256)
        indexed, violations = index_solution(instance, solution)
        if violations:
            raise InputError(f"a solution is not valid: {violations[0]}", field="columns")
        rows.append(np.column_stack([indexed.query, indexed.choices]))
    every = np.unique(np.concatenate(rows), axis=0)
    return every[:, 0], every[:, 1:]
