"""From a solution's names to the indices of the compiled instance; what has no index is a violation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.solution import Solution
from sloplan.problem.violation import Violation

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance


@dataclass(frozen=True)
class IndexedSolution:
    """The plans of a solution that can be evaluated, and its supply.

    Parameters
    ----------
    plan : (m,) int64
        Row of `Solution.plans`.
    query, count : (m,) int64
    choices : (m, most operators of an application) int64
        Global option index per local operator position, padded by -1.
    supply : (supplies,) int64
        Amounts of the supplies that there are under the solution's objective.
    """

    plan: Int
    query: Int
    count: Int
    choices: Int
    supply: Int


def index_solution(instance: Instance, solution: Solution) -> tuple[IndexedSolution, list[Violation]]:
    """Index a solution's names.

    Parameters
    ----------
    instance : Instance
    solution : Solution

    Returns
    -------
    IndexedSolution
        Only plans of known queries, with a positive count and one known option per operator.
    list of Violation
        One for each name or number that stands in the way.

    Raises
    ------
    InputError
        If there is no objective of the name that the solution was made for.
    """
    compiled = under_objective(instance.compiled, solution.objective)
    violations: list[Violation] = []
    query = indices_of(compiled.names.queries, solution.plans["query"])
    count = solution.plans["count"].to_numpy(dtype=np.int64)
    for row in np.flatnonzero(query < 0):
        name = solution.plans["query"].iloc[row]
        violations.append(Violation("query", f"plan {row}", f"names an unknown query {name!r}"))
    for row in np.flatnonzero(count < 1):
        message = "serves fewer than one copy"
        violations.append(Violation("count", f"plan {row}", message, amount=int(count[row]), limit=1))
    choices, unplaced = _choices(instance, solution, query)
    violations += unplaced
    complete = (query >= 0) & (count >= 1) & _complete(compiled, query, choices)
    plan = np.flatnonzero(complete)
    supply, unknown = _supply(compiled, solution)
    return IndexedSolution(plan, query[plan], count[plan], choices[plan], supply), violations + unknown


def _choices(instance: Instance, solution: Solution, query: Int) -> tuple[Int, list[Violation]]:
    """Global option per plan and local operator position, and what is wrong with the option rows."""
    compiled, table = instance.compiled, solution.options
    names = compiled.names
    width = max((len(application.operators) for application in compiled.applications), default=0)
    choices = np.full((len(query), width), -1, dtype=np.int64)
    violations: list[Violation] = []

    plan = table["plan"].to_numpy(dtype=np.int64)
    operator = indices_of(names.operators, table["operator"])
    in_range = (plan >= 0) & (plan < len(query))
    for row in np.flatnonzero(~in_range):
        violations.append(Violation("format", f"options row {row + 1}", f"names plan {plan[row]}, which is not listed"))
    for row in np.flatnonzero(operator < 0):
        name = table["operator"].iloc[row]
        violations.append(Violation("operator", f"options row {row + 1}", f"names an unknown operator {name!r}"))

    wanted = np.full(len(table), -2, dtype=np.int64)  # application of the row's query
    known = in_range & (operator >= 0)
    known[known] &= query[plan[known]] >= 0
    wanted[known] = compiled.templates.application[compiled.queries.template[query[plan[known]]]]
    foreign = known & (compiled.operator_application[operator] != wanted)
    for row in np.flatnonzero(foreign):
        message = f"holds operator {table['operator'].iloc[row]!r} of another application"
        violations.append(Violation("operator", f"plan {plan[row]}", message))
    rows = np.flatnonzero(known & ~foreign)

    option = _options(compiled, table.iloc[rows], operator[rows])
    violations += _unusable(instance, table.iloc[rows[option < 0]])
    position = _local_positions(compiled)[operator[rows]]
    slot, times = np.unique(plan[rows] * width + position, return_counts=True)
    for repeated in slot[times > 1]:
        name = _operator_at(compiled, int(query[repeated // width]), int(repeated % width))
        violations.append(Violation("operator", f"plan {repeated // width}", f"places operator {name!r} twice"))
    choices[plan[rows], position] = option
    placed = np.zeros((len(query), width), dtype=np.bool_)
    placed[plan[rows], position] = True
    for missing_plan, missing in zip(*np.nonzero(_needed(compiled, query, width) & ~placed), strict=True):
        name = _operator_at(compiled, int(query[missing_plan]), int(missing))
        violations.append(Violation("operator", f"plan {missing_plan}", f"does not place operator {name!r}"))
    return choices, violations


def _options(compiled: CompiledInstance, table: pd.DataFrame, operator: Int) -> Int:
    """Global option of each row, -1 where the compiled instance has none."""
    names, options = compiled.names, compiled.options
    distinct = pd.Index(pd.unique(names.configurations), dtype=object)
    label_of = distinct.get_indexer(pd.Index(names.configurations, dtype=object))
    of_operator = compiled.configuration_operator * len(distinct) + label_of
    label = distinct.get_indexer(pd.Index(table["configuration"], dtype=object))
    configuration = pd.Index(of_operator).get_indexer(operator * len(distinct) + label)
    pool, allocation = indices_of(names.pools, table["pool"]), indices_of(names.allocations, table["allocation"])
    pools, allocations = len(names.pools), len(names.allocations)
    codes = pd.Index((options.configuration * pools + options.pool) * allocations + options.allocation)
    found = codes.get_indexer((configuration * pools + pool) * allocations + allocation).astype(np.int64)
    return np.where((label >= 0) & (configuration >= 0) & (pool >= 0) & (allocation >= 0), found, -1)


def _unusable(instance: Instance, table: pd.DataFrame) -> list[Violation]:
    """Say of each option row without a compiled option which rule excludes it."""
    if table.empty:
        return []
    pools = instance.table("pools").set_index("pool")
    profiles = instance.table("profiles").set_index(["operator", "configuration", "hardware", "allocation"])
    needed_gb, unit_gb = profiles["memory_gb"].to_dict(), pools["memory_gb"].to_dict()
    violations = []
    for row in table.itertuples():
        name = f"{row.pool}/{row.operator}/{row.configuration}/{row.allocation}"
        subject = f"plan {row.plan}"
        if row.pool not in pools.index:
            violations.append(Violation("pool", subject, f"uses an unknown pool: {name}"))
            continue
        key = (row.operator, row.configuration, pools.at[row.pool, "hardware"], row.allocation)
        if key not in profiles.index:
            violations.append(Violation("profile", subject, f"uses an option without a profile row: {name}"))
        elif needed_gb[key] > unit_gb[row.pool]:
            violations.append(Violation("memory", subject, f"needs more memory than a unit has: {name}"))
        else:
            violations.append(Violation("placement", subject, f"stands where its operator may not: {name}"))
    return violations


def _local_positions(compiled: CompiledInstance) -> Int:
    position = np.zeros(len(compiled.names.operators), dtype=np.int64)
    for application in compiled.applications:
        position[application.operators] = np.arange(len(application.operators))
    return position


def _operator_at(compiled: CompiledInstance, query: int, position: int) -> str:
    application = compiled.applications[compiled.templates.application[compiled.queries.template[query]]]
    return str(compiled.names.operators[application.operators[position]])


def _needed(compiled: CompiledInstance, query: Int, width: int) -> Bool:
    """Which local positions each plan must place; none for unknown queries."""
    sizes = np.array([len(application.operators) for application in compiled.applications], dtype=np.int64)
    needed = np.zeros(len(query), dtype=np.int64)
    known = query >= 0
    needed[known] = sizes[compiled.templates.application[compiled.queries.template[query[known]]]]
    return np.arange(width) < needed[:, None]


def _complete(compiled: CompiledInstance, query: Int, choices: Int) -> Bool:
    return ~np.any(_needed(compiled, query, choices.shape[1]) & (choices < 0), axis=1)


def _supply(compiled: CompiledInstance, solution: Solution) -> tuple[Int, list[Violation]]:
    """Amount of every supply of the compiled instance."""
    supply = np.zeros(len(compiled.supplies), dtype=np.int64)
    named = indices_of(compiled.supplies.name, solution.supply["supply"])
    violations = [
        Violation("supply", f"supply {solution.supply['supply'].iloc[row]!r}", "is unknown under this objective")
        for row in np.flatnonzero(named < 0)
    ]
    known = named >= 0
    for repeated in np.flatnonzero(np.bincount(named[known], minlength=len(supply)) > 1):
        violations.append(Violation("supply", f"supply {compiled.supplies.name[repeated]!r}", "is listed twice"))
    supply[named[known]] = solution.supply["amount"].to_numpy(dtype=np.int64)[known]
    return supply, violations
