"""Surcharges on heavy uses: the linear program over what survives, tightened by knapsack inequalities.

Prices of rows leave a bound as weak as the linear program's, which fills every row to the brim. Where few uses fit
into a row, no whole solution does. The inequalities that its optimum breaks are added until none is found; what they
cost is charged to the uses they speak of, beside the prices of rows, and that is a certificate.

Source: P. Avella, M. Boccia, I. Vasilyev, A computational study of exact knapsack separation for the generalized
assignment problem, Computational Optimization and Applications 45, 2010, for inequalities of rows one by one;
docs/core-problem.md for what they come to.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fixing import Survivors, bounded_survivors
from sloplan.decomposition.heavy_uses import MOST_SIDE_BY_SIDE, HeavyUses
from sloplan.decomposition.knapsack_cuts import Knapsack
from sloplan.decomposition.lagrangian import ROUNDING, Response
from sloplan.decomposition.linear_engine import LinearEngine
from sloplan.decomposition.pairs import Pairs
from sloplan.problem.certificates.format import Certificate, Surcharge
from sloplan.problem.certificates.from_prices import grid_for, leaf_on_grid
from sloplan.problem.certificates.surcharges import RowSurcharges
from sloplan.problem.compiled import CompiledInstance, Int, Sparse

Float = npt.NDArray[np.float64]

_LEAST_GAIN: Final = 0.005
"""Of all that inequalities have taken off the bound: a round that takes less is the last."""

_WIDER: Final = 100.0
_MOST_LOOKED_AT: Final = 500_000
"""Times the loss of survivors up to which others, so many at most, are looked at: they may become worth more."""

_MOST_ROUNDS: Final = 4
"""Of programs, each with more pairs."""

_MOST_LET_IN: Final = 3
"""Pairs of one group that are let in at once."""

_LEAST_WORTH: Final = 1e-9
"""Relative: pairs that are worth more by less count as worth the same."""


@dataclass(frozen=True)
class Surcharged:
    """Prices of rows and surcharges on heavy uses, and the pairs for which they were made.

    Parameters
    ----------
    problem : CoupledProblem
    pairs : Pairs
    uses : HeavyUses
        Of these pairs.
    row : (rows,) float64
        Prices.
    surcharge : (kinds,) float64
        Of the kinds of heavy uses.
    bound : float
        Of the linear program over these pairs.
    """

    problem: CoupledProblem
    pairs: Pairs
    uses: HeavyUses
    row: Float
    surcharge: Float
    bound: float

    @cached_property
    def _row(self) -> Float:
        """The prices of rows as the certificate has them."""
        return np.asarray(np.rint(self.row * self._denominator) / self._denominator)

    @cached_property
    def uncertainty(self) -> float:
        """What rounding may have taken off the worth of a pair, on the safe side."""
        return ROUNDING * self._dearest

    @cached_property
    def best(self) -> Float:
        """What a copy of each group is worth at its best, staying out included where it may; shape (groups,)."""
        best = np.where(self.problem.groups.must, -np.inf, 0.0)
        np.maximum.at(best, self.pairs.group, self.worth(self.pairs))
        return best

    def worth(self, pairs: Pairs) -> Float:
        """Return what a copy of each pair's group is worth with its plan, after all that it pays; shape (pairs,)."""
        groups, plans = self.problem.groups, self.problem.plans
        usage, rate = plans.usage.taken(pairs.plan), groups.rate[pairs.group]
        paid = np.bincount(usage.row_of_entry, weights=usage.amount * self._row[usage.column], minlength=len(pairs))
        of_copy = Sparse(usage.start, usage.column, usage.amount * rate[usage.row_of_entry])
        due = self._charges.due(pairs.group, of_copy) / self._denominator
        return np.asarray(groups.value[pairs.group] + plans.value[pairs.plan] - rate * paid - due)

    def certificate(self) -> Certificate:
        """Return what proves the bound, or one above it where other pairs are worth more at these prices."""
        problem, charges = self.problem, self._charges
        source = problem.source
        names = source.names.queries if isinstance(source, CompiledInstance) else source.groups.name
        kinds, kind = np.unique(np.stack([charges.row, charges.amount, charges.surcharge]), axis=1, return_inverse=True)
        order = np.argsort(kind.reshape(-1), kind="stable")
        users = np.split(names[charges.group[order]], np.cumsum(np.bincount(kind.reshape(-1)))[:-1])
        stated = tuple(
            Surcharge(str(problem.rows.name[row]), amount, surcharge, tuple(of.tolist()))
            for (row, amount, surcharge), of in zip(kinds.T.tolist(), users, strict=True)
        )
        leaf = leaf_on_grid(problem.rows, self.row, self._denominator)
        return Certificate("goodput", self._denominator, (replace(leaf, surcharges=stated),))

    @property
    def charges_any(self) -> bool:
        """Whether there are surcharges at all."""
        return bool(len(self._charges.group))

    @cached_property
    def _dearest(self) -> float:
        """No plan's value, priced usage and surcharges are larger together."""
        of_row = np.zeros(len(self.problem.rows))
        np.maximum.at(of_row, self.uses.row, self.surcharge)
        return self.problem.dearest(self.row, 1.0) + float(of_row.sum())

    @cached_property
    def _denominator(self) -> int:
        of_row = MOST_SIDE_BY_SIDE * float(self.surcharge.max(initial=0.0))
        return grid_for(max(self._dearest, of_row, float(self.row.max(initial=0.0))))

    @cached_property
    def _charges(self) -> RowSurcharges:
        uses = self.uses
        user = np.unique(np.stack([self.pairs.group[uses.pair], uses.kind]), axis=1)  # by group, row and amount
        numerator = np.rint(self.surcharge * self._denominator).astype(np.int64)
        group, kind = user[:, numerator[user[1]] > 0]
        return RowSurcharges(group, uses.row[kind], uses.amount[kind], numerator[kind], most=0)


def find_surcharges(
    response: Response, core: Survivors, most_lost: float, remaining: Callable[[], float] = lambda: math.inf
) -> Surcharged | None:
    """Tighten the linear program over a core; None if that brings nothing, or time is up before.

    Parameters
    ----------
    response : Response
        At good prices, for the greatest value, of a problem without supplies.
    core : Survivors
        What the program is over: all that can be better than what is known.
    most_lost : float
        What that loses at most at the prices of rows.
    remaining : callable, optional
        Returns the seconds that are left for it.

    Raises
    ------
    EngineError
        If the engine fails.
    """
    problem, pairs, best, least = response.problem, core.pairs, None, response.bound
    near = bounded_survivors(response, _WIDER * most_lost, _MOST_LOOKED_AT)[0].pairs
    for _ in range(_MOST_ROUNDS):
        if not _all_can(problem, pairs):
            return best
        found, gained = _tightened(problem, pairs, remaining)
        if found is None:
            return best
        worth = found.worth(near)
        more, bound = _worth_more(found, near, worth)
        if bound < least:
            best, least = found, bound
        if bound - found.bound <= _LEAST_GAIN * gained or remaining() <= 0:
            return best
        pairs = pairs.joined(near.taken(more))
    return best


def _all_can(problem: CoupledProblem, pairs: Pairs) -> bool:
    """Tell whether every group that must be served has a pair: otherwise there is no program."""
    has = np.bincount(pairs.group, minlength=len(problem.groups)) > 0
    return not np.any(problem.groups.must & ~has)


def _worth_more(found: Surcharged, near: Pairs, worth: Float) -> tuple[Int, float]:
    """Return some pairs of each group that are worth more than all it was made for, and the bound with them."""
    problem = found.problem
    better = np.flatnonzero(worth > found.best[near.group] + _LEAST_WORTH * max(1.0, float(np.abs(found.best).max())))
    better = better[np.lexsort((-worth[better], near.group[better]))]
    begins = np.flatnonzero(np.diff(near.group[better], prepend=-1))
    first = better[begins]
    rank = np.arange(len(better)) - np.repeat(begins, np.diff(np.append(begins, len(better))))
    more = problem.groups.count[near.group[first]] * (worth[first] - found.best[near.group[first]])
    return better[rank < _MOST_LET_IN], found.bound + float(more.sum())


def _tightened(
    problem: CoupledProblem, pairs: Pairs, remaining: Callable[[], float]
) -> tuple[Surcharged | None, float]:
    """Add inequalities until they hardly take anything off the bound any more; return what they took off it, too."""
    uses = HeavyUses.of(problem, pairs)
    program, knapsacks = _Program(problem, pairs, uses), _knapsacks(problem, uses)
    first, best = program.solve(remaining()), None
    if first is None:
        return None, 0.0
    before = first
    while program.separate(knapsacks, lambda: remaining() <= 0):
        last = program.solve(remaining())
        if last is None:
            break
        best, gained, before = program.result(), before - last, last
        if gained < _LEAST_GAIN * (first - last):
            break
    return (best if best is not None and best.charges_any else None), first - before


def _knapsacks(problem: CoupledProblem, uses: HeavyUses) -> list[tuple[slice, Knapsack]]:
    """Return the kinds of each row that has any, and their knapsack."""
    first = np.flatnonzero(np.diff(uses.row, prepend=-1))
    last, capacity = np.append(first, len(uses.row))[1:], problem.rows.capacity[uses.row[first]]
    return [
        (slice(*of), Knapsack(uses.amount[slice(*of)], uses.number[slice(*of)], room))
        for *of, room in zip(first.tolist(), last.tolist(), capacity.tolist(), strict=True)
    ]


class _Program:
    """Most worth of shares of pairs, within groups, rows and the inequalities so far."""

    def __init__(self, problem: CoupledProblem, pairs: Pairs, uses: HeavyUses) -> None:
        self._problem, self._pairs, self._uses = problem, pairs, uses
        groups, plans, capacity = problem.groups, problem.plans, problem.rows.capacity.astype(np.float64)
        worth = (groups.value[pairs.group] + plans.value[pairs.plan]).astype(np.float64)
        self._unit = max(1.0, float(np.abs(worth).mean()) if len(worth) else 1.0)
        self._engine = engine = LinearEngine(grows_by_columns=False)
        usage = plans.usage.taken(pairs.plan)
        self._rows = np.unique(usage.column[capacity[usage.column] > 0])
        place = np.full(len(capacity), -1)
        place[self._rows] = np.arange(len(self._rows))
        nothing = np.zeros(0, dtype=np.int64)
        count = groups.count.astype(np.float64)
        least = np.where(groups.must, count, -engine.infinity)
        engine.add_rows(least, count, nothing, nothing, np.zeros(0))
        one = np.ones(len(self._rows))
        engine.add_rows(-engine.infinity * one, one, nothing, nothing, np.zeros(0))
        entry = np.flatnonzero(place[usage.column] >= 0)
        amount = usage.amount[entry] * groups.rate[pairs.group][usage.row_of_entry[entry]]
        owner = np.concatenate([np.arange(len(pairs)), usage.row_of_entry[entry]])
        row = np.concatenate([pairs.group, len(groups) + place[usage.column[entry]]])
        share = np.concatenate([np.ones(len(pairs)), amount / capacity[usage.column[entry]]])
        order = np.argsort(owner, kind="stable")
        limits = np.zeros(len(pairs)), np.full(len(pairs), engine.infinity)
        engine.add_columns(-worth / self._unit, *limits, owner[order], row[order], share[order])
        self._broken: list[tuple[slice, Float]] = []

    def solve(self, seconds: float) -> float | None:
        """Return the bound, None if there was no time for it."""
        limit = None if math.isinf(seconds) else max(seconds, 0.0)
        return -self._engine.objective * self._unit if self._engine.run(limit) else None

    def separate(self, knapsacks: list[tuple[slice, Knapsack]], should_stop: Callable[[], bool]) -> int:
        """Add an inequality for every row where the last optimum breaks one; return their number."""
        uses, engine, found = self._uses, self._engine, 0
        used: Float = np.bincount(uses.kind, weights=engine.columns[uses.pair], minlength=len(uses.row)).astype(float)
        for part, knapsack in knapsacks:
            if should_stop():
                break
            broken = knapsack.broken(used[part], should_stop)
            if broken is None:
                continue
            first, last = np.searchsorted(uses.kind, [part.start, part.stop])
            amount = broken[uses.kind[first:last] - part.start]
            kept, one = np.flatnonzero(amount > 0), np.ones(1)
            owner = np.zeros(len(kept), dtype=np.int64)
            engine.add_rows(-engine.infinity * one, one, owner, uses.pair[first:last][kept], amount[kept])
            self._broken.append((part, broken))
            found += 1
        return found

    def result(self) -> Surcharged:
        """Return what the last optimum pays."""
        engine, problem, uses = self._engine, self._problem, self._uses
        price = np.maximum(-engine.duals * self._unit, 0.0)
        groups = len(problem.groups)
        row, surcharge = np.zeros(len(problem.rows)), np.zeros(len(uses.row))
        row[self._rows] = price[groups : groups + len(self._rows)] / problem.rows.capacity[self._rows]
        for (part, broken), each in zip(self._broken, price[groups + len(self._rows) :], strict=True):
            surcharge[part] += each * broken
        bound = -engine.objective * self._unit
        return Surcharged(problem, self._pairs, uses, row, surcharge, bound)
