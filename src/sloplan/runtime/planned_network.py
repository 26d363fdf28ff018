"""A solution as a network of queues: every plan a stream of requests, every operator and link crossing a task.

Pools are stations of as many units as stand, tasks occupy the share of one that their profile states; under `replicas`
a deployment's replicas are a station of their own. Links are stations that send one request's bytes after the other.
What is a query's own is a station per copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.compiled import NO_LIMIT, Application, CompiledInstance, Text
from sloplan.problem.cost_problem import UNIT_PREFIX, under_objective
from sloplan.problem.grouping import grouped
from sloplan.problem.solution_index import IndexedSolution, index_solution
from sloplan.problem.spans import spans
from sloplan.problem.transfers import transfers_of
from sloplan.runtime.queue_network import Changes, Float, Int, QueueNetwork, Streams, Tasks

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance
    from sloplan.problem.solution import Solution

_BATCH: Final = re.compile(r"batch-(\d+)")
_MICRO: Final = 1e-6
_NOBODY: Final = -1
"""Sends to no operator, or gets from none: the ends of a request's way."""


@dataclass(frozen=True)
class PlannedNetwork:
    """A solution's network.

    Parameters
    ----------
    network : QueueNetwork
        A stream per plan of the solution.
    query : (streams,) int64
        Of the instance.
    plans : IndexedSolution
        In the order of the streams.
    station_name : (shared stations,) str
        "pool:P", "deployment:P/O/C/A" or "link:L"; stations of copies' own follow those.
    """

    network: QueueNetwork
    query: Int
    plans: IndexedSolution
    station_name: Text


def planned_network(instance: Instance, solution: Solution) -> PlannedNetwork:
    """Lay a valid solution out as a network.

    Profiles state the time of one call and the latency: what a request's latency has beyond its work is a delay that
    occupies nothing. An allocation whose name holds "batch-N" works on up to N requests of one deployment together,
    greedily: N times its busy time per request, however many there are.

    Parameters
    ----------
    instance : Instance
    solution : Solution
    """
    compiled = under_objective(instance.compiled, solution.objective)
    indexed, _ = index_solution(instance, solution)
    stations = _Stations.of(compiled, indexed)
    parts = [_Part() for _ in range(0)]
    application = compiled.templates.application[compiled.queries.template[indexed.query]]
    option = _Options.of(instance, compiled, np.unique(indexed.choices[indexed.choices >= 0]))
    for number, member in grouped(application):
        layout = _Layout(compiled, compiled.applications[number], indexed, member)
        parts.append(layout.part(option, stations))
    return PlannedNetwork(_joined(compiled, indexed, stations, parts), indexed.query, indexed, stations.name)


@dataclass(frozen=True)
class _Stations:
    """Shared stations: pools, deployments, links. Resources have the same numbers, own ones too."""

    name: Text
    capacity: Float
    is_own: np.ndarray[tuple[int], np.dtype[np.bool_]]
    first_deployment: int
    first_link: int

    @classmethod
    def of(cls, compiled: CompiledInstance, indexed: IndexedSolution) -> _Stations:
        pools, links, names = compiled.pools, compiled.links, compiled.names
        units, supplies = pools.units.astype(np.float64), compiled.supplies.name.astype(str)
        is_unit = np.char.startswith(supplies, UNIT_PREFIX) if len(supplies) else np.zeros(0, np.bool_)
        if is_unit.any():  # under cost nothing reserved stands but what is rented
            rented = np.searchsorted(names.pools.astype(str), np.char.replace(supplies[is_unit], UNIT_PREFIX, "", 1))
            units[rented] = indexed.supply[is_unit]
        replicas = ~is_unit
        return cls(
            name=np.concatenate(
                [
                    ("pool:" + names.pools).astype(object),
                    np.array([f"deployment:{name}" for name in supplies[replicas]], dtype=object),
                    ("link:" + names.links).astype(object),
                ]
            ),
            capacity=np.concatenate([units, indexed.supply[replicas].astype(np.float64), np.ones(len(names.links))]),
            is_own=np.concatenate([pools.query_scope, np.zeros(replicas.sum(), np.bool_), links.query_scope]),
            first_deployment=len(names.pools),
            first_link=len(names.pools) + int(replicas.sum()),
        )


@dataclass(frozen=True)
class _Options:
    """What tasks of some options need, looked up by option; all of shape (options of the instance,)."""

    work_s: Float
    share: Float
    delay_s: Float
    batch: Int

    @classmethod
    def of(cls, instance: Instance, compiled: CompiledInstance, used: Int) -> _Options:
        options, names, tables = compiled.options, compiled.names, instance.to_frames()
        hardware = tables["pools"].set_index("pool")["hardware"]
        keys = pd.DataFrame(
            {
                "operator": names.operators[options.operator[used]],
                "configuration": names.configurations[options.configuration[used]],
                "hardware": hardware.loc[names.pools[options.pool[used]].tolist()].to_numpy(),
                "allocation": names.allocations[options.allocation[used]],
            }
        )
        stated = keys.merge(tables["profiles"], how="left", on=list(keys.columns))
        share = np.ones(len(options.operator))
        share[used] = stated["share"].to_numpy(dtype=np.float64)
        batch = np.ones(len(options.operator), dtype=np.int64)
        named = [_BATCH.search(name) for name in keys["allocation"]]
        batch[used] = [1 if found is None else max(1, int(found[1])) for found in named]
        work = options.busy_us * _MICRO / share * batch
        latency = options.latency_us * _MICRO
        # A batch's latency is planned with the wait for it to fill; here requests wait as long as they do.
        delay = np.where(batch == 1, latency - work, 0.0)
        hosted = options.deployment >= 0  # a replica is its station's unit
        return cls(work, np.where(hosted, 1.0, share), delay, batch)


@dataclass
class _Part:
    """Tasks of the plans of one application, and which comes right after which; by stream and local number."""

    tasks: list[pd.DataFrame] = field(default_factory=list)
    pairs: list[tuple[Int, Int, Int]] = field(default_factory=list)


class _Layout:
    """The tasks of n plans of one application: its operators first, then link crossings as they come."""

    def __init__(
        self, compiled: CompiledInstance, application: Application, indexed: IndexedSolution, member: Int
    ) -> None:
        self._compiled, self._application, self._stream = compiled, application, member
        self._choices = indexed.choices[member, : len(application.operators)]
        template = compiled.queries.template[indexed.query[member]]
        self._source, self._sink = compiled.templates.source[template], compiled.templates.sink[template]
        self._next: Int = np.full(len(member), len(application.operators))
        self._part = _Part()

    def part(self, option: _Options, stations: _Stations) -> _Part:
        """Return the tasks."""
        compiled, application = self._compiled, self._application
        options = compiled.options
        for position in range(len(application.operators)):
            chosen = self._choices[:, position]
            hosted = options.deployment[chosen]
            resource = np.where(hosted >= 0, stations.first_deployment + hosted, options.pool[chosen])
            self._add(
                stream=self._stream,
                number=np.full(len(chosen), position),
                resource=resource,
                work_s=option.work_s[chosen],
                share=option.share[chosen],
                delay_s=option.delay_s[chosen],
                batch=option.batch[chosen],
                kind=chosen,
            )
        for position in application.roots.tolist():
            size = np.full(len(self._stream), compiled.operator_input_bytes[application.operators[position]])
            self._send(stations, size, self._source, self._site(position), _NOBODY, position)
        for producer, consumer in application.edges.tolist():
            self._send(stations, self._output(producer), self._site(producer), self._site(consumer), producer, consumer)
        for position in application.leaves.tolist():
            here = self._site(position)
            there = np.where(self._sink >= 0, self._sink, here)
            self._send(stations, self._output(position), here, there, position, _NOBODY)
        return self._part

    def _add(self, **columns: np.ndarray[Any, Any]) -> None:
        self._part.tasks.append(pd.DataFrame(columns))

    def _site(self, position: int) -> Int:
        return self._compiled.options.site[self._choices[:, position]]

    def _output(self, position: int) -> Int:
        configuration = self._compiled.options.configuration[self._choices[:, position]]
        return self._compiled.configuration_bytes[configuration]

    def _send(self, stations: _Stations, size: Int, start: Int, end: Int, producer: int, consumer: int) -> None:
        """Add the crossings of a transfer of each plan, in a row from its producer to its consumer."""
        transfers, links = transfers_of(self._compiled), self._compiled.links
        route = transfers.of(self._source, size, start, end).route
        which, used = pd.factorize(route)
        paths = [transfers.route_links(int(number)) for number in used]
        of_route = np.array([len(path) for path in paths], dtype=np.int64)
        flat = np.array([link for path in paths for link in path], dtype=np.int64)
        length = of_route[which]
        plan = np.repeat(np.arange(len(route)), length)
        link = flat[spans((np.cumsum(of_route) - of_route)[which], length)]
        number = spans(self._next, length)
        crossing, _ = transfers.crossing(link, size[plan])
        self._add(
            stream=self._stream[plan],
            number=number,
            resource=stations.first_link + link,
            work_s=(crossing - links.delay_us[link]) * _MICRO,
            share=np.ones(len(link)),
            delay_s=links.delay_us[link] * _MICRO,
            batch=np.ones(len(link), dtype=np.int64),
            kind=np.full(len(link), _NOBODY),
        )
        begin, last, some = self._next, self._next + length - 1, np.flatnonzero(length > 0)
        if producer != _NOBODY:
            self._then(some, np.full(len(some), producer), begin[some])
        inner = number < last[plan]
        self._then(plan[inner], number[inner], number[inner] + 1)
        if consumer != _NOBODY:
            self._then(some, last[some], np.full(len(some), consumer))
            if producer != _NOBODY:
                none = np.flatnonzero(length == 0)
                self._then(none, np.full(len(none), producer), np.full(len(none), consumer))
        self._next = self._next + length

    def _then(self, plan: Int, first: Int, second: Int) -> None:
        self._part.pairs.append((self._stream[plan], first, second))


def _joined(
    compiled: CompiledInstance, indexed: IndexedSolution, stations: _Stations, parts: list[_Part]
) -> QueueNetwork:
    """Number all tasks stream by stream, and give every copy stations of its own where it has some."""
    num_streams = len(indexed.query)
    tasks = pd.concat([frame for part in parts for frame in part.tasks] or [_no_tasks()])
    tasks = tasks.sort_values(["stream", "number"], ignore_index=True)
    stream, resource = tasks["stream"].to_numpy(np.int64), tasks["resource"].to_numpy(np.int64)
    first_task = np.searchsorted(stream, np.arange(num_streams + 1)).astype(np.int64)
    pairs = [pair for part in parts for pair in part.pairs]
    of_stream, earlier, later = (
        np.concatenate([pair[i] for pair in pairs] or [np.zeros(0, np.int64)]) for i in range(3)
    )
    earlier, later = first_task[of_stream] + earlier, first_task[of_stream] + later
    by_earlier = np.argsort(earlier, kind="stable")
    first_after = np.searchsorted(earlier[by_earlier], np.arange(len(tasks) + 1)).astype(np.int64)

    own = np.flatnonzero(stations.is_own[resource])
    pair, place = np.unique(stream[own] * len(stations.name) + resource[own], return_inverse=True)
    owner, owned = np.divmod(pair, len(stations.name))
    width = np.bincount(owner, minlength=num_streams)
    first_owned = np.cumsum(width) - width
    station: Int = resource.copy()
    station[own] = -1 - (place - first_owned[stream[own]])
    blocks = width * indexed.count
    first_own = len(stations.name) + np.cumsum(blocks) - blocks
    in_block = spans(np.zeros(num_streams, np.int64), blocks)
    of_block = np.repeat(np.arange(num_streams), blocks)
    own_capacity = stations.capacity[owned[first_owned[of_block] + in_block % np.maximum(width, 1)[of_block]]]

    queries = compiled.queries
    slo = queries.slo_latency_us[indexed.query]
    return QueueNetwork(
        Streams(
            rate_rps=np.asarray(queries.rate_milli[indexed.query] * 1e-3 * indexed.count, dtype=np.float64),
            copies=indexed.count,
            deadline_s=np.where(slo >= NO_LIMIT, np.inf, slo * _MICRO),
            first_task=first_task,
            first_own=first_own.astype(np.int64),
            own_width=width.astype(np.int64),
        ),
        Tasks(
            station=station,
            work_s=tasks["work_s"].to_numpy(np.float64),
            share=tasks["share"].to_numpy(np.float64),
            delay_s=tasks["delay_s"].to_numpy(np.float64),
            is_steady=tasks["kind"].to_numpy(np.int64) == _NOBODY,
            batch=tasks["batch"].to_numpy(np.int64),
            kind=tasks["kind"].to_numpy(np.int64),
            before=np.bincount(later, minlength=len(tasks)).astype(np.int64),
            first_after=first_after,
            after=later[by_earlier].astype(np.int64),
        ),
        np.concatenate([stations.capacity, own_capacity]),
        Changes.none(),
    )


def _no_tasks() -> pd.DataFrame:
    columns = ("stream", "number", "resource", "work_s", "share", "delay_s", "batch", "kind")
    return pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in columns})
