"""Label setting for the queries of one template: one search answers all of them.

Between calls it keeps the template's network, the plans found so far, and which classes of queries have no
plan at all. At new prices the known plans tell each class what a better plan has to undercut, so most labels
are dropped by their completion bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.pricing.bound_kernels import least_to_come, price_parts
from sloplan.pricing.class_kernels import known_ceilings, pick, rough_groups
from sloplan.pricing.label_kernels import search
from sloplan.pricing.network import Network
from sloplan.pricing.plan_pool import PlanPool
from sloplan.pricing.priced import PricedQueries, RankedPlans
from sloplan.problem.compiled import Bool, CompiledInstance, Int, Sparse
from sloplan.problem.spans import spans

Float = npt.NDArray[np.float64]

LABEL_LIMIT = 100_000
"""Largest number of labels kept at an operator."""

_FEW_LABELS: Final = 128  # a first, narrow search finds something to undercut
_SLACK: Final = 1e-9  # relative; far beyond what sums of prices round, far below what matters
_POOL_LIMIT: Final = 2000
_ROUGH_GROUPS: Final = 48
_ALL: Final = 2**62


@dataclass(frozen=True)
class Found:
    """What a search found.

    Parameters
    ----------
    choices : (plans, operators) int64
        Global options.
    needs : (plans, figures) int64
        In the order of `Demands.allowed`.
    of_class, of_plan : (n,) int64
        Class by class, its plans, the cheapest first.
    price : (n,) float64
        Of these, as the labels added it up.
    dropped : (classes,) float64
        Least completion bound of the labels that were cut off at the limit; infinite without.
    labels : int
        Labels kept at all operators.
    """

    choices: Int
    needs: Int
    of_class: Int
    of_plan: Int
    price: Float
    dropped: Float
    labels: int


class TemplatePricer:
    """Prices the plans of one template.

    `search` holds no lock and changes nothing, so several templates may be searched at once; `absorb` takes
    what it found.

    Parameters
    ----------
    compiled : CompiledInstance
    template : int
    label_limit : int
        Beyond so many labels at an operator, those of greatest completion bound are dropped, and the bound is
        what the answer states.

    Attributes
    ----------
    network : Network
    labels : int
        Labels kept in the last search, -1 before the first one.
    """

    def __init__(
        self,
        compiled: CompiledInstance,
        template: int,
        label_limit: int = LABEL_LIMIT,
        network: Network | None = None,
    ) -> None:
        self.network = Network.of(compiled, template) if network is None else network
        self.labels = -1
        self._compiled, self._limit = compiled, label_limit
        demands, operators = self.network.demands, self.network.operators
        none = np.zeros((0, operators), dtype=np.int64)
        self._pool = PlanPool.of(compiled, template, none, np.zeros((0, demands.allowed.shape[1]), dtype=np.int64))
        self._hopeless = np.zeros(len(demands.allowed), dtype=np.bool_)
        self._asked: tuple[bytes, float] | None = None
        self._answer: PricedQueries | None = None

    def price(self, prices: Float, cost_price: float = 0.0) -> PricedQueries:
        """Return the cheapest plan of every query of the template.

        Parameters
        ----------
        prices : (rows,) float64
            Per unit of usage, at least 0.
        cost_price : float
            Of a nano-USD billed per request (10^-12 USD/s at a rate of 1 milli-request/s), at least 0.
        """
        found = self.search(prices, cost_price)
        return self.absorb(found, prices, cost_price)

    def search(self, prices: Float, cost_price: float = 0.0) -> Found | None:
        """Look for the cheapest plans of all classes of queries; None if prices that matter have not changed."""
        if self._asked == (prices[self.network.rows].tobytes(), cost_price) and self._answer is not None:
            return None
        return self._cheapest(prices, cost_price, 1)

    def _cheapest(self, prices: Float, cost_price: float, k: int, wanted: Bool | None = None) -> Found:
        """Look for the k cheapest plans of every class; narrow searches find what to undercut where little is known."""
        ceiling = self._ceilings(prices, cost_price, k)
        if wanted is not None:
            ceiling[~wanted] = -np.inf
        if np.isposinf(ceiling).any():
            limit = min(_FEW_LABELS, self._limit)
            few = self._searched(prices, cost_price, ceiling, copies=k, limit=limit, most=k)
            if not np.isfinite(few.dropped).any():
                return few
            ceiling = self._undercut(few, ceiling, k)
            # What all classes share is not what the tightest ones need: those are looked at one by one.
            for member in np.flatnonzero(np.isposinf(ceiling)).tolist():
                if np.isposinf(ceiling[member]):
                    alone = np.where(np.arange(len(ceiling)) == member, np.inf, -np.inf)
                    few = self._searched(prices, cost_price, alone, copies=k, limit=limit, most=k)
                    ceiling = self._undercut(few, ceiling, k)
        return self._searched(prices, cost_price, ceiling, copies=k, limit=self._limit, most=k)

    def _undercut(self, found: Found, ceiling: Float, k: int) -> Float:
        """Lower ceilings to what a search found for the classes."""
        known = np.zeros(len(found.needs))
        known[found.of_plan] = found.price
        allowed = self.network.demands.allowed
        lower = known_ceilings(found.needs, known, allowed, np.zeros(len(allowed), dtype=np.bool_), k)
        return np.asarray(np.minimum(ceiling, lower * (1 + _SLACK)), dtype=np.float64)

    def absorb(self, found: Found | None, prices: Float, cost_price: float = 0.0) -> PricedQueries:
        """Keep what a search at these prices found, and answer for every query."""
        if found is None:
            assert self._answer is not None
            return self._answer
        self.labels = found.labels
        demands = self.network.demands
        self._pool, places = self._pool.with_more(self._compiled, self.network.template, found.choices, found.needs)
        price_of_plan = self._pool.priced(prices, cost_price)
        plan, price = np.full(len(demands.allowed), -1, dtype=np.int64), np.full(len(demands.allowed), np.inf)
        plan[found.of_class] = places[found.of_plan]
        price[found.of_class] = price_of_plan[plan[found.of_class]]
        bound = np.minimum(price, found.dropped * (1 - _SLACK))
        self._hopeless |= np.isinf(bound)
        if len(self._pool) > _POOL_LIMIT:
            kept, plan_of_kept = np.unique(plan[plan >= 0], return_inverse=True)
            self._pool = self._pool.taken(kept)
            plan[plan >= 0] = plan_of_kept.reshape(-1)
        self._asked = (prices[self.network.rows].tobytes(), cost_price)
        self._answer = self._answered(plan, price, bound)
        return self._answer

    def search_k_best(self, prices: Float, k: int, cost_price: float = 0.0, wanted: Bool | None = None) -> Found:
        """Look for the k cheapest plans of every class of queries; all where there are fewer.

        Parameters
        ----------
        prices, cost_price
            As in `price`.
        k : int
            At least 1.
        wanted : (classes,) bool, optional
            Classes that get plans; all of them if left out.
        """
        return self._cheapest(prices, cost_price, k, wanted)

    def search_below(self, prices: Float, ceiling: Float, cost_price: float = 0.0) -> Found:
        """Look for all plans up to a price.

        Parameters
        ----------
        prices, cost_price
            As in `price`.
        ceiling : (queries,) float64
            Per query of the instance, and per milli-request/s; -infinity: none.
        """
        demands = self.network.demands
        of_class = np.full(len(demands.allowed), -np.inf)
        np.maximum.at(of_class, demands.of_query, ceiling[demands.queries])
        of_class *= 1 + _SLACK
        return self._searched(prices, cost_price, of_class, copies=0, limit=self._limit, most=_ALL)

    def ranked(self, found: Found, prices: Float, cost_price: float = 0.0) -> RankedPlans:
        """Give every query of the template the plans that a search at these prices found for its class."""
        demands, compiled = self.network.demands, self._compiled
        plans = PlanPool.of(compiled, self.network.template, found.choices, found.needs)
        first = np.searchsorted(found.of_class, np.arange(len(demands.allowed) + 1))
        length = np.diff(first)[demands.of_query]
        plan = found.of_plan[spans(first[demands.of_query], length)]
        choices = np.full((len(plans), _width(compiled)), -1, dtype=np.int64)
        choices[:, : self.network.operators] = plans.choices
        return RankedPlans(
            query=np.repeat(demands.queries, length),
            plan=plan,
            price=plans.priced(prices, cost_price)[plan],
            choices=choices,
            billed_cost_nano=plans.billed_cost_nano,
            usage=plans.usage,
            complete=not np.isfinite(found.dropped).any(),
        )

    def _ceilings(self, prices: Float, cost_price: float, k: int) -> Float:
        """Price of the k-th best known plan of each class: infinite without, and below all where there is none."""
        pool = self._pool
        known = pool.priced(prices, cost_price)
        ceiling = known_ceilings(pool.needs, known, self.network.demands.allowed, self._hopeless, k)
        return np.asarray(ceiling * (1 + _SLACK), dtype=np.float64)

    def _searched(
        self, prices: Float, cost_price: float, ceiling: Float, *, copies: int, limit: int, most: int
    ) -> Found:
        network = self.network
        allowed = network.demands.allowed
        option_price, pair_price = price_parts(prices[network.rows], cost_price, *network.pricing)
        rest_price, without_price = least_to_come(
            *network.shape, network.anchor, network.possible, option_price, pair_price, np.inf
        )
        option_start, *arcs = network.shape
        latency, ready, leave, rate, amount, leaf, timed_arc, pair_latency, pair_amount = network.figures
        arc_start, arc_producer, arc_table, arc_width, arc_class = arcs
        key_open, timed, key_class = network.keys
        choices, needs, price, dropped, labels = search(
            option_start, latency, ready, leave, rate, amount, leaf,
            arc_start, arc_producer, timed_arc, arc_table, arc_width, arc_class, network.possible,
            pair_latency, pair_amount, *network.joint, key_open, key_class, timed,
            network.tail, network.rest_amount, network.without_amount,
            option_price, pair_price, rest_price, without_price,
            allowed, ceiling, *rough_groups(allowed, ceiling, _ROUGH_GROUPS), copies, limit,
        )  # fmt: skip
        of_class, of_plan = pick(needs, price, allowed, ceiling, most)
        used, of_plan_used = np.unique(of_plan, return_inverse=True)
        return Found(
            choices=network.options[choices[used]],
            needs=needs[used],
            of_class=of_class,
            of_plan=of_plan_used.reshape(-1),
            price=price[of_plan],
            dropped=dropped,
            labels=labels,
        )

    def _answered(self, plan: Int, price: Float, bound: Float) -> PricedQueries:
        """Answer for each query what its class was told."""
        demands = self.network.demands
        of_query = plan[demands.of_query]
        found = of_query >= 0
        choices = np.full((len(of_query), _width(self._compiled)), -1, dtype=np.int64)
        choices[found, : self.network.operators] = self._pool.choices[of_query[found]]
        billed = np.zeros(len(of_query), dtype=np.int64)
        billed[found] = self._pool.billed_cost_nano[of_query[found]]
        usage = self._pool.usage.taken(of_query[found])
        length = np.zeros(len(of_query), dtype=np.int64)
        length[found] = np.diff(usage.start)
        start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(length)])
        return PricedQueries(
            query=demands.queries,
            choices=choices,
            price=price[demands.of_query],
            bound=bound[demands.of_query],
            billed_cost_nano=billed,
            usage=Sparse(start, usage.column, usage.amount),
        )


def _width(compiled: CompiledInstance) -> int:
    """Most operators of any application."""
    return max(len(application.operators) for application in compiled.applications)
