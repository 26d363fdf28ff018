"""What an instance looks like: sizes, plans per template, load per row, servable share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.pricing.plan_arrays import list_plans
from sloplan.pricing.plan_kernels import prefer
from sloplan.problem.compiled import Bool, CompiledInstance
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import PLAN_LIMIT
from sloplan.problem.servable import servable_value

Float = npt.NDArray[np.float64]

_ROUNDS = 20
_LEAST_PRICE = 1e-3  # of a row that nobody has used yet: less usage still is better than more


@dataclass(frozen=True)
class RowLoad:
    """A coupling row: `load` is the demand of `InstanceSummary` over `capacity`, None if unknown."""

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
        Demand is the usage if every servable copy were served, whether or not all fit: the average of
        20 rounds, in each of which all copies take the plan that costs least at the loads so far as
        prices. Under `replicas`, a deployment's capacity is what its largest number of replicas brings,
        and the load of the rows that replicas take from is unknown.
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
    try:
        listed, not_listed = _list_plans(compiled), None
    except SizeLimitError as error:
        listed, not_listed = None, str(error)
    loads: list[float | None]
    if listed is None:
        loads = [None] * len(compiled.rows)
    else:
        taken = _taken_by_replicas(compiled).tolist()
        loads = [None if unknown else load for unknown, load in zip(taken, listed.load.tolist(), strict=True)]
    return InstanceSummary(
        name=instance.name,
        sha256=instance.sha256,
        hosting=instance.hosting,
        description=instance.description,
        sizes=_sizes(compiled),
        plans_per_template=None if listed is None else listed.plans_per_template,
        servable_share=None if listed is None else listed.servable_share,
        rows=tuple(
            RowLoad(str(name), int(capacity), load)
            for name, capacity, load in zip(compiled.rows.name, _reachable_capacity(compiled), loads, strict=True)
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
    load: Float


def _list_plans(compiled: CompiledInstance) -> _Listed:
    queries = compiled.queries
    plans, _ = list_plans(compiled, PLAN_LIMIT, lambda _: False)
    copies_rate = queries.rate_milli.astype(np.float64) * queries.count
    capacity = _reachable_capacity(compiled).astype(np.float64)
    load = np.zeros(len(capacity))
    for number in range(1, _ROUNDS + 1):
        # Loads so far are the prices: a query turns to the plans that use what others do not.
        price = plans.priced((load + _LEAST_PRICE) / np.maximum(capacity, 1.0))
        plan_of = prefer(queries, plans.start, np.lexsort((price, plans.template)), plans.needs_alone)
        served = plan_of >= 0
        load += (
            plans.demand(plan_of[served], copies_rate[served], len(capacity)) / np.maximum(capacity, 1.0) - load
        ) / number
    worth = int((queries.value_milli.astype(object) * queries.count).sum())
    return _Listed(
        plans_per_template=tuple(np.diff(plans.start).tolist()),
        servable_share=servable_value(compiled) / worth if worth > 0 else None,
        load=load,
    )


def _taken_by_replicas(compiled: CompiledInstance) -> Bool:
    """Say which rows replicas take from: how many replicas a demand needs is not worked out here."""
    brought = compiled.supplies.brought
    return np.isin(np.arange(len(compiled.rows)), brought.column[brought.amount < 0])


def _reachable_capacity(compiled: CompiledInstance) -> npt.NDArray[np.object_]:
    """Capacity of every row, with what the most replicas bring to a deployment; exact integers."""
    brought = compiled.supplies.brought
    capacity = compiled.rows.capacity.astype(object)
    brings = brought.amount > 0
    most = compiled.supplies.maximum[brought.row_of_entry[brings]]
    np.add.at(capacity, brought.column[brings], brought.amount[brings].astype(object) * most)
    return capacity
