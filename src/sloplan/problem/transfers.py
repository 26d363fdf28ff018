"""Transfers: latency and cost of sending bytes between two sites, for many plans at once."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.compiling.decimals import ceil_ratio
from sloplan.problem.routes import Routes

_FEW_PAIRS = 1000


@dataclass(frozen=True)
class TransferFigures:
    """Figures of n transfers; all zero where `possible` is False.

    Parameters
    ----------
    possible : (n,) bool
        A route exists that the query owns.
    latency_us : (n,) int64
        Sum over the route's links of delay and sending time.
    cost_nano : (n,) int64
        nano-USD.
    route : (n,) int64
        For `Transfers.route_links`; -1 where not possible.
    """

    possible: Bool
    latency_us: Int
    cost_nano: Int
    route: Int


class Transfers:
    """Transfers over the routes of one instance.

    Parameters
    ----------
    compiled : CompiledInstance
    """

    def __init__(self, compiled: CompiledInstance) -> None:
        self._routes = Routes(compiled)
        self._links = compiled.links
        self._num_sites = len(compiled.names.sites)
        # Sources without links of their own have the same routes: one owner, -1, stands for them all.
        owns = [self._routes.owns_links(site) for site in range(self._num_sites)]
        self._owner: Int = np.where(owns, np.arange(self._num_sites), -1)
        self._route_number: dict[tuple[int, ...], int] = {(): 0}
        self._route_links: list[tuple[int, ...]] = [()]

    def route_links(self, route: int) -> tuple[int, ...]:
        """Return the links of a route by its number in `TransferFigures.route`."""
        return self._route_links[route]

    def of(self, source: int | Int, sent_bytes: Int, from_site: Int, to_site: Int) -> TransferFigures:
        """Return the figures of n transfers.

        Parameters
        ----------
        source : int or (n,) int64
            Source site of the query, or of each transfer's query.
        sent_bytes, from_site, to_site : (n,) int64

        Returns
        -------
        TransferFigures
        """
        sites = self._num_sites
        ends, code = pd.factorize(((self._owner[source] + 1) * sites + from_site) * sites + to_site)
        amount, distinct_bytes = pd.factorize(np.asarray(sent_bytes, dtype=np.int64))
        route = self._numbered_routes(code)
        # Few ends and sizes: computing every pair of them is less work than finding those that occur.
        if len(route) * len(distinct_bytes) <= max(len(ends), _FEW_PAIRS):
            pair, which = np.arange(len(route) * len(distinct_bytes)), ends * len(distinct_bytes) + amount
        else:
            which, pair = pd.factorize(ends * len(distinct_bytes) + amount)
        of_pair, size = np.divmod(pair, max(len(distinct_bytes), 1))
        latency, cost = self._figures(route[of_pair], distinct_bytes[size])
        on_route = route[ends]
        return TransferFigures(on_route >= 0, latency[which], cost[which], on_route)

    def routes(self, source: int, from_site: Int, to_site: Int) -> Int:
        """Return the numbers of the routes between sites that a query with this source takes.

        Parameters
        ----------
        source : int
        from_site, to_site : (n,) int64

        Returns
        -------
        (n,) int64
            For `route_links`; -1 where there is none.
        """
        owner = int(self._owner[source])
        ends = zip(from_site.tolist(), to_site.tolist(), strict=True)
        return np.array([self._numbered(owner, start, end) for start, end in ends], dtype=np.int64)

    def _numbered_routes(self, code: Int) -> Int:
        """Route number of each distinct (owner, from site, to site), -1 without a route."""
        owner_from, end = np.divmod(code, self._num_sites)
        owner, start = np.divmod(owner_from, self._num_sites)
        numbers = [
            self._numbered(o - 1, a, b) for o, a, b in zip(owner.tolist(), start.tolist(), end.tolist(), strict=True)
        ]
        return np.array(numbers, dtype=np.int64)

    def _numbered(self, owner: int, from_site: int, to_site: int) -> int:
        links = self._routes.links(owner, from_site, to_site)
        if links is None:
            return -1
        if links not in self._route_number:
            self._route_number[links] = len(self._route_links)
            self._route_links.append(links)
        return self._route_number[links]

    def _figures(self, route: Int, sent_bytes: Int) -> tuple[Int, Int]:
        """Latency and cost of each (route, bytes); every link rounds its own sending time and cost."""
        latency = np.zeros(len(route), dtype=np.int64)
        cost = np.zeros(len(route), dtype=np.int64)
        paths = [self._route_links[number] if number > 0 else () for number in route.tolist()]
        crossing = np.repeat(np.arange(len(route)), [len(path) for path in paths])
        link = np.array([link for path in paths for link in path], dtype=np.int64)
        of_link, link_cost = self.crossing(link, sent_bytes[crossing])
        np.add.at(latency, crossing, of_link)
        np.add.at(cost, crossing, link_cost)
        return latency, cost

    def crossing(self, link: Int, sent_bytes: Int) -> tuple[Int, Int]:
        """Return what it takes to send bytes over one link each time: us and nano-USD.

        Parameters
        ----------
        link, sent_bytes : (n,) int64

        Returns
        -------
        latency_us, cost_nano : (n,) int64
        """
        links = self._links
        sending = ceil_ratio(sent_bytes, links.bandwidth_den[link], links.bandwidth_num[link], times=8)
        return links.delay_us[link] + sending, ceil_ratio(sent_bytes, links.price_num[link], links.price_den[link])


_transfers: WeakKeyDictionary[CompiledInstance, Transfers] = WeakKeyDictionary()


def transfers_of(compiled: CompiledInstance) -> Transfers:
    """Return the transfers of an instance, made once and kept as long as the instance.

    Parameters
    ----------
    compiled : CompiledInstance

    Returns
    -------
    Transfers
    """
    if compiled not in _transfers:
        _transfers[compiled] = Transfers(compiled)
    return _transfers[compiled]


def share_transfers(compiled: CompiledInstance, other: CompiledInstance) -> None:
    """Let another instance of the same sites and links use the transfers of `compiled`.

    Parameters
    ----------
    compiled, other : CompiledInstance
    """
    _transfers[other] = transfers_of(compiled)
