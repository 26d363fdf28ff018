"""The bounds that the leaves of a certificate prove, in exact arithmetic.

Both objectives are worked out as what there is the most of: "cost" as the least cost negated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sloplan.problem.certificates.pricing import Answer, PlanBatch, PlanPricer, Prices
from sloplan.problem.certificates.rounded_bound import RoundedBound, RoundingCase
from sloplan.problem.compiled import Int
from sloplan.problem.errors import SloplanError
from sloplan.problem.exact_sums import exact_dot, exact_totals


@dataclass(frozen=True)
class SupplyAnswer:
    """The supply is at most `at_most` (`holds`), or more."""

    supply: int
    at_most: int
    holds: bool


@dataclass(frozen=True)
class LeafCase:
    """One leaf: its prices and how it is reached from the leaf before.

    Parameters
    ----------
    prices : Prices
    kept : int
        How many answers, from the root, it shares with the leaf before.
    added : sequence of Answer or SupplyAnswer
        Its answers after those.
    rounding : RoundingCase, optional
        Of a case without answers.
    """

    prices: Prices
    kept: int
    added: Sequence[Answer | SupplyAnswer]
    rounding: RoundingCase | None = None


class VerificationStoppedError(SloplanError):
    """A certificate was not verified to the end because whoever asked had no more time for it."""

    def __init__(self) -> None:
        super().__init__("there was no time to verify it to the end; next: `check` the solution that holds it")


@dataclass(frozen=True)
class LeafTotals:
    """What the leaves prove.

    Parameters
    ----------
    most : list of int or None
        Each leaf's bound times the denominator, under "cost" negated; None for a closed leaf (it holds no solution).
    step : int
        A common divisor of the objective's coefficients, at least 1.
    """

    most: list[int | None]
    step: int


def leaf_totals(
    pricer: PlanPricer, cases: Sequence[LeafCase], should_stop: Callable[[], bool] | None = None
) -> LeafTotals:
    """Work out each leaf's bound.

    With row prices pi and supply i in [lo_i, hi_i] it is

        sum over copies of m_g + pi.cap + sum_i max over n in {lo_i, hi_i} of (pi.brought_i - price_i) n - mu F,

    where m_g is the worth of the best plan of the copy's group, at least 0 if the copy may stay out; price_i and the
    goodput floor F, of price mu, count under "cost" alone. Where there are rounded inequalities, `RoundedBound` adds up
    what they leave possible beside that. Plans are listed once, batch by batch, for all leaves together.

    Parameters
    ----------
    pricer : PlanPricer
    cases : sequence of LeafCase
        Each continues from the one before.
    should_stop : callable, optional
        Asked once the plans of a batch are listed, before they are priced.

    Raises
    ------
    GridTooFineError
        If a priced plan passes 2^62.
    VerificationStoppedError
        If `should_stop` said so.
    """
    supplies = _SupplyWalk(pricer)
    totals = [supplies.rows_total(case) for case in cases]
    rounded = [RoundedBound(pricer, case.rounding, case.prices) if case.rounding else None for case in cases]
    step = math.gcd(*pricer.supply_price.tolist())
    for batch in pricer.batches():
        if should_stop is not None and should_stop():
            raise VerificationStoppedError
        step = math.gcd(step, batch.objective_step)
        copies = _CopyWalk(batch)
        for leaf, case in enumerate(cases):
            copies.follow(case)
            total = totals[leaf]
            if total is not None:
                worth = copies.total(case, rounded[leaf])
                totals[leaf] = None if worth is None else total + worth
    totals = [
        total if bound is None or total is None else bound.most(total)
        for total, bound in zip(totals, rounded, strict=True)
    ]
    return LeafTotals(totals, max(step, 1))


class _SupplyWalk:
    """The supplies' intervals along a walk from leaf to leaf."""

    def __init__(self, pricer: PlanPricer) -> None:
        self._rows, self._brought, self._floor = pricer.rows, pricer.supplies.brought, pricer.floor
        self._price = pricer.supply_price.astype(object)
        self._high = pricer.supplies.maximum.astype(object)
        self._low = np.zeros_like(self._high)
        self._before: list[tuple[int, int, int] | None] = []  # per answer, the interval that it changed

    def rows_total(self, case: LeafCase) -> int | None:
        """Price of the capacity that stands there and that supplies bring, less what supplies and floor cost.

        None if a supply has no amount left.
        """
        self._follow(case)
        if np.any(self._low > self._high):
            return None
        brought, prices = self._brought, case.prices
        worth = exact_totals(brought.row_of_entry, brought.amount, prices.row[brought.column], len(brought))
        worth = worth - prices.cost * self._price
        supplied = int(np.where(worth > 0, worth * self._high, worth * self._low).sum())
        return supplied + exact_dot(self._rows.capacity, prices.row) - prices.value * self._floor

    def _follow(self, case: LeafCase) -> None:
        while len(self._before) > case.kept:
            changed = self._before.pop()
            if changed is not None:
                supply, self._low[supply], self._high[supply] = changed
        for answer in case.added:
            if not isinstance(answer, SupplyAnswer):
                self._before.append(None)
                continue
            supply = answer.supply
            self._before.append((supply, self._low[supply], self._high[supply]))
            if answer.holds:
                self._high[supply] = min(self._high[supply], answer.at_most)
            else:
                self._low[supply] = max(self._low[supply], answer.at_most + 1)


class _Branched(NamedTuple):
    """A copy that decisions speak of: its group's position in the batch, its plans, whether it may take none."""

    position: int
    plans: Int
    may_stay_out: bool


class _CopyWalk:
    """The branched copies of a batch along a walk from leaf to leaf."""

    def __init__(self, batch: PlanBatch) -> None:
        self._batch = batch
        self._branched: dict[tuple[int, int], _Branched] = {}
        # Per answer, the copy that it speaks of and what held for it before.
        self._before: list[tuple[tuple[int, int], _Branched | None] | None] = []

    def follow(self, case: LeafCase) -> None:
        """Go to the next leaf."""
        while len(self._before) > case.kept:
            changed = self._before.pop()
            if changed is not None:
                copy, before = changed
                if before is None:
                    del self._branched[copy]
                else:
                    self._branched[copy] = before
        for answer in case.added:
            self._before.append(None if isinstance(answer, SupplyAnswer) else self._restrict(answer))

    def _restrict(self, answer: Answer) -> tuple[tuple[int, int], _Branched | None] | None:
        batch, statement = self._batch, answer.statement
        position = int(np.searchsorted(batch.groups, statement.group))
        if position == len(batch.groups) or batch.groups[position] != statement.group:
            return None
        copy = statement.group, statement.copy
        before = self._branched.get(copy)
        now = before or _Branched(position, batch.plans_of(statement.group), not batch.must[position])
        agrees = np.isin(batch.choices(now.plans, statement.position), statement.members) == answer.holds
        # "Yes" says that the copy is served, so staying out is left open by "no" alone.
        self._branched[copy] = _Branched(position, now.plans[agrees], now.may_stay_out and not answer.holds)
        return copy, before

    def total(self, case: LeafCase, rounded: RoundedBound | None = None) -> int | None:
        """Worth of all copies: branched ones one by one, the others count x m; None if a must copy has no plan.

        What is left of them for a `RoundedBound` is added to it.
        """
        batch, branched = self._batch, list(self._branched.values())
        priced = batch.priced(case.prices)
        position = np.array([copy.position for copy in branched], dtype=np.int64)
        may_stay_out = np.array([copy.may_stay_out for copy in branched], dtype=np.bool_)
        size = np.array([len(copy.plans) for copy in branched], dtype=np.int64)
        others = batch.count.copy()
        np.subtract.at(others, position, 1)
        if np.any((size == 0) & ~may_stay_out) or np.any(batch.hopeless & (others > 0)):
            return None
        worth = np.zeros(len(branched), dtype=np.int64)
        if size.any():
            start = np.concatenate([[0], np.cumsum(size[size > 0])[:-1]])
            plans = np.concatenate([copy.plans for copy in branched])
            worth[size > 0] = priced.best_worth(batch.groups[position[size > 0]], start, plans)
        worth = np.where(may_stay_out, np.maximum(worth, 0), worth)
        if rounded is not None and case.rounding is not None:
            rounded.add(priced.within(case.rounding.most_lost), batch.groups, batch.count, batch.must)
        each = np.where(batch.must, priced.worth, np.maximum(priced.worth, 0))
        return sum(worth.tolist()) + exact_dot(each, others)
