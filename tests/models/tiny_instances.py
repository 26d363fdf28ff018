"""Handmade instances of one query, each with one rule that forbids some of its plans and not others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from sloplan.problem.instance import Instance

Rows = list[dict[str, Any]]


def tiny(
    operators: dict[str, dict[str, float]],
    *,
    edges: tuple[tuple[str, str], ...] = (),
    query: dict[str, Any] | None = None,
    busy_ms: float = 1.0,
    **tables: Rows,
) -> Instance:
    """Return an instance with a device, an edge and a cloud site, and one query at the device.

    `operators` gives the latency (ms, on a machine of speed 1) of each configuration; all stand
    in tables of one row each unless `tables` says otherwise.
    """
    fed = {consumer for _, consumer in edges}
    frames: dict[str, Rows] = {
        "sites": [{"site": site, "tier": site} for site in ("device", "edge", "cloud")],
        "pools": [
            {"pool": "phone", "site": "device", "hardware": "slow", "units": 1, "memory_gb": 8, "scope": "query"},
            {"pool": "server", "site": "edge", "hardware": "fast", "units": 1, "memory_gb": 8},
        ],
        "links": [
            {"link": "up", "from_site": "device", "to_site": "edge", "bandwidth_mbps": 8, "delay_ms": 3},
            {"link": "down", "from_site": "edge", "to_site": "device", "bandwidth_mbps": 8, "delay_ms": 3},
        ],
        "operators": [
            {"operator": name, "application": "app", "input_kb": None if name in fed else 2.0} for name in operators
        ],
        "edges": [{"from_operator": producer, "to_operator": consumer} for producer, consumer in edges],
        "configurations": [
            {"operator": name, "configuration": configuration, "output_kb": 1.0 + place}
            for name, latency in operators.items()
            for place, configuration in enumerate(latency)
        ],
        "profiles": [
            {"operator": name, "configuration": configuration, "hardware": hardware, "latency_ms": factor * latency,
             "busy_ms": busy_ms * latency, "min_rate_rps": None}
            for name, latencies in operators.items()
            for configuration, latency in latencies.items()
            for hardware, factor in (("slow", 4), ("fast", 1))
        ],
        "queries": [{"query": "q", "application": "app", "source_site": "device", "rate_rps": 1.0} | (query or {})],
    }  # fmt: skip
    frames.update(tables)
    return Instance.from_frames({name: pd.DataFrame(rows) for name, rows in frames.items() if rows})


TWO = {"a": {"s": 2.0, "m": 5.0, "l": 9.0}, "b": {"s": 3.0, "l": 8.0}}
CHAIN = (("a", "b"),)


def latency_of_a_chain() -> Instance:
    """Latency along a chain of three, with transfers that depend on what is sent."""
    operators = {**TWO, "c": {"s": 1.0, "l": 6.0}}
    return tiny(operators, edges=(("a", "b"), ("b", "c")), query={"slo_latency_ms": 30.0})


def latency_of_a_diamond() -> Instance:
    """Latency through the slower branch of a diamond, whose results go back to the device."""
    operators = {"a": {"s": 2.0, "l": 4.0}, "b": {"s": 3.0, "l": 9.0}, "c": {"s": 2.0, "l": 8.0}, "d": {"s": 1.0}}
    edges = (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"))
    return tiny(operators, edges=edges, query={"slo_latency_ms": 32.0, "sink_site": "device"})


def latency_where_many_paths_meet() -> Instance:
    """More paths meet before a last operator than are written one by one."""
    branches = [f"b{i}" for i in range(5)]
    operators = {"a": {"s": 1.0}, **{b: {"s": 2.0 + i} for i, b in enumerate(branches)}, "c": {"s": 1.0}}
    operators |= {"d": {"s": 2.0, "l": 7.0}}
    edges = tuple(("a", b) for b in branches) + tuple((b, "c") for b in branches) + (("c", "d"),)
    return tiny(operators, edges=edges, query={"slo_latency_ms": 31.0})


def compatible_blocks() -> Instance:
    """Compatible configurations form disjoint blocks."""
    listed = [("s", "s"), ("m", "l"), ("l", "l")]
    return tiny(TWO, edges=CHAIN, compatible=_compatible("a", "b", listed))


def compatible_overlaps() -> Instance:
    """Compatible configurations overlap, and the pair is given against the order of the DAG."""
    listed = [("s", "s"), ("s", "m"), ("l", "m"), ("l", "l")]
    return tiny(TWO, edges=CHAIN, compatible=_compatible("b", "a", listed))


def accuracy_of_single_factors() -> Instance:
    """Two factors of one operator each; some combinations miss the SLO."""
    rows = [
        {"factor": name, "operators": name, "configurations": configuration, "accuracy": accuracy}
        for name, table in {"a": {"s": 0.7, "m": 0.8, "l": 0.95}, "b": {"s": 0.8, "l": 0.9}}.items()
        for configuration, accuracy in table.items()
    ]
    return tiny(TWO, edges=CHAIN, query={"slo_accuracy": 0.72}, accuracy=rows)


def accuracy_of_a_joint_factor() -> Instance:
    """Accuracy measured on pairs, not a product."""
    accuracy = {("s", "s"): 0.6, ("s", "l"): 0.9, ("m", "s"): 0.95, ("m", "l"): 0.7, ("l", "s"): 0.7, ("l", "l"): 0.8}
    return tiny(TWO, edges=CHAIN, query={"slo_accuracy": 0.8}, accuracy=_joint("a;b", accuracy))


def accuracy_of_three_and_one() -> Instance:
    """A factor of three operators beside one of a single operator."""
    operators = {**TWO, "c": {"s": 1.0, "l": 6.0}}
    values = iter((0.61, 0.9, 0.72, 0.95, 0.8, 0.66, 0.99, 0.7, 0.84, 0.93, 0.77, 0.88))
    joint = {(a, b, c): next(values) for a in "sml" for b in "sl" for c in "sl"}
    single = [
        {"factor": "own", "operators": "c", "configurations": c, "accuracy": x} for c, x in (("s", 0.9), ("l", 1.0))
    ]
    rows = _joint("a;b;c", joint) + single
    return tiny(operators, edges=(("a", "b"), ("b", "c")), query={"slo_accuracy": 0.75}, accuracy=rows)


def cost_of_machines_and_traffic() -> Instance:
    """Machines and links are paid; some plans cost too much."""
    pools = [
        {"pool": "phone", "site": "device", "hardware": "slow", "units": 1, "memory_gb": 8, "scope": "query"},
        {"pool": "server", "site": "edge", "hardware": "fast", "units": 1, "memory_gb": 8, "price_per_unit_hour": 3.6},
    ]
    links = [
        {"link": "up", "from_site": "device", "to_site": "edge", "bandwidth_mbps": 8, "delay_ms": 3, "price_per_gb": 3},
        {"link": "down", "from_site": "edge", "to_site": "device", "bandwidth_mbps": 8, "delay_ms": 3},
    ]
    return tiny(TWO, edges=CHAIN, query={"slo_cost_per_1k": 0.016}, pools=pools, links=links)


def own_machine() -> Instance:
    """The query's own machine carries some operators but not all."""
    return tiny(TWO, edges=CHAIN, query={"rate_rps": 100.0}, busy_ms=1.0)


def own_link() -> Instance:
    """The query's own uplink carries the input or the intermediate result, not both twice."""
    links = [
        {"link": "up", "from_site": "device", "to_site": "edge", "bandwidth_mbps": 4, "delay_ms": 3, "scope": "query"},
        {
            "link": "down",
            "from_site": "edge",
            "to_site": "device",
            "bandwidth_mbps": 9,
            "delay_ms": 3,
            "scope": "query",
        },
    ]
    operators = {name: TWO[name] for name in "ab"} | {"c": {"s": 1.0, "l": 2.0}}
    edges = (("a", "b"), ("a", "c"), ("b", "c"))
    return tiny(operators, edges=edges, query={"rate_rps": 120.0}, links=links, busy_ms=0.1)


def rates_that_allocations_need() -> Instance:
    """An allocation needs a larger rate of one copy than the query has."""
    profiles = [
        {"operator": name, "configuration": configuration, "hardware": "fast", "allocation": allocation,
         "latency_ms": 1.0, "busy_ms": 1.0, "min_rate_rps": rate}
        for name in "ab" for configuration in TWO[name] for allocation, rate in (("b1", None), ("b8", 8.0))
    ]  # fmt: skip
    return tiny(TWO, edges=CHAIN, query={"rate_rps": 7.9}, profiles=profiles)


def missing_routes() -> Instance:
    """There is a way to the edge and none back."""
    links = [{"link": "up", "from_site": "device", "to_site": "edge", "bandwidth_mbps": 8, "delay_ms": 3}]
    return tiny({**TWO, "c": {"s": 1.0}}, edges=(("a", "b"), ("b", "c")), links=links)


def shared_machine() -> Instance:
    """The shared machine carries some operators of the only query but not all."""
    return tiny(TWO, edges=CHAIN, query={"rate_rps": 80.0}, busy_ms=1.0)


def shared_link() -> Instance:
    """The shared links carry small results only."""
    links = [
        {"link": "up", "from_site": "device", "to_site": "edge", "bandwidth_mbps": 4, "delay_ms": 3},
        {"link": "down", "from_site": "edge", "to_site": "device", "bandwidth_mbps": 2, "delay_ms": 3},
    ]
    return tiny(TWO, edges=CHAIN, query={"rate_rps": 130.0, "sink_site": "device"}, links=links, busy_ms=0.1)


def _compatible(operator: str, other: str, listed: list[tuple[str, str]]) -> Rows:
    return [
        {"operator": operator, "configuration": first, "other_operator": other, "other_configuration": second}
        for first, second in listed
    ]


def _joint(operators: str, accuracy: dict[tuple[str, ...], float]) -> Rows:
    return [
        {"factor": "joint", "operators": operators, "configurations": ";".join(configurations), "accuracy": value}
        for configurations, value in accuracy.items()
    ]


ONE_RULE: tuple[Callable[[], Instance], ...] = (
    latency_of_a_chain,
    latency_of_a_diamond,
    latency_where_many_paths_meet,
    compatible_blocks,
    compatible_overlaps,
    accuracy_of_single_factors,
    accuracy_of_a_joint_factor,
    accuracy_of_three_and_one,
    cost_of_machines_and_traffic,
    own_machine,
    own_link,
    rates_that_allocations_need,
    missing_routes,
    shared_machine,
    shared_link,
)
