"""A template as label setting sees it: all that does not depend on prices, in flat arrays for the kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.pricing.arcs import Arc, arcs_of
from sloplan.pricing.bound_kernels import IMPOSSIBLE, least_tails, least_to_come
from sloplan.pricing.demands import Demands
from sloplan.pricing.joint_factors import JointFactors
from sloplan.pricing.label_kernels import count_plans
from sloplan.problem.compiled import Application, Bool, CompiledInstance, Int
from sloplan.problem.evaluation import factor_nano_nats, own_capacity
from sloplan.problem.spans import spans
from sloplan.problem.transfers import TransferFigures, transfers_of

KEY_LIMIT = 200_000
"""Largest number of distinct keys at one operator up to which plans are counted."""


@dataclass(frozen=True)
class Network:
    """One template; options are numbered through, those of operator p at ``option_start[p]:option_start[p + 1]``.

    Parameters
    ----------
    template : int
    demands : Demands
    options : (options,) int64
        Global option of each number.
    rows : (rows,) int64
        Coupling rows that plans may use, ascending: prices of others do not matter.
    shape : tuple of arrays
        Options and arcs: option_start, arc_start, arc_producer, arc_table, arc_width, arc_class.
    possible : (pairs,) bool
    figures : tuple of arrays
        option_latency, option_ready, option_exit, option_rate, option_amount, leaf, arc_timed, pair_latency,
        pair_amount.
    joint : tuple of arrays, and a column of the amounts
        See `JointFactors`.
    keys : tuple of arrays
        key_open, timed (both stages x operators), key_class (stages x options).
    pricing : tuple of arrays
        What `label_kernels.price_parts` takes after the prices.
    anchor : (operators,) int64
        Arc by which each operator hangs on an earlier one, -1: none.
    joint_least : (options,) int64
    """

    template: int
    demands: Demands
    options: Int
    rows: Int
    shape: tuple[Int, ...]
    possible: Bool
    figures: tuple[npt.NDArray, ...]
    joint: tuple[Int, Int, Int, Int, Int, Int, int]
    keys: tuple[Bool, Bool, Int]
    pricing: tuple[Int, ...]
    anchor: Int
    tail: Int
    rest_amount: Int
    without_amount: Int

    @property
    def operators(self) -> int:
        """Number of operators."""
        return len(self.shape[0]) - 1

    def count_plans(self) -> float:
        """Return how many plans meet placement, compatibility and routes; exact below 2^53, infinite if very many."""
        key_open, _, key_class = self.keys
        return float(count_plans(*self.shape, self.possible, key_open, key_class, KEY_LIMIT))

    @classmethod
    def of(cls, compiled: CompiledInstance, template: int) -> Network:
        """Lay out a template.

        Parameters
        ----------
        compiled : CompiledInstance
        template : int
        """
        return _Layout(compiled, template).network()


class _Layout:
    """Collects the parts of one template."""

    def __init__(self, compiled: CompiledInstance, template: int) -> None:
        self._compiled, self._template = compiled, template
        self._application: Application = compiled.applications[compiled.templates.application[template]]
        self._source, self._sink = int(compiled.templates.source[template]), int(compiled.templates.sink[template])
        self._ends()
        self._arcs = arcs_of(compiled, self._application, self._source, self._open)
        self._joint = JointFactors.of(compiled, self._application, self._open)
        self._routes()

    def _ends(self) -> None:
        """Open options with the ways from the source and to the sink; options without them go."""
        compiled, application, table = self._compiled, self._application, self._compiled.options
        transfers, most_rate = transfers_of(compiled), self._most_rate
        opened: list[Int] = []
        from_source: list[Int] = []
        to_sink: list[Int] = []
        for position, part in enumerate(compiled.template_options(self._template)):
            part = part[table.min_rate_milli[part] <= most_rate]
            site = table.site[part]
            none = np.zeros(len(part), dtype=np.int64)
            idle = TransferFigures(np.ones(len(part), dtype=np.bool_), none, none, none - 1)
            arriving, leaving, received, sent = idle, idle, none, none
            if position in application.roots:
                received = none + compiled.operator_input_bytes[application.operators[position]]
                arriving = transfers.of(self._source, received, none + self._source, site)
            if self._sink >= 0 and position in application.leaves:
                sent = compiled.configuration_bytes[table.configuration[part]]
                leaving = transfers.of(self._source, sent, site, none + self._sink)
            keep = np.flatnonzero(arriving.possible & leaving.possible)
            opened.append(part[keep])
            for legs, figures, amount in ((from_source, arriving, received), (to_sink, leaving, sent)):
                legs.append(np.stack([figures.latency_us, figures.cost_nano, figures.route, amount])[:, keep])
        self._open = tuple(opened)
        self._option = np.concatenate(opened)
        self._start = np.cumsum([0, *map(len, opened)]).astype(np.int64)
        self._from_source, self._to_sink = np.concatenate(from_source, axis=1), np.concatenate(to_sink, axis=1)

    @property
    def _most_rate(self) -> int:
        return int(self._compiled.queries.rate_milli[self._compiled.template_queries(self._template)].max())

    def _routes(self) -> None:
        """Number the template's routes and note the links of each."""
        numbers = [self._from_source[2], self._to_sink[2], *(arc.route for arc in self._arcs)]
        route = np.unique(np.concatenate(numbers))
        self._route = route[route >= 0]
        paths = [transfers_of(self._compiled).route_links(number) for number in self._route.tolist()]
        self._route_start = np.cumsum([0, *map(len, paths)]).astype(np.int64)
        self._route_link = np.array([link for path in paths for link in path], dtype=np.int64)

    def network(self) -> Network:
        compiled, table = self._compiled, self._compiled.options
        pair_bytes = self._joined([arc.sent_bytes for arc in self._arcs])
        pair_route = self._numbered(self._joined([arc.route for arc in self._arcs]))
        own, of_option, of_pair = self._own_loads(pair_route, pair_bytes)
        cost = table.cost_nano[self._option] + self._from_source[1] + self._to_sink[1]
        option_amount = np.column_stack([self._single_factors(), cost, of_option])
        pair_cost = self._joined([arc.cost_nano for arc in self._arcs])
        pair_amount = np.column_stack([self._joined([arc.nano_nats for arc in self._arcs]), pair_cost, of_pair])
        option_rate = table.min_rate_milli[self._option]
        pair_latency = self._joined([arc.latency_us for arc in self._arcs])
        option_latency = table.latency_us[self._option]
        latencies = option_latency + self._from_source[0] + self._to_sink[0]
        most = [
            self._most(latencies, pair_latency),
            int(option_rate.max(initial=0)),
            *(self._most(option_amount[:, r], pair_amount[:, r]) for r in range(option_amount.shape[1])),
        ]
        most[2] += self._joint.most()
        demands = Demands.of(compiled, self._template, own_capacity(compiled)[own], most)
        active = np.flatnonzero(demands.active)
        option_amount, pair_amount = (
            np.ascontiguousarray(option_amount[:, active]),
            np.ascontiguousarray(pair_amount[:, active]),
        )
        leaf = np.zeros(len(self._open), dtype=np.bool_)
        leaf[self._application.leaves] = True
        clock = int(demands.latency)  # where no latency can be too long, all take no time
        timed = np.array([arc.timed and demands.latency for arc in self._arcs], dtype=np.bool_)
        figures = (
            option_latency * clock, self._from_source[0] * clock, self._to_sink[0] * clock,
            option_rate * int(demands.rate), option_amount, leaf, timed, pair_latency * clock, pair_amount,
        )  # fmt: skip
        shape, possible, anchor = self._shape(), self._joined_possible(), self._anchors()
        rated = bool(demands.active[0])
        joint = self._joint
        least_amount = option_amount.copy()
        if rated:
            least_amount[:, 0] += joint.least
        rest_amount, without_amount = _rest(shape, possible, anchor, least_amount, pair_amount)
        rows, priced = self._usage(pair_route, pair_bytes, pair_cost)
        return Network(
            template=self._template,
            demands=demands,
            options=self._option,
            rows=rows,
            shape=shape,
            possible=possible,
            figures=figures,
            joint=(
                joint.start if rated else joint.start[:1], joint.operator, joint.table, joint.stride,
                joint.option_class, joint.nano_nats, 0,
            ),
            keys=self._keys(rated, demands.latency),
            pricing=priced,
            anchor=anchor,
            tail=least_tails(*shape, timed, possible, figures[0], figures[2], figures[7]),
            rest_amount=rest_amount,
            without_amount=without_amount,
        )  # fmt: skip

    @staticmethod
    def _joined(parts: list[Int]) -> Int:
        return np.concatenate([np.zeros(0, dtype=np.int64), *parts])

    def _joined_possible(self) -> Bool:
        return np.concatenate([np.zeros(0, dtype=np.bool_), *(arc.possible for arc in self._arcs)])

    def _numbered(self, route: Int) -> Int:
        return np.where(route >= 0, np.searchsorted(self._route, route), -1)

    def _most(self, of_option: Int, of_pair: Int) -> int:
        """An upper bound on the sum over any plan's options and pairs."""
        total = sum(
            int(of_option[first:end].max(initial=0))
            for first, end in zip(self._start[:-1], self._start[1:], strict=True)
        )
        first = 0
        for arc in self._arcs:
            total += int(of_pair[first : first + len(arc.route)].max(initial=0))
            first += len(arc.route)
        return total

    def _single_factors(self) -> Int:
        """Nano-nats of the accuracy factors of one operator, shape (options,)."""
        total = np.zeros(len(self._option), dtype=np.int64)
        for factor in self._application.factors:
            if len(factor.positions) == 1:
                part = slice(self._start[factor.positions[0]], self._start[factor.positions[0] + 1])
                configuration = self._compiled.options.configuration[self._option[part]]
                total[part] += factor_nano_nats(factor, configuration[:, None])
        return total

    def _own_loads(self, pair_route: Int, pair_bytes: Int) -> tuple[Int, Int, Int]:
        """Own resources that plans may load (pool p is p, link l is pools + l), and the loads of options and pairs."""
        compiled, table = self._compiled, self._compiled.options
        pools = len(compiled.names.pools)
        pool = table.pool[self._option]
        own_pools = np.unique(pool[compiled.pools.query_scope[pool]])
        own_links = np.unique(self._route_link[compiled.links.query_scope[self._route_link]])
        of_option = [np.where(pool == own, table.busy_us[self._option], 0) for own in own_pools]
        of_pair = [np.zeros(len(pair_bytes), dtype=np.int64) for _ in own_pools]
        route_of_place = np.repeat(np.arange(len(self._route)), np.diff(self._route_start))
        for link in own_links:
            times = np.zeros(len(self._route) + 1, dtype=np.int64)  # the last: no route
            np.add.at(times, route_of_place[self._route_link == link], 1)
            of_option.append(sum(times[self._numbered(leg[2])] * leg[3] for leg in (self._from_source, self._to_sink)))
            of_pair.append(times[pair_route] * pair_bytes)
        own = np.concatenate([own_pools, pools + own_links]).astype(np.int64)
        return (
            own,
            np.array(of_option, dtype=np.int64).reshape(len(own), len(self._option)).T,
            np.array(of_pair, dtype=np.int64).reshape(len(own), len(pair_bytes)).T,
        )

    def _shape(self) -> tuple[Int, ...]:
        arcs = self._arcs
        arc_class = np.zeros((len(arcs), len(self._option)), dtype=np.int64)
        for number, arc in enumerate(arcs):
            arc_class[number, self._start[arc.producer] : self._start[arc.producer + 1]] = arc.producer_class
            arc_class[number, self._start[arc.consumer] : self._start[arc.consumer + 1]] = arc.consumer_class
        consumer = np.array([arc.consumer for arc in arcs], dtype=np.int64)
        return (
            self._start,
            np.searchsorted(consumer, np.arange(len(self._open) + 1)).astype(np.int64),
            np.array([arc.producer for arc in arcs], dtype=np.int64),
            np.cumsum([0, *(len(arc.route) for arc in arcs)])[:-1].astype(np.int64),
            np.array([arc.width for arc in arcs], dtype=np.int64),
            arc_class,
        )

    def _anchors(self) -> Int:
        """The arc that each operator hangs on: of its arcs the one that sends most, else the latest producer's."""

        def weight(number: int) -> tuple[bool, int, int]:
            arc: Arc = self._arcs[number]
            return arc.timed, int(arc.sent_bytes.max(initial=0)), arc.producer

        anchor = np.full(len(self._open), -1, dtype=np.int64)
        for position in range(len(self._open)):
            own = [number for number, arc in enumerate(self._arcs) if arc.consumer == position]
            if own:
                anchor[position] = max(own, key=weight)
        return anchor

    def _keys(self, rated: bool, clocked: bool) -> tuple[Bool, Bool, Int]:
        """What later choices need of the options chosen so far, at every stage."""
        count = len(self._open)
        key_open, timed = np.zeros((count, count), dtype=np.bool_), np.zeros((count, count), dtype=np.bool_)
        key_class = np.zeros((count, len(self._option)), dtype=np.int64)
        for operator in range(count):
            part = slice(self._start[operator], self._start[operator + 1])
            for stage in range(operator, count):
                needed = [a for a in self._arcs if a.producer == operator and a.consumer > stage]
                columns = [arc.producer_class for arc in needed]
                for number, (first, end) in enumerate(zip(self._joint.start[:-1], self._joint.start[1:], strict=True)):
                    members = self._joint.operator[first:end]
                    if rated and operator in members and members[-1] > stage:
                        columns.append(self._joint.option_class[number, part])
                if columns:
                    _, code = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
                    key_open[stage, operator] = True
                    key_class[stage, part] = code.reshape(-1)
                timed[stage, operator] = clocked and any(arc.timed for arc in needed)
        return key_open, timed, key_class

    def _usage(self, pair_route: Int, pair_bytes: Int, pair_cost: Int) -> tuple[Int, tuple[Int, ...]]:
        """Rows that plans use, and what each option and pair uses of them and is billed."""
        compiled, table = self._compiled, self._compiled.options
        deployment, pool = table.deployment[self._option], table.pool[self._option]
        # A deployment's row has the index of its supply; without replicas the busy row is the pool's.
        busy_row = np.where(deployment >= 0, deployment, compiled.pools.row[pool])
        who, row, amount = [np.arange(len(self._option))], [busy_row], [table.busy_us[self._option]]
        for leg in (self._from_source, self._to_sink):
            sender = np.flatnonzero(leg[2] >= 0)
            route = self._numbered(leg[2][sender])
            length = np.diff(self._route_start)[route]
            who.append(np.repeat(sender, length))
            row.append(compiled.links.row[self._route_link[spans(self._route_start[route], length)]])
            amount.append(np.repeat(leg[3][sender], length))
        user, used, much = (np.concatenate(parts) for parts in (who, row, amount))
        shared = np.flatnonzero(used >= 0)  # the query's own pools and links have no row
        order = shared[np.argsort(user[shared], kind="stable")]
        route_row = compiled.links.row[self._route_link]
        rows = np.unique(np.concatenate([used[order], route_row[route_row >= 0]]))
        lengths = np.bincount(user[order], minlength=len(self._option))
        on_shared = route_row >= 0
        kept_before = np.concatenate([[0], np.cumsum(on_shared)])
        billed = table.billed_cost_nano[self._option] + self._from_source[1] + self._to_sink[1]
        return rows, (
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            np.searchsorted(rows, used[order]),
            much[order],
            billed,
            kept_before[self._route_start].astype(np.int64),
            np.searchsorted(rows, route_row[on_shared]),
            pair_route,
            pair_bytes,
            pair_cost,
        )


def _rest(shape: tuple[Int, ...], possible: Bool, anchor: Int, of_option: Int, of_pair: Int) -> tuple[Int, Int]:
    """Completion bounds of every amount: (operators, options, amounts) and (operators, amounts)."""
    operators = len(shape[0]) - 1
    rest = np.zeros((operators, len(of_option), of_option.shape[1]), dtype=np.int64)
    without = np.zeros((operators, of_option.shape[1]), dtype=np.int64)
    for column in range(of_option.shape[1]):
        rest[:, :, column], without[:, column] = least_to_come(
            *shape, anchor, possible, of_option[:, column].copy(), of_pair[:, column].copy(), IMPOSSIBLE
        )
    return rest, without
