"""What one query may choose: its options and transfers after exact and cheap filters.

Everything removed here is in no feasible plan of the query: options outside the rate that they
need or carry, and options or pairs of transfer ends whose best completion already breaks an SLO,
a compatibility or a route. The filters only look at lower bounds, so what stays need not be
feasible; but less variables and a tighter relaxation come for little work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sloplan.models.carried import largest_loads
from sloplan.models.checkpoint import Checkpoint
from sloplan.models.legs import END, Leg, template_legs
from sloplan.models.lower_bounds import SATURATED, class_least, least_cost, longest_paths, saturated_sum
from sloplan.models.partners import Partners
from sloplan.problem.compiled import NO_LIMIT, Application, Bool, CompiledInstance, Factor, Int


@dataclass(frozen=True)
class LegMenu:
    """A transfer with the pairs of classes that are left.

    Parameters
    ----------
    leg : Leg
    producer_class, consumer_class : int64
        Class of each option that the menu keeps, as in `Leg`.
    pair_producer, pair_consumer : (pairs,) int64
        Classes of each pair that is left.
    """

    leg: Leg
    producer_class: Int
    consumer_class: Int
    pair_producer: Int
    pair_consumer: Int


@dataclass(frozen=True)
class FactorMenu:
    """An accuracy factor with the combinations that are left (`kept`: rows of `factor`)."""

    factor: Factor
    kept: Int


@dataclass(frozen=True)
class QueryMenu:
    """What a query may choose.

    Parameters
    ----------
    query : int
    application : Application
    options : tuple of int64 arrays
        Global option indices per local operator position; none is empty.
    legs : tuple of LegMenu
    factors : tuple of FactorMenu
    partners : dict
        Per pair of local operator positions, in order: which of their options may be in one plan, shape (options of
        the first, options of the second); pairs of which all may are left out.
    """

    query: int
    application: Application
    options: tuple[Int, ...]
    legs: tuple[LegMenu, ...]
    factors: tuple[FactorMenu, ...]
    partners: dict[tuple[int, int], Bool]


def query_menus(
    compiled: CompiledInstance, checkpoint: Checkpoint, open_options: Bool | None = None
) -> list[QueryMenu | None]:
    """Return the menu of every query; None where no plan exists.

    Parameters
    ----------
    compiled : CompiledInstance
        With the rows and supplies of the objective at hand.
    checkpoint : callable
        Called before each template and each query.
    open_options : (queries, options) bool, optional
        What each query may choose at all; everything without it.
    """
    most = largest_loads(compiled)
    menus: list[QueryMenu | None] = [None] * len(compiled.names.queries)
    for template in range(len(compiled.templates)):
        options = compiled.template_options(template)
        if any(len(part) == 0 for part in options):
            continue
        checkpoint()
        filters = _Filters(compiled, template, options, most)
        for query in np.flatnonzero(compiled.queries.template == template):
            checkpoint()
            menus[query] = filters.menu(int(query), None if open_options is None else open_options[query])
    return menus


class _Filters:
    """The filters of one template, applied to one query after the other."""

    def __init__(self, compiled: CompiledInstance, template: int, options: Sequence[Int], largest_load: Int) -> None:
        self._compiled = compiled
        self._application = compiled.applications[compiled.templates.application[template]]
        self._options = options
        self._legs = template_legs(compiled, template, options)
        table = compiled.options
        self._configuration = [table.configuration[part] for part in options]
        self._latency = [table.latency_us[part] for part in options]
        self._cost = [table.cost_nano[part] for part in options]
        self._least_rate = [table.min_rate_milli[part] for part in options]
        self._largest_rate = [largest_load[part] // np.maximum(table.busy_us[part], 1) for part in options]
        self._idle = [table.busy_us[part] == 0 for part in options]
        self._partners = Partners(compiled, self._application, options, self._legs, largest_load)

    def menu(self, query: int, is_open: Bool | None) -> QueryMenu | None:
        """Filter until nothing more goes; None once an operator has no option left."""
        rate = self._compiled.queries.rate_milli[query]
        masks: list[Bool] = [
            (least <= rate) & (idle | (rate <= largest))
            for least, largest, idle in zip(self._least_rate, self._largest_rate, self._idle, strict=True)
        ]
        if is_open is not None:
            masks = [mask & is_open[part] for mask, part in zip(masks, self._options, strict=True)]
        pairs: list[Bool] = [leg.possible & (leg.largest_rate >= rate) for leg in self._legs]
        together = self._partners.allowed(query)
        while True:
            before = sum(int(mask.sum()) for mask in masks) + sum(int(pair.sum()) for pair in pairs)
            self._keep_connected(masks, pairs)
            self._keep_compatible(masks)
            self._keep_accurate(query, masks)
            self._keep_fast(query, masks, pairs)
            self._keep_cheap(query, masks, pairs)
            self._keep_partnered(masks, pairs, together)
            if not all(mask.any() for mask in masks):
                return None
            if before == sum(int(mask.sum()) for mask in masks) + sum(int(pair.sum()) for pair in pairs):
                return self._filtered(query, masks, pairs, together)

    def _filtered(
        self, query: int, masks: list[Bool], pairs: list[Bool], together: dict[tuple[int, int], Bool]
    ) -> QueryMenu:
        legs = []
        for leg, pair in zip(self._legs, pairs, strict=True):
            producer, consumer = np.nonzero(pair)
            legs.append(
                LegMenu(
                    leg,
                    leg.producer_class if leg.producer == END else leg.producer_class[masks[leg.producer]],
                    leg.consumer_class if leg.consumer == END else leg.consumer_class[masks[leg.consumer]],
                    producer,
                    consumer,
                )
            )
        return QueryMenu(
            query,
            self._application,
            tuple(part[mask] for part, mask in zip(self._options, masks, strict=True)),
            tuple(legs),
            tuple(
                FactorMenu(factor, np.flatnonzero(rows))
                for factor, rows in zip(self._application.factors, self._combinations(query, masks), strict=True)
            ),
            {
                (first, second): kept
                for (first, second), allowed in together.items()
                if not (kept := allowed[np.ix_(masks[first], masks[second])]).all()
            },
        )

    def _keep_connected(self, masks: list[Bool], pairs: list[Bool]) -> None:
        """Options whose class reaches no partner go, and pairs without an option at an end."""
        for leg, pair in zip(self._legs, pairs, strict=True):
            if leg.producer != END:
                pair &= _inhabited(leg.producer_class[masks[leg.producer]], pair.shape[0])[:, None]
            if leg.consumer != END:
                pair &= _inhabited(leg.consumer_class[masks[leg.consumer]], pair.shape[1])
            if leg.producer != END:
                masks[leg.producer] &= np.asarray(pair.any(axis=1))[leg.producer_class]
            if leg.consumer != END:
                masks[leg.consumer] &= np.asarray(pair.any(axis=0))[leg.consumer_class]

    def _keep_compatible(self, masks: list[Bool]) -> None:
        """Options whose configuration has no partner left in a table of pairs go."""
        for pair in self._application.compatibilities:
            left = np.isin(pair.allowed[:, 0], self._configuration[pair.first][masks[pair.first]])
            left &= np.isin(pair.allowed[:, 1], self._configuration[pair.second][masks[pair.second]])
            for column, position in enumerate((pair.first, pair.second)):
                masks[position] &= np.isin(self._configuration[position], pair.allowed[left, column])

    def _keep_partnered(self, masks: list[Bool], pairs: list[Bool], together: dict[tuple[int, int], Bool]) -> None:
        """Options without a partner at another operator go, and pairs of ends that no two options have together."""
        for (first, second), allowed in together.items():
            masks[first] &= allowed[:, masks[second]].any(axis=1)
            masks[second] &= allowed[masks[first]].any(axis=0)
        for leg, pair in zip(self._legs, pairs, strict=True):
            if (leg.producer, leg.consumer) not in together:
                continue
            allowed = together[leg.producer, leg.consumer] & masks[leg.producer][:, None] & masks[leg.consumer]
            producer, consumer = np.nonzero(allowed)
            reached = np.zeros_like(pair)
            reached[leg.producer_class[producer], leg.consumer_class[consumer]] = True
            pair &= reached

    def _combinations(self, query: int, masks: list[Bool]) -> list[Bool]:
        """Rows of each factor that are left: all configurations have an option, and the SLO can still be met."""
        factors = self._application.factors
        kept = [np.ones(len(factor.configurations), dtype=np.bool_) for factor in factors]
        for factor, rows in zip(factors, kept, strict=True):
            for column, position in enumerate(factor.positions):
                rows &= np.isin(factor.configurations[:, column], self._configuration[position][masks[position]])
        slo = self._compiled.queries.slo_accuracy[query]
        if slo == NO_LIMIT:
            return kept
        least = [int(f.nano_nats[rows].min(initial=SATURATED)) for f, rows in zip(factors, kept, strict=True)]
        for factor, rows, own in zip(factors, kept, least, strict=True):
            rows &= factor.nano_nats <= int(slo) - (sum(least) - own)  # every other factor at its best
        return kept

    def _keep_accurate(self, query: int, masks: list[Bool]) -> None:
        """Options whose most accurate completion misses the accuracy SLO go."""
        kept = self._combinations(query, masks)
        for factor, rows in zip(self._application.factors, kept, strict=True):
            for column, position in enumerate(factor.positions):
                masks[position] &= np.isin(self._configuration[position], factor.configurations[rows, column])

    def _keep_fast(self, query: int, masks: list[Bool], pairs: list[Bool]) -> None:
        """Options and pairs on a path that cannot meet the latency SLO go."""
        slo = self._compiled.queries.slo_latency_us[query]
        if slo == NO_LIMIT:
            return
        head, tail = longest_paths(self._legs, self._latency, masks, pairs)
        for position, mask in enumerate(masks):
            mask &= saturated_sum(head[position], tail[position]) <= slo
        for leg, pair in zip(self._legs, pairs, strict=True):
            before = class_least(leg.producer, leg.producer_class, len(pair), head)
            after = class_least(leg.consumer, leg.consumer_class, pair.shape[1], tail, self._latency)
            pair &= saturated_sum(saturated_sum(before[:, None], leg.latency_us), after) <= slo

    def _keep_cheap(self, query: int, masks: list[Bool], pairs: list[Bool]) -> None:
        """Options and pairs whose cheapest completion exceeds the cost SLO go."""
        slo = self._compiled.queries.slo_cost_nano[query]
        if slo == NO_LIMIT:
            return
        option_cost, pair_cost = least_cost(self._legs, self._cost, masks, pairs)
        for mask, cost in zip(masks, option_cost, strict=True):
            mask &= cost <= slo
        for pair, cost in zip(pairs, pair_cost, strict=True):
            pair &= cost <= slo


def _inhabited(classes: Int, count: int) -> Bool:
    """Which of `count` classes occur."""
    return np.isin(np.arange(count), classes)
