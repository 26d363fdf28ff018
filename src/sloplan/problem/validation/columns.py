"""Column rules: any table that a caller or a file brings -> its stored form.

Stored tables have exactly the columns of `schema`: numbers as float64 (NaN where an optional
one is missing), whole numbers as int64, everything else as `object` arrays of `str` ("" where
missing). Rows keep their order here, so that an error can name the row its author wrote.

What files and programs usually bring, floats and text, is looked at as a whole in a few passes;
anything else, and whatever may be wrong, is looked at value by value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import infer_dtype, is_bool_dtype, is_float_dtype, is_integer_dtype, is_numeric_dtype

from sloplan.problem.errors import InputError
from sloplan.problem.schema import LIST_SEPARATOR, Column, Kind, Table
from sloplan.problem.tables import Columns
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
NOT_IN_DECIMALS = re.compile(r"[^-+.0-9eE\s]")
"""What no decimal holds; without it, `float` takes the text of a decimal and no other."""


def normalise_table(table: Table, given: pd.DataFrame | Columns | None) -> Columns:
    """Return what is given of a table in its stored form, rows in their given order.

    Parameters
    ----------
    table : Table
    given : DataFrame, mapping of column name to array, or None
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
    present = _present(table, given)
    warn_unknown_columns(table, present)
    length = max((len(values) for values in present.values()), default=0)
    columns: dict[str, npt.NDArray[Any]] = {}
    for column in table.columns:
        if column.name in present:
            columns[column.name] = _normalise(table, column, _plain(present[column.name]))
        elif column.required:
            raise missing_column(table, column, present)
        else:
            columns[column.name] = _missing(column, length)
    for column in table.columns:
        if column.default_from is not None:
            values = columns[column.name]
            columns[column.name] = np.where(np.isnan(values), columns[column.default_from], values)
        if column.kind is Kind.INTEGER:
            columns[column.name] = columns[column.name].astype(np.int64)
    return columns


def _present(table: Table, given: pd.DataFrame | Columns | None) -> dict[Hashable, pd.Series | npt.NDArray[Any]]:
    """Return the columns given, of any names."""
    if given is None:
        if not table.may_be_absent:
            raise InputError("missing table", file=table.file, advice="add it; the formats page lists its columns")
        return {column.name: np.zeros(0, dtype=object) for column in table.columns}
    if isinstance(given, pd.DataFrame) and given.columns.has_duplicates:
        twice = given.columns[given.columns.duplicated()][0]
        raise InputError("column given twice", file=table.file, field=str(twice), advice="keep one of them")
    columns: dict[Hashable, pd.Series | npt.NDArray[Any]] = {name: given[name] for name in given}  # type: ignore[index]
    if not table.may_be_empty and not any(len(values) for values in columns.values()):
        raise InputError("empty table", file=table.file, allowed="at least one row", advice="add the rows")
    return columns


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


def first_unknown(values: Sequence[Any], known: Collection[Any]) -> int | None:
    """Return the position of the first value that is not among the known ones, None if all are."""
    unknown = set(values).difference(known)
    return next(row for row, value in enumerate(values) if value in unknown) if unknown else None


def _plain(values: pd.Series | npt.NDArray[Any]) -> pd.Series | npt.NDArray[Any]:
    """Return the array in a column of a frame unless pandas keeps it in a way of its own."""
    return values.to_numpy() if isinstance(values, pd.Series) and isinstance(values.dtype, np.dtype) else values


def _normalise(table: Table, column: Column, values: pd.Series | npt.NDArray[Any]) -> npt.NDArray[Any]:
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


def _numbers(table: Table, column: Column, given: pd.Series | npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    numbers = _plain_numbers(given) if isinstance(given, np.ndarray) else None
    values = None
    if numbers is None:
        values = pd.Series(given, dtype=given.dtype, copy=False)
        numbers = _as_float(table, column, values)
    missing = np.isnan(numbers)
    if column.required and (row := first_true(missing)) is not None:
        raise _error(table, column, row, None, "empty field", f"give {column.meaning}")
    for bad, problem in _number_faults(column, numbers):
        if (row := first_true(bad)) is not None:
            value = numbers[row] if values is None else values.iloc[row]
            raise _error(table, column, row, value, problem, "correct the field")
    if values is not None and (row := _first_inexact(values, numbers)) is not None:
        advice = "round it to 15 digits, or change its unit"
        raise _error(table, column, row, values.iloc[row], "number with more digits than a 64-bit float holds", advice)
    if column.default is not None:
        numbers = np.where(missing, float(column.default), numbers)
    return numbers + 0.0  # -0.0 becomes 0.0, so equal content is equal bytes


def _plain_numbers(values: npt.NDArray[Any]) -> npt.NDArray[np.float64] | None:
    """Return float64s as they are, and decimals in text as numbers; None where value by value has to decide."""
    if values.dtype == np.float64:
        return values
    if values.dtype != object:
        return None
    texts = values.tolist()
    try:
        distinct = dict.fromkeys(texts)  # figures repeat
        if NOT_IN_DECIMALS.search("".join(distinct)):
            return None
        number = {text: float(text) if text else np.nan for text in distinct}
    except (TypeError, ValueError):  # not all of it is text, or not all of that is decimals
        return None
    return np.array(list(map(number.__getitem__, texts)), dtype=np.float64)


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


def _texts(table: Table, column: Column, values: pd.Series | npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    texts, distinct = _as_text(table, column, values)
    has_empty = "" in distinct
    if has_empty and column.default is not None:
        texts = np.where(texts == "", column.default, texts)
    elif has_empty and column.required:
        row = int((texts == "").argmax())
        raise _error(table, column, row, None, "empty field", f"give {column.meaning}")
    bad = _first_bad_text(column, distinct)
    if bad is not None:
        row = int((texts == bad).argmax())
        if column.kind is Kind.CHOICE:
            near = near_names(bad, column.choices)
            raise _error(table, column, row, bad, f"unknown choice{near}", "use one of the allowed")
        problem = "text of several lines" if column.kind is Kind.TEXT else "unusable name"
        raise _error(table, column, row, texts[row], problem, "rename it here and wherever it is used")
    return texts


def _first_bad_text(column: Column, distinct: Collection[str]) -> str | None:
    """Return the first of a column's texts, in the order of its rows, that breaks the column's rule."""
    given = distinct if column.default is None else [text for text in distinct if text]
    if column.kind is Kind.CHOICE:
        return next((text for text in given if text not in column.choices), None)
    if column.kind is Kind.TEXT:
        rule, fine = is_line, is_line("".join(given))
    elif column.kind is Kind.ID:
        rule, fine = is_name, are_names(given)
    else:
        rule, fine = is_name_list, False
    return None if fine else next((text for text in given if not rule(text)), None)


def _as_text(
    table: Table, column: Column, values: pd.Series | npt.NDArray[Any]
) -> tuple[npt.NDArray[np.object_], Collection[str]]:
    """Return a column as text of its own, "" where missing, and its distinct texts in the order of their rows.

    What names the rows is taken as distinct without asking.
    """
    if is_integer_dtype(values.dtype):
        texts = values.astype(str).astype(object)  # names such as 0, 1, 2 made by a program
        return np.asarray(texts), dict.fromkeys(texts)
    objects = np.array(values, dtype=object)  # a copy: the caller may go on writing to his
    try:
        distinct = objects.tolist() if table.key == (column.name,) else dict.fromkeys(objects.tolist())
        if set(map(type, distinct)) <= {str}:
            if values.dtype != object and len(distinct) < len(objects):
                # Some columns of pandas hand out a new text for every row: keep one of each.
                objects[:] = list(map({text: text for text in distinct}.__getitem__, objects.tolist()))
            return objects, distinct
    except TypeError:  # what cannot be looked up is no text
        pass
    objects[pd.isna(objects)] = ""
    if infer_dtype(objects, skipna=False) not in ("string", "empty"):
        row = next(i for i, value in enumerate(objects) if not isinstance(value, str))
        advice = "turn the column into text, e.g. with .astype(str)"
        raise _error(table, column, row, objects[row], f"not text but {type(objects[row]).__name__}", advice)
    return objects, dict.fromkeys(objects.tolist())
