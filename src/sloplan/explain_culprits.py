"""What of a plan needs another rate than is asked for: options, own pools and links, rows."""

from __future__ import annotations

import numpy as np

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.evaluation import own_capacity
from sloplan.problem.plan_table import PlanTable


def rate_culprits(single: CompiledInstance, table: PlanTable, plan: int, rate: int, asked: int) -> tuple[str, ...]:
    """Name operators whose option needs more than is asked for, and pools, links and rows that carry less than a rate.

    Parameters
    ----------
    single : CompiledInstance
    table : PlanTable
    plan : int
    rate, asked : int
        milli-requests/s.
    """
    told = [*slow_options(single, table, plan, asked), *own_limits(single, table, plan, rate)]
    told += [f"{row}: carries less than {rate / 1000:.6g} requests/s" for row in overloaded(single, table, plan, rate)]
    return tuple(told)


def slow_options(single: CompiledInstance, table: PlanTable, plan: int, rate: int) -> list[str]:
    """Name operators whose option in a plan needs a greater rate."""
    options, names = single.options, single.names
    choices = table.choices[plan]
    slow = choices[options.min_rate_milli[choices] > rate]
    return [
        f"operator {names.operators[options.operator[option]]}: needs "
        f"{options.min_rate_milli[option] / 1000:.6g} requests/s"
        for option in slow.tolist()
    ]


def own_limits(single: CompiledInstance, table: PlanTable, plan: int, rate: int) -> list[str]:
    """Name the query's own pools and links that carry less than a rate of a plan."""
    names, capacity = single.names, own_capacity(single)
    resource, load = table.figures.own_load.row(plan)
    told = []
    for place in np.flatnonzero((load > 0) & (capacity[resource] // np.maximum(load, 1) < rate)).tolist():
        index, pools = int(resource[place]), len(names.pools)
        name = f"own pool {names.pools[index]}" if index < pools else f"own link {names.links[index - pools]}"
        told.append(f"{name}: carries {int(capacity[index] // load[place]) / 1000:.6g} requests/s")
    return told


def overloaded(single: CompiledInstance, table: PlanTable, plan: int, rate: int) -> tuple[str, ...]:
    """Name rows that a plan overloads alone; under `replicas` all that it uses."""
    row, amount = table.figures.usage.row(plan)
    used = amount.astype(object) * rate > single.rows.capacity[row].astype(object)
    return tuple(single.rows.name[row[np.asarray(used, dtype=np.bool_)]].tolist())
