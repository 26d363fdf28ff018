"""Transfers: latency and cost of sending bytes between two sites, for many plans at once."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.compiling.decimals import ceil_ratio
from sloplan.problem.routes import Routes


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
        self._route_number: dict[tuple[int, ...], int] = {(): 0}
        self._route_links: list[tuple[int, ...]] = [()]

    def route_links(self, route: int) -> tuple[int, ...]:
        """Return the links of a route by its number in `TransferFigures.route`."""
        return self._route_links[route]

    def of(self, source: int, sent_bytes: Int, from_site: Int, to_site: Int) -> TransferFigures:
        """Return the figures of n transfers of a query.

        Parameters
        ----------
        source : int
            Source site of the query.
        sent_bytes, from_site, to_site : (n,) int64

        Returns
        -------
        TransferFigures
        """
        amount, distinct_bytes = pd.factorize(np.asarray(sent_bytes, dtype=np.int64))
        ends = from_site * self._num_sites + to_site
        which, distinct = pd.factorize(ends * max(len(distinct_bytes), 1) + amount)
        ends, amount = np.divmod(distinct, max(len(distinct_bytes), 1))
        route = self._routes_between(source, ends)
        latency, cost = self._figures(route, distinct_bytes[amount])
        return TransferFigures((route >= 0)[which], latency[which], cost[which], route[which])

    def _routes_between(self, source: int, ends: Int) -> Int:
        """Route number of each pair of sites, coded as from x sites + to; -1 without a route."""
        which, distinct = pd.factorize(ends)
        numbers = []
        for from_site, to_site in zip(*map(np.ndarray.tolist, np.divmod(distinct, self._num_sites)), strict=True):
            links = self._routes.links(source, from_site, to_site)
            if links is None:
                numbers.append(-1)
                continue
            if links not in self._route_number:
                self._route_number[links] = len(self._route_links)
                self._route_links.append(links)
            numbers.append(self._route_number[links])
        return np.array(numbers, dtype=np.int64)[which]

    def _figures(self, route: Int, sent_bytes: Int) -> tuple[Int, Int]:
        """Latency and cost of each (route, bytes); every link rounds its own sending time and cost."""
        latency = np.zeros(len(route), dtype=np.int64)
        cost = np.zeros(len(route), dtype=np.int64)
        paths = [self._route_links[number] if number > 0 else () for number in route.tolist()]
        crossing = np.repeat(np.arange(len(route)), [len(path) for path in paths])
        link = np.array([link for path in paths for link in path], dtype=np.int64)
        sent, links = sent_bytes[crossing], self._links
        sending = ceil_ratio(sent, links.bandwidth_den[link], links.bandwidth_num[link], times=8)
        np.add.at(latency, crossing, links.delay_us[link] + sending)
        np.add.at(cost, crossing, ceil_ratio(sent, links.price_num[link], links.price_den[link]))
        return latency, cost


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
