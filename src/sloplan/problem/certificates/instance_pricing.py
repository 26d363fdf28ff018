"""Exact pricing of an instance's plans by plain enumeration, template by template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sloplan.problem.certificates.format import OptionDecision, PlanDecision
from sloplan.problem.certificates.pricing import (
    PRICED_LIMIT,
    Answer,
    GridTooFineError,
    Prices,
    Statement,
    agreeing,
    check_priced_size,
    copy_violation,
    priced_usage,
)
from sloplan.problem.compiled import Bool, CompiledInstance, Int, Rows, Supplies
from sloplan.problem.plan_table import PlanTable, enumerate_plans
from sloplan.problem.violation import Violation


class InstancePricer:
    """The plans of an instance: a group per query, a batch per template.

    Parameters
    ----------
    compiled : CompiledInstance
    """

    def __init__(self, compiled: CompiledInstance) -> None:
        self._compiled = compiled

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
        """Replicas per deployment."""
        return self._compiled.supplies

    @property
    def objective_step(self) -> int:
        """Greatest common divisor of the queries' values, at least 1."""
        return max(1, int(np.gcd.reduce(self._compiled.queries.value_milli)))

    def batches(self) -> Iterator[TemplatePlans]:
        """List the plans of one template after the other.

        Raises
        ------
        SizeLimitError
            If a template has more plans than plain enumeration lists.
        """
        for template in range(len(self._compiled.templates)):
            yield TemplatePlans.listed(self._compiled, template)

    def statement(self, decision: OptionDecision | PlanDecision) -> Statement | Violation:
        """Translate query, operator and options to indices, or say what is wrong with them."""
        if isinstance(decision, PlanDecision):
            message = "chooses among listed plans; an instance has options of operators"
            return Violation("certificate_decision", f"decision on group {decision.group!r}", message)
        subject = f"decision on query {decision.query!r}"
        query = self._query_index.get(decision.query)
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
    def _query_index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self._compiled.names.queries)}

    def _options_of(self, operator: int) -> dict[tuple[str, str, str], int]:
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
    groups, count : (q,) int64
        Query indices, ascending, and their copies.
    must, has_plan : (q,) bool
        No query must be served; queries with a plan that meets their SLOs and rules.
    """

    compiled: CompiledInstance
    table: PlanTable
    groups: Int
    count: Int
    must: Bool
    has_plan: Bool

    @classmethod
    def listed(cls, compiled: CompiledInstance, template: int) -> TemplatePlans:
        """Enumerate the plans of a template."""
        table = enumerate_plans(compiled, template)
        groups = compiled.template_queries(template)
        return cls(
            compiled=compiled,
            table=table,
            groups=groups,
            count=compiled.queries.count[groups],
            must=np.zeros(len(groups), dtype=np.bool_),
            has_plan=table.first_feasible(compiled, groups, np.arange(len(table))) >= 0,
        )

    def priced(self, prices: Prices) -> PricedTemplate:
        """Price one request of every plan, and the best plan of every query at its rate."""
        queries = self.compiled.queries
        per_request = priced_usage(self.table.figures.usage, prices, self._subject)
        # Usage is proportional to the rate, so one order of the plans serves all queries.
        order = np.argsort(per_request, kind="stable")
        served = self.groups[self.has_plan]
        cheapest = per_request[self.table.first_feasible(self.compiled, served, order)]
        rate, value = queries.rate_milli[served], queries.value_milli[served]
        approximate = rate.astype(np.float64) * cheapest + value.astype(np.float64) * prices.denominator
        check_priced_size(approximate, self._subject)
        worth = np.zeros(len(self.groups), dtype=np.int64)
        worth[self.has_plan] = prices.denominator * value - rate * cheapest
        return PricedTemplate(self, prices, per_request, worth)

    @property
    def _subject(self) -> str:
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
        Priced usage of one milli-request per second.
    worth : (q,) int64
        Worth of each query's best plan, 0 without one.
    """

    plans: TemplatePlans
    prices: Prices
    per_request: Int
    worth: Int

    def restricted_worth(self, group: int, answers: Sequence[Answer]) -> int | None:
        """Return the worth of the query's best plan that agrees with `answers`; None if there is none."""
        compiled, table = self.plans.compiled, self.plans.table
        allowed = table.feasible(compiled, group) & agreeing(table.choices, answers)
        if not allowed.any():
            return None
        usage = int(compiled.queries.rate_milli[group]) * int(self.per_request[allowed].min())
        value = self.prices.denominator * int(compiled.queries.value_milli[group])
        if usage + value > PRICED_LIMIT:
            raise GridTooFineError(f"query {compiled.names.queries[group]!r}")
        return value - usage
