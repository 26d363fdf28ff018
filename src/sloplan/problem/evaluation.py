"""What a plan does: latency, accuracy, cost and usage of many plans of one template at once.

This is the one evaluation in the toolkit: checker, plan tables and certificates all use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sloplan.problem.compiled import Application, Bool, CompiledInstance, Factor, Int, Sparse
from sloplan.problem.transfers import Transfers, transfers_of

NO_LIMIT = np.iinfo(np.int64).max
"""`max_rate_milli` of a plan that loads nothing of its query's own."""


@dataclass(frozen=True)
class PlanFigures:
    """Figures of n plans of one template; all per request and independent of the query's rate.

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
        Largest rate of one copy that the query's own pools and links carry.
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


def evaluate_plans(compiled: CompiledInstance, template: int, choices: Int) -> PlanFigures:
    """Evaluate plans of one template.

    Parameters
    ----------
    compiled : CompiledInstance
    template : int
    choices : (n, operators of the application) int64
        Global option index per local operator position; each option belongs to that operator.

    Returns
    -------
    PlanFigures
    """
    application = compiled.applications[compiled.templates.application[template]]
    source = int(compiled.templates.source[template])
    journey = _Journey(compiled, application, source, int(compiled.templates.sink[template]), choices)
    options = compiled.options
    usage, own_load = _loads(compiled, choices, journey)
    return PlanFigures(
        owned=_owned(compiled, source, choices),
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


class _Journey:
    """The transfers of n plans: from the source, along every edge, to the sink; and their latency."""

    def __init__(
        self, compiled: CompiledInstance, application: Application, source: int, sink: int, choices: Int
    ) -> None:
        self._transfers: Transfers = transfers_of(compiled)
        self._source = source
        plans = len(choices)
        self.routed: Bool = np.ones(plans, dtype=np.bool_)
        self.cost_nano: Int = np.zeros(plans, dtype=np.int64)
        self.sent: list[tuple[Int, Int]] = []  # (route, bytes) of each transfer, both of shape (n,)

        options = compiled.options
        site = options.site[choices]
        output = compiled.configuration_bytes[options.configuration[choices]]
        start = np.zeros_like(choices)
        for position in application.roots:
            input_bytes = compiled.operator_input_bytes[application.operators[position]]
            start[:, position] = self._send(np.full(plans, input_bytes), np.full(plans, source), site[:, position])
        finish = np.zeros_like(choices)
        for position in range(len(application.operators)):
            for producer in application.edges[application.edges[:, 1] == position, 0]:
                arrival = finish[:, producer] + self._send(output[:, producer], site[:, producer], site[:, position])
                np.maximum(start[:, position], arrival, out=start[:, position])
            finish[:, position] = start[:, position] + options.latency_us[choices[:, position]]
        if sink >= 0:
            for position in application.leaves:
                finish[:, position] += self._send(output[:, position], site[:, position], np.full(plans, sink))
        self.latency_us: Int = finish.max(axis=1, initial=0)

    def _send(self, sent_bytes: Int, from_site: Int, to_site: Int) -> Int:
        figures = self._transfers.of(self._source, sent_bytes, from_site, to_site)
        self.routed &= figures.possible
        self.cost_nano += figures.cost_nano
        self.sent.append((figures.route, sent_bytes))
        return figures.latency_us

    def link_entries(self) -> tuple[Int, Int, Int]:
        """Return (plan, link, bytes) of every link crossing."""
        plans, links, amounts = [], [], []
        for route, sent_bytes in self.sent:
            crossing = np.flatnonzero(route >= 0)
            used, which = np.unique(route[crossing], return_inverse=True)
            paths = [self._transfers.route_links(int(r)) for r in used]
            length = np.array([len(path) for path in paths], dtype=np.int64)
            first = np.concatenate([[0], np.cumsum(length)])
            flat = np.array([link for path in paths for link in path], dtype=np.int64)
            repeat = length[which]
            within = np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
            plan = np.repeat(crossing, repeat)
            plans.append(plan)
            links.append(flat[np.repeat(first[which], repeat) + within])
            amounts.append(sent_bytes[plan])
        return np.concatenate(plans), np.concatenate(links), np.concatenate(amounts)


def _owned(compiled: CompiledInstance, source: int, choices: Int) -> Bool:
    options = compiled.options
    bound_to_source = compiled.pools.query_scope[options.pool] | options.source_only
    return np.all(~bound_to_source[choices] | (options.site[choices] == source), axis=1)


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
    listed = dict(zip(map(tuple, factor.configurations.tolist()), factor.nano_nats.tolist(), strict=True))
    used, which = np.unique(configurations, axis=0, return_inverse=True)
    of_used = np.array([listed.get(tuple(combination), 0) for combination in used.tolist()], dtype=np.int64)
    return of_used[which.reshape(-1)]


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
    code, which = np.unique(row * max(columns, 1) + column, return_inverse=True)
    total = np.zeros(len(code), dtype=np.int64)
    np.add.at(total, which, amount)
    kept_row = code // max(columns, 1)
    start = np.concatenate([[0], np.cumsum(np.bincount(kept_row, minlength=rows))]).astype(np.int64)
    return Sparse(start, code % max(columns, 1), total)
