"""What pricing returns: the best plan of every query, or several plans of some."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int, Sparse

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PricedQueries:
    """The cheapest plan found for each of q queries at given prices; all figures are per milli-request/s.

    Parameters
    ----------
    query : (q,) int64
    choices : (q, k) int64
        Global option per local operator position, padded by -1; -1 throughout where no plan was found.
    price : (q,) float64
        Priced usage, and billed cost at its price; infinite without a plan.
    bound : (q,) float64
        No plan of the query is cheaper; infinite if it certainly has none. Equal to `price` unless labels were cut
        off at their limit.
    billed_cost_nano : (q,) int64
        0 without a plan.
    usage : Sparse
        Usage of the coupling rows, a row per query; none without a plan.
    """

    query: Int
    choices: Int
    price: Float
    bound: Float
    billed_cost_nano: Int
    usage: Sparse

    @property
    def exact(self) -> bool:
        """Whether the cheapest plan of every query was found, and those without are certain to have none."""
        return bool(np.array_equal(self.price, self.bound))

    @property
    def exists(self) -> Bool:
        """Queries for which a plan was found, shape (q,)."""
        return np.isfinite(self.price)

    @classmethod
    def merged(cls, parts: list[PricedQueries]) -> PricedQueries:
        """Join parts and sort them by query."""
        query = np.concatenate([part.query for part in parts])
        order = np.argsort(query, kind="stable")
        return cls(
            query=query[order],
            choices=np.concatenate([part.choices for part in parts])[order],
            price=np.concatenate([part.price for part in parts])[order],
            bound=np.concatenate([part.bound for part in parts])[order],
            billed_cost_nano=np.concatenate([part.billed_cost_nano for part in parts])[order],
            usage=Sparse.joined([part.usage for part in parts]).taken(order),
        )


@dataclass(frozen=True)
class RankedPlans:
    """Several plans of some queries, query by query, the cheapest first; figures are per milli-request/s.

    Parameters
    ----------
    query : (n,) int64
    plan : (n,) int64
        Index of a plan below: queries of a template share plans.
    price : (n,) float64
    choices : (plans, k) int64
    billed_cost_nano : (plans,) int64
    usage : Sparse
        A row per plan.
    complete : bool
        No label was cut off at its limit: no plan that was asked for is missing.
    """

    query: Int
    plan: Int
    price: Float
    choices: Int
    billed_cost_nano: Int
    usage: Sparse
    complete: bool

    def below(self, ceiling: Float) -> RankedPlans:
        """Leave out what costs more than a query's ceiling; ``ceiling`` has shape (queries,)."""
        most = ceiling[self.query]
        close = np.flatnonzero(self.price <= most + 1e-9 * np.abs(most))  # prices are sums of floats
        return replace(self, query=self.query[close], plan=self.plan[close], price=self.price[close])

    @classmethod
    def joined(cls, parts: list[RankedPlans]) -> RankedPlans:
        """Join parts of different queries, sorted by query."""
        offset = np.cumsum([0, *(len(part.choices) for part in parts)])
        query = np.concatenate([part.query for part in parts])
        order = np.argsort(query, kind="stable")
        plan = [part.plan + first for part, first in zip(parts, offset[:-1], strict=True)]
        return cls(
            query=query[order],
            plan=np.concatenate(plan)[order],
            price=np.concatenate([part.price for part in parts])[order],
            choices=np.concatenate([part.choices for part in parts]),
            billed_cost_nano=np.concatenate([part.billed_cost_nano for part in parts]),
            usage=Sparse.joined([part.usage for part in parts]),
            complete=all(part.complete for part in parts),
        )
