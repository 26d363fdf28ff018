"""What one plan's latency, cost and accuracy are made of, by name."""

from __future__ import annotations

import math

import numpy as np

from sloplan.explained import Part
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import factor_nano_nats
from sloplan.problem.transfers import transfers_of


def option_names(compiled: CompiledInstance, choices: Int) -> tuple[str, ...]:
    """Name a plan's options: "operator: configuration on pool (allocation)".

    Parameters
    ----------
    compiled : CompiledInstance
    choices : (operators,) int64
        Global options, padded by -1.
    """
    options, names = compiled.options, compiled.names
    chosen = choices[choices >= 0]
    fields = zip(
        names.operators[options.operator[chosen]].tolist(),
        names.configurations[options.configuration[chosen]].tolist(),
        names.pools[options.pool[chosen]].tolist(),
        names.allocations[options.allocation[chosen]].tolist(),
        strict=True,
    )
    return tuple(f"{operator}: {configuration} on {pool} ({how})" for operator, configuration, pool, how in fields)


def latency_parts(compiled: CompiledInstance, template: int, choices: Int) -> tuple[Part, ...]:
    """Return what stands on a plan's longest path, ms, the greatest first."""
    application = compiled.applications[compiled.templates.application[template]]
    operators = compiled.names.operators[application.operators]
    paths: list[tuple[int, list[tuple[str, int]]]] = []
    ended: list[tuple[int, list[tuple[str, int]]]] = []
    legs = _legs(compiled, template, choices)
    for position, option in enumerate(choices.tolist()):
        into = [
            (
                (paths[producer][0] if producer >= 0 else 0) + latency,
                (paths[producer][1] if producer >= 0 else []) + [(name, latency)],
            )
            for producer, consumer, name, latency, _ in legs
            if consumer == position
        ]
        before, way = max(into, key=lambda path: path[0])
        own = int(compiled.options.latency_us[option])
        paths.append((before + own, [*way, (f"operator {operators[position]}", own)]))
    for producer, consumer, name, latency, _ in legs:
        if consumer < 0:
            ended.append((paths[producer][0] + latency, paths[producer][1] + [(name, latency)]))
    _, longest = max([*paths, *ended], key=lambda path: path[0])
    return _sorted([(name, us / 1000) for name, us in longest])


def cost_parts(compiled: CompiledInstance, template: int, choices: Int) -> tuple[Part, ...]:
    """Return what a plan's cost goes to, USD per 1,000 requests, the greatest first."""
    application = compiled.applications[compiled.templates.application[template]]
    operators = compiled.names.operators[application.operators]
    cost = compiled.options.cost_nano[choices].tolist()
    parts = [(f"operator {name}", nano / 1e6) for name, nano in zip(operators, cost, strict=True)]
    parts += [(name, nano / 1e6) for *_, name, _, nano in _legs(compiled, template, choices)]
    return _sorted(parts)


def accuracy_parts(compiled: CompiledInstance, template: int, choices: Int) -> tuple[Part, ...]:
    """Return a plan's accuracy factors, the lowest first."""
    application = compiled.applications[compiled.templates.application[template]]
    configuration = compiled.options.configuration[choices]
    parts = [
        Part(f"factor {one.name}", math.exp(-int(factor_nano_nats(one, configuration[one.positions][None])[0]) / 1e9))
        for one in application.factors
    ]
    return tuple(sorted(parts, key=lambda part: part.amount))


def _sorted(parts: list[tuple[str, float]]) -> tuple[Part, ...]:
    kept = [Part(name, amount) for name, amount in parts if amount > 0]
    return tuple(sorted(kept, key=lambda part: -part.amount))


def _legs(compiled: CompiledInstance, template: int, choices: Int) -> list[tuple[int, int, str, int, int]]:
    """Transfers of a plan: producer and consumer (-1: source or sink), name, latency in us, cost in nano-USD."""
    templates, options, names = compiled.templates, compiled.options, compiled.names
    application = compiled.applications[templates.application[template]]
    source, sink = int(templates.source[template]), int(templates.sink[template])
    site = options.site[choices].tolist()
    output = compiled.configuration_bytes[options.configuration[choices]].tolist()
    fed = compiled.operator_input_bytes[application.operators].tolist()
    legs = [(-1, root, fed[root], source, site[root]) for root in application.roots.tolist()]
    legs += [(a, b, output[a], site[a], site[b]) for a, b in application.edges.tolist()]
    if sink >= 0:
        legs += [(leaf, -1, output[leaf], site[leaf], sink) for leaf in application.leaves.tolist()]
    told = []
    for producer, consumer, sent, start, end in legs:
        figures = transfers_of(compiled).of(source, np.array([sent]), np.array([start]), np.array([end]))
        links = names.links[list(transfers_of(compiled).route_links(int(figures.route[0])))]
        name = f"transfer over {' + '.join(links)}" if len(links) else "no transfer"
        told.append((producer, consumer, name, int(figures.latency_us[0]), int(figures.cost_nano[0])))
    return told
