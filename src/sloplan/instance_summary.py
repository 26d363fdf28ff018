"""What an instance or a plan selection looks like: sizes, how many plans there are, load or tightness per row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from sloplan.pricing.balanced import balance
from sloplan.pricing.relaxation import smallest_factor
from sloplan.pricing.useful_plans import useful_plans
from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.summary import SelectionSummary, summarise_selection
from sloplan.problem.spread import Spread

Float = npt.NDArray[np.float64]

_LOAD_TOLERANCE = 1e-4


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
    plans_per_template : Spread, optional
        Plans that meet placement, compatibility and the loosest SLOs of the template's queries; None if they are
        too many to list, or without templates.
    combinations_log10 : Spread, optional
        Decimal logarithm of the combinations of options per template, before compatibility and SLOs; the last
        figure is that of all templates' combinations together. A template without any counts as 0.
    servable_share : float, optional
        Value of the copies that could be served alone over the value of all; None if unknown or
        there is no value.
    rows : tuple of RowLoad
        Demand is the usage if every servable copy were served, whether or not all fit, each by what others use
        least (`pricing.balanced`). Under `replicas`, a deployment's capacity is what its largest number of replicas
        brings, and the load of the rows that replicas take from is unknown.
    not_listed : str, optional
        Why plans were not listed.
    load : float, optional
        Smallest factor on all shared capacities at which all that have a plan can be served if plans may be mixed,
        to four digits; None if plans were not listed, no factor is large enough, or the LP was not solved so far.
    """

    name: str
    sha256: str
    hosting: str
    description: str
    sizes: Mapping[str, int]
    plans_per_template: Spread | None
    combinations_log10: Spread | None
    servable_share: float | None
    rows: tuple[RowLoad, ...]
    not_listed: str | None
    load: float | None


@overload
def summarise(problem: Instance) -> InstanceSummary: ...
@overload
def summarise(problem: PlanSelection) -> SelectionSummary: ...
def summarise(problem: Instance | PlanSelection) -> InstanceSummary | SelectionSummary:
    """Summarise an instance or a plan selection.

    Parameters
    ----------
    problem : Instance or PlanSelection

    Returns
    -------
    InstanceSummary or SelectionSummary
    """
    if isinstance(problem, PlanSelection):
        return summarise_selection(problem)
    return _summarise_instance(problem)


def _summarise_instance(instance: Instance) -> InstanceSummary:
    compiled = instance.compiled
    try:
        listed, not_listed = _with_plans(compiled), None
    except SizeLimitError as error:
        listed, not_listed = None, str(error)
    loads: list[float | None]
    if listed is None:
        loads = [None] * len(compiled.rows)
    else:
        taken = _taken_by_replicas(compiled).tolist()
        loads = [None if unknown else load for unknown, load in zip(taken, listed.row_load.tolist(), strict=True)]
    return InstanceSummary(
        name=instance.name,
        sha256=instance.sha256,
        hosting=instance.hosting,
        description=instance.description,
        sizes=_sizes(compiled),
        plans_per_template=None if listed is None else Spread.of(listed.plans_per_template),
        combinations_log10=_combinations(compiled),
        servable_share=None if listed is None else listed.servable_share,
        rows=tuple(
            RowLoad(str(name), int(capacity), load)
            for name, capacity, load in zip(compiled.rows.name, _reachable_capacity(compiled), loads, strict=True)
        ),
        not_listed=not_listed,
        load=None if listed is None else listed.load,
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


def _combinations(compiled: CompiledInstance) -> Spread | None:
    combinations = [
        math.prod(map(len, compiled.template_options(template))) for template in range(len(compiled.templates))
    ]
    each = Spread.of([math.log10(number) if number else 0.0 for number in combinations])
    return None if each is None else each._replace(total=math.log10(max(sum(combinations), 1)))


@dataclass(frozen=True)
class _Listed:
    plans_per_template: Int
    servable_share: float | None
    row_load: Float
    load: float | None


def _with_plans(compiled: CompiledInstance) -> _Listed:
    queries, useful = compiled.queries, useful_plans(compiled)
    capacity = _reachable_capacity(compiled).astype(np.float64)
    held = compiled.rows.capacity.astype(np.float64)
    relaxed = smallest_factor(useful.plans, queries, held, compiled.supplies, tolerance=_LOAD_TOLERANCE)
    known = math.isfinite(relaxed.value) and relaxed.relative_gap <= _LOAD_TOLERANCE
    return _Listed(
        plans_per_template=np.diff(useful.listed.start),
        servable_share=useful.servable_value / useful.total_value if useful.total_value > 0 else None,
        row_load=balance(useful.fitting, queries, capacity).use / np.maximum(capacity, 1.0),
        load=relaxed.value if known else None,
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
