"""The stored form of a solution's parts: what has another form and cannot be read as it is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.problem.storage.json_tables import Columns


def stored_table(frame: Any, table: str, columns: Columns) -> pd.DataFrame:
    """Return `frame` with the columns of a solution's table alone, whole numbers as int64, rows numbered from 0.

    Parameters
    ----------
    frame : DataFrame
    table : str
        Its name, for the error.
    columns : mapping of column name to str or int

    Raises
    ------
    InputError
        If it is no DataFrame, a column is missing, or a value is not of the column's type.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError("not a table", field=table, value=type(frame).__name__, allowed="a DataFrame")
    given = frame.columns.tolist()
    for name in columns:
        if given.count(name) != 1:
            problem = "missing column" if name not in given else "the column is there more than once"
            raise InputError(problem, field=f"{table}.{name}", allowed=f"the columns {', '.join(columns)}")
    stored = frame[list(columns)].reset_index(drop=True)
    for name, kind in columns.items():
        if kind is int and stored[name].dtype != np.int64:
            stored[name] = _whole_numbers(stored[name], table)
        elif kind is str and not _is_text(stored[name]):
            is_text = np.array([isinstance(value, str) for value in stored[name]], dtype=np.bool_)
            _refuse_first(~is_text, stored[name], table, "text")
    return stored


def stored_whole(value: Any, field: str) -> int | None:
    """Return a whole number of any type as int, and None as None.

    Raises
    ------
    InputError
        If it is neither.
    """
    whole = as_whole(value)
    if whole is None and value is not None:
        raise InputError("not a whole number", field=field, value=value, allowed="a whole number, or None")
    return whole


def as_whole(value: Any) -> int | None:
    """Return a whole number of any type (3, 3.0, np.int64(3)) as int, and None for anything else."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return int(value)
    return None


def _is_text(column: pd.Series) -> bool:
    return pd.api.types.infer_dtype(column, skipna=False) in ("string", "empty") and not column.hasnans


def _whole_numbers(column: pd.Series, table: str) -> pd.Series:
    if column.dtype == object:
        whole = [as_whole(value) for value in column]
        fits = np.array([value is not None and -(2**63) <= value < 2**63 for value in whole], dtype=np.bool_)
    elif pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        figures = column.to_numpy(dtype=np.float64, na_value=np.nan)
        fits = (figures == np.floor(figures)) & (np.abs(figures) < 2.0**63)
    else:
        fits = np.zeros(len(column), dtype=np.bool_)
    _refuse_first(~fits, column, table, "whole numbers below 2^63 in size")
    return column.astype(np.int64)


def _refuse_first(wrong: npt.NDArray[np.bool_], column: pd.Series, table: str, allowed: str) -> None:
    """Raise the error of the first wrong value, if there is one."""
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            "wrong type of value",
            file=table,
            row=row + 1,
            field=str(column.name),
            value=column.tolist()[row],
            allowed=allowed,
        )
