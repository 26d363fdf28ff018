"""Reduced-value fixing: what no solution can do that loses little against the Lagrangian bound.

At given prices every copy that does not do what is best for it, and every unit of supply likewise, loses; the bound
less all losses is at least what a solution is worth. Where only so much may be lost, pairs that lose more are out.
The source of the idea is R. M. Nauss, An efficient algorithm for the 0-1 knapsack problem, Management Science 23(1),
1976, and for many rows every text on reduced-cost fixing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.lagrangian import ROUNDING, Response
from sloplan.decomposition.pairs import NearPairs, Pairs
from sloplan.problem.compiled import Bool, Int


@dataclass(frozen=True)
class Survivors:
    """All that solutions can do which lose at most some amount.

    Parameters
    ----------
    pairs : Pairs
    most : (pairs,) int64
        Copies of its group that can take the pair's plan, at least 1.
    least_served : (groups,) int64
        Copies that are served for certain.
    lower, upper : (supplies,) int64
    """

    pairs: Pairs
    most: Int
    least_served: Int
    lower: Int
    upper: Int

    def __len__(self) -> int:
        return len(self.pairs)

    def nearest(self, most_pairs: int) -> Survivors:
        """Return the same with no more than some number of pairs, those that lose least."""
        kept = np.sort(np.argsort(self.pairs.loss, kind="stable")[:most_pairs])
        return replace(self, pairs=self.pairs.taken(kept), most=self.most[kept])

    def with_assignment(self, assignment: Assignment) -> Survivors:
        """Return the same with what an assignment does let in; what its pairs lose is not known (NaN) where new."""
        old, plans = self.pairs, 1 + max(self.pairs.plan.max(initial=0), assignment.plan.max(initial=0))
        code = np.concatenate([old.group * plans + old.plan, assignment.group * plans + assignment.plan])
        every, place = np.unique(code, return_inverse=True)
        loss, most = np.full(len(every), np.nan), np.zeros(len(every), dtype=np.int64)
        loss[place[: len(old)]] = old.loss
        np.add.at(most, place[len(old) :], assignment.count)
        np.maximum.at(most, place[: len(old)], self.most)
        served = np.zeros_like(self.least_served)
        np.add.at(served, assignment.group, assignment.count)
        return Survivors(
            pairs=Pairs(every // plans, every % plans, loss),
            most=most,
            least_served=np.minimum(self.least_served, served),
            lower=np.minimum(self.lower, assignment.amount),
            upper=np.maximum(self.upper, assignment.amount),
        )

    def narrowed(self, free: Bool, assignment: Assignment) -> Survivors:
        """Return the same but for the groups that are not `free`: they do what an assignment does.

        Parameters
        ----------
        free : (groups,) bool
        assignment : Assignment
        """
        kept = free[self.pairs.group]
        least = np.where(free, self.least_served, np.iinfo(np.int64).max)
        return replace(self, pairs=self.pairs.taken(kept), most=self.most[kept], least_served=least).with_assignment(
            assignment
        )


def loss_allowed(response: Response, worth: int) -> float:
    """Return what a solution loses at most that is worth `worth` or more, on the safe side of rounding.

    Negative if there is none: the bound is below.

    Parameters
    ----------
    response : Response
    worth : int
        Value, or the negated cost.
    """
    return response.bound - worth + response.uncertainty + ROUNDING * abs(float(worth))


def survivors(response: Response, most_lost: float, near: NearPairs | None = None) -> Survivors:
    """Return what solutions can do that lose at most `most_lost`.

    Parameters
    ----------
    response : Response
    most_lost : float
        At least 0; `loss_allowed` says what a solution better than a known one loses at most.
    near : NearPairs, optional
        Of the same response, where it is at hand.
    """
    groups, supplies = response.problem.groups, response.problem.supplies
    pairs = (near or NearPairs(response)).within(most_lost)
    out = np.where(groups.must, np.inf, np.maximum(response.worth, 0.0))
    staying = _at_most(most_lost, out, groups.count)
    worth, nothing = response.supply_worth, np.zeros(len(supplies), dtype=np.int64)
    return Survivors(
        pairs=pairs,
        most=_at_most(most_lost, pairs.loss, groups.count[pairs.group]),
        least_served=groups.count - staying,
        lower=supplies.maximum - np.where(worth > 0, _at_most(most_lost, worth, supplies.maximum), supplies.maximum),
        upper=np.maximum(nothing, np.where(worth < 0, _at_most(most_lost, -worth, supplies.maximum), supplies.maximum)),
    )


def _at_most(most_lost: float, loss: np.ndarray, limit: Int) -> Int:
    """Return how often something can be done that loses `loss` each time, `limit` times at most."""
    often = np.full(len(loss), np.inf)
    np.divide(most_lost, loss, out=often, where=(loss > 0) & np.isfinite(loss))
    often[np.isposinf(loss) & np.isfinite(most_lost)] = 0.0
    # The quotient is nudged up: a whole number of times must not fall below it by rounding.
    return np.minimum(np.floor(np.minimum(often * (1 + 1e-12), limit)), limit).astype(np.int64)


def bounded_survivors(response: Response, most_lost: float, most_pairs: int) -> tuple[Survivors, float]:
    """Return the survivors, or as many of those that lose least as are not more than some number of pairs.

    Parameters
    ----------
    response : Response
    most_lost : float
    most_pairs : int

    Returns
    -------
    Survivors
    float
        What they lose at most: `most_lost` if all are there.
    """
    near = NearPairs(response)
    limit, step = most_lost, 2.0**-10
    while step < 1:
        pairs = near.within(most_lost * step)
        if len(pairs) > most_pairs:
            limit = float(np.partition(pairs.loss, most_pairs - 1)[most_pairs - 1])
            break
        step *= 4
    found = survivors(response, limit, near)
    if len(found) > most_pairs and limit == most_lost:
        limit = float(np.partition(found.pairs.loss, most_pairs - 1)[most_pairs - 1])
        found = survivors(response, limit, near)
    return found, limit
