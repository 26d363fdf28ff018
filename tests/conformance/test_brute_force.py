"""Brute force against cases worked by hand: figures, routes, rules and optima."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import pytest

from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_check import Assignment, PlannedCopies, brute_force_check
from tests.conformance.brute_force_search import optimum
from tests.conformance.plain_figures import exact, nano_nats, nearest
from tests.conformance.random_instances import random_tables
from tests.conformance.seeds import SEEDS


def _tables() -> dict[str, list[dict[str, Any]]]:
    """A phone and an edge site: `see` feeds `say`, on the phone's own pool or on the edge's shared one."""
    return {
        "sites": [{"site": "phone", "tier": "device"}, {"site": "edge", "tier": "edge"}],
        "pools": [
            {
                "pool": "chip",
                "site": "phone",
                "hardware": "npu",
                "units": 1,
                "memory_gb": 2,
                "speed": 0.7,
                "scope": "query",
            },
            {
                "pool": "gpu",
                "site": "edge",
                "hardware": "gpu",
                "units": 1,
                "memory_gb": 8,
                "price_per_unit_hour": 3.6,
                "max_utilization": 0.05,
            },
        ],
        "links": [
            {
                "link": "up",
                "from_site": "phone",
                "to_site": "edge",
                "bandwidth_mbps": 16.1,
                "delay_ms": 2.1,
                "price_per_gb": 0.1,
            }
        ],
        "operators": [
            {"operator": "see", "application": "app", "input_kb": 16.1},
            {"operator": "say", "application": "app"},
        ],
        "edges": [{"from_operator": "see", "to_operator": "say"}],
        "configurations": [
            {"operator": "see", "configuration": "s", "output_kb": 2.1},
            {"operator": "say", "configuration": "t", "output_kb": 0, "calls": 3},
        ],
        "profiles": [
            {"operator": "see", "configuration": "s", "hardware": "npu", "latency_ms": 2.1, "busy_ms": 2.1},
            {"operator": "see", "configuration": "s", "hardware": "gpu", "latency_ms": 1, "busy_ms": 5, "share": 0.5},
            {"operator": "say", "configuration": "t", "hardware": "gpu", "latency_ms": 2, "busy_ms": 7},
        ],
        "accuracy": [
            {"factor": "f", "operators": "see;say", "configurations": "s;t", "accuracy": 0.9},
        ],
        "queries": [{"query": "q", "application": "app", "source_site": "phone", "rate_rps": 1, "count": 3}],
    }


ON_PHONE = {"see": ("s", "chip", "default"), "say": ("t", "gpu", "default")}
ON_EDGE = {"see": ("s", "gpu", "default"), "say": ("t", "gpu", "default")}


def test_numbers_are_shortest_decimals_rounded_once() -> None:
    """Figures that float arithmetic would round wrongly, and the logarithm's unit."""
    assert -(-1000 * exact(2.1) // exact(0.7)) == 3000  # 2.1 / 0.7 is 3.0000000000000004 in float64
    assert 1000 * exact(16.1) == 16100  # 16100.000000000002 in float64
    assert nearest(exact(2.1005) * 1000) == 2101
    assert (nano_nats(exact(1)), nano_nats(exact(0.5))) == (0, 693147181)


def test_figures_of_a_plan_across_two_sites() -> None:
    """Latency, accuracy, cost and loads of `see` on the phone and `say` on the edge, worked by hand."""
    figures = TinyInstance(_tables()).figures("app", "phone", "", ON_PHONE)
    # 2.1 / 0.7 = 3 ms; 2,100 bytes up: 2.1 ms + ceil(16,800 / 16.1 = 1,043.5) us; 2 ms.
    assert figures.latency_us == 3000 + 2100 + 1044 + 2000
    assert figures.nano_nats == 105360516
    # 3 calls x 7 ms at 1 nano-USD per us; 2,100 bytes at 0.1.
    assert figures.cost_nano == 21000 + 210
    assert figures.shared == {"pool:gpu": 21000, "link:up": 2100}
    assert figures.own == {("pool", "chip"): 3000}


def test_figures_of_a_plan_at_one_site() -> None:
    """With both on the edge only the input crosses the link, and the busy time takes the share."""
    figures = TinyInstance(_tables()).figures("app", "phone", "", ON_EDGE)
    assert figures.latency_us == 2100 + 8000 + 1000 + 2000  # ceil(8 x 16,100 / 16.1) = 8,000 us
    assert figures.shared == {"pool:gpu": 2500 + 21000, "link:up": 16100}


def test_the_sink_is_sent_the_leaf_output_and_needs_a_route() -> None:
    """Nothing leads from the edge back to the phone: no plan reaches a sink there; to the edge it is free."""
    instance = TinyInstance(_tables())
    assert instance.plans("app", "phone", "phone") == []
    assert [plan for plan, _ in instance.plans("app", "phone", "edge")] == [ON_EDGE, ON_PHONE]


def test_longest_path_of_a_fork_and_join() -> None:
    """The slower branch counts, once."""
    tables = _tables()
    tables["operators"] += [{"operator": "ask", "application": "app"}, {"operator": "end", "application": "app"}]
    tables["edges"] = [
        {"from_operator": first, "to_operator": second}
        for first, second in (("see", "say"), ("see", "ask"), ("say", "end"), ("ask", "end"))
    ]
    for operator, latency in (("ask", 40), ("end", 0.5)):
        tables["configurations"].append({"operator": operator, "configuration": "t", "output_kb": 0})
        tables["profiles"].append(
            {"operator": operator, "configuration": "t", "hardware": "gpu", "latency_ms": latency, "busy_ms": 0}
        )
    plan = ON_EDGE | {"ask": ("t", "gpu", "default"), "end": ("t", "gpu", "default")}
    assert TinyInstance(tables).figures("app", "phone", "", plan).latency_us == 2100 + 8000 + 1000 + 40000 + 500


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([("z", "a", "c", 3), ("x", "a", "b", 1), ("y", "b", "c", 1)], ("x", "y")),  # least delay
        ([("z", "a", "c", 2), ("x", "a", "b", 1), ("y", "b", "c", 1)], ("z",)),  # then fewer links
        ([("z", "a", "c", 2), ("y", "a", "c", 2)], ("y",)),  # then link ids
        ([("z", "a", "b", 0), ("y", "b", "a", 0)], None),
    ],
)
def test_route(links: list[tuple[str, str, str, float]], expected: tuple[str, ...] | None) -> None:
    """The route from a to c is the one of least delay; ties go to fewer links, then to link ids."""
    keys = ("link", "from_site", "to_site", "delay_ms")
    rows = [dict(zip(keys, link, strict=True)) | {"bandwidth_mbps": 1} for link in links]
    assert TinyInstance({"links": rows}).route("a", "a", "c") == expected


def test_own_links_serve_only_their_source() -> None:
    """A query-scope link is passed by routes of its two sites' queries only; a given route does not give way."""
    links = [
        {"link": "fast", "from_site": "a", "to_site": "b", "bandwidth_mbps": 1, "delay_ms": 1, "scope": "query"},
        {"link": "slow", "from_site": "a", "to_site": "b", "bandwidth_mbps": 1, "delay_ms": 9},
    ]
    instance = TinyInstance({"links": links})
    assert [instance.route(source, "a", "b") for source in "abc"] == [("fast",), ("fast",), ("slow",)]
    fixed = TinyInstance(
        {"links": links, "routes": [{"from_site": "a", "to_site": "b", "position": 1, "link": "fast"}]}
    )
    assert [fixed.route(source, "a", "b") for source in "abc"] == [("fast",), ("fast",), None]


def test_optimum_with_a_row_exactly_full() -> None:
    """0.05 of the edge's unit carries two copies of 21 ms; 0.063 just three; a hair less only two."""
    tables = _tables()
    assert optimum(TinyInstance(tables)).value_milli == 2000
    tables["pools"][1]["max_utilization"] = 0.063
    best = optimum(TinyInstance(tables))
    assert best.value_milli == 3000
    assert best.served == (("q", ON_PHONE),) * 3
    tables["pools"][1]["max_utilization"] = 0.062999999
    assert optimum(TinyInstance(tables)).value_milli == 2000


def test_optimum_weighs_values() -> None:
    """One copy of a valuable query keeps out two cheaper ones."""
    tables = _tables()
    rich = {"query": "rich", "application": "app", "source_site": "phone", "rate_rps": 2, "value": 2.5, "count": 1}
    tables["queries"].append(rich)
    assert optimum(TinyInstance(tables)).value_milli == 2500


@pytest.mark.parametrize(
    ("slo", "at_limit", "beyond"),
    [
        ("slo_latency_ms", 8.144, 8.143),
        ("slo_accuracy", 0.9, 0.900001),
        ("slo_cost_per_1k", 0.02121, 0.021209),
    ],
)
def test_slos_admit_what_is_exactly_at_them(slo: str, at_limit: float, beyond: float) -> None:
    """The plan on the phone passes at its own figure and fails just beyond."""
    for limit, feasible in ((at_limit, True), (beyond, False)):
        tables = _tables()
        tables["queries"][0][slo] = limit
        plans = [plan for plan, _ in TinyInstance(tables).feasible_plans("q")]
        assert (ON_PHONE in plans) == feasible


def test_search_equals_all_combinations() -> None:
    """On random instances the search finds what listing every combination of plans, pruned by nothing, finds."""
    compared = 0
    for seed in SEEDS[:120]:
        instance = TinyInstance(random_tables(seed))
        copies = [name for name, query in instance.queries.items() for _ in range(query.count)]
        choices = [[None, *(figures for _, figures in instance.feasible_plans(name))] for name in copies]
        if not 100 <= math.prod(map(len, choices)) <= 2000:
            continue
        best = 0
        for combination in itertools.product(*choices):
            usage: Counter[str] = Counter()
            value = 0
            for name, figures in zip(copies, combination, strict=True):
                if figures is not None:
                    value += instance.queries[name].value_milli
                    for row, amount in figures.shared.items():
                        usage[row] += instance.queries[name].rate_milli * amount
            if all(used <= instance.capacity(row) for row, used in usage.items()):
                best = max(best, value)
        assert optimum(instance).value_milli == best
        compared += best > 0
    assert compared >= 10


def test_check_names_broken_rules() -> None:
    """Valid copies break nothing; too many break the row, and more than there are the count."""
    instance = TinyInstance(_tables())
    options = list(ON_PHONE.items())
    assert brute_force_check(instance, Assignment([PlannedCopies("q", 2, options)])) == set()
    assert brute_force_check(instance, Assignment([PlannedCopies("q", 3, options)])) == {"capacity"}
    assert brute_force_check(instance, Assignment([PlannedCopies("q", 4, options)])) == {"capacity", "count"}
    assert brute_force_check(instance, Assignment([PlannedCopies("q", 1, options[:1])])) == {"operator"}


def test_check_counts_replicas() -> None:
    """Replicas bring capacity, and take share and memory of their pool."""
    tables = _tables()
    tables["profiles"][2] |= {"share": 0.5, "memory_gb": 5}
    instance = TinyInstance(tables, hosting="replicas")
    one_copy = [PlannedCopies("q", 1, list(ON_PHONE.items()))]
    deployment = "gpu/say/t/default"
    assert brute_force_check(instance, Assignment(one_copy)) == {"capacity"}
    # One replica brings 0.5 x 0.05 unit-seconds per second; a copy needs 10.5 ms of it per second.
    assert brute_force_check(instance, Assignment(one_copy, [(deployment, 1)])) == set()
    # A second does not fit: 10 GB of 8. The maximum says so, and so does the memory row.
    assert brute_force_check(instance, Assignment(one_copy, [(deployment, 2)])) == {"capacity", "supply"}
