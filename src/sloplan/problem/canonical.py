"""Canonical form of checked tables: what may be written in several ways is stored in one.

Rows are sorted by the table's key (text by code point); a compatible pair names the operator
that sorts first first; an accuracy row names its operators in sorted order.
"""

from __future__ import annotations

import operator

import numpy as np

from sloplan.problem.schema import LIST_SEPARATOR, Table
from sloplan.problem.tables import Columns, num_rows, taken


def canonical_rows(table: Table, columns: Columns) -> Columns:
    """Return a stored table with every row in its one canonical spelling, rows in their given order."""
    if table.name == "compatible":
        return _with_ordered_pairs(columns)
    if table.name == "accuracy":
        return _with_ordered_factors(columns)
    return columns


def canonical_order(table: Table, columns: Columns) -> Columns:
    """Return a stored table sorted by the key of `table`."""
    keys = [columns[name] for name in table.key]
    if len(keys) == 1 and (keys[0][:-1] <= keys[0][1:]).all():
        return columns
    rows = list(zip(*(key.tolist() for key in keys), strict=True))
    if all(map(operator.le, rows, rows[1:])):
        return columns
    return taken(columns, np.array(sorted(range(num_rows(columns)), key=rows.__getitem__), dtype=np.int64))


def _with_ordered_pairs(columns: Columns) -> Columns:
    swap = columns["operator"] > columns["other_operator"]
    if not swap.any():
        return columns
    ordered = dict(columns)
    for name, other in (("operator", "other_operator"), ("configuration", "other_configuration")):
        first, second = columns[name], columns[other]
        ordered[name], ordered[other] = np.where(swap, second, first), np.where(swap, first, second)
    return ordered


def _with_ordered_factors(columns: Columns) -> Columns:
    # Rows of one factor name the same operators, which are put in order once.
    orders = {names: _order(names) for names in dict.fromkeys(columns["operators"].tolist())}
    if not any(orders.values()):
        return columns
    rows = list(zip(columns["operators"].tolist(), columns["configurations"].tolist(), strict=True))
    ordered = [(_reordered(names, orders[names]), _reordered(listed, orders[names])) for names, listed in rows]
    return {
        **columns,
        "operators": np.array([names for names, _ in ordered], dtype=object),
        "configurations": np.array([listed for _, listed in ordered], dtype=object),
    }


def _order(names: str) -> list[int] | None:
    """Return the positions of joined names in sorted order; None where they are sorted."""
    listed = names.split(LIST_SEPARATOR)
    order = sorted(range(len(listed)), key=listed.__getitem__)
    return None if order == list(range(len(listed))) else order


def _reordered(text: str, order: list[int] | None) -> str:
    if order is None:
        return text
    parts = text.split(LIST_SEPARATOR)
    return LIST_SEPARATOR.join(parts[i] for i in order)
