"""Transfers: latency, cost and route of many transfers at once."""

from __future__ import annotations

import gc
import math
import weakref
from fractions import Fraction

import numpy as np

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.routes import Routes
from sloplan.problem.transfers import Transfers, transfers_of
from tests.problem.networks import Link, network

SITES = ["cloud", "edge", "phone"]  # in the order of their indices
LINKS = [
    Link("up", "phone", "edge", 5.1, "query", 16.1, 0.3),
    Link("wan", "edge", "cloud", 16.1, "shared", 100.0, 0.07),
]


def of(compiled: CompiledInstance, sent: int, start: str, end: str, source: str = "phone") -> tuple[int, int] | None:
    """Return latency and cost of one transfer; None where it is not possible."""
    figures = transfers_of(compiled).of(
        SITES.index(source), np.array([sent]), np.array([SITES.index(start)]), np.array([SITES.index(end)])
    )
    if not figures.possible[0]:
        assert (figures.latency_us[0], figures.cost_nano[0], figures.route[0]) == (0, 0, -1)
        return None
    return int(figures.latency_us[0]), int(figures.cost_nano[0])


def test_one_link() -> None:
    """Delay and sending time, each rounded up; cost rounded up."""
    assert of(network(SITES, LINKS), 2300, "edge", "cloud") == (16100 + 184, 161)
    assert of(network(SITES, LINKS), 1001, "phone", "edge") == (5100 + 498, 301)  # 497.3..., 300.3


def test_every_link_rounds_on_its_own() -> None:
    """Over two links both sending times and both costs are rounded up before they are added."""
    assert of(network(SITES, LINKS), 1, "phone", "cloud") == (5100 + 1 + 16100 + 1, 1 + 1)


def test_no_bytes_still_take_the_delay() -> None:
    """A transfer of nothing waits for the links' delays and costs nothing."""
    assert of(network(SITES, LINKS), 0, "phone", "cloud") == (21200, 0)


def test_the_same_site_is_free() -> None:
    """Whatever is sent within a site takes no time and costs nothing."""
    assert of(network(SITES, LINKS), 10**9, "edge", "edge") == (0, 0)


def test_no_route() -> None:
    """A transfer without a route is impossible; so is one over another query's link."""
    assert of(network(SITES, LINKS), 1, "cloud", "edge") is None
    assert of(network(SITES, LINKS), 1, "phone", "edge", source="cloud") is None


def test_products_beyond_64_bits() -> None:
    """A bandwidth and a price of 17 digits are exact though products pass int64 on the way."""
    bandwidth, price = 16.123456789012345, 0.012345678901234567
    compiled = network(SITES, [Link("wan", "edge", "cloud", 0.0, "shared", bandwidth, price)])
    sent = 123_456_789_012
    latency = math.ceil(8 * sent / Fraction(repr(bandwidth)))
    assert of(compiled, sent, "edge", "cloud") == (latency, math.ceil(sent * Fraction(repr(price))))


def test_many_transfers_at_once() -> None:
    """A batch of repeated and mixed transfers equals each computed alone from its route."""
    compiled = network(SITES, [*LINKS, Link("back", "cloud", "edge", 16.1, "shared", 33.3, 0.09)])
    rng = np.random.default_rng(3)
    sent, start, end = rng.choice([0, 7, 400, 16100], 500), rng.integers(0, 3, 500), rng.integers(0, 3, 500)
    transfers, routes, links = transfers_of(compiled), Routes(compiled), compiled.links
    for source in range(3):
        figures = transfers.of(source, sent, start, end)
        for i in range(500):
            path = routes.links(source, int(start[i]), int(end[i]))
            assert figures.possible[i] == (path is not None)
            if path is None:
                continue
            assert transfers.route_links(int(figures.route[i])) == path
            latency = [
                int(links.delay_us[link])
                + math.ceil(Fraction(8 * int(sent[i]) * int(links.bandwidth_den[link]), int(links.bandwidth_num[link])))
                for link in path
            ]
            cost = [
                math.ceil(Fraction(int(sent[i]) * int(links.price_num[link]), int(links.price_den[link])))
                for link in path
            ]
            assert (figures.latency_us[i], figures.cost_nano[i]) == (sum(latency), sum(cost))


def test_no_transfers() -> None:
    """An empty batch gives empty figures."""
    empty = np.zeros(0, dtype=np.int64)
    figures = transfers_of(network(SITES, LINKS)).of(0, empty, empty, empty)
    assert [len(column) for column in (figures.possible, figures.latency_us, figures.cost_nano, figures.route)] == [
        0
    ] * 4


def test_no_links() -> None:
    """Without links only transfers within a site are possible."""
    figures = transfers_of(network(SITES, [])).of(0, np.array([5, 5]), np.array([0, 0]), np.array([0, 1]))
    assert figures.possible.tolist() == [True, False]


def test_transfers_are_kept_as_long_as_the_instance() -> None:
    """Asked twice, an instance has the same transfers; they do not keep it alive."""
    compiled = network(SITES, LINKS)
    assert transfers_of(compiled) is transfers_of(compiled)
    assert isinstance(transfers_of(compiled), Transfers)
    gone = weakref.ref(compiled)
    del compiled
    gc.collect()
    assert gone() is None
