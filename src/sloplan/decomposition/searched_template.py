"""A template whose plans are too many to list: those that its groups want at some prices are found, and kept.

Its plans have places in `TemplatePlans` from the start, most of them vacant: closed to every group. A plan that is
found is written down in the next one. So a plan keeps its index, and whoever holds the problem sees it. Once all places
are taken nothing more is written down; bounds hold all the same, since they come from the search.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.choice_kernels import first_open, price_plans, sort_by_price
from sloplan.pricing.network import Network
from sloplan.pricing.template_pricer import TemplatePricer
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import PlanFigures, evaluate_plans
from sloplan.problem.servable import largest_rate_alone

if TYPE_CHECKING:
    from sloplan.decomposition.coupled_problem import TemplatePlans

Float = npt.NDArray[np.float64]

_PLACES: Final = 2000
_PLACES_PER_CLASS: Final = 10  # of queries that allow the same
_SLACK: Final = 1e-9  # relative; sums of prices round differently here and in the search
_MORE: Final = 8  # times as many plans are asked for where none so far fits alone
_MOST_COPIES: Final = 64
_LABELS: Final = 2000
"""Labels that a search keeps at an operator: it takes half a second then, with four times as many some ten. Where more
are cut off, the bound is what is stated all the same."""


def _never() -> bool:
    return False


class SearchedTemplate:
    """Searches the plans of a template, and knows those that were found.

    Parameters
    ----------
    compiled : CompiledInstance
        With all units standing that can be: what plans must fit into alone.
    template : int
    cost_price : float
        Of a nano-USD billed: 1 where cost is what is sought, otherwise 0.
    label_limit : int
        As in `TemplatePricer`.

    Attributes
    ----------
    places : int
        Plans that can be known.
    rows : (rows,) int64
        Those that plans may use; a known plan has an entry for each, in this order.
    known : int
        Plans that are known; they take the first places.
    choices : (places, operators) int64
        Their options.
    should_stop : callable
        Asked between searches: what is known by then has to do. A copy in another process has no clock.
    """

    def __init__(
        self, compiled: CompiledInstance, template: int, cost_price: float, label_limit: int = _LABELS
    ) -> None:
        self._compiled, self._template = compiled, template
        self._cost_price, self._label_limit = cost_price, label_limit
        self._pricer: TemplatePricer | None = None
        self._network = Network.of(compiled, template)
        self.places = _PLACES + _PLACES_PER_CLASS * len(self._network.demands.allowed)
        self.rows = self._network.rows
        self.known = 0
        self.choices: Int = np.full((self.places, self._network.operators), -1, dtype=np.int64)
        self._index: dict[bytes, int] = {}
        self.should_stop = _never

    def __getstate__(self) -> dict[str, object]:
        """Leave the search itself behind, and the clock: whoever gets a copy begins its own."""
        return {**self.__dict__, "_pricer": None, "should_stop": _never}

    def found_since(self, number: int) -> Int:
        """Return the options of the plans found after the first `number`, shape (n, operators)."""
        return self.choices[number : self.known]

    def most_used(self) -> tuple[Int, int]:
        """Return what no plan uses more of, known or not, and what none is billed more, per unit of rate.

        Returns
        -------
        (rows,) int64
            Of each of `rows`.
        int
            nano-USD per request.
        """
        option_start, _, _, arc_table, *_ = self._network.shape
        start, row, amount, billed, route_start, route_row, pair_route, pair_bytes, pair_cost = self._network.pricing
        of_option = np.zeros((len(billed), len(self.rows)), dtype=np.int64)
        np.add.at(of_option, (np.repeat(np.arange(len(billed)), np.diff(start)), row), amount)
        most, most_billed = np.zeros(len(self.rows), dtype=np.int64), 0
        for first, end in pairwise(option_start):
            most += of_option[first:end].max(axis=0, initial=0)
            most_billed += int(billed[first:end].max(initial=0))
        route_of_place = np.repeat(np.arange(len(route_start) - 1), np.diff(route_start))
        for first, end in pairwise([*arc_table.tolist(), len(pair_route)]):
            of_route, of_row = np.zeros(len(route_start), dtype=np.int64), np.zeros_like(most)  # the last: no route
            np.maximum.at(of_route, pair_route[first:end], pair_bytes[first:end])
            np.maximum.at(of_row, route_row, of_route[route_of_place])
            most += of_row
            most_billed += int(pair_cost[first:end].max(initial=0))
        return most, most_billed

    def extend(self, plans: TemplatePlans, first: int, allowed: Int, prices: Float) -> Float:
        """Look for the cheapest plans at some prices and write down those that are new.

        Parameters
        ----------
        plans : TemplatePlans
            Written to in place.
        first : int
            Index of the template's first plan there.
        allowed : (groups, 5) int64
            What the template's groups allow, in the order of its queries.
        prices : (rows,) float64

        Returns
        -------
        (groups,) float64
            No plan of the group that fits alone is cheaper, per unit of rate. Where that is not what its cheapest
            known plan costs, labels were cut off, or very many cheaper plans do not fit alone, or time was up.
        """
        if self.should_stop():
            return np.zeros(len(allowed))  # no plan costs less than nothing
        pricer = self._opened()
        best = pricer.price(prices, self._cost_price)
        self.add(plans, first, best.choices[best.exists, : self.choices.shape[1]])
        bound, copies = best.bound.copy(), 1
        while True:
            known = self._cheapest_known(plans, first, allowed, prices)
            unsettled = known > bound * (1 + _SLACK)
            # With all places taken, what is found next may be cheap and fit, and yet not be known.
            is_full = copies >= _MOST_COPIES or self.known == self.places
            if is_full or not unsettled.any() or self.should_stop():
                return np.asarray(np.minimum(known, bound), dtype=np.float64)
            copies *= _MORE
            raised = self._next_best(pricer, plans, first, prices, copies, unsettled, bound)
            bound = raised if self.known < self.places else bound

    def _opened(self) -> TemplatePricer:
        if self._pricer is None:
            self._pricer = TemplatePricer(self._compiled, self._template, self._label_limit, self._network)
        return self._pricer

    def _next_best(
        self,
        pricer: TemplatePricer,
        plans: TemplatePlans,
        first: int,
        prices: Float,
        copies: int,
        unsettled: npt.NDArray[np.bool_],
        bound: Float,
    ) -> Float:
        """Write down so many plans of some groups, and return what no other plan undercuts."""
        demands = pricer.network.demands
        wanted = np.zeros(len(demands.allowed), dtype=np.bool_)
        wanted[demands.of_query[unsettled]] = True
        found = pricer.search_k_best(prices, copies, self._cost_price, wanted)
        self.add(plans, first, found.choices)
        number = np.bincount(found.of_class, minlength=len(wanted))
        rest = found.dropped * (1 - _SLACK)
        full = np.flatnonzero(number == copies)
        dearest = found.price[np.cumsum(number)[full] - 1]
        rest[full] = np.minimum(rest[full], dearest * (1 - _SLACK))
        return np.where(unsettled, rest[demands.of_query], bound)

    def _cheapest_known(self, plans: TemplatePlans, first: int, allowed: Int, prices: Float) -> Float:
        """Least price of a known plan that is open to each group, infinite without one."""
        part = slice(first, first + self.known)
        start = plans.usage.start[first : first + self.known + 1]
        price = price_plans(start, plans.usage.column, plans.usage.amount, prices, plans.cost[part].astype(np.float64))
        bounds, template = np.array([0, self.known], dtype=np.int64), np.zeros(len(allowed), dtype=np.int64)
        order = sort_by_price(bounds, price)
        plan = first_open(template, allowed, bounds, order, plans.needs[part])
        return np.where(plan >= 0, np.append(price, np.inf)[plan], np.inf)

    def add(self, plans: TemplatePlans, first: int, choices: Int) -> None:
        """Write down plans that are not known yet, as far as there are places.

        Parameters
        ----------
        plans, first
            As in `extend`.
        choices : (n, operators) int64
        """
        new = [row for row in dict.fromkeys(map(bytes, np.ascontiguousarray(choices))) if row not in self._index]
        new = new[: self.places - self.known]
        if not new:
            return
        self._index.update((row, self.known + number) for number, row in enumerate(new))
        added = np.frombuffer(b"".join(new), dtype=np.int64).reshape(len(new), -1)
        figures = evaluate_plans(self._compiled, self._template, added)
        place = first + self.known + np.arange(len(new))
        entry = plans.usage.start[place][figures.usage.row_of_entry] + np.searchsorted(self.rows, figures.usage.column)
        plans.usage.amount[entry] = figures.usage.amount
        plans.cost[place] = figures.billed_cost_nano if self._cost_price else 0
        plans.needs[place] = self._needs_alone(figures)
        self.choices[self.known : self.known + len(new)] = added
        self.known += len(new)

    def _needs_alone(self, figures: PlanFigures) -> Int:
        """What plans need of a group, in the order of `plan_kernels`, fitting alone included."""
        most = int(self._compiled.queries.rate_milli.max())
        rate = np.minimum(figures.max_rate_milli, largest_rate_alone(self._compiled, figures.usage, most))
        return np.column_stack(
            [-rate, figures.min_rate_milli, figures.accuracy_nano_nats, figures.latency_us, figures.cost_nano]
        )
