"""What an instance looks like: sizes, plans per template, load per row, servable share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import enumerate_plans
from sloplan.problem.servable import largest_rate_alone


@dataclass(frozen=True)
class RowLoad:
    """A coupling row: `load` is the demand of `InstanceSummary` over its capacity, None if unknown."""

    name: str
    capacity: int
    load: float | None


@dataclass(frozen=True)
class InstanceSummary:
    """Sizes and figures of an instance.

    Parameters
    ----------
    name, sha256, hosting, description : str
    sizes : mapping of str to int
        Number of queries, copies, templates, ...
    plans_per_template : tuple of int, optional
        Plans that meet placement, compatibility and the loosest SLOs; None if they are too many to list.
    servable_share : float, optional
        Value of the copies that could be served alone over the value of all; None if unknown or
        there is no value.
    rows : tuple of RowLoad
        Demand is the usage if every servable copy took the plan with the least sum of usage over
        capacity, whether or not all fit. Under `replicas`, a deployment's capacity is what its
        largest number of replicas brings.
    not_listed : str, optional
        Why plans were not listed.
    """

    name: str
    sha256: str
    hosting: str
    description: str
    sizes: Mapping[str, int]
    plans_per_template: tuple[int, ...] | None
    servable_share: float | None
    rows: tuple[RowLoad, ...]
    not_listed: str | None


def summarise(instance: Instance) -> InstanceSummary:
    """Summarise an instance.

    Parameters
    ----------
    instance : Instance

    Returns
    -------
    InstanceSummary
    """
    compiled = instance.compiled
    capacity = compiled.rows.capacity
    try:
        listed, not_listed = _list_plans(compiled), None
    except SizeLimitError as error:
        listed, not_listed = None, str(error)
    loads = [None] * len(capacity) if listed is None else listed.load.tolist()
    return InstanceSummary(
        name=instance.name,
        sha256=instance.sha256,
        hosting=instance.hosting,
        description=instance.description,
        sizes=_sizes(compiled),
        plans_per_template=None if listed is None else listed.plans_per_template,
        servable_share=None if listed is None else listed.servable_share,
        rows=tuple(
            RowLoad(str(name), int(amount), load)
            for name, amount, load in zip(compiled.rows.name, capacity, loads, strict=True)
        ),
        not_listed=not_listed,
    )


def _sizes(compiled: CompiledInstance) -> dict[str, int]:
    names = compiled.names
    return {
        "queries": len(names.queries),
        "query copies": sum(compiled.queries.count.tolist()),
        "templates": len(compiled.templates),
        "applications": len(names.applications),
        "operators": len(names.operators),
        "configurations": len(names.configurations),
        "options": len(compiled.options.operator),
        "sites": len(names.sites),
        "pools": len(names.pools),
        "links": len(names.links),
        "coupling rows": len(compiled.rows),
    }


@dataclass(frozen=True)
class _Listed:
    plans_per_template: tuple[int, ...]
    servable_share: float | None
    load: np.ndarray[tuple[int], np.dtype[np.float64]]


def _list_plans(compiled: CompiledInstance) -> _Listed:
    queries = compiled.queries
    capacity = _reachable_capacity(compiled)
    copies = queries.count.astype(np.float64)
    servable = np.zeros(len(copies), dtype=np.bool_)
    demand = np.zeros(len(capacity))
    numbers = []
    for template in range(len(compiled.templates)):
        table = enumerate_plans(compiled, template)
        figures, usage = table.figures, table.figures.usage
        numbers.append(len(table))
        members = np.flatnonzero(queries.template == template)
        share = usage.amount / np.maximum(capacity[usage.column], 1.0)
        order = np.argsort(np.bincount(usage.row_of_entry, weights=share, minlength=len(table)), kind="stable")
        fits_alone = largest_rate_alone(compiled, figures, int(queries.rate_milli[members].max()))
        plan = table.first_feasible(compiled, members, order, fits_alone)
        served = plan >= 0
        servable[members] = served
        rate = np.bincount(
            plan[served],
            weights=queries.rate_milli[members[served]] * copies[members[served]],
            minlength=len(table),
        )
        demand += np.bincount(usage.column, weights=usage.amount * rate[usage.row_of_entry], minlength=len(capacity))
    worth = queries.value_milli * copies
    return _Listed(
        plans_per_template=tuple(numbers),
        servable_share=float(worth[servable].sum() / worth.sum()) if worth.sum() > 0 else None,
        load=demand / np.maximum(capacity, 1.0),
    )


def _reachable_capacity(compiled: CompiledInstance) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Capacity of every row, with what the most replicas bring to a deployment."""
    brought = compiled.supplies.brought
    capacity = compiled.rows.capacity.astype(np.float64)
    brings = brought.amount > 0
    most = compiled.supplies.maximum[brought.row_of_entry[brings]]
    np.add.at(capacity, brought.column[brings], brought.amount[brings].astype(np.float64) * most)
    return capacity
