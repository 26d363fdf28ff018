"""Routes: least exact delay, ties, own links, given routes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.routes import Routes
from tests.problem.networks import Link, network


def route(compiled: CompiledInstance, source: str, start: str, end: str) -> str | None:
    """Return a route as link names joined by blanks; None without one."""
    sites = compiled.names.sites.tolist()
    found = Routes(compiled).links(sites.index(source), sites.index(start), sites.index(end))
    return None if found is None else " ".join(compiled.names.links[list(found)])


def test_a_site_reaches_itself() -> None:
    """Without any link, and even where a loop is given, the way from a site to itself is empty."""
    assert route(network(["a", "b"], []), "a", "b", "b") == ""
    loop = network(["a", "b"], [Link("x", "a", "b", 1), Link("y", "b", "a", 1)])
    assert route(loop, "a", "a", "a") == ""


def test_no_route() -> None:
    """Links are directed: the way back does not exist by itself."""
    compiled = network(["a", "b"], [Link("x", "a", "b", 1)])
    assert route(compiled, "a", "a", "b") == "x"
    assert route(compiled, "a", "b", "a") is None


def test_least_delay_wins_over_fewer_links() -> None:
    """Two quick links beat a slow one."""
    links = [Link("slow", "a", "c", 3.1), Link("x", "a", "b", 1), Link("y", "b", "c", 2)]
    assert route(network(["a", "b", "c"], links), "a", "a", "c") == "x y"


def test_a_tie_in_delay_goes_to_fewer_links() -> None:
    """0.1 + 0.2 is exactly 0.3, whatever floats say; then the single link wins."""
    links = [Link("z", "a", "c", 0.3), Link("x", "a", "b", 0.1), Link("y", "b", "c", 0.2)]
    assert route(network(["a", "b", "c"], links), "a", "a", "c") == "z"


def test_a_tie_in_links_goes_to_names() -> None:
    """Of 5.1 + 16.1 and 4.7 + 16.5, floats prefer the second; names prefer the first."""
    assert 5.1 + 16.1 > 4.7 + 16.5
    links = [
        Link("m1", "a", "b", 5.1), Link("m2", "b", "d", 16.1),
        Link("n1", "a", "c", 4.7), Link("n2", "c", "d", 16.5),
    ]  # fmt: skip
    assert route(network(["a", "b", "c", "d"], links), "a", "a", "d") == "m1 m2"


def test_names_decide_link_by_link_from_the_start() -> None:
    """The first link counts before the second, also where the best second link belongs to the other route."""
    links = [
        Link("k2", "a", "b", 1), Link("k3", "b", "d", 1),
        Link("k4", "a", "c", 1), Link("k1", "c", "d", 1),
    ]  # fmt: skip
    assert route(network(["a", "b", "c", "d"], links), "a", "a", "d") == "k2 k3"


def test_parallel_links() -> None:
    """Of two links between the same sites the quicker one is taken, then the first by name."""
    links = [Link("p", "a", "b", 2), Link("r", "a", "b", 1), Link("q", "a", "b", 1)]
    assert route(network(["a", "b"], links), "a", "a", "b") == "q"


def test_delays_too_different_for_64_bits() -> None:
    """Delays are compared exactly whatever their digits."""
    links = [Link("x", "a", "b", 1e12), Link("y", "b", "c", 1e-12), Link("z", "a", "c", 1e12)]
    compiled = network(["a", "b", "c"], links)
    assert route(compiled, "a", "a", "c") == "z"
    assert compiled.link_delay_rank.tolist() == [10**24, 1, 10**24]


OWN = [
    Link("up", "phone", "edge", 5, "query"),
    Link("down", "edge", "phone", 5, "query"),
    Link("other-up", "tablet", "edge", 1, "query"),
    Link("other-down", "edge", "tablet", 1, "query"),
    Link("wan", "edge", "cloud", 10),
    Link("back", "cloud", "edge", 10),
]
SITES = ["phone", "tablet", "edge", "cloud"]


def test_own_links_serve_their_owner_only() -> None:
    """A query uses the query-scope links that touch its source, no one else's."""
    compiled = network(SITES, OWN)
    assert route(compiled, "phone", "phone", "cloud") == "up wan"
    assert route(compiled, "phone", "cloud", "phone") == "back down"
    assert route(compiled, "tablet", "phone", "cloud") is None
    assert route(compiled, "phone", "phone", "tablet") is None
    assert route(compiled, "cloud", "cloud", "edge") == "back"
    assert route(compiled, "cloud", "edge", "phone") is None
    assert route(compiled, "edge", "phone", "tablet") == "up other-down"


def test_a_route_may_pass_through_the_source() -> None:
    """Both own links are used where the way leads through the query's own device."""
    links = [Link("in", "edge-1", "phone", 1, "query"), Link("out", "phone", "edge-2", 1, "query")]
    compiled = network(["phone", "edge-1", "edge-2"], links)
    assert route(compiled, "phone", "edge-1", "edge-2") == "in out"
    compiled = network(["phone", "edge-1", "edge-2"], [*links, Link("direct", "edge-1", "edge-2", 2)])
    assert route(compiled, "phone", "edge-1", "edge-2") == "direct"


def test_given_routes_come_first() -> None:
    """A given route is taken though a quicker one exists, for its own pair of sites only."""
    links = [*OWN, Link("slow", "edge", "cloud", 50)]
    compiled = network(SITES, links, {("edge", "cloud"): ["slow"]})
    assert route(compiled, "phone", "edge", "cloud") == "slow"
    assert route(compiled, "phone", "phone", "cloud") == "up wan"


def test_a_given_route_over_somebody_elses_link_is_none() -> None:
    """A given route with a query-scope link exists for the queries that own the link."""
    compiled = network(SITES, OWN, {("cloud", "phone"): ["back", "down"]})
    assert route(compiled, "phone", "cloud", "phone") == "back down"
    assert route(compiled, "edge", "cloud", "phone") == "back down"
    assert route(compiled, "tablet", "cloud", "phone") is None


def test_who_owns_links() -> None:
    """A source owns links where a query-scope link begins or ends; other sources share all their routes."""
    routes = Routes(network(SITES, OWN))
    owners = [name for site, name in enumerate(sorted(SITES)) if routes.owns_links(site)]
    assert owners == ["edge", "phone", "tablet"]


def random_network(seed: int) -> tuple[list[str], list[Link], dict[tuple[str, str], list[str]]]:
    """Return a small network with many ties, own links, and sometimes a given route."""
    rng = np.random.default_rng(seed)
    sites = [f"s{i}" for i in range(int(rng.integers(2, 7)))]
    links = []
    for name in rng.permutation(int(rng.integers(1, 15))):
        start, end = rng.choice(len(sites), 2, replace=False)
        delay = float(rng.choice([0.0, 0.1, 0.2, 0.3, 0.7, 1.1]))
        links.append(Link(f"l{name:02}", sites[start], sites[end], delay, str(rng.choice(["shared", "query"]))))
    chosen = links[int(rng.integers(len(links)))]
    given = {(chosen.from_site, chosen.to_site): [chosen.link]} if rng.random() < 0.3 else {}
    return sites, links, given


def simple_paths(links: list[Link], start: str, end: str, seen: tuple[str, ...] = ()) -> Iterator[list[Link]]:
    """Yield every path that visits no site twice."""
    if start == end:
        yield []
        return
    for link in links:
        if link.from_site == start and link.to_site not in seen:
            for rest in simple_paths(links, link.to_site, end, (*seen, start)):
                yield [link, *rest]


@pytest.mark.parametrize("seed", range(60))
def test_against_enumeration(seed: int) -> None:
    """On random networks, every source and pair gets the best of all paths by (delay, links, names)."""
    sites, links, given = random_network(seed)
    compiled = network(sites, links, given)
    for source in sites:
        owned = [link for link in links if link.scope == "shared" or source in (link.from_site, link.to_site)]
        for start in sites:
            for end in sites:
                paths = list(simple_paths(owned, start, end))
                if (start, end) in given:
                    paths = [path for path in paths if [link.link for link in path] == given[start, end]]
                keys = [
                    (sum((Fraction(repr(link.delay_ms)) for link in path), Fraction(0)), len(path),
                     [link.link for link in path])
                    for path in paths
                ]  # fmt: skip
                expected = " ".join(min(keys)[2]) if keys else None
                assert route(compiled, source, start, end) == expected, (source, start, end)
