"""From the names in a certificate's inequalities to indices, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from sloplan.problem.certificates.format import Certificate, Leaf
from sloplan.problem.certificates.inequalities import UNIT, Weights
from sloplan.problem.certificates.inequality_format import Inequality, Rounding
from sloplan.problem.certificates.pricing import PRICED_LIMIT, PlanPricer, is_integer
from sloplan.problem.certificates.rounded_bound import RoundingCase
from sloplan.problem.certificates.stated_prices import figure_violations, indexed_prices, price_violations
from sloplan.problem.compiled import Int, Text
from sloplan.problem.violation import Violation

INEQUALITY_LIMIT: Final = 5000
"""Most inequalities of a certificate: what a query's plans count in all of them is held at once."""


def rounding_violations(pricer: PlanPricer, certificate: Certificate) -> list[Violation]:
    """Return what keeps the inequalities of a certificate from proving anything.

    Parameters
    ----------
    pricer : PlanPricer
    certificate : Certificate
    """
    found = [node.rounding for node in certificate.nodes if isinstance(node, Leaf) and node.rounding is not None]
    if not found:
        return []
    if len(certificate.nodes) > 1:
        message = "stand at a leaf of a tree; they are for certificates of one node"
        return [Violation("certificate_inequality", "rounded inequalities", message)]
    return _violations(pricer, certificate.objective, found[0])


def rounding_case(pricer: PlanPricer, certificate: Certificate, rounding: Rounding) -> RoundingCase:
    """Translate inequalities without `rounding_violations`.

    Parameters
    ----------
    pricer : PlanPricer
    certificate : Certificate
    rounding : Rounding
    """
    row_index, supply_index = _index(pricer.rows.name), _index(pricer.supplies.name)
    unit, groups = int(rounding.divisor) // UNIT, len(pricer.group_count)
    weights = []
    for stated in rounding.inequalities:
        row, limit = np.zeros(len(row_index) + 1, dtype=np.int64), np.zeros(groups + len(supply_index), dtype=np.int64)
        for name, weight in stated.rows.items():
            row[row_index[name]] = weight
        row[-1] = stated.goodput
        for name, weight in stated.groups.items():
            limit[pricer.group_index[name]] = int(weight) * unit
        for name, weight in stated.supplies.items():
            limit[groups + supply_index[name]] = int(weight) * unit
        weights.append(Weights(row, _array(stated.inequalities), _array(stated.inequalities.values()), limit))
    return RoundingCase(
        most_lost=int(rounding.most_lost),
        prices=indexed_prices(certificate, row_index, rounding.prices, rounding.goodput_price),
        divisor=int(rounding.divisor),
        weights=tuple(weights),
        inequality_price=_array(stated.price for stated in rounding.inequalities),
    )


def _violations(pricer: PlanPricer, objective: str, rounding: Rounding) -> list[Violation]:
    row_index, supply_index = _index(pricer.rows.name), _index(pricer.supplies.name)
    violations = price_violations(row_index, objective, rounding.prices, rounding.goodput_price)
    violations += figure_violations("what solutions may lose", rounding.most_lost)
    divisor = rounding.divisor
    if not is_integer(divisor) or not UNIT <= divisor <= PRICED_LIMIT or divisor & (divisor - 1):
        message = f"is {divisor!r}, not a power of two from {UNIT} to {PRICED_LIMIT}"
        violations.append(Violation("certificate_inequality", "divisor", message))
    if len(rounding.inequalities) > INEQUALITY_LIMIT:
        message = f"are {len(rounding.inequalities)}, more than {INEQUALITY_LIMIT}"
        return [*violations, Violation("certificate_inequality", "rounded inequalities", message)]
    for number, stated in enumerate(rounding.inequalities):
        subject = f"inequality {number}"
        found = figure_violations(f"price of {subject}", stated.price)
        if stated.goodput and objective == "goodput":
            message = "weighs the goodput floor, in a certificate of the objective 'goodput'"
            found.append(Violation("certificate_inequality", subject, message))
        for rule, names, known in (
            ("certificate_row", stated.rows, row_index),
            ("certificate_group", stated.groups, pricer.group_index),
            ("certificate_supply", stated.supplies, supply_index),
        ):
            unknown = [name for name in names if name not in known]
            if unknown:
                found.append(Violation(rule, subject, f"names {unknown[0]!r}, which the problem does not have"))
        late = [other for other in stated.inequalities if not is_integer(other) or not 0 <= other < number]
        if late:
            message = f"weighs inequality {late[0]!r}, which is none before it"
            found.append(Violation("certificate_inequality", subject, message))
        largest = PRICED_LIMIT if found or violations else PRICED_LIMIT // (int(divisor) // UNIT)
        for weight, most in _weights(stated, largest):
            if not is_integer(weight):
                found.append(Violation("certificate_price_integer", subject, f"weighs {weight!r}, no whole number"))
            elif abs(int(weight)) > most:  # type: ignore[call-overload]
                found.append(Violation("certificate_grid", subject, f"weighs {weight}, which passes 2^62"))
        violations += found
    return violations


def _weights(stated: Inequality, most_of_limit: int) -> Iterator[tuple[object, int]]:
    """Yield every weight and the greatest size that it may have."""
    for weight in (*stated.rows.values(), stated.goodput, *stated.inequalities.values()):
        yield weight, PRICED_LIMIT
    for weight in (*stated.groups.values(), *stated.supplies.values()):
        yield weight, most_of_limit


def _index(names: Text) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


def _array(figures: Iterable[int]) -> Int:
    return np.array(list(figures), dtype=np.int64)
