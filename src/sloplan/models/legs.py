"""Legs: the transfers of a template, from the source, along every edge, and to the sink.

A leg's figures depend on its producer only through (site, bytes sent) and on its consumer only
through its site; options are grouped into these classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import NO_LIMIT, Bool, CompiledInstance, Int
from sloplan.problem.transfers import transfers_of

END = -1
"""Position of a leg's producer or consumer that is no operator: the source or the sink."""


@dataclass(frozen=True)
class Leg:
    """One transfer of a template with its figures for every pair of classes.

    Parameters
    ----------
    producer, consumer : int
        Local operator positions; `END` for the source (producer) or the sink (consumer).
    producer_class, consumer_class : (options of that operator,) int64
        Class of each option of the template; of shape (0,) at an end, which has the one class 0.
    from_site, sent_bytes : (producer classes,) int64
        What the producer classes stand for.
    to_site : (consumer classes,) int64
        What the consumer classes stand for.
    possible : (producer classes, consumer classes) bool
        There is a route that the query owns.
    latency_us, cost_nano, route : (producer classes, consumer classes) int64
    largest_rate : (producer classes, consumer classes) int64
        Largest rate of one copy that every link of the route carries alone.
    """

    producer: int
    consumer: int
    producer_class: Int
    consumer_class: Int
    from_site: Int
    sent_bytes: Int
    to_site: Int
    possible: Bool
    latency_us: Int
    cost_nano: Int
    route: Int
    largest_rate: Int


def template_legs(compiled: CompiledInstance, template: int, options: Sequence[Int]) -> tuple[Leg, ...]:
    """Return the legs of a template: source to roots, then edges, then leaves to the sink.

    Parameters
    ----------
    compiled : CompiledInstance
    template : int
    options : sequence of int64 arrays
        Options open to the template per local operator position.
    """
    application = compiled.applications[compiled.templates.application[template]]
    ends = [(END, int(root)) for root in application.roots]
    ends += [(int(producer), int(consumer)) for producer, consumer in application.edges]
    if compiled.templates.sink[template] >= 0:
        ends += [(int(leaf), END) for leaf in application.leaves]
    return tuple(_leg(compiled, template, options, producer, consumer) for producer, consumer in ends)


def _leg(compiled: CompiledInstance, template: int, options: Sequence[Int], producer: int, consumer: int) -> Leg:
    none = np.zeros(0, dtype=np.int64)
    site = compiled.options.site
    if producer == END:
        application = compiled.applications[compiled.templates.application[template]]
        from_site = compiled.templates.source[template : template + 1]
        sent_bytes = compiled.operator_input_bytes[application.operators[consumer]].reshape(1)
        producer_class = none
    else:
        output = compiled.configuration_bytes[compiled.options.configuration[options[producer]]]
        pairs = np.stack([site[options[producer]], output], axis=1)
        classes, which = np.unique(pairs, axis=0, return_inverse=True)
        producer_class = which.reshape(-1).astype(np.int64)
        from_site, sent_bytes = classes[:, 0], classes[:, 1]
    if consumer == END:
        to_site, consumer_class = compiled.templates.sink[template : template + 1], none
    else:
        to_site, which = np.unique(site[options[consumer]], return_inverse=True)
        consumer_class = which.reshape(-1).astype(np.int64)
    shape = (len(from_site), len(to_site))
    figures = transfers_of(compiled).of(
        int(compiled.templates.source[template]),
        np.repeat(sent_bytes, shape[1]),
        np.repeat(from_site, shape[1]),
        np.tile(to_site, shape[0]),
    )
    route = figures.route.reshape(shape)
    return Leg(
        producer=producer,
        consumer=consumer,
        producer_class=producer_class,
        consumer_class=consumer_class,
        from_site=from_site,
        sent_bytes=sent_bytes,
        to_site=to_site,
        possible=figures.possible.reshape(shape),
        latency_us=figures.latency_us.reshape(shape),
        cost_nano=figures.cost_nano.reshape(shape),
        route=route,
        largest_rate=_largest_rate(compiled, route, sent_bytes),
    )


def _largest_rate(compiled: CompiledInstance, route: Int, sent_bytes: Int) -> Int:
    """Rate up to which a route's tightest link carries the bytes; a link row counts what one leg sends."""
    rate = np.full(route.shape, NO_LIMIT, dtype=np.int64)
    transfers = transfers_of(compiled)
    for used in np.unique(route[route >= 0]):
        links = list(transfers.route_links(int(used)))
        tightest = compiled.links.capacity[links].min(initial=NO_LIMIT)
        sender, receiver = np.nonzero((route == used) & (sent_bytes > 0)[:, None])
        rate[sender, receiver] = tightest // sent_bytes[sender]
    return rate
