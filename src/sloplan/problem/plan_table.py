"""Plain enumeration: every plan of a template, up to a stated limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sloplan.problem.compiled import NO_LIMIT, Application, Bool, Compatibility, CompiledInstance, Int
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.evaluation import PlanFigures, arrivals, evaluate_plans, factor_nano_nats, meets
from sloplan.problem.query_classes import QueryClasses
from sloplan.problem.spans import spans

PLAN_LIMIT = 2_000_000
"""Largest number of partial plans that enumeration keeps for one template."""

CELL_LIMIT = 20_000_000
"""Largest number of their operators, summed over partial plans; plans of many operators take more memory."""

_CHUNK = 1_000_000  # extensions looked at together, to bound memory and the time between looks at the clock
_FIRST_LOOK: Final = 256  # cheapest plans that are looked at before more of them
_SIDES: Final = ("left", "right")


@dataclass(frozen=True)
class PlanTable:
    """The plans of a template that at least one of its queries might use.

    Every plan that meets placement, compatibility and routes and all SLOs of some query of the
    template is listed; plans beyond the loosest SLOs are left out.

    Parameters
    ----------
    template : int
    choices : (plans, operators) int64
        Global option index per local operator position.
    figures : PlanFigures
    """

    template: int
    choices: Int
    figures: PlanFigures

    def __len__(self) -> int:
        return len(self.choices)

    def feasible(self, compiled: CompiledInstance, query: int) -> Bool:
        """Return which plans meet the SLOs and rules of `query`, shape (plans,).

        Fitting in shared capacity is not looked at.
        """
        return meets(compiled, query, self.figures)

    def first_feasible(self, compiled: CompiledInstance, queries: Int, order: Int, max_rate: Int | None = None) -> Int:
        """Return the first feasible plan of each query in a given order of plans.

        Parameters
        ----------
        compiled : CompiledInstance
        queries : (q,) int64
            Queries of this template.
        order : (plans,) int64
            Plans, best first.
        max_rate : (plans,) int64, optional
            A further limit on the query's rate per plan, milli-requests/s.

        Returns
        -------
        (q,) int64
            Index of the plan, -1 where no plan meets the query's SLOs and rules.
        """
        figures = self.figures
        if max_rate is not None:
            figures = replace(figures, max_rate_milli=np.minimum(figures.max_rate_milli, max_rate))
        classes = QueryClasses.of(compiled, queries, figures)
        found = np.full(len(classes), -1, dtype=np.int64)
        first, width = 0, 16  # widening looks: most queries find a plan early
        waiting = np.arange(len(classes))
        while first < len(order) and len(waiting):
            look = order[first : first + width]
            for part in _parts(waiting, len(look)):
                feasible = meets(compiled, classes.query[part, None], figures, look)
                found[part] = np.where(feasible.any(axis=1), look[feasible.argmax(axis=1)], -1)
            waiting = waiting[found[waiting] < 0]
            first, width = first + width, width * 4
        return found[classes.of_query]

    def least_feasible(self, compiled: CompiledInstance, classes: QueryClasses, figure: Int) -> Int:
        """Return the least of a figure among the feasible plans of each class of queries.

        Parameters
        ----------
        compiled : CompiledInstance
        classes : QueryClasses
            Of queries of this template, as the table's plans make them.
        figure : (plans,) int64
            Below `NO_LIMIT`.

        Returns
        -------
        (classes,) int64
            `NO_LIMIT` where no plan meets the queries' SLOs and rules.
        """
        least = np.full(len(classes), NO_LIMIT, dtype=np.int64)
        waiting, width = np.arange(len(classes)), _FIRST_LOOK
        while len(waiting):
            # All other plans have as great a figure or a greater: widening looks, and no sort of them all.
            everything = width >= len(figure)
            look = np.arange(len(figure)) if everything else np.argpartition(figure, width)[:width]
            for part in _parts(waiting, len(look)):
                feasible = meets(compiled, classes.query[part, None], self.figures, look)
                seen = np.broadcast_to(figure[look], feasible.shape)
                least[part] = seen.min(axis=1, where=feasible, initial=NO_LIMIT)
            waiting = waiting[:0] if everything else waiting[least[waiting] == NO_LIMIT]
            width *= 8
        return least


def _parts(classes: Int, plans: int) -> list[Int]:
    """Split classes so that not too many pairs of a class and a plan are looked at together."""
    return np.array_split(classes, max(1, len(classes) * plans // _CHUNK))


def enumerate_plans(
    compiled: CompiledInstance,
    template: int,
    limit: int = PLAN_LIMIT,
    interrupt: Callable[[], None] = lambda: None,
) -> PlanTable:
    """List all plans of a template, operator by operator in topological order.

    A partial plan is dropped as soon as no completion can meet the loosest SLOs of the
    template's queries: its finish times, accuracy and cost so far, plus the least that the
    remaining operators add.

    Parameters
    ----------
    compiled : CompiledInstance
    template : int
    limit : int
        Largest number of partial plans kept.
    interrupt : callable, optional
        Called every million extensions or so; what it raises ends the listing.

    Returns
    -------
    PlanTable

    Raises
    ------
    SizeLimitError
        If more partial plans than `limit` survive, or they hold more operators than `CELL_LIMIT`.
    """
    enumeration = _Enumeration(compiled, template, limit, interrupt)
    partial = _Partial.empty()
    for position in range(len(enumeration.application.operators)):
        partial = enumeration.extended(partial, position)
    choices = partial.choices
    figures = evaluate_plans(compiled, template, choices)
    if not figures.placeable.all():  # the way to the sink is looked at only here
        choices = choices[figures.placeable]
        figures = evaluate_plans(compiled, template, choices)
    return PlanTable(template, choices, figures)


def too_many_partial_plans(
    compiled: CompiledInstance, application: Application, position: int, limit: int
) -> SizeLimitError:
    """Return the error that says at which operator there are more partial plans than are listed.

    Parameters
    ----------
    compiled : CompiledInstance
    application : Application
    position : int
        Local position of the operator.
    limit : int
    """
    name = compiled.names.operators[application.operators[position]]
    return SizeLimitError(
        f"application {application.name!r}: more than {limit:,} partial plans at operator {name!r}, where plain "
        "enumeration stops; next: fewer options, tighter SLOs, or a method that does not list plans"
    )


@dataclass(frozen=True)
class _Partial:
    """n partial plans over the first k operators: choices and finish (n, k), accuracy and cost (n,)."""

    choices: Int
    finish: Int
    accuracy: Int
    cost: Int

    @classmethod
    def empty(cls) -> _Partial:
        """Return the one plan that places nothing yet."""
        none, zero = np.zeros((1, 0), dtype=np.int64), np.zeros(1, dtype=np.int64)
        return cls(none, none, zero, zero)

    def __len__(self) -> int:
        return len(self.choices)

    def taken(self, index: Int | slice) -> _Partial:
        """Return the partial plans at `index`."""
        return _Partial(self.choices[index], self.finish[index], self.accuracy[index], self.cost[index])

    @staticmethod
    def joined(parts: list[_Partial]) -> _Partial:
        """Return the partial plans of all parts."""
        return _Partial(
            *(np.concatenate([getattr(p, name) for p in parts]) for name in ("choices", "finish", "accuracy", "cost"))
        )


class _Enumeration:
    """Extends partial plans of one template operator by operator."""

    def __init__(self, compiled: CompiledInstance, template: int, limit: int, interrupt: Callable[[], None]) -> None:
        self._compiled, self._interrupt = compiled, interrupt
        self._template = template
        self._limit = limit
        self._source = int(compiled.templates.source[template])
        self.application: Application = compiled.applications[compiled.templates.application[template]]
        self._loosest = _loosest_slos(compiled, template)
        least_rate = compiled.options.min_rate_milli
        self._open_options = tuple(
            part[least_rate[part] <= self._loosest.rate] for part in compiled.template_options(template)
        )
        self._least = _least_to_come(compiled, self.application, self._open_options)

    def extended(self, partial: _Partial, position: int) -> _Partial:
        """Place the operator at `position` in every way that can still succeed."""
        step = max(1, _CHUNK // max(1, len(self._open_options[position])))
        kept: list[_Partial] = []
        for first in range(0, max(1, len(partial)), step):
            self._interrupt()
            kept.append(self._extended_part(partial.taken(slice(first, first + step)), position))
            limit = min(self._limit, CELL_LIMIT // (position + 1))
            if sum(map(len, kept)) > limit:
                raise too_many_partial_plans(self._compiled, self.application, position, limit)
        return _Partial.joined(kept)

    def _extended_part(self, base: _Partial, position: int) -> _Partial:
        compiled, least = self._compiled, self._least
        parent, option = self._allowed_pairs(base, position)
        base = base.taken(parent)
        choices = np.column_stack([base.choices, option])
        source = np.full(len(choices), self._source)
        inputs = arrivals(compiled, self.application, source, position, choices, base.finish)
        finish = inputs.time_us + compiled.options.latency_us[option]
        cost = base.cost + inputs.cost_nano + compiled.options.cost_nano[option]
        accuracy = base.accuracy + self._completed_factors(choices, position)
        keep = (
            inputs.possible
            & (finish + least.latency[position] <= self._loosest.latency)
            & (cost + least.cost[position] <= self._loosest.cost)
            & (accuracy + least.accuracy[position] <= self._loosest.accuracy)
        )
        return _Partial(choices, np.column_stack([base.finish, finish]), accuracy, cost).taken(np.flatnonzero(keep))

    def _allowed_pairs(self, base: _Partial, position: int) -> tuple[Int, Int]:
        """Pairs (row of `base`, option) that `compatible` allows, ascending."""
        configuration, open_options = self._compiled.options.configuration, self._open_options[position]
        pairs = [pair for pair in self.application.compatibilities if pair.second == position]
        if pairs:
            parent, option = _partners(
                pairs[0], configuration[base.choices[:, pairs[0].first]], configuration, open_options
            )
        else:
            parent = np.repeat(np.arange(len(base)), len(open_options))
            option = np.tile(open_options, len(base))
        count = len(self._compiled.names.configurations)
        for pair in pairs[1:]:
            code = configuration[base.choices[parent, pair.first]] * count + configuration[option]
            keep = np.isin(code, pair.allowed[:, 0] * count + pair.allowed[:, 1])
            parent, option = parent[keep], option[keep]
        return parent, option

    def _completed_factors(self, choices: Int, position: int) -> Int:
        """Nano-nats of the factors whose last operator is at `position`."""
        total = np.zeros(len(choices), dtype=np.int64)
        for factor in self.application.factors:
            if factor.positions.max() == position:
                configurations = self._compiled.options.configuration[choices[:, factor.positions]]
                total += factor_nano_nats(factor, configurations)
        return total


def _partners(pair: Compatibility, of_first: Int, configuration: Int, options: Int) -> tuple[Int, Int]:
    """Each of some configurations of a pair's first operator (its position) with the options that go with it.

    `options` are the second operator's, ascending, which is by configuration.
    """
    first, second = pair.allowed.T  # sorted, so those of one configuration stand together
    of_options = configuration[options]
    start, end = (np.searchsorted(of_options, second, side) for side in _SIDES)
    allowed = options[spans(start, end - start)]
    offset = np.concatenate([[0], np.cumsum(end - start)])
    start, end = (offset[np.searchsorted(first, of_first, side)] for side in _SIDES)
    return np.repeat(np.arange(len(of_first)), end - start), allowed[spans(start, end - start)]


@dataclass(frozen=True)
class _Loosest:
    """The loosest SLOs and the largest rate of a template's queries."""

    latency: int
    accuracy: int
    cost: int
    rate: int


def _loosest_slos(compiled: CompiledInstance, template: int) -> _Loosest:
    queries, of_template = compiled.queries, compiled.template_queries(template)
    return _Loosest(
        latency=int(queries.slo_latency_us[of_template].max()),
        accuracy=int(queries.slo_accuracy[of_template].max()),
        cost=int(queries.slo_cost_nano[of_template].max()),
        rate=int(queries.rate_milli[of_template].max()),
    )


@dataclass(frozen=True)
class _LeastToCome:
    """The least that the operators after each position add to any plan; all of shape (operators,)."""

    latency: Int
    cost: Int
    accuracy: Int


def _least_to_come(compiled: CompiledInstance, application: Application, open_options: tuple[Int, ...]) -> _LeastToCome:
    options, count = compiled.options, len(application.operators)
    own_latency = [int(options.latency_us[o].min()) if len(o) else 0 for o in open_options]
    own_cost = [int(options.cost_nano[o].min()) if len(o) else 0 for o in open_options]
    latency = np.zeros(count, dtype=np.int64)
    for producer, consumer in application.edges[::-1]:  # sorted by producer: consumers are complete
        latency[producer] = max(latency[producer], own_latency[consumer] + latency[consumer])
    accuracy = [
        sum(int(factor.nano_nats.min()) for factor in application.factors if factor.positions.max() > position)
        for position in range(count)
    ]
    cost = [sum(own_cost[position + 1 :]) for position in range(count)]
    return _LeastToCome(latency, np.array(cost, dtype=np.int64), np.array(accuracy, dtype=np.int64))
