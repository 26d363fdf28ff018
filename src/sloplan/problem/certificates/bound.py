"""The bounds that the leaves of a certificate prove, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.problem.certificates.pricing import Answer, PlanBatch, PlanPricer, Prices
from sloplan.problem.compiled import Sparse
from sloplan.problem.errors import SloplanError

Exact = npt.NDArray[np.object_]
"""Array of Python integers: sums that may pass int64."""

AnswersOfCopies = Mapping[tuple[int, int], Sequence[Answer]]
"""(group, copy) to the answers that speak of that copy."""


@dataclass(frozen=True)
class LeafCase:
    """One leaf: its prices and what holds there.

    Parameters
    ----------
    prices : Prices
    supply_interval : mapping
        Supply index to its (lowest, highest) amount, for the supplies that decisions speak of.
    answers : mapping
        (group, copy) to the answers that speak of that copy.
    """

    prices: Prices
    supply_interval: Mapping[int, tuple[int, int]]
    answers: AnswersOfCopies


class VerificationStoppedError(SloplanError):
    """A certificate was not verified to the end because whoever asked had no more time for it."""

    def __init__(self) -> None:
        super().__init__("there was no time to verify it to the end; next: `check` the solution that holds it")


def leaf_totals(
    pricer: PlanPricer, cases: Sequence[LeafCase], should_stop: Callable[[], bool] | None = None
) -> list[int | None]:
    """Return each leaf's bound times the denominator; None for a closed leaf (it holds no solution).

    With prices pi and supply i in [lo_i, hi_i] it is

        sum over copies of m_g + pi.cap + sum_i max over n in {lo_i, hi_i} of (pi.brought_i) n,

    where m_g is the worth of the best plan of the copy's group, at least 0 if the copy may stay out.
    Plans are listed once, batch by batch, for all leaves together.

    Parameters
    ----------
    pricer : PlanPricer
    cases : sequence of LeafCase
    should_stop : callable, optional
        Asked once the plans of a batch are listed, before they are priced.

    Raises
    ------
    GridTooFineError
        If a priced plan passes 2^62.
    VerificationStoppedError
        If `should_stop` said so.
    """
    totals = [_rows_total(pricer, case) for case in cases]
    for batch in pricer.batches():
        if should_stop is not None and should_stop():
            raise VerificationStoppedError
        for leaf, case in enumerate(cases):
            total = totals[leaf]
            if total is not None:
                copies = _copies_total(batch, case)
                totals[leaf] = None if copies is None else total + copies
    return totals


def _rows_total(pricer: PlanPricer, case: LeafCase) -> int | None:
    """Price of the capacity that stands there and that supplies bring; None if a supply has no amount left."""
    if any(lowest > highest for lowest, highest in case.supply_interval.values()):
        return None
    price = case.prices.numerator.astype(object)
    high = pricer.supplies.maximum.astype(object)
    low = np.zeros(len(high), dtype=object)
    for supply, (lowest, highest) in case.supply_interval.items():
        low[supply], high[supply] = lowest, highest
    worth = _exact_row_sums(pricer.supplies.brought, price)
    supplied = sum(np.where(worth > 0, worth * high, worth * low).tolist())
    return supplied + sum((price * pricer.rows.capacity.astype(object)).tolist())


def _exact_row_sums(entries: Sparse, weight: Exact) -> Exact:
    total = np.zeros(len(entries), dtype=object)
    np.add.at(total, entries.row_of_entry, entries.amount.astype(object) * weight[entries.column])
    return total


def _copies_total(batch: PlanBatch, case: LeafCase) -> int | None:
    """Worth of all copies of the batch's groups: branched copies one by one, the others count x m."""
    priced = batch.priced(case.prices)
    others = batch.count.copy()
    total = 0
    for (group, _), answers in case.answers.items():
        position = int(np.searchsorted(batch.groups, group))
        if position == len(batch.groups) or batch.groups[position] != group:
            continue
        others[position] -= 1
        worth = priced.restricted_worth(group, answers)
        # "Yes" says that the copy is served, so staying out is left open by "no" alone.
        if not batch.must[position] and not any(answer.holds for answer in answers):
            worth = max(worth or 0, 0)
        if worth is None:
            return None
        total += worth
    if np.any(batch.must & ~batch.has_plan & (others > 0)):
        return None
    each = np.where(batch.must, priced.worth, np.maximum(priced.worth, 0))
    taken = np.flatnonzero((each != 0) & (others > 0))
    return total + sum((each[taken].astype(object) * others[taken].astype(object)).tolist())
