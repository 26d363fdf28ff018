"""Tables in stored form: column by column, without the cost of a frame around them.

An instance has a dozen small tables, and what is done to each column takes less time than pandas
takes to hand it over. Frames are made where somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Columns = Mapping[str, npt.NDArray[Any]]
"""A stored table: float64, int64 or object (str) arrays of one length, in the order of its columns."""
Tables = Mapping[str, Columns]
"""The stored tables of an instance by name."""


def num_rows(columns: Columns) -> int:
    """Return the number of rows."""
    return len(next(iter(columns.values()), ()))


def taken(columns: Columns, rows: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """Return the rows at some positions."""
    return {name: values[rows] for name, values in columns.items()}


def as_frame(columns: Columns) -> pd.DataFrame:
    """Return a frame of `columns` that keeps their dtypes (pandas 3 would turn object into str); nothing is copied."""
    index = pd.RangeIndex(num_rows(columns))
    series = {name: pd.Series(values, index, dtype=values.dtype, copy=False) for name, values in columns.items()}
    return pd.DataFrame(series, index, copy=False)
