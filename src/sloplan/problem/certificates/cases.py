"""From the names in a certificate to indices: what holds at each leaf, in the terms of exact pricing."""

from __future__ import annotations

from collections.abc import Mapping

from sloplan.problem.certificates.bound import LeafCase, SupplyAnswer
from sloplan.problem.certificates.format import Branch, Certificate, Leaf, SupplyDecision
from sloplan.problem.certificates.pricing import Answer, PlanPricer, Statement, is_integer
from sloplan.problem.certificates.rounding_cases import rounding_case, rounding_violations
from sloplan.problem.certificates.stated_prices import indexed_prices, price_violations
from sloplan.problem.certificates.tree import leaf_steps
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
        Names, copy numbers, prices and inequalities that the problem does not have or allow.
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
            found = price_violations(row_index, certificate.objective, node.prices, node.goodput_price)
            violations += [_at_node(number, violation) for violation in found]
    violations += rounding_violations(pricer, certificate)
    if violations:
        return [], violations
    cases = []
    for leaf, kept, added in leaf_steps(certificate):
        prices = indexed_prices(certificate, row_index, leaf.prices, leaf.goodput_price)
        answers = tuple(_answer(statements[number], yes) for number, yes in added)
        rounding = rounding_case(pricer, certificate, leaf.rounding) if leaf.rounding else None
        cases.append(LeafCase(prices, kept, answers, rounding))
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


def _at_node(number: int, violation: Violation) -> Violation:
    return Violation(violation.rule, f"node {number}, {violation.subject}", violation.message)


def _answer(statement: Statement | SupplyStatement, yes: bool) -> Answer | SupplyAnswer:
    return Answer(statement, yes) if isinstance(statement, Statement) else SupplyAnswer(*statement, yes)
