"""What plans take of scarce rows and of the query's own, priced in several directions, operator by operator.

What rows will cost under contention is not known when a query is planned alone. So usage is priced in several
directions: in the first one at the prices that are given, in the others, drawn by the seed, rows are dearer or cheaper
than that. A plan that is the cheapest in no direction is hardly ever the one that contention asks for, and the
cheapest ones in different directions are diverse.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from sloplan.heuristics.contention import Room
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import PlanFigures
from sloplan.problem.transfers import transfers_of

Float = npt.NDArray[np.float64]


class Scarcity:
    """Loads of options and transfers: columns are the directions, then the resources that are a query's own.

    Parameters
    ----------
    compiled : CompiledInstance
    price : (rows,) float64
        Of the first direction, per unit of usage.
    is_cost : bool
        What is billed counts too.
    directions : int
    spread : float
        In the other directions a row's price lies between 1 / spread and spread times that.
    seed : int

    Attributes
    ----------
    own_capacity : (own resources,) float64
        Pools, then links, of query scope.
    of_option : (options, columns) float64
        Per request.
    """

    def __init__(
        self, compiled: CompiledInstance, price: Float, *, is_cost: bool, directions: int, spread: float, seed: int
    ) -> None:
        self._compiled, self.directions, self._is_cost = compiled, directions, is_cost
        pools, links, options = compiled.pools, compiled.links, compiled.options
        factor = spread ** np.random.default_rng(seed).uniform(-1.0, 1.0, (len(price), directions))
        factor[:, 0] = 1.0
        priced = np.vstack([price[:, None] * factor, np.zeros(directions)])  # what is in no row, -1, has no price
        self._priced = priced[:-1]
        own_pools, own_links = np.flatnonzero(pools.query_scope), np.flatnonzero(links.query_scope)
        self.own_capacity = np.concatenate([pools.capacity[own_pools], links.capacity[own_links]]).astype(np.float64)
        row = pools.row[options.pool]
        self.of_option = np.zeros((len(row), directions + len(self.own_capacity)))
        self.of_option[:, :directions] = options.busy_us[:, None] * priced[row]
        for column, pool in enumerate(own_pools.tolist(), start=directions):
            mine = options.pool == pool
            self.of_option[mine, column] = options.busy_us[mine]
        self._of_link = np.zeros((len(links.row), directions + len(self.own_capacity)))
        self._of_link[:, :directions] = priced[links.row]
        self._of_link[own_links, directions + len(own_pools) + np.arange(len(own_links))] = 1.0
        if is_cost:
            self.of_option[:, :directions] += options.billed_cost_nano[:, None]
            per_byte = [float(n) / float(d) for n, d in zip(links.price_num, links.price_den, strict=True)]
            self._of_link[:, :directions] += np.array(per_byte)[:, None]

    def of_plans(self, figures: PlanFigures) -> Float:
        """Return what whole plans load per request in each direction, shape (plans, directions).

        Parameters
        ----------
        figures : PlanFigures
            Usage is looked at, and under `is_cost` what is billed.
        """
        usage, shape = figures.usage, (len(figures.usage), len(self._priced))
        load = np.asarray(csr_array((usage.amount.astype(np.float64), usage.column, usage.start), shape) @ self._priced)
        return load + figures.billed_cost_nano[:, None] if self._is_cost else load

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
        distinct, of = np.unique(route, return_inverse=True)
        loads = np.zeros((len(distinct), self._of_link.shape[1]))
        for place, one in enumerate(distinct.tolist()):
            if one > 0:
                loads[place] = self._of_link[list(transfers.route_links(one))].sum(axis=0)
        return loads[of.reshape(-1)].reshape(number, number, -1)


def first_prices(room: Room) -> Float:
    """Return row prices before anything is known: a unit's own, or the same for every row's whole capacity.

    Parameters
    ----------
    room : Room
    """
    rented = np.divide(room.unit_price, room.unit, out=np.zeros(len(room.unit)), where=room.unit > 0)
    # Where bills count what stands is free, and room on it tells equals apart.
    dearest = float((rented * room.most).max(initial=0.0))
    return rented + np.maximum(1e-3 * dearest, 1.0) / np.maximum(room.most, 1)
