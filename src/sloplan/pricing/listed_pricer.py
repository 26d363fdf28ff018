"""Pricing by looking up: the plans of small templates are listed once, and those that others replace left out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import allowed_by, cheapest_allowed
from sloplan.pricing.priced import PricedQueries
from sloplan.pricing.shared_work import in_threads
from sloplan.problem.compiled import CompiledInstance, Int, Sparse
from sloplan.problem.spans import spans

Float = npt.NDArray[np.float64]


class ListedPricer:
    """Prices the listed plans of some templates.

    Parameters
    ----------
    compiled : CompiledInstance
    plans : PlanArrays
        Plans of these templates, none of which another replaces by usage and bill.
    templates : (n,) int64
        Templates that are listed, ascending.
    """

    def __init__(self, compiled: CompiledInstance, plans: PlanArrays, templates: Int) -> None:
        self._rows = len(compiled.rows)
        self._plans = plans = plans.with_bills(self._rows)
        queries = compiled.queries
        members = np.flatnonzero(np.isin(queries.template, templates))
        # Beyond what any plan of the template needs, a limit is none; queries that allow the same are one class.
        count = len(plans.start) - 1
        most = np.full((count, plans.needs.shape[1]), np.iinfo(np.int64).min)
        np.maximum.at(most, plans.template, plans.needs)
        allowed = np.minimum(allowed_by(queries)[members], most[queries.template[members]])
        key = np.column_stack([queries.template[members], allowed])
        classes, of_query = np.unique(key, axis=0, return_inverse=True)
        self._members, self._of_query = members, of_query.reshape(-1)
        self._template, self._allowed = np.ascontiguousarray(classes[:, 0]), np.ascontiguousarray(classes[:, 1:])
        entries = np.unique(plans.template[plans.usage.row_of_entry] * (self._rows + 1) + plans.usage.column)
        self._using, self._used = np.divmod(entries, self._rows + 1)
        self._priced_at = np.full(self._rows + 1, np.nan)
        self._price_of_plan = np.zeros(len(plans))
        self._best = np.full(len(classes), -1, dtype=np.int64)

    def price(self, prices: Float, cost_price: float, threads: int) -> PricedQueries:
        """Return the cheapest plan of every query of the listed templates.

        Parameters
        ----------
        prices : (rows,) float64
        cost_price : float
            Of a nano-USD billed.
        threads : int
            Threads that work at once.
        """
        full = np.append(prices, cost_price)
        changed = full != self._priced_at
        touched = np.zeros(len(self._plans.start) - 1, dtype=np.bool_)
        touched[self._using[changed[self._used]]] = True
        if np.isnan(self._priced_at).all():
            touched[:] = True  # plans that use no row are priced once too
        self._priced_at = full
        classes = np.flatnonzero(touched[self._template])
        if len(classes):
            self._price_plans(full, np.flatnonzero(touched))
            parts = np.array_split(classes, threads)
            self._best[classes] = np.concatenate(in_threads(self._cheapest, parts, threads))
        return self._answer()

    def _price_plans(self, full: Float, templates: Int) -> None:
        plans = self._plans
        first = plans.start[templates]
        plan = spans(first, plans.start[templates + 1] - first)
        start = plans.usage.start
        length = start[plan + 1] - start[plan]
        entry = spans(start[plan], length)
        paid = plans.usage.amount[entry] * full[plans.usage.column[entry]]
        owner = np.repeat(np.arange(len(plan)), length)
        self._price_of_plan[plan] = np.bincount(owner, weights=paid, minlength=len(plan))

    def _cheapest(self, classes: Int) -> Int:
        plans = self._plans
        template, allowed = self._template[classes], self._allowed[classes]
        return cheapest_allowed(template, allowed, plans.start, self._price_of_plan, plans.needs)

    def _answer(self) -> PricedQueries:
        plan = self._best[self._of_query]
        found = plan >= 0
        price = np.full(len(plan), np.inf)
        price[found] = self._price_of_plan[plan[found]]
        choices = np.full((len(plan), self._plans.choices.shape[1]), -1, dtype=np.int64)
        choices[found] = self._plans.choices[plan[found]]
        usage, billed = _without_column(self._plans.usage.taken(plan[found]), self._rows)
        length, billed_of_all = np.zeros(len(plan), dtype=np.int64), np.zeros(len(plan), dtype=np.int64)
        length[found], billed_of_all[found] = np.diff(usage.start), billed
        start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(length)])
        return PricedQueries(
            self._members, choices, price, price, billed_of_all, Sparse(start, usage.column, usage.amount)
        )


def _without_column(usage: Sparse, column: int) -> tuple[Sparse, Int]:
    """Take the last entry, that of `column`, off every row."""
    keep = usage.column != column
    start = usage.start - np.arange(len(usage.start))
    return Sparse(start, usage.column[keep], usage.amount[keep]), usage.amount[~keep]
