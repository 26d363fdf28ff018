"""What the metrics ask of the table of runs: its columns, the senses and units of its objectives, its problems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.problem.objective import OBJECTIVES

Bool = npt.NDArray[np.bool_]
Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

PROBLEM: Final = ("instance_sha256", "objective_name", "min_goodput")
"""The columns that say which problem a run solved; runs that agree in them can be compared."""


def require(frame: pd.DataFrame, columns: Sequence[str], table: str) -> None:
    """Check that a table has some columns.

    Raises
    ------
    InputError
        If one is missing.
    """
    for column in columns:
        if column not in frame.columns:
            present = ", ".join(map(str, frame.columns)) or "no columns"
            raise InputError(
                f"missing column; the table has {present}",
                file=table,
                field=column,
                advice="add the column; unknown values in it are NaN",
            )


def numbers(frame: pd.DataFrame, column: str, table: str = "rows") -> Float:
    """Return a column as floats; what is missing is NaN.

    Raises
    ------
    InputError
        If the column is missing or holds something else than numbers.
    """
    require(frame, [column], table)
    read = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    refuse(frame, np.isnan(read) & frame[column].notna().to_numpy(), column, "not a number", "a number, or NaN", table)
    return read


def refuse(frame: pd.DataFrame, wrong: Bool, column: str, problem: str, allowed: str, table: str = "rows") -> None:
    """Raise about the first row of a table that is marked `wrong`.

    Raises
    ------
    InputError
        If there is one.
    """
    if wrong.any():
        at = int(wrong.argmax())
        raise InputError(
            problem,
            file=table,
            row=at + 1,
            field=column,
            value=frame[column].iloc[at],
            allowed=allowed,
            advice="correct the row or leave it out",
        )


def equals(rows: pd.DataFrame, column: str, value: str) -> Bool:
    """Return which rows hold `value` in a column of words; what is missing is no word.

    Raises
    ------
    InputError
        If the column is missing.
    """
    require(rows, [column], "rows")
    return rows[column].eq(value).to_numpy(dtype=np.bool_, na_value=False)


def time_limits(rows: pd.DataFrame) -> Float:
    """Return the time limit of every run, in seconds.

    Raises
    ------
    InputError
        If one is unknown or not above 0.
    """
    limit = numbers(rows, "time_limit_s")
    refuse(rows, ~(np.isfinite(limit) & (limit > 0)), "time_limit_s", "no usable time limit", "a number above 0")
    return limit


def senses(rows: pd.DataFrame) -> tuple[Bool, Float]:
    """Return for every run whether its objective is maximised, and the objective's base unit in user units.

    Raises
    ------
    InputError
        If an objective is unknown.
    """
    require(rows, ["objective_name"], "rows")
    names = rows["objective_name"]
    known = names.isin(list(OBJECTIVES)).to_numpy(dtype=np.bool_)
    refuse(rows, ~known, "objective_name", "unknown objective", ", ".join(OBJECTIVES))
    maximise = names.map({name: objective.maximise for name, objective in OBJECTIVES.items()})
    unit = names.map({name: float(objective.unit) for name, objective in OBJECTIVES.items()})
    return np.asarray(maximise, dtype=np.bool_), np.asarray(unit, dtype=np.float64)


def problem_numbers(rows: pd.DataFrame) -> Int:
    """Return the number of every run's problem, counted from 0 in the order of the `PROBLEM` columns."""
    require(rows, PROBLEM, "rows")
    keys = rows[list(PROBLEM)].assign(min_goodput=numbers(rows, "min_goodput"))
    return np.asarray(keys.groupby(list(PROBLEM), dropna=False, sort=True).ngroup(), dtype=np.int64)


def as_series(values: npt.NDArray[np.generic], rows: pd.DataFrame, name: str) -> pd.Series:
    """Return one value per run as a series with the index of `rows`."""
    return pd.Series(values, index=rows.index, name=name)
