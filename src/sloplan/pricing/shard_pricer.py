"""Pricing of all queries of some templates: by listed plans where a template has few, by label setting elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.pricing.listed_pricer import ListedPricer
from sloplan.pricing.network import Network
from sloplan.pricing.priced import PricedQueries, RankedPlans
from sloplan.pricing.shared_work import in_threads
from sloplan.pricing.template_pricer import LABEL_LIMIT, TemplatePricer
from sloplan.pricing.undominated import UndominatedPlans
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.plan_table import PLAN_LIMIT

Float = npt.NDArray[np.float64]

LIST_LIMIT: Final = 100_000
"""Templates with at most so many plans are listed; docs/pricing.md says what that rests on."""

_WORTH_A_THREAD: Final = 3000  # labels of the last search


class ShardPricer:
    """Keeps some templates of an instance, and prices their queries whenever it is given prices.

    Parameters
    ----------
    compiled : CompiledInstance
        With the rows that the prices are for: `under_objective` returns those of an objective.
    templates : sequence of int, optional
        Ascending; all of them if left out.
    threads : int
        Threads that work at once; answers do not depend on it.
    list_limit : int
        Largest number of plans of a template that is listed.
    label_limit : int
        Largest number of labels kept at an operator of a template that is not.

    Attributes
    ----------
    listed, labelled : (n,) int64
        Templates priced the one way and the other.
    """

    def __init__(
        self,
        compiled: CompiledInstance,
        templates: Sequence[int] | Int | None = None,
        *,
        threads: int = 1,
        list_limit: int = LIST_LIMIT,
        label_limit: int = LABEL_LIMIT,
    ) -> None:
        self._compiled, self._threads, self._label_limit = compiled, threads, label_limit
        self._pricers: dict[int, TemplatePricer] = {}
        plans = UndominatedPlans(compiled, PLAN_LIMIT, billed=True)
        listed: list[int] = []
        labelled: list[int] = []
        for template in range(len(compiled.templates)) if templates is None else map(int, templates):
            is_listed = self._has_few_plans(template, list_limit) and _is_added(plans, template)
            (listed if is_listed else labelled).append(template)
        self.listed: Int = np.array(listed, dtype=np.int64)
        self.labelled: Int = np.array(labelled, dtype=np.int64)
        self._listed_pricer = ListedPricer(compiled, plans.plans(), self.listed)

    def _has_few_plans(self, template: int, list_limit: int) -> bool:
        """Whether a template has at most so many plans that meet placement, compatibility and routes."""
        most = 1
        for part in self._compiled.template_options(template):
            most *= len(part)
        # Only where there may be more is it worth while to count them.
        return most <= list_limit or self._pricer(template).network.count_plans() <= list_limit

    def _pricer(self, template: int) -> TemplatePricer:
        if template not in self._pricers:
            network = Network.of(self._compiled, template)
            self._pricers[template] = TemplatePricer(self._compiled, template, self._label_limit, network)
        return self._pricers[template]

    def price(self, prices: Float, cost_price: float = 0.0) -> PricedQueries:
        """Return the cheapest plan of every query of the templates.

        Parameters
        ----------
        prices : (rows,) float64
            Per unit of usage, at least 0.
        cost_price : float
            Of a nano-USD billed per request, at least 0.

        Raises
        ------
        InputError
            If prices are not finite numbers from 0, one per row.
        """
        self._check(prices, cost_price)
        pricers = [self._pricer(template) for template in self.labelled.tolist()]
        listed = self._listed_pricer.price(prices, cost_price, self._threads)
        # Short searches spend their time in Python, where threads only wait for each other.
        long = [pricer for pricer in pricers if not 0 <= pricer.labels < _WORTH_A_THREAD]
        short = [pricer for pricer in pricers if 0 <= pricer.labels < _WORTH_A_THREAD]
        found = in_threads(lambda pricer: pricer.search(prices, cost_price), long, self._threads)
        found += [pricer.search(prices, cost_price) for pricer in short]
        answers = [pricer.absorb(what, prices, cost_price) for pricer, what in zip([*long, *short], found, strict=True)]
        return PricedQueries.merged([listed, *answers]) if answers else listed

    @property
    def labels(self) -> int:
        """Labels kept in the last search of every template that is not listed."""
        return sum(self._pricers[template].labels for template in self.labelled.tolist())

    def k_best(self, prices: Float, k: int, cost_price: float = 0.0) -> RankedPlans:
        """Return the k cheapest plans of every query of the templates, all where there are fewer.

        Parameters
        ----------
        prices, cost_price
            As in `price`.
        k : int
            At least 1.
        """
        self._check(prices, cost_price)
        pricers = self._all_pricers()
        found = in_threads(lambda pricer: pricer.search_k_best(prices, k, cost_price), pricers, self._threads)
        parts = zip(pricers, found, strict=True)
        return RankedPlans.joined([pricer.ranked(what, prices, cost_price) for pricer, what in parts])

    def within(self, prices: Float, margin: Float, cost_price: float = 0.0) -> RankedPlans:
        """Return all plans of every query of the templates that cost at most `margin` more than its cheapest.

        Parameters
        ----------
        prices, cost_price
            As in `price`.
        margin : (queries,) float64
            Per query of the instance, and per milli-request/s; below 0 (-infinity) where none is wanted.
        """
        self._check(prices, cost_price)
        best = self.price(prices, cost_price)
        ceiling = np.full(len(self._compiled.queries.template), -np.inf)
        planned = np.isfinite(best.bound)  # the others have no plan at all
        ceiling[best.query[planned]] = best.bound[planned] + margin[best.query[planned]]
        pricers = self._all_pricers()
        found = in_threads(lambda pricer: pricer.search_below(prices, ceiling, cost_price), pricers, self._threads)
        parts = zip(pricers, found, strict=True)
        ranked = RankedPlans.joined([pricer.ranked(what, prices, cost_price) for pricer, what in parts])
        return ranked.below(ceiling)

    def _all_pricers(self) -> list[TemplatePricer]:
        return [self._pricer(template) for template in np.union1d(self.listed, self.labelled).tolist()]

    def _check(self, prices: Float, cost_price: float) -> None:
        rows = len(self._compiled.rows)
        sound = prices.shape == (rows,) and bool(np.isfinite(prices).all()) and float(prices.min(initial=0)) >= 0
        if not sound or not 0 <= cost_price < np.inf:
            raise InputError(
                "not prices of this instance's rows",
                field="prices",
                value=f"shape {prices.shape}, cost price {cost_price}",
                allowed=f"{rows} finite numbers from 0",
                advice="give a price for every coupling row, 0 for those that are free",
            )


def _is_added(plans: UndominatedPlans, template: int) -> bool:
    """List the plans of a template, and say whether that was possible."""
    try:
        plans.add(template)
    except SizeLimitError:  # few plans, but many partial ones
        return False
    return True
