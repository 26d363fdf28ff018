"""Arcs: pairs of operators whose options matter to each other, in figures per pair of option classes.

An arc stands for all that ties two operators: the transfer along an edge, the configurations that `compatible`
allows, accuracy factors measured over just these two. Its figures depend on the producer's option through site,
bytes sent and configuration only, and on the consumer's through site and configuration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import Application, Bool, CompiledInstance, Int
from sloplan.problem.evaluation import factor_nano_nats
from sloplan.problem.transfers import transfers_of


@dataclass(frozen=True)
class Arc:
    """One pair of operators; figures are flat over (producer class, consumer class).

    Parameters
    ----------
    producer, consumer : int
        Local operator positions, the producer's is the lower one.
    timed : bool
        There is an edge: the consumer waits for the producer.
    producer_class, consumer_class : (options of that operator,) int64
    width : int
        Number of consumer classes.
    possible : (pairs,) bool
        The query owns a route, and `compatible` allows the configurations.
    latency_us, cost_nano, nano_nats, sent_bytes : (pairs,) int64
    route : (pairs,) int64
        For `Transfers.route_links`; -1 where nothing is sent.
    """

    producer: int
    consumer: int
    timed: bool
    producer_class: Int
    consumer_class: Int
    width: int
    possible: Bool
    latency_us: Int
    cost_nano: Int
    nano_nats: Int
    sent_bytes: Int
    route: Int


def arcs_of(compiled: CompiledInstance, application: Application, source: int, options: tuple[Int, ...]) -> list[Arc]:
    """Return the arcs of a template, sorted by consumer and producer.

    Parameters
    ----------
    compiled : CompiledInstance
    application : Application
    source : int
        Source site.
    options : tuple of int64 arrays
        Open options per local operator position.
    """
    edges = {(int(producer), int(consumer)) for producer, consumer in application.edges}
    pairs = edges | {(pair.first, pair.second) for pair in application.compatibilities}
    pairs |= {
        (int(factor.positions.min()), int(factor.positions.max()))
        for factor in application.factors
        if len(factor.positions) == 2
    }
    ordered = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    return [_arc(compiled, application, source, options, pair, pair in edges) for pair in ordered]


def _arc(
    compiled: CompiledInstance,
    application: Application,
    source: int,
    options: tuple[Int, ...],
    ends: tuple[int, int],
    timed: bool,
) -> Arc:
    table, (producer, consumer) = compiled.options, ends
    tables = [pair for pair in application.compatibilities if (pair.first, pair.second) == ends]
    factors = [f for f in application.factors if len(f.positions) == 2 and tuple(sorted(f.positions.tolist())) == ends]
    by_configuration = bool(tables or factors)
    representative, of_option = [], []
    for position in ends:
        configuration = table.configuration[options[position]]
        what = [configuration if by_configuration else np.zeros_like(configuration)]
        what.append(table.site[options[position]] if timed else np.zeros_like(configuration))
        if timed and position == producer:
            what.append(compiled.configuration_bytes[configuration])
        _, first, code = np.unique(np.column_stack(what), axis=0, return_index=True, return_inverse=True)
        representative.append(options[position][first])
        of_option.append(code.reshape(-1).astype(np.int64))
    width = len(representative[1])
    from_option = np.repeat(representative[0], width)
    to_option = np.tile(representative[1], len(representative[0]))
    none = np.zeros(len(from_option), dtype=np.int64)
    possible = np.ones(len(from_option), dtype=np.bool_)
    latency, cost, sent, route = none, none, none, none - 1
    if timed:
        sent = compiled.configuration_bytes[table.configuration[from_option]]
        figures = transfers_of(compiled).of(source, sent, table.site[from_option], table.site[to_option])
        possible, latency, cost, route = figures.possible, figures.latency_us, figures.cost_nano, figures.route
    configurations = np.column_stack([table.configuration[from_option], table.configuration[to_option]])
    count = len(compiled.names.configurations)
    for pair in tables:
        code = configurations[:, 0] * count + configurations[:, 1]
        possible = possible & np.isin(code, pair.allowed[:, 0] * count + pair.allowed[:, 1])
    nano_nats = none.copy()
    for factor in factors:
        ordered = configurations if factor.positions[0] == producer else configurations[:, ::-1]
        nano_nats += factor_nano_nats(factor, ordered)
    return Arc(
        producer, consumer, timed, of_option[0], of_option[1], width, possible, latency, cost, nano_nats, sent, route
    )
