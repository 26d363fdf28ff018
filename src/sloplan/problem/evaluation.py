"""What a plan does: latency, accuracy, cost and usage of many plans of one template at once.

This is the one evaluation in the toolkit: checker, plan tables and certificates all use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sloplan.problem.compiled import NO_LIMIT, Application, Bool, CompiledInstance, Factor, Int, Sparse
from sloplan.problem.spans import spans
from sloplan.problem.transfers import transfers_of


@dataclass(frozen=True)
class PlanFigures:
    """Figures of n plans of one application; all per request and independent of the query's rate.

    Figures of a plan that is not placeable are meaningless.

    Parameters
    ----------
    owned : (n,) bool
        Every option is open to the template: own pools only, source-only operators at the source.
    compatible : (n,) bool
        Every pair of configurations is allowed.
    routed : (n,) bool
        Every transfer has a route that the query owns.
    latency_us, accuracy_nano_nats, cost_nano, billed_cost_nano : (n,) int64
        Longest path; sum of factors; cost per request; the same without reserved pools' busy time.
    min_rate_milli : (n,) int64
        Least rate of one copy that its allocations need.
    max_rate_milli : (n,) int64
        Largest rate of one copy that the query's own pools and links carry; `NO_LIMIT` if it loads none.
    usage : Sparse
        Per plan: usage per request on the shared rows.
    own_load : Sparse
        Per plan: load per request on query-scope resources (pool p is p, link l is pools + l).
    """

    owned: Bool
    compatible: Bool
    routed: Bool
    latency_us: Int
    accuracy_nano_nats: Int
    cost_nano: Int
    billed_cost_nano: Int
    min_rate_milli: Int
    max_rate_milli: Int
    usage: Sparse
    own_load: Sparse

    @cached_property
    def placeable(self) -> Bool:
        """Plans that are owned, compatible and routed, shape (n,)."""
        return self.owned & self.compatible & self.routed


def evaluate_plans(compiled: CompiledInstance, template: int | Int, choices: Int) -> PlanFigures:
    """Evaluate plans of one application.

    Parameters
    ----------
    compiled : CompiledInstance
    template : int or (n,) int64
        Template of all plans, or of each of n > 0 plans; all of one application.
    choices : (n, operators of the application) int64
        Global option index per local operator position; each option belongs to that operator.

    Returns
    -------
    PlanFigures
    """
    templates = compiled.templates
    application = compiled.applications[np.atleast_1d(templates.application[template])[0]]
    source, sink = (np.broadcast_to(ends[template], len(choices)) for ends in (templates.source, templates.sink))
    journey = _Journey(compiled, application, source, sink, choices)
    options = compiled.options
    usage, own_load = _loads(compiled, choices, journey)
    return PlanFigures(
        owned=np.all(~compiled.source_bound[choices] | (options.site[choices] == source[:, None]), axis=1),
        compatible=_compatible(compiled, application, choices),
        routed=journey.routed,
        latency_us=journey.latency_us,
        accuracy_nano_nats=_accuracy(compiled, application, choices),
        cost_nano=options.cost_nano[choices].sum(axis=1) + journey.cost_nano,
        billed_cost_nano=options.billed_cost_nano[choices].sum(axis=1) + journey.cost_nano,
        min_rate_milli=options.min_rate_milli[choices].max(axis=1, initial=0),
        max_rate_milli=largest_rate(own_load, own_capacity(compiled)),
        usage=usage,
        own_load=own_load,
    )


def meets(compiled: CompiledInstance, query: int | Int, figures: PlanFigures, plan: Int | slice = slice(None)) -> Bool:
    """Return whether plans meet the SLOs of queries, and carry their rate on what is the query's own.

    Placement, compatibility, routes and shared capacity are not looked at.

    Parameters
    ----------
    compiled : CompiledInstance
    query : int or int64 array
    figures : PlanFigures
    plan : int64 array, optional
        Plans of `figures`, all of them if left out; broadcast against `query`.

    Returns
    -------
    bool array
    """
    queries, rate = compiled.queries, compiled.queries.rate_milli[query]
    return np.asarray(
        (figures.latency_us[plan] <= queries.slo_latency_us[query])
        & (figures.accuracy_nano_nats[plan] <= queries.slo_accuracy[query])
        & (figures.cost_nano[plan] <= queries.slo_cost_nano[query])
        & (figures.min_rate_milli[plan] <= rate)
        & (rate <= figures.max_rate_milli[plan])
    )


def own_capacity(compiled: CompiledInstance) -> Int:
    """Return the capacity of every query-scope resource: pools, then links; shape (pools + links,)."""
    return np.concatenate([compiled.pools.capacity, compiled.links.capacity])


def largest_rate(load: Sparse, capacity: Int) -> Int:
    """Return the largest whole rate at which each row of `load` stays within `capacity`, shape (n,).

    ``rate x amount <= capacity`` holds exactly when ``rate <= floor(capacity / amount)``.
    """
    rate = np.full(len(load), NO_LIMIT, dtype=np.int64)
    loaded = load.amount > 0
    most = capacity[load.column[loaded]] // load.amount[loaded]
    np.minimum.at(rate, load.row_of_entry[loaded], most)
    return rate


@dataclass(frozen=True)
class Arrivals:
    """The inputs of one operator in n plans.

    Parameters
    ----------
    time_us : (n,) int64
        When the last input is there, from the start of the request.
    cost_nano : (n,) int64
        What it costs to send the inputs, nano-USD per request.
    possible : (n,) bool
        Every input has a route that the query owns.
    sent : list of (route, bytes)
        Each transfer's route numbers and bytes, both of shape (n,).
    """

    time_us: Int
    cost_nano: Int
    possible: Bool
    sent: list[tuple[Int, Int]]


def arrivals(
    compiled: CompiledInstance, application: Application, source: Int, position: int, choices: Int, finish: Int
) -> Arrivals:
    """Send the inputs of one operator: from the source if it is a root, and along its edges.

    Parameters
    ----------
    compiled : CompiledInstance
    application : Application
    source : (n,) int64
        Source site of each plan's query.
    position : int
        Local position of the operator.
    choices : (n, k) int64
        Global option index of the first k > `position` local positions.
    finish : (n, at least `position`) int64
        When each operator before is done, us.

    Returns
    -------
    Arrivals
    """
    options, transfers = compiled.options, transfers_of(compiled)
    plans = len(choices)
    inputs: list[tuple[Int | int, Int, Int]] = []  # ready time, bytes, from site
    if position in application.roots:
        input_bytes = compiled.operator_input_bytes[application.operators[position]]
        inputs.append((0, np.full(plans, input_bytes), source))
    for producer in application.edges[application.edges[:, 1] == position, 0]:
        option = choices[:, producer]
        output_bytes = compiled.configuration_bytes[options.configuration[option]]
        inputs.append((finish[:, producer], output_bytes, options.site[option]))
    time, cost = np.zeros(plans, dtype=np.int64), np.zeros(plans, dtype=np.int64)
    possible = np.ones(plans, dtype=np.bool_)
    sent = []
    for ready, sent_bytes, from_site in inputs:
        figures = transfers.of(source, sent_bytes, from_site, options.site[choices[:, position]])
        np.maximum(time, ready + figures.latency_us, out=time)
        cost += figures.cost_nano
        possible &= figures.possible
        sent.append((figures.route, sent_bytes))
    return Arrivals(time, cost, possible, sent)


class _Journey:
    """The transfers of n plans: from the source, along every edge, to the sink (-1: none); and their latency."""

    def __init__(
        self, compiled: CompiledInstance, application: Application, source: Int, sink: Int, choices: Int
    ) -> None:
        self._transfers = transfers_of(compiled)
        plans, operators = choices.shape
        self.routed: Bool = np.ones(plans, dtype=np.bool_)
        self.cost_nano: Int = np.zeros(plans, dtype=np.int64)
        self.sent: list[tuple[Int, Int]] = []  # (route, bytes) of each transfer, both of shape (n,)

        options = compiled.options
        finish = np.zeros_like(choices)
        for position in range(operators):
            inputs = arrivals(compiled, application, source, position, choices, finish)
            finish[:, position] = inputs.time_us + options.latency_us[choices[:, position]]
            self.cost_nano += inputs.cost_nano
            self.routed &= inputs.possible
            self.sent += inputs.sent
        for position in application.leaves if np.any(sink >= 0) else ():
            option = choices[:, position]
            here = options.site[option]
            sent_bytes = compiled.configuration_bytes[options.configuration[option]]
            # Without a sink the output stays where it is, which takes nothing.
            figures = self._transfers.of(source, sent_bytes, here, np.where(sink >= 0, sink, here))
            finish[:, position] += figures.latency_us
            self.cost_nano += figures.cost_nano
            self.routed &= figures.possible
            self.sent.append((figures.route, sent_bytes))
        self.latency_us: Int = finish.max(axis=1, initial=0)

    def link_entries(self) -> tuple[Int, Int, Int]:
        """Return (plan, link, bytes) of every link crossing."""
        plans, links, amounts = [], [], []
        for route, sent_bytes in self.sent:
            crossing = np.flatnonzero(route >= 0)
            which, used = pd.factorize(route[crossing])
            paths = [self._transfers.route_links(int(r)) for r in used]
            length = np.array([len(path) for path in paths], dtype=np.int64)
            first = np.cumsum(length) - length
            flat = np.array([link for path in paths for link in path], dtype=np.int64)
            plan = np.repeat(crossing, length[which])
            plans.append(plan)
            links.append(flat[spans(first[which], length[which])])
            amounts.append(sent_bytes[plan])
        return np.concatenate(plans), np.concatenate(links), np.concatenate(amounts)


def _compatible(compiled: CompiledInstance, application: Application, choices: Int) -> Bool:
    configurations = len(compiled.names.configurations)
    compatible = np.ones(len(choices), dtype=np.bool_)
    for pair in application.compatibilities:
        first = compiled.options.configuration[choices[:, pair.first]]
        second = compiled.options.configuration[choices[:, pair.second]]
        allowed = pair.allowed[:, 0] * configurations + pair.allowed[:, 1]
        compatible &= np.isin(first * configurations + second, allowed)
    return compatible


def _accuracy(compiled: CompiledInstance, application: Application, choices: Int) -> Int:
    configuration = compiled.options.configuration[choices]
    total = np.zeros(len(choices), dtype=np.int64)
    for factor in application.factors:
        total += factor_nano_nats(factor, configuration[:, factor.positions])
    return total


def factor_nano_nats(factor: Factor, configurations: Int) -> Int:
    """Look up the nano-nats of an accuracy factor.

    Parameters
    ----------
    factor : Factor
    configurations : (n, k) int64
        Global configuration per operator of the factor.

    Returns
    -------
    (n,) int64
        0 for combinations that the factor does not list: `compatible` forbids them.
    """
    # Column by column, a combination is numbered by the place of its beginning among the listed ones:
    # one search in a short sorted list per column, whatever the number of columns.
    place, beginnings = np.zeros(len(configurations), dtype=np.int64), np.zeros(len(factor.configurations), np.int64)
    known = np.ones(len(configurations), dtype=np.bool_)
    for column, listed in zip(configurations.T, factor.configurations.T, strict=True):
        size = max(int(listed.max(initial=0)), int(column.max(initial=0))) + 1
        codes, beginnings = np.unique(beginnings * size + listed, return_inverse=True)
        place = place * size + column
        wanted, place = place, np.minimum(np.searchsorted(codes, place), len(codes) - 1)
        known &= codes[place] == wanted
    nano_nats = np.zeros(len(factor.nano_nats), dtype=np.int64)
    nano_nats[beginnings] = factor.nano_nats  # each combination is listed once, so these are places of rows
    return np.where(known, nano_nats[place], 0)


def _loads(compiled: CompiledInstance, choices: Int, journey: _Journey) -> tuple[Sparse, Sparse]:
    """Usage per request on shared rows, and load per request on query-scope resources."""
    plans, operators = choices.shape
    plan = np.repeat(np.arange(plans), operators)
    option = choices.reshape(-1)
    pool = compiled.options.pool[option]
    busy = compiled.options.busy_us[option]
    # A deployment's row has the index of its supply; without replicas the busy row is the pool's.
    deployment = compiled.options.deployment[option]
    pool_row = np.where(deployment >= 0, deployment, compiled.pools.row[pool])
    own_pool = compiled.pools.query_scope[pool]

    sender, link, sent_bytes = journey.link_entries()
    link_row = compiled.links.row[link]
    own_link = compiled.links.query_scope[link]

    usage = sum_entries(
        plans,
        len(compiled.rows),
        np.concatenate([plan[~own_pool], sender[~own_link]]),
        np.concatenate([pool_row[~own_pool], link_row[~own_link]]),
        np.concatenate([busy[~own_pool], sent_bytes[~own_link]]),
    )
    own_load = sum_entries(
        plans,
        len(compiled.names.pools) + len(compiled.names.links),
        np.concatenate([plan[own_pool], sender[own_link]]),
        np.concatenate([pool[own_pool], len(compiled.names.pools) + link[own_link]]),
        np.concatenate([busy[own_pool], sent_bytes[own_link]]),
    )
    return usage, own_load


def sum_entries(rows: int, columns: int, row: Int, column: Int, amount: Int) -> Sparse:
    """Build a Sparse of `rows` rows from entries, adding up entries of one (row, column)."""
    from scipy.sparse import coo_array  # takes a tenth of a second: not on `import sloplan`

    summed = coo_array((amount, (row, column)), shape=(rows, max(columns, 1))).tocsr()
    start, column = summed.indptr.astype(np.int64), summed.indices.astype(np.int64)
    return Sparse(start, column, summed.data)
