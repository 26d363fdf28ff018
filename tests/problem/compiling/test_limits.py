"""Worst-case sums on large networks: what a route can cross, not what all links together would take."""

from __future__ import annotations

from random import Random

import pandas as pd
import pytest

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.compiling.longest_route import LongestRoute
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.instance import Instance
from sloplan.problem.routes import Routes
from tests.problem.networks import Link, network


def star(devices: int, rate_rps: float, scope: str = "query") -> CompiledInstance:
    """Return devices around one edge site, and one query that sends 10 MB at 1 USD/GB."""
    sites = [f"device-{i:05}" for i in range(devices)]
    links = pd.DataFrame(
        {
            "link": [f"{way}-{i:05}" for way in ("up", "down") for i in range(devices)],
            "from_site": [*sites, *(["edge"] * devices)],
            "to_site": [*(["edge"] * devices), *sites],
            "bandwidth_mbps": 1e9,
            "delay_ms": 1.0,
            "price_per_gb": 1.0,
            "scope": scope,
        }
    )
    only = {"operator": ["work"], "configuration": "only"}
    frames = {
        "sites": pd.DataFrame({"site": [*sites, "edge"], "tier": "any"}),
        "pools": pd.DataFrame({"pool": ["p"], "site": "edge", "hardware": "cpu", "units": 10**9, "memory_gb": 1.0}),
        "links": links,
        "operators": pd.DataFrame({"operator": ["work"], "application": "app", "input_kb": 10_000.0}),
        "configurations": pd.DataFrame({**only, "output_kb": 0.0}),
        "profiles": pd.DataFrame({**only, "hardware": "cpu", "latency_ms": 1.0, "busy_ms": 1.0}),
        "queries": pd.DataFrame({"query": ["q"], "application": "app", "source_site": sites[:1], "rate_rps": rate_rps}),
    }
    return Instance.from_frames(frames).compiled


@pytest.mark.parametrize("scope", ["query", "shared"])
def test_a_star_of_many_devices(scope: str) -> None:
    """Rate x cost is 10^9 x 10^7 nano-USD on one link of 5,000, far below 2^63: no route crosses them all."""
    compiled = star(5_000, 1e6, scope)
    cost = int(evaluate_plans(compiled, 0, compiled.template_options(0)[0][:, None]).cost_nano[0])
    assert 2**63 / 5_000 < cost * int(compiled.queries.rate_milli[0]) < 2**63 / 2


def test_what_a_route_of_the_star_passes_is_refused() -> None:
    """At a rate 500 times as large, two links do pass int64; prices and sizes are named besides the rate."""
    with pytest.raises(SizeLimitError, match=r"rate x cost of a plan may reach 1.*next: check prices and sizes in kB"):
        star(50, 5e8)


@pytest.mark.parametrize("seed", range(60))
def test_no_route_is_longer_than_the_bound(seed: int) -> None:
    """On random networks with given routes and links of queries, every route stays within the bound."""
    rng = Random(seed)
    sites = [f"s{i}" for i in range(rng.randint(2, 7))]
    links = []
    for i in range(rng.randint(1, 12)):
        start, end = rng.sample(sites, 2)
        links.append(Link(f"l{i:02}", start, end, rng.choice([0, 1, 2.5]), rng.choice(["shared", "query"])))
    first = links[0]
    given = {(first.from_site, first.to_site): [first.link]} if rng.random() < 0.5 else {}
    compiled = network(sites, links, given)
    figures = [rng.randint(0, 9) for _ in links]
    bound, routes = LongestRoute(compiled).bound(figures), Routes(compiled)
    for source in range(len(sites)):
        for start in range(len(sites)):
            for end in range(len(sites)):
                route = routes.links(source, start, end) or ()
                assert sum(figures[link] for link in route) <= bound


def test_the_bound_of_a_tree_is_its_longest_path() -> None:
    """In a tree a route crosses each link on its way once; parts that are not joined are bounded apart."""
    ends = [("cloud", "a"), ("cloud", "b"), ("b", "c"), ("b", "d"), ("x", "y")]
    links = [Link(f"l{i}", start, end, 1.0) for i, (start, end) in enumerate(ends)]
    longest = LongestRoute(network(["cloud", "a", "b", "c", "d", "x", "y"], links))
    assert longest.bound([1, 10, 100, 1000, 0]) == 1100  # c - b - d
    assert longest.bound([500, 10, 100, 1000, 0]) == 1510  # a - cloud - b - d
    assert longest.bound([1, 1, 1, 1, 7]) == 7


def test_the_bound_of_a_ring_takes_every_site() -> None:
    """Around a ring of four sites a route crosses three links; the fourth would end where it began."""
    ends = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]
    links = [Link(f"l{i}", start, end, 1.0) for i, (start, end) in enumerate(ends)]
    assert LongestRoute(network(["a", "b", "c", "d"], links)).bound([5, 1, 1, 1]) == 15


def test_given_routes_may_be_longer() -> None:
    """A given route counts as it is listed, also where it passes a site twice."""
    links = [Link("go", "a", "b", 1.0), Link("on", "b", "c", 1.0), Link("back", "c", "b", 1.0)]
    roundabout = network(["a", "b", "c"], links, {("a", "b"): ["go", "on", "back"]})
    assert roundabout.names.links.tolist() == ["back", "go", "on"]
    assert LongestRoute(roundabout).bound([3, 4, 3]) == 10
