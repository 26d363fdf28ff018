"""An instance with its plans listed, and the way back from chosen plans to a solution of the instance.

A group is a query, named as the query. A plan is named by its options, one per operator in the application's
topological order: "pool/operator/configuration/allocation" joined by ";", which no name may hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from sloplan.problem.compiled import CompiledInstance, Int, Sparse, Text
from sloplan.problem.cost_problem import goodput_floor, under_objective
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.evaluation import meets
from sloplan.problem.objective import refuse_several_stages
from sloplan.problem.plan_table import enumerate_plans
from sloplan.problem.schema import LIST_SEPARATOR
from sloplan.problem.selections.selection import (
    Groups,
    Plans,
    PlanSelection,
    PricedSupplies,
    ScaledRows,
)
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance

LISTED_LIMIT: Final = 2_000_000
"""Largest number of plans that are listed, over all queries."""

_VALUE_SCALE: Final = 1000  # values are compiled to thousandths
_COST_SCALE: Final = 10**12  # costs to 10^-12 USD/s
_CHUNK: Final = 4_000_000  # pairs of query and plan looked at together, to bound memory


def list_plans_of(
    instance: Instance, objective: str = "goodput", min_goodput: float = 1.0, limit: int = LISTED_LIMIT
) -> PlanSelection:
    """Return an instance as a plan selection; `PlanSelection.from_instance` documents it."""
    refuse_several_stages(objective)
    is_cost = objective == "cost"
    floor = goodput_floor(instance, min_goodput) if is_cost else None
    compiled = under_objective(instance.compiled, objective)
    parts = [_Listed.of(compiled, template, limit) for template in range(len(compiled.templates))]
    total = sum(len(part.query) for part in parts)
    if total > limit:
        raise _too_many(compiled, limit)
    query = np.concatenate([part.query for part in parts])
    order = np.argsort(query, kind="stable")
    return selection_of_plans(
        instance,
        objective,
        floor,
        query[order],
        np.concatenate([part.name for part in parts])[order],
        np.concatenate([part.cost for part in parts])[order],
        Sparse.joined([part.usage for part in parts]).taken(order),
    )


def selection_of_plans(
    instance: Instance, objective: str, floor: int | None, query: Int, name: Text, bill: Int, usage: Sparse
) -> PlanSelection:
    """Return an instance as a plan selection of given plans.

    Parameters
    ----------
    instance : Instance
    objective : {"goodput", "cost"}
    floor : int, optional
        Least goodput under "cost", milli-value.
    query : (n,) int64
        Of each plan, ascending.
    name : (n,) str
        See `plan_names`.
    bill : (n,) int64
        What one copy is billed besides rented units, 10^-12 USD/s; counts under "cost".
    usage : Sparse
        Of one copy, of n rows.
    """
    is_cost = objective == "cost"
    compiled = under_objective(instance.compiled, objective)
    free = np.zeros(len(compiled.supplies), dtype=np.int64)
    return PlanSelection(
        name=compiled.name,
        objective=objective,
        goodput_floor=floor,
        value_scale=_VALUE_SCALE,
        cost_scale=_COST_SCALE if is_cost else 1,
        groups=Groups(
            name=compiled.names.queries,
            count=compiled.queries.count,
            must=np.zeros(len(compiled.names.queries), dtype=np.bool_),
        ),
        plans=Plans(
            name=name,
            group=query,
            value=compiled.queries.value_milli[query],
            cost=bill if is_cost else np.zeros_like(bill),
            usage=usage,
        ),
        rows=ScaledRows(compiled.rows.name, compiled.rows.capacity, np.ones_like(compiled.rows.capacity)),
        supplies=PricedSupplies(
            name=compiled.supplies.name,
            maximum=compiled.supplies.maximum,
            brought=compiled.supplies.brought,
            price=instance.compiled.under_cost.supply_price if is_cost else free,
        ),
    )


def solution_of_instance(
    instance: Instance,
    solution: SelectionSolution,
    *,
    objective: str | None = None,
    goodput_floor: int | None = None,
) -> Solution:
    """Read the plans chosen in `PlanSelection.from_instance(instance, ...)` as a solution of the instance.

    Parameters
    ----------
    instance : Instance
    solution : SelectionSolution
    objective : str, optional
        Objective of the instance that it is a solution for, default that of the plan selection: a stage of
        "goodput-then-cost" is solved as "goodput" or "cost".
    goodput_floor : int, optional
        Least goodput that the solution is for, milli-value; the cost objectives need one.

    Returns
    -------
    Solution
        With the same bound, which speaks of the same problem; without the certificate, whose decisions name plans.
        `check` decides whether it is a solution.

    Raises
    ------
    InputError
        If a plan is not named as `PlanSelection.from_instance` names plans.
    """
    options = solution.plans["plan"].str.split(LIST_SEPARATOR).explode()
    misnamed = np.flatnonzero(options.str.count("/") != 3)
    if len(misnamed):
        first = misnamed[0]
        raise InputError(
            "not the name of an instance's plan",
            file="plans",
            row=int(options.index[first]) + 1,
            field="plan",
            value=options.iloc[first],
            allowed="pool/operator/configuration/allocation of each operator, joined by ';'",
            advice="choose plans of PlanSelection.from_instance",
        )
    places = [option.split("/") for option in options]
    pool, operator, configuration, allocation = zip(*places, strict=True) if places else ((),) * 4
    return Solution(
        instance_sha256=instance.sha256,
        plans=solution.plans.rename(columns={"group": "query"})[["query", "count"]],
        options=pd.DataFrame(
            {
                "plan": options.index.to_numpy(dtype=np.int64),
                "operator": operator,
                "configuration": configuration,
                "pool": pool,
                "allocation": allocation,
            },
            dtype=object,
        ).astype({"plan": np.int64}),
        supply=solution.supply,
        objective=solution.objective if objective is None else objective,
        goodput_floor=goodput_floor,
        bound=solution.bound,
    )


class _Listed:
    """The feasible plans of every query of one template.

    Parameters
    ----------
    query : (n,) int64
    name : (n,) str
    cost : (n,) int64
        What one copy is billed besides rented units, 10^-12 USD/s.
    usage : Sparse
        Of one copy, of n rows.
    """

    def __init__(self, query: Int, name: Text, cost: Int, usage: Sparse) -> None:
        self.query, self.name, self.cost, self.usage = query, name, cost, usage

    @classmethod
    def of(cls, compiled: CompiledInstance, template: int, limit: int) -> _Listed:
        """List the plans of a template's queries, query by query."""
        table = enumerate_plans(compiled, template)
        queries = compiled.template_queries(template)
        found = []
        total = 0
        for part in np.array_split(queries, 1 + len(queries) * len(table) // _CHUNK):
            place, plan = np.nonzero(meets(compiled, part[:, None], table.figures))
            found.append((part[place], plan))
            total += len(plan)
            if total > limit:
                raise _too_many(compiled, limit)
        query, plan = (np.concatenate(column) for column in zip(*found, strict=True))
        usage = table.figures.usage.taken(plan)
        rate = compiled.queries.rate_milli[query]
        scaled = Sparse(usage.start, usage.column, usage.amount * rate[usage.row_of_entry])
        return cls(
            query, plan_names(compiled, table.choices)[plan], rate * table.figures.billed_cost_nano[plan], scaled
        )


def _too_many(compiled: CompiledInstance, limit: int) -> SizeLimitError:
    return SizeLimitError(
        f"instance {compiled.name!r}: more than {limit:,} plans over its {len(compiled.names.queries):,} queries; "
        "next: fewer queries, fewer options, tighter SLOs, or a method that does not list plans"
    )


def plan_names(compiled: CompiledInstance, choices: Int) -> Text:
    """Return how plans are named in the plan selection of an instance, shape (plans,).

    Parameters
    ----------
    compiled : CompiledInstance
    choices : (plans, operators) int64
        Global option index per local operator position, padded by -1.
    """
    names, options = compiled.names, compiled.options
    option = np.unique(choices[choices >= 0])
    name = np.full(len(options.operator), "", dtype=object)
    name[option] = (
        names.pools[options.pool[option]]
        + ("/" + names.operators[options.operator[option]])
        + ("/" + names.configurations[options.configuration[option]])
        + ("/" + names.allocations[options.allocation[option]])
    )
    joined = name[choices[:, 0]]
    for position in range(1, choices.shape[1]):
        there = np.flatnonzero(choices[:, position] >= 0)
        joined[there] = joined[there] + LIST_SEPARATOR + name[choices[there, position]]
    return joined
