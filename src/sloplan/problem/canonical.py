"""Canonical form of checked tables: what may be written in several ways is stored in one.

Rows are sorted by the table's key (text by code point); a compatible pair names the operator
that sorts first first; an accuracy row names its operators in sorted order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.problem.schema import LIST_SEPARATOR, Table
from sloplan.problem.validation.columns import stored_frame


def canonical_rows(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with every row in its one canonical spelling, rows in their given order."""
    if table.name == "compatible":
        return _with_ordered_pairs(frame)
    if table.name == "accuracy":
        return _with_ordered_factors(frame)
    return frame


def canonical_order(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` sorted by the key of `table`, with a new 0..n-1 index."""
    keys = [frame[name].to_numpy() for name in table.key]
    if len(keys) == 1 and _is_sorted(keys[0]):
        return frame.reset_index(drop=True)
    order = np.arange(len(frame))
    for key in reversed(keys):
        order = order[np.argsort(key[order], kind="stable")]
    return frame.iloc[order].reset_index(drop=True)


def _is_sorted(values: npt.NDArray[Any]) -> bool:
    return bool((values[:-1] <= values[1:]).all())


def _with_ordered_pairs(frame: pd.DataFrame) -> pd.DataFrame:
    swap = frame["operator"].to_numpy() > frame["other_operator"].to_numpy()
    columns = {name: frame[name].to_numpy() for name in frame.columns}
    for name, other in (("operator", "other_operator"), ("configuration", "other_configuration")):
        first, second = columns[name], columns[other]
        columns[name], columns[other] = np.where(swap, second, first), np.where(swap, first, second)
    return stored_frame(columns)


def _with_ordered_factors(frame: pd.DataFrame) -> pd.DataFrame:
    operators, configurations = [], []
    for names, values in zip(frame["operators"], frame["configurations"], strict=True):
        pairs = sorted(
            zip(names.split(LIST_SEPARATOR), values.split(LIST_SEPARATOR), strict=True), key=lambda pair: pair[0]
        )
        operators.append(LIST_SEPARATOR.join(name for name, _ in pairs))
        configurations.append(LIST_SEPARATOR.join(value for _, value in pairs))
    columns = {name: frame[name].to_numpy() for name in frame.columns}
    columns["operators"] = np.array(operators, dtype=object)
    columns["configurations"] = np.array(configurations, dtype=object)
    return stored_frame(columns)
