"""From prices by name, as certificates state them, to prices by index, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sloplan.problem.certificates.format import Certificate
from sloplan.problem.certificates.pricing import PRICED_LIMIT, Prices, is_integer
from sloplan.problem.violation import Violation


def price_violations(
    row_index: Mapping[str, int], objective: str, prices: Mapping[str, object], goodput_price: object
) -> list[Violation]:
    """Return what is wrong with prices of rows, and with one of the goodput floor.

    Parameters
    ----------
    row_index : mapping of str to int
        Index of each row by its name.
    objective : str
    prices : mapping of str to int
    goodput_price : int
    """
    violations = []
    for row, price in prices.items():
        subject = f"price of row {row!r}"
        if row not in row_index:
            violations.append(Violation("certificate_row", subject, "is of a row that the problem does not have"))
        else:
            violations += figure_violations(subject, price)
    found = figure_violations("goodput price", goodput_price)
    if not found and goodput_price and objective == "goodput":
        message = "stands in a certificate of the objective 'goodput'"
        found = [Violation("certificate_goodput_price", "goodput price", message)]
    return violations + found


def figure_violations(subject: str, figure: object) -> list[Violation]:
    """Return what is wrong with a figure that has to be a whole number from 0 to 2^62."""
    if not is_integer(figure):
        return [Violation("certificate_price_integer", subject, f"is {figure!r}, not a whole number")]
    if figure < 0:  # type: ignore[operator]
        return [Violation("certificate_price_sign", subject, f"is negative: {figure}")]
    if figure > PRICED_LIMIT:  # type: ignore[operator]
        return [Violation("certificate_grid", subject, f"passes 2^62: {figure}")]
    return []


def indexed_prices(
    certificate: Certificate, row_index: Mapping[str, int], prices: Mapping[str, int], goodput_price: int
) -> Prices:
    """Return prices without `price_violations` by index.

    Parameters
    ----------
    certificate : Certificate
        Whose objective and denominator say what value and cost count.
    row_index : mapping of str to int
    prices : mapping of str to int
    goodput_price : int
    """
    row = np.zeros(len(row_index), dtype=np.int64)
    for name, price in prices.items():
        row[row_index[name]] = price
    denominator = int(certificate.denominator)
    if certificate.objective == "goodput":
        return Prices(row, value=denominator, cost=0)
    return Prices(row, value=int(goodput_price), cost=denominator)
