"""Column rules: any frame that a caller or a file brings -> the stored form of its table.

Stored frames have exactly the columns of `schema`: numbers as float64 (NaN where an optional
one is missing), whole numbers as int64, everything else as `object` arrays of `str` ("" where
missing). Rows keep their order here, so that an error can name the row its author wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import infer_dtype, is_bool_dtype, is_float_dtype, is_integer_dtype, is_numeric_dtype

from sloplan.problem.errors import InputError
from sloplan.problem.schema import LIST_SEPARATOR, Column, Kind, Table
from sloplan.problem.validation.floats import loses_digits, same_decimals
from sloplan.problem.validation.naming import (
    LINE_RULE,
    NAME_RULE,
    are_names,
    is_line,
    is_name,
    is_name_list,
    near_names,
    warn_unknown,
)

MAX_INTEGER = 2**53 - 1
"""Largest whole number in a table: beyond it a float64 no longer tells neighbours apart."""
DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def normalise_table(table: Table, frame: pd.DataFrame | None) -> pd.DataFrame:
    """Return `frame` in the stored form of `table`, rows in their given order.

    Parameters
    ----------
    table : Table
    frame : DataFrame or None
        Columns in any order; None where the table is absent.

    Raises
    ------
    InputError
        Names the first bad field.

    Warns
    -----
    UserWarning
        Columns that the table does not have; they are dropped.
    """
    frame = _present(table, frame)
    warn_unknown_columns(table, frame.columns)
    columns: dict[str, npt.NDArray[Any]] = {}
    for column in table.columns:
        if column.name in frame.columns:
            columns[column.name] = _normalise(table, column, frame[column.name])
        elif column.required:
            raise missing_column(table, column, frame.columns)
        else:
            columns[column.name] = _missing(column, len(frame))
    for column in table.columns:
        if column.default_from is not None:
            values = columns[column.name]
            columns[column.name] = np.where(np.isnan(values), columns[column.default_from], values)
        if column.kind is Kind.INTEGER:
            columns[column.name] = columns[column.name].astype(np.int64)
    return stored_frame(columns)


def stored_frame(columns: Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame:
    """Return a frame of `columns` that keeps their dtypes (pandas 3 would turn object into str)."""
    index = pd.RangeIndex(len(next(iter(columns.values()))))
    series = {name: pd.Series(values, index, dtype=values.dtype, copy=False) for name, values in columns.items()}
    return pd.DataFrame(series, index, copy=False)


def _present(table: Table, frame: pd.DataFrame | None) -> pd.DataFrame:
    if frame is None:
        if not table.may_be_absent:
            raise InputError("missing table", file=table.file, advice="add it; the formats page lists its columns")
        frame = pd.DataFrame({column.name: [] for column in table.columns}, dtype=object)
    if not isinstance(frame, pd.DataFrame):
        raise InputError("not a table", file=table.file, value=type(frame).__name__, allowed="a pandas DataFrame")
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InputError("column given twice", file=table.file, field=str(twice), advice="keep one of them")
    if frame.empty and not table.may_be_empty:
        raise InputError("empty table", file=table.file, allowed="at least one row", advice="add the rows")
    return frame


def warn_unknown_columns(table: Table, names: Iterable[Any]) -> None:
    """Warn of column names that `table` does not have."""
    warn_unknown(table.file, "columns", names, (column.name for column in table.columns))


def missing_column(table: Table, column: Column, names: Iterable[Any]) -> InputError:
    """Return the error for a required column that is absent."""
    return InputError(
        f"missing column{near_names(column.name, [str(name) for name in names])}",
        file=table.file,
        field=column.name,
        allowed=f"{column.meaning} in every row",
        advice="add the column",
    )


def first_true(mask: npt.NDArray[np.bool_]) -> int | None:
    """Return the position of the first True, None if there is none."""
    position = int(mask.argmax()) if len(mask) else 0
    return position if len(mask) and mask[position] else None


def _normalise(table: Table, column: Column, values: pd.Series) -> npt.NDArray[Any]:
    if column.kind in (Kind.NUMBER, Kind.INTEGER):
        return _numbers(table, column, values)
    return _texts(table, column, values)


def _missing(column: Column, length: int) -> npt.NDArray[Any]:
    """Return what an optional column holds where all its fields are empty."""
    if column.kind in (Kind.NUMBER, Kind.INTEGER):
        return np.full(length, np.nan if column.default is None else column.default, dtype=np.float64)
    return np.full(length, "" if column.default is None else column.default, dtype=object)


def _error(table: Table, column: Column, row: int, value: Any, problem: str, advice: str) -> InputError:
    plain = value.item() if isinstance(value, np.generic) else value
    return InputError(
        problem,
        file=table.file,
        row=row + 1,
        field=column.name,
        value=plain,
        allowed=allowed_values(column),
        advice=advice,
    )


def allowed_values(column: Column) -> str:
    """Return in words what a field of `column` may hold."""
    if column.kind is Kind.CHOICE:
        what = " or ".join(column.choices)
    elif column.kind is Kind.ID:
        what = NAME_RULE
    elif column.kind is Kind.IDS:
        what = f"names joined by '{LIST_SEPARATOR}', each {NAME_RULE}"
    elif column.kind is Kind.TEXT:
        what = LINE_RULE
    else:
        bounds = [f"above {column.above:g}"] if column.above is not None else []
        bounds += [f"at least {column.minimum:g}"] if column.minimum is not None else []
        bounds += [f"at most {column.maximum:g}"] if column.maximum is not None else []
        noun = "a whole number" if column.kind is Kind.INTEGER else "a finite number"
        if column.kind is Kind.INTEGER and column.maximum is None:
            bounds.append(f"at most {MAX_INTEGER}")
        what = " ".join([noun, " and ".join(bounds)]).strip()
    return what if column.required else f"{what}, or empty"


# --- numbers ---------------------------------------------------------------------------------


def _numbers(table: Table, column: Column, values: pd.Series) -> npt.NDArray[np.float64]:
    numbers = _as_float(table, column, values)
    missing = np.isnan(numbers)
    if column.required and (row := first_true(missing)) is not None:
        raise _error(table, column, row, None, "empty field", f"give {column.meaning}")
    for bad, problem in _number_faults(column, numbers):
        if (row := first_true(bad)) is not None:
            raise _error(table, column, row, values.iloc[row], problem, "correct the field")
    if (row := _first_inexact(values, numbers)) is not None:
        advice = "round it to 15 digits, or change its unit"
        raise _error(table, column, row, values.iloc[row], "number with more digits than a 64-bit float holds", advice)
    if column.default is not None:
        numbers = np.where(missing, float(column.default), numbers)
    return numbers + 0.0  # -0.0 becomes 0.0, so equal content is equal bytes


def _number_faults(column: Column, numbers: npt.NDArray[np.float64]) -> Iterable[tuple[npt.NDArray[np.bool_], str]]:
    yield np.isinf(numbers), "infinite number"
    if column.kind is Kind.INTEGER:
        yield np.abs(numbers) > MAX_INTEGER, "number too large to be exact"
        yield np.floor(numbers) < numbers, "not a whole number"
    if column.minimum is not None:
        yield numbers < column.minimum, "negative number" if column.minimum == 0 else "number too small"
    if column.above is not None:
        yield numbers <= column.above, "number too small"
    if column.maximum is not None:
        yield numbers > column.maximum, "number too large"


def _first_inexact(values: pd.Series, numbers: npt.NDArray[np.float64]) -> int | None:
    """Return the first row whose whole number, Decimal or Fraction is another number as a float64."""
    is_object = values.dtype == object
    if is_float_dtype(values.dtype) or (is_object and infer_dtype(values) in ("string", "floating", "empty")):
        return None
    rows = np.flatnonzero(np.isfinite(numbers) & ((np.abs(numbers) > MAX_INTEGER) | is_object))
    return next((int(row) for row in rows if loses_digits(values.iloc[row], float(numbers[row]))), None)


def _as_float(table: Table, column: Column, values: pd.Series) -> npt.NDArray[np.float64]:
    if is_bool_dtype(values.dtype):
        raise _error(table, column, 0, values.iloc[0], "not a number", "give a number")
    if is_numeric_dtype(values.dtype) and np.dtype("complex") != values.dtype:
        if is_float_dtype(values.dtype):
            return same_decimals(values.to_numpy(dtype=np.dtype(values.dtype.type), na_value=np.nan))
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    objects = values.astype(object).to_numpy()
    numbers = np.full(len(objects), np.nan)
    present = ~pd.isna(objects)
    present[present] = objects[present] != ""
    given = objects[present]
    kind = infer_dtype(given, skipna=False)
    if kind == "string":
        bad = ~pd.Series(given, dtype=object).str.strip().str.fullmatch(DECIMAL).to_numpy(dtype=bool)
    elif kind in ("integer", "floating", "mixed-integer-float", "decimal", "empty"):
        bad = np.zeros(len(given), dtype=bool)
    else:
        bad = np.array([isinstance(value, (str, bool)) or not _is_number(value) for value in given], dtype=bool)
    if (position := first_true(bad)) is not None:
        row = int(np.flatnonzero(present)[position])
        raise _error(table, column, row, objects[row], "not a number", "give a decimal number")
    try:
        numbers[present] = given.astype(np.float64)
    except OverflowError:
        row = next(int(i) for i in np.flatnonzero(present) if not _is_number(objects[i]))
        raise _error(table, column, row, objects[row], "number too large", "correct the field") from None
    return numbers


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


# --- text ------------------------------------------------------------------------------------


def _texts(table: Table, column: Column, values: pd.Series) -> npt.NDArray[np.object_]:
    texts = _as_text(table, column, values)
    missing = texts == ""
    if column.default is not None:
        texts = np.where(missing, column.default, texts)
    elif column.required and (row := first_true(missing)) is not None:
        raise _error(table, column, row, None, "empty field", f"give {column.meaning}")
    if column.kind is Kind.CHOICE:
        bad = ~np.isin(texts.astype(str), column.choices)
        if (row := first_true(bad)) is not None:
            near = near_names(texts[row], column.choices)
            raise _error(table, column, row, texts[row], f"unknown choice{near}", "use one of the allowed")
        return texts
    if (row := _first_bad_text(column, texts)) is not None:
        problem = "text of several lines" if column.kind is Kind.TEXT else "unusable name"
        raise _error(table, column, row, texts[row], problem, "rename it here and wherever it is used")
    return texts


def _first_bad_text(column: Column, texts: npt.NDArray[np.object_]) -> int | None:
    distinct = pd.unique(texts)
    if column.kind is Kind.TEXT:
        rule, fine = is_line, is_line("".join(distinct))
    elif column.kind is Kind.ID:
        rule, fine = is_name, are_names(distinct)
    else:
        rule, fine = is_name_list, False
    faulty = [] if fine else [text for text in distinct if not rule(text)]
    return first_true(texts == faulty[0]) if faulty else None  # `unique` keeps the order of the rows


def _as_text(table: Table, column: Column, values: pd.Series) -> npt.NDArray[np.object_]:
    if is_integer_dtype(values.dtype):
        return values.astype(str).astype(object).to_numpy()  # names such as 0, 1, 2 made by a program
    objects = values.astype(object).to_numpy(copy=True)  # the caller may go on writing to his
    objects[pd.isna(objects)] = ""
    if infer_dtype(objects, skipna=False) not in ("string", "empty"):
        row = next(i for i, value in enumerate(objects) if not isinstance(value, str))
        advice = "turn the column into text, e.g. with .astype(str)"
        raise _error(table, column, row, objects[row], f"not text but {type(objects[row]).__name__}", advice)
    return objects
