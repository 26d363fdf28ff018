"""Whether a query has a plan with nobody else there; if not, what stands in the way and the least that would do."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sloplan.explain_culprits import overloaded, own_limits, slow_options
from sloplan.explain_plan import accuracy_parts, cost_parts, latency_parts, option_names
from sloplan.explain_together import explain_together
from sloplan.explained import Alone, Part, Relaxation
from sloplan.problem.compiled import NO_LIMIT, Bool, Compatibility, CompiledInstance, Int, Queries
from sloplan.problem.plan_table import PlanTable, enumerate_plans
from sloplan.problem.presolving.blame import DIMENSIONS, passes, without_slos
from sloplan.problem.presolving.dominance import replacements
from sloplan.problem.servable import largest_rate_alone
from sloplan.problem.transfers import transfers_of

_WIDER = 1.5
"""First factor on all SLOs; it grows by squares until a plan is there."""


def explain_alone(compiled: CompiledInstance, query: int, objective: str) -> Alone:
    """Look for a plan of one query, and for what would admit one.

    Parameters
    ----------
    compiled : CompiledInstance
        With the capacities that a plan must fit into.
    query : int
    objective : str

    Raises
    ------
    SizeLimitError
        If there are too many plans to look at.
    """
    replacement = replacements(compiled, objective)
    single = _only(compiled, query, replacement == np.arange(len(replacement)))
    if _passing(single, "").any():
        return Alone(True)
    anything = enumerate_plans(without_slos(single), 0)
    if not len(anything):
        return Alone(False, faults=tuple(_faults(compiled, int(compiled.queries.template[query]))))
    every = _only(compiled, query)
    found = [_relaxation(every if dimension == "rate" else single, dimension) for dimension in DIMENSIONS]
    relaxations = tuple(one for one in found if one is not None)
    factor = _common_factor(single)
    together = explain_together(every) if not relaxations and factor is None else None
    return Alone(False, (), relaxations, factor, together)


def _only(compiled: CompiledInstance, query: int, kept: Bool | None = None) -> CompiledInstance:
    """Return the instance with that query alone and one template, 0.

    Only options that are `kept` stay, all if left out. Those that are dominated admit nothing that others do not
    at the rates asked for; at a lower rate, which the least rate of the better option may forbid, they can.
    """
    templates, asked = compiled.templates, compiled.queries
    at = int(asked.template[query])
    one = {name: getattr(asked, name)[query : query + 1] for name in Queries.__dataclass_fields__}
    return replace(
        compiled,
        queries=Queries(**one | {"template": np.zeros(1, dtype=np.int64)}),
        templates=replace(
            templates,
            application=templates.application[at : at + 1],
            source=templates.source[at : at + 1],
            sink=templates.sink[at : at + 1],
        ),
        left_options=(tuple(part if kept is None else part[kept[part]] for part in compiled.template_options(at)),),
    )


def _table(single: CompiledInstance, dropped: str) -> PlanTable:
    """Plans within everything that the query asks for but one thing."""
    endless, queries = np.full(1, NO_LIMIT, dtype=np.int64), single.queries
    field = {"latency": "slo_latency_us", "accuracy": "slo_accuracy", "cost": "slo_cost_nano", "rate": "rate_milli"}
    if dropped in field:
        queries = replace(queries, **{field[dropped]: endless})
    return enumerate_plans(replace(single, queries=queries), 0)


def _passing(single: CompiledInstance, dropped: str) -> np.ndarray:
    """Which plans of the table pass in all but one dimension."""
    return _passed(single, _table(single, dropped), dropped)


def _passed(single: CompiledInstance, table: PlanTable, dropped: str) -> np.ndarray:
    alone = largest_rate_alone(single, table.figures.usage, int(single.queries.rate_milli[0]))
    checks = zip(DIMENSIONS, passes(single, 0, table, alone), strict=True)
    return np.logical_and.reduce([passed for name, passed in checks if name != dropped])


def _relaxation(single: CompiledInstance, dimension: str) -> Relaxation | None:
    table = _table(single, dimension)
    plans = np.flatnonzero(_passed(single, table, dimension))
    if not len(plans):
        return None
    figures, queries = table.figures, single.queries
    rate = int(queries.rate_milli[0])
    parts: tuple[Part, ...] = ()
    culprits: tuple[str, ...] = ()
    if dimension == "latency":
        best = plans[np.argmin(figures.latency_us[plans])]
        asked, needed = int(queries.slo_latency_us[0]) / 1000, int(figures.latency_us[best]) / 1000
        parts = latency_parts(single, 0, table.choices[best])
    elif dimension == "cost":
        best = plans[np.argmin(figures.cost_nano[plans])]
        asked, needed = int(queries.slo_cost_nano[0]) / 1e6, int(figures.cost_nano[best]) / 1e6
        parts = cost_parts(single, 0, table.choices[best])
    elif dimension == "accuracy":
        best = plans[np.argmin(figures.accuracy_nano_nats[plans])]
        factors = len(single.applications[single.templates.application[0]].factors)
        asked = round(math.exp(-(int(queries.slo_accuracy[0]) - factors) / 1e9), 8)
        needed = math.floor(math.exp(-int(figures.accuracy_nano_nats[best]) / 1e9) * 1e8) / 1e8
        parts = accuracy_parts(single, 0, table.choices[best])
    elif dimension == "rate":
        least, most = figures.min_rate_milli[plans], figures.max_rate_milli[plans]
        nearest = np.clip(rate, least, most)
        # A greater rate has to fit into the shared capacity too: that the one asked for fits says nothing of it.
        fine = (least <= most) & (nearest <= largest_rate_alone(single, figures.usage, int(nearest.max()))[plans])
        if not fine.any():
            return None
        plans, nearest = plans[fine], nearest[fine]
        change = np.abs(np.log(np.maximum(nearest, 1)) - math.log(rate))
        place = int(np.argmin(change))
        best, asked, needed = plans[place], rate / 1000, int(nearest[place]) / 1000
        culprits = (
            *slow_options(single, table, int(best), rate),
            *own_limits(single, table, int(best), rate),
        )
    else:
        fits = largest_rate_alone(single, figures.usage, rate)
        best = plans[np.argmax(fits[plans])]
        asked, needed = rate / 1000, int(fits[best]) / 1000
        culprits = overloaded(single, table, int(best), rate)
    if parts:
        culprits = (parts[0].name,)
    return Relaxation(dimension, asked, needed, option_names(single, table.choices[best]), parts, culprits)


def _common_factor(single: CompiledInstance) -> float | None:
    """Least factor on all SLOs together that admits a plan; None without SLOs, or where none does."""
    asked = single.queries
    slos = [int(values[0]) for values in (asked.slo_latency_us, asked.slo_accuracy, asked.slo_cost_nano)]
    factor = _WIDER
    while all(slo == NO_LIMIT or slo > 0 for slo in (slos[0], slos[2])):
        latency, cost = (_times(slo, factor) for slo in (slos[0], slos[2]))
        accuracy = slos[1] if slos[1] == NO_LIMIT else slos[1] + math.floor(1e9 * math.log(factor))
        wider = replace(
            asked,
            slo_latency_us=np.array([latency]),
            slo_accuracy=np.array([accuracy]),
            slo_cost_nano=np.array([cost]),
        )
        relaxed = replace(single, queries=wider)
        table = enumerate_plans(relaxed, 0)
        plans = np.flatnonzero(_passed(relaxed, table, ""))
        if len(plans):
            figures = table.figures
            ratio = np.ones(len(plans))
            if slos[0] != NO_LIMIT:
                ratio = np.maximum(ratio, figures.latency_us[plans] / slos[0])
            if slos[2] != NO_LIMIT:
                ratio = np.maximum(ratio, figures.cost_nano[plans] / slos[2])
            if slos[1] != NO_LIMIT:
                ratio = np.maximum(ratio, np.exp((figures.accuracy_nano_nats[plans] - slos[1]) / 1e9))
            return float(ratio.min())
        if factor > 1e12:
            return None
        factor *= factor
    return None


def _times(slo: int, factor: float) -> int:
    return NO_LIMIT if slo == NO_LIMIT else min(math.floor(slo * factor), NO_LIMIT)


def _faults(compiled: CompiledInstance, template: int) -> list[str]:
    """Say why a template has no plan at all."""
    names, templates = compiled.names, compiled.templates
    application = compiled.applications[templates.application[template]]
    options = compiled.template_options(template)
    source = int(templates.source[template])
    operators = names.operators[application.operators]
    told = []
    for position, part in enumerate(options):
        if not len(part):
            anywhere = int((compiled.options.operator == application.operators[position]).sum())
            told.append(
                f"operator {operators[position]}: "
                + (
                    f"none of its {anywhere} options is open to queries from {names.sites[source]} "
                    "(sites that they reach, pools that they own)"
                    if anywhere
                    else "no option anywhere: no profile on a pool where it may stand and fits"
                )
            )
    if told:
        return told
    site = compiled.options.site
    here = [np.unique(site[part]) for part in options]
    ends = [(np.array([source]), here[root], f"the source to {operators[root]}") for root in application.roots]
    ends += [(here[a], here[b], f"{operators[a]} to {operators[b]}") for a, b in application.edges]
    if templates.sink[template] >= 0:
        sink = templates.sink[template : template + 1]
        ends += [(here[leaf], sink, f"{operators[leaf]} to the sink") for leaf in application.leaves]
    told = [f"no route from {name}" for start, end, name in ends if not _connected(compiled, source, start, end)]
    for pair in application.compatibilities:
        without = tuple(other for other in application.compatibilities if other is not pair)
        if _has_plan(compiled, template, without):
            told.append(f"compatible: {operators[pair.first]} with {operators[pair.second]}")
    return told or ["routes and compatible configurations, together, leave no plan"]


def _connected(compiled: CompiledInstance, source: int, start: Int, end: Int) -> bool:
    size = len(start) * len(end)
    sent = np.ones(size, dtype=np.int64)
    figures = transfers_of(compiled).of(source, sent, np.repeat(start, len(end)), np.tile(end, len(start)))
    return bool(figures.possible.any())


def _has_plan(compiled: CompiledInstance, template: int, compatibilities: tuple[Compatibility, ...]) -> bool:
    number = int(compiled.templates.application[template])
    applications = list(compiled.applications)
    applications[number] = replace(applications[number], compatibilities=compatibilities)
    return bool(len(enumerate_plans(without_slos(replace(compiled, applications=tuple(applications))), template)))
