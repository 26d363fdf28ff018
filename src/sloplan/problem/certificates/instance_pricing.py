"""Exact pricing of an instance's plans by plain enumeration, template by template."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Final

import numpy as np

from sloplan.problem.certificates.fitting import FittingPlans
from sloplan.problem.certificates.format import OptionDecision, PlanDecision
from sloplan.problem.certificates.pricing import (
    PricedPairs,
    Prices,
    Statement,
    check_priced_size,
    copy_violation,
    priced_usage,
)
from sloplan.problem.certificates.undominated import undominated
from sloplan.problem.compiled import NO_LIMIT, Bool, CompiledInstance, Int, Rows, Supplies
from sloplan.problem.evaluation import meets
from sloplan.problem.plan_table import PlanTable
from sloplan.problem.query_classes import QueryClasses
from sloplan.problem.violation import Violation

_PAIRS: Final = 10_000_000
"""Pairs of a query and a plan that are looked at together."""


class InstancePricer:
    """The plans of an instance: a group per query, a batch per template.

    Parameters
    ----------
    compiled : CompiledInstance
    floor : int, optional
        Goodput floor under "cost", milli-value; None under "goodput".
    plans_of_template : callable, optional
        Returns the plans of a template by its number, asked in order, as `FittingPlans` lists them under the objective;
        None stands for that. Whoever has them at hand saves most of a verification.
    """

    def __init__(
        self,
        compiled: CompiledInstance,
        floor: int | None = None,
        plans_of_template: Callable[[int], PlanTable] | None = None,
    ) -> None:
        self._is_cost = floor is not None
        self._compiled = compiled.under_cost.compiled if self._is_cost else compiled
        self._plans_of_template = plans_of_template or FittingPlans(self._compiled)
        self.floor = floor or 0
        self.supply_price: Int = (
            compiled.under_cost.supply_price if self._is_cost else np.zeros(len(compiled.supplies), dtype=np.int64)
        )
        self._options_of = cache(self._listed_options)  # many decisions speak of one operator

    @property
    def sha256(self) -> str:
        """Content hash of the instance."""
        return self._compiled.sha256

    @property
    def rows(self) -> Rows:
        """Coupling rows."""
        return self._compiled.rows

    @property
    def supplies(self) -> Supplies:
        """Replicas per deployment, and rented units under "cost"."""
        return self._compiled.supplies

    def batches(self) -> Iterator[TemplatePlans]:
        """List the plans of one template after the other.

        Raises
        ------
        SizeLimitError
            If a template has more plans than plain enumeration lists.
        """
        for template in range(len(self._compiled.templates)):
            yield TemplatePlans.of(self._compiled, self._plans_of_template(template), self._is_cost)

    def statement(self, decision: OptionDecision | PlanDecision) -> Statement | Violation:
        """Translate query, operator and options to indices, or say what is wrong with them."""
        if isinstance(decision, PlanDecision):
            message = "chooses among listed plans; an instance has options of operators"
            return Violation("certificate_decision", f"decision on group {decision.group!r}", message)
        subject = f"decision on query {decision.query!r}"
        query = self.group_index.get(decision.query)
        if query is None:
            return Violation("certificate_query", subject, "names a query that the instance does not have")
        wrong_copy = copy_violation(decision.copy, int(self._compiled.queries.count[query]), subject)
        if wrong_copy is not None:
            return wrong_copy
        template = self._compiled.queries.template[query]
        operators = self._compiled.applications[self._compiled.templates.application[template]].operators
        positions = np.flatnonzero(self._compiled.names.operators[operators] == decision.operator)
        if not len(positions):
            message = f"names operator {decision.operator!r}, which the query's application does not have"
            return Violation("certificate_operator", subject, message)
        index_of_option = self._options_of(int(operators[positions[0]]))
        unknown = [option for option in decision.options if option not in index_of_option]
        if unknown:
            message = f"names {'/'.join(unknown[0])}, which operator {decision.operator!r} does not have as an option"
            return Violation("certificate_option", subject, message)
        members = np.array([index_of_option[option] for option in decision.options], dtype=np.int64)
        return Statement(query, decision.copy, int(positions[0]), members)

    @cached_property
    def group_index(self) -> dict[str, int]:
        """Index of each query by its name."""
        return {name: i for i, name in enumerate(self._compiled.names.queries)}

    @property
    def group_count(self) -> Int:
        """Copies of each query."""
        return self._compiled.queries.count

    def _listed_options(self, operator: int) -> dict[tuple[str, str, str], int]:
        options, names = self._compiled.options, self._compiled.names
        of_operator = np.flatnonzero(options.operator == operator)
        keys = zip(
            names.configurations[options.configuration[of_operator]],
            names.pools[options.pool[of_operator]],
            names.allocations[options.allocation[of_operator]],
            strict=True,
        )
        return dict(zip(keys, of_operator.tolist(), strict=True))


@dataclass(frozen=True)
class TemplatePlans:
    """The queries of one template and all their plans.

    Parameters
    ----------
    compiled : CompiledInstance
    table : PlanTable
        A plan's largest rate is one at which it fits alone, too.
    groups, count : (q,) int64
        Query indices, ascending, and their copies.
    must : (q,) bool
        No query must be served.
    is_cost : bool
        Whether the objective is "cost".
    """

    compiled: CompiledInstance
    table: PlanTable
    groups: Int
    count: Int
    must: Bool
    is_cost: bool

    @classmethod
    def of(cls, compiled: CompiledInstance, table: PlanTable, is_cost: bool) -> TemplatePlans:
        """Join the plans of a template to its queries."""
        groups = compiled.template_queries(table.template)
        return cls(
            compiled=compiled,
            table=table,
            groups=groups,
            count=compiled.queries.count[groups],
            must=np.zeros(len(groups), dtype=np.bool_),
            is_cost=is_cost,
        )

    @property
    def hopeless(self) -> Bool:
        """No query: none must be served."""
        return self.must

    @cached_property
    def classes(self) -> QueryClasses:
        """The queries gathered by the plans that they may follow."""
        return QueryClasses.of(self.compiled, self.groups, self.table.figures)

    @property
    def objective_step(self) -> int:
        """Greatest common divisor of the queries' values, or of all products of a query's rate and a plan's cost."""
        queries = self.compiled.queries
        if not self.is_cost:
            return int(np.gcd.reduce(queries.value_milli[self.groups]))
        # The greatest common divisor of all products of two lists is the product of the lists' own.
        rates, costs = queries.rate_milli[self.groups], self.table.figures.billed_cost_nano
        return int(np.gcd.reduce(rates)) * int(np.gcd.reduce(costs))

    def plans_of(self, group: int) -> Int:
        """Plans that meet the query's SLOs and rules and fit alone."""
        return np.flatnonzero(self.table.feasible(self.compiled, group))

    def choices(self, plans: Int, position: int) -> Int:
        """Options that some plans choose for an operator."""
        return self.table.choices[plans, position]

    def priced(self, prices: Prices) -> PricedTemplate:
        """Price one request of every plan, and the best plan of every query at its rate."""
        per_request = priced_usage(self.table.figures.usage, prices, self.subject)
        if prices.cost:
            billed = self.table.figures.billed_cost_nano
            check_priced_size(per_request.astype(np.float64) + billed.astype(np.float64) * prices.cost, self.subject)
            per_request = per_request + billed * prices.cost
        # Both are proportional to the rate, so a plan that is cheapest for one query is for all of its class.
        cheapest = self.table.least_feasible(self.compiled, self.classes, per_request)[self.classes.of_query]
        served = cheapest < NO_LIMIT
        worth = np.zeros(len(self.groups), dtype=np.int64)
        worth[served] = self.worth_of(self.groups[served], cheapest[served], prices)
        return PricedTemplate(self, prices, per_request, worth)

    def worth_of(self, query: Int, per_request: Int, prices: Prices) -> Int:
        """Return what plans of some priced usage and cost per request are worth to some queries, at their rates."""
        rate, value = self.compiled.queries.rate_milli[query], self.compiled.queries.value_milli[query]
        approximate = rate.astype(np.float64) * per_request + value.astype(np.float64) * prices.value
        check_priced_size(approximate, self.subject)
        return np.asarray(prices.value * value - rate * per_request)

    @property
    def subject(self) -> str:
        """Whose plans they are, for errors."""
        application = self.compiled.applications[self.compiled.templates.application[self.table.template]]
        return f"application {application.name!r}"


@dataclass(frozen=True)
class PricedTemplate:
    """A template's plans at given prices.

    Parameters
    ----------
    plans : TemplatePlans
    prices : Prices
    per_request : (plans,) int64
        Priced usage and cost of one milli-request per second.
    worth : (q,) int64
        Worth of each query's best plan, 0 without one.
    """

    plans: TemplatePlans
    prices: Prices
    per_request: Int
    worth: Int

    def within(self, most_lost: int) -> PricedPairs:
        """Return all pairs that lose no more than some amount, less some that others of their query replace."""
        plans, queries, figures = self.plans, self.plans.compiled.queries, self.plans.table.figures
        rate, value = queries.rate_milli[plans.groups], queries.value_milli[plans.groups]
        best = np.maximum(self.worth, 0)
        room = most_lost + self.prices.value * value.astype(object) - best
        dearest = np.minimum(room // np.maximum(rate, 1), NO_LIMIT).astype(np.int64)  # that a request may be
        look = np.argsort(self.per_request, kind="stable")  # what replaces another is as cheap
        look = look[: np.searchsorted(self.per_request[look], dearest.max(initial=-1), side="right")]
        usage, cost = figures.usage.taken(look), figures.billed_cost_nano[look]
        places, chosen = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for part in np.array_split(np.arange(len(plans.groups)), max(1, len(plans.groups) * len(look) // _PAIRS)):
            feasible = meets(plans.compiled, plans.groups[part, None], figures, look)
            near = feasible & (self.per_request[look] <= dearest[part, None])
            place, plan = np.nonzero(undominated(near, usage, cost))
            places.append(part[place])
            chosen.append(look[plan])
        place, plan = np.concatenate(places), np.concatenate(chosen)
        usage = figures.usage.taken(plan)
        return PricedPairs(
            group=plans.groups[place],
            value=value[place],
            cost=figures.billed_cost_nano[plan] * rate[place],
            usage=replace(usage, amount=usage.amount * rate[place][usage.row_of_entry]),
            subject=plans.subject,
        )

    def best_worth(self, group: Int, start: Int, plans: Int) -> Int:
        """Return the worth of each query's best plan among some choices of plans."""
        return self.plans.worth_of(group, np.minimum.reduceat(self.per_request[plans], start), self.prices)
