"""From the names in a certificate to indices: what holds at each leaf, in the terms of exact pricing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sloplan.problem.certificates.bound import LeafCase, SupplyAnswer
from sloplan.problem.certificates.format import Branch, Certificate, Leaf, SupplyDecision
from sloplan.problem.certificates.pricing import PRICED_LIMIT, Answer, PlanPricer, Prices, Statement, is_integer
from sloplan.problem.certificates.surcharges import RowSurcharges, surcharge_violations
from sloplan.problem.certificates.tree import leaf_steps
from sloplan.problem.compiled import Int
from sloplan.problem.violation import Violation

SupplyStatement = tuple[int, int]
"""A decision on a supply in indices: (supply, at most)."""


def leaf_cases(pricer: PlanPricer, certificate: Certificate) -> tuple[list[LeafCase], list[Violation]]:
    """Translate every leaf and the decisions that lead to it to indices.

    Parameters
    ----------
    pricer : PlanPricer
    certificate : Certificate
        One without `tree_violations`, of prices of rows.

    Returns
    -------
    list of LeafCase
        Depth first; empty if there are violations.
    list of Violation
        Names, copy numbers, prices and surcharges that the problem does not have or allow.

    Raises
    ------
    GridTooFineError
        If what surcharges of a row come to passes 2^62.
    """
    supply_index = {name: i for i, name in enumerate(pricer.supplies.name)}
    row_index = {name: i for i, name in enumerate(pricer.rows.name)}
    violations: list[Violation] = []
    statements: dict[int, Statement | SupplyStatement] = {}
    for number, node in enumerate(certificate.nodes):
        if isinstance(node, Branch):
            statement = _translated(pricer, supply_index, node)
            if isinstance(statement, Violation):
                violations.append(_at_node(number, statement))
            else:
                statements[number] = statement
        elif isinstance(node, Leaf):
            found = _price_violations(row_index, node) + _goodput_price_violations(certificate.objective, node)
            violations += [_at_node(number, violation) for violation in found]
    violations += surcharge_violations(pricer, certificate)
    if violations:
        return [], violations
    cases = []
    for leaf, kept, added in leaf_steps(certificate):
        prices = _prices(certificate, _numerators(row_index, leaf), leaf)
        answers = tuple(_answer(statements[number], yes) for number, yes in added)
        surcharges = RowSurcharges.of(pricer, leaf) if leaf.surcharges else None
        cases.append(LeafCase(prices, kept, answers, surcharges))
    return cases, []


def _translated(
    pricer: PlanPricer, supply_index: Mapping[str, int], branch: Branch
) -> Statement | SupplyStatement | Violation:
    """Translate a decision: on a copy, or (supply, at most) on a supply."""
    decision = branch.decision
    if not isinstance(decision, SupplyDecision):
        return pricer.statement(decision)
    subject = f"decision on supply {decision.supply!r}"
    if decision.supply not in supply_index:
        return Violation("certificate_supply", subject, "names a supply that the problem does not have")
    if not is_integer(decision.at_most):
        return Violation("certificate_supply", subject, f"splits at {decision.at_most!r}, which is not a whole number")
    return supply_index[decision.supply], int(decision.at_most)


def _price_violations(row_index: Mapping[str, int], leaf: Leaf) -> list[Violation]:
    violations = []
    for row, price in leaf.prices.items():
        subject = f"price of row {row!r}"
        if row not in row_index:
            violations.append(Violation("certificate_row", subject, "is of a row that the problem does not have"))
        else:
            violations += _figure_violations(subject, price)
    return violations


def _goodput_price_violations(objective: str, leaf: Leaf) -> list[Violation]:
    found = _figure_violations("goodput price", leaf.goodput_price)
    if not found and leaf.goodput_price and objective == "goodput":
        return [Violation("certificate_goodput_price", "goodput price", "stands at a leaf of the objective 'goodput'")]
    return found


def _figure_violations(subject: str, price: object) -> list[Violation]:
    if not is_integer(price):
        return [Violation("certificate_price_integer", subject, f"is {price!r}, not a whole number")]
    if price < 0:  # type: ignore[operator]
        return [Violation("certificate_price_sign", subject, f"is negative: {price}")]
    if price > PRICED_LIMIT:  # type: ignore[operator]
        return [Violation("certificate_grid", subject, f"passes 2^62: {price}")]
    return []


def _at_node(number: int, violation: Violation) -> Violation:
    return Violation(violation.rule, f"node {number}, {violation.subject}", violation.message)


def _prices(certificate: Certificate, row: Int, leaf: Leaf) -> Prices:
    denominator = int(certificate.denominator)
    if certificate.objective == "goodput":
        return Prices(row, value=denominator, cost=0)
    return Prices(row, value=int(leaf.goodput_price), cost=denominator)


def _numerators(row_index: Mapping[str, int], leaf: Leaf) -> Int:
    numerators = np.zeros(len(row_index), dtype=np.int64)
    for row, price in leaf.prices.items():
        numerators[row_index[row]] = price
    return numerators


def _answer(statement: Statement | SupplyStatement, yes: bool) -> Answer | SupplyAnswer:
    return Answer(statement, yes) if isinstance(statement, Statement) else SupplyAnswer(*statement, yes)
