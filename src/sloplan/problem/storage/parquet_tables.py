"""The queries of a large instance as the bytes of a Parquet file; pyarrow is needed only here."""

from __future__ import annotations

import io
from typing import Any, Final

import pandas as pd

from sloplan.problem.errors import InputError, UnsupportedError
from sloplan.problem.schema import TABLES, Table
from sloplan.problem.tables import as_frame
from sloplan.problem.validation.columns import missing_column
from sloplan.problem.validation.naming import warn_unknown

PARQUET_TABLE: Final[Table] = next(table for table in TABLES if table.name == "queries")
"""The one table that may come as Parquet."""
PARQUET_FILE: Final = f"{PARQUET_TABLE.name}.parquet"
MAX_ROWS: Final = 100_000_000
"""Most rows that are read: a few bytes of a damaged file can claim any number."""

_ROWS_PER_GROUP = 1_000_000


def read_parquet_queries(content: bytes) -> pd.DataFrame:
    """Return the frame in the bytes of a `queries.parquet`, known columns only, not yet checked.

    Parameters
    ----------
    content : bytes
        Columns of text, whole numbers, floats or decimals; null is an empty field.

    Raises
    ------
    InputError
        The bytes are no such file.
    UnsupportedError
        pyarrow is not installed.

    Warns
    -----
    UserWarning
        Unknown columns; they are ignored.
    """
    arrow, parquet = _pyarrow()
    try:
        with parquet.ParquetFile(arrow.BufferReader(content)) as file:
            names = list(file.schema_arrow.names)
            _check_header(names, file.metadata.num_rows)
            known = [column.name for column in PARQUET_TABLE.columns if column.name in names]
            table = file.read(columns=known)
            return as_frame({name: _values(arrow, name, table.column(name)) for name in known})
    except InputError:
        raise
    except (arrow.ArrowException, OSError, ValueError, MemoryError) as error:
        problem = f"not readable as Parquet: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        raise InputError(problem, file=PARQUET_FILE, advice="write the file again") from None


def _check_header(names: list[str], rows: int) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError("column given twice", file=PARQUET_FILE, field=name, advice="keep one of them")
    for column in PARQUET_TABLE.columns:
        if column.required and column.name not in names:
            raise missing_column(PARQUET_TABLE, column, names)
    if rows > MAX_ROWS:
        raise InputError("too many rows", file=PARQUET_FILE, value=rows, allowed=f"at most {MAX_ROWS:,}")
    warn_unknown(PARQUET_FILE, "columns", names, (column.name for column in PARQUET_TABLE.columns))


def _values(arrow: Any, name: str, column: Any) -> Any:
    """Return a column as a numpy array: numbers with NaN, text and decimals with None for null."""
    kinds = arrow.types
    kind = column.type
    if kinds.is_dictionary(kind):
        kind = kind.value_type
        column = column.cast(kind)
    is_text = kinds.is_string(kind) or kinds.is_large_string(kind)
    is_number = kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind)
    if not (is_text or is_number or kinds.is_null(kind)):
        allowed = "text, whole numbers, floats or decimals"
        raise InputError("column of another type", file=PARQUET_FILE, field=name, value=str(kind), allowed=allowed)
    column.validate(full=True)  # text that is not UTF-8
    return column.to_numpy()


def write_parquet_queries(frame: pd.DataFrame) -> bytes:
    """Return the bytes of a stored table of queries, the same for the same table and version of pyarrow.

    Raises
    ------
    UnsupportedError
        pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    table = arrow.table(
        {name: arrow.array(frame[name].to_numpy(), _type(arrow, frame[name]), from_pandas=True) for name in frame}
    )
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, row_group_size=_ROWS_PER_GROUP, compression="zstd", store_schema=False)
    return buffer.getvalue()


def _type(arrow: Any, series: Any) -> Any:
    return arrow.string() if series.dtype == object else arrow.from_numpy_dtype(series.dtype)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UnsupportedError(f"{PARQUET_FILE} needs pyarrow; next: pip install 'sloplan[parquet]'") from None
    return pyarrow, pyarrow.parquet
