"""What plans take of scarce rows and of the query's own, priced in several directions, operator by operator.

Row prices are not known yet when a query is planned alone. So usage is priced in several directions: in the first one
every row costs one for its whole capacity (under cost: what is billed); in the others, drawn by the seed, rows are
dearer or cheaper than that. A plan that is the cheapest in no direction is hardly ever the one that contention asks
for, and the cheapest ones in different directions are diverse.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.transfers import transfers_of

Float = npt.NDArray[np.float64]

DIRECTIONS: Final = 8
_SPREAD: Final = 8.0
"""A row's price lies between 1 / spread and spread times that of the first direction."""


class Scarcity:
    """Loads of options and transfers: columns are the directions, then the resources that are a query's own.

    Parameters
    ----------
    compiled : CompiledInstance
        With the capacities that plans face when all stands that can.
    is_cost : bool
        What is billed counts, not capacity.
    seed : int

    Attributes
    ----------
    own_capacity : (own resources,) float64
        Pools, then links, of query scope.
    """

    def __init__(self, compiled: CompiledInstance, *, is_cost: bool, seed: int) -> None:
        self._compiled = compiled
        pools, links, rows = compiled.pools, compiled.links, len(compiled.rows)
        random = np.random.default_rng(seed)
        factor = _SPREAD ** random.uniform(-1.0, 1.0, (rows, DIRECTIONS))
        factor[:, 0] = 1.0
        own_pools, own_links = np.flatnonzero(pools.query_scope), np.flatnonzero(links.query_scope)
        self.own_capacity = np.concatenate([pools.capacity[own_pools], links.capacity[own_links]]).astype(np.float64)
        price = factor / np.maximum(compiled.rows.capacity, 1)[:, None]
        options = compiled.options
        row = pools.row[options.pool]
        shared = row >= 0
        taken = options.cost_nano if is_cost else options.busy_us
        self.of_option = np.zeros((len(row), DIRECTIONS + len(self.own_capacity)))
        self.of_option[shared, :DIRECTIONS] = taken[shared, None] * (factor if is_cost else price)[row[shared]]
        if is_cost:  # a query's own pools are billed too
            self.of_option[~shared, :DIRECTIONS] = taken[~shared, None]
        for column, pool in enumerate(own_pools.tolist(), start=DIRECTIONS):
            mine = options.pool == pool
            self.of_option[mine, column] = options.busy_us[mine]
        self._of_link = np.zeros((len(links.row), DIRECTIONS + len(self.own_capacity)))
        crossed = np.flatnonzero(links.row >= 0)
        if is_cost:
            each = np.array([float(n) / float(d) for n, d in zip(links.price_num, links.price_den, strict=True)])
            self._of_link[:, :DIRECTIONS] = each[:, None]
        else:
            self._of_link[crossed, :DIRECTIONS] = price[links.row[crossed]]
        self._of_link[own_links, DIRECTIONS + len(own_pools) + np.arange(len(own_links))] = 1.0

    def between(self, source: int, sites: Int) -> Float:
        """Return what a byte loads between sites, for queries of one source; shape (sites, sites, columns).

        Parameters
        ----------
        source : int
        sites : (n,) int64
        """
        transfers = transfers_of(self._compiled)
        number = len(sites)
        route = transfers.routes(source, np.repeat(sites, number), np.tile(sites, number))
        loads = np.zeros((number * number, self._of_link.shape[1]))
        for pair in np.flatnonzero(route > 0).tolist():
            loads[pair] = self._of_link[list(transfers.route_links(int(route[pair])))].sum(axis=0)
        return loads.reshape(number, number, -1)
