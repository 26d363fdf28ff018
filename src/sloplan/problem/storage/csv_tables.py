"""One table as the bytes of a CSV file.

Large files are read twice over at most: first fast and typed; if anything looks wrong, once more
as plain text, cell by cell, which is the reading that counts and that can name the bad cell. Small
files are read as text at once: that is done before pandas has made its reader.
"""

from __future__ import annotations

import csv
import io
import string
import warnings
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.problem.schema import Kind, Table
from sloplan.problem.tables import Columns
from sloplan.problem.validation.columns import NOT_IN_DECIMALS, missing_column, warn_unknown_columns

# pandas may take these words for numbers.
_WORDS = (b"nan", b"true", b"false")
_BESIDE_WORDS = (string.whitespace + '"+-()').encode()
_WORD_CELLS = bytes.maketrans(
    _BESIDE_WORDS + string.ascii_uppercase.encode(), b"," * len(_BESIDE_WORDS) + string.ascii_lowercase.encode()
)
_SMALL_BYTES = 2**16
# pandas 3.1 made exact reading the default and deprecated the option.
_OLD_PANDAS = tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1)
_EXACT: Any = {"float_precision": "round_trip"} if _OLD_PANDAS else {}


def read_csv_table(table: Table, content: bytes) -> Columns:
    """Return the columns in the bytes of a CSV file, known ones only.

    Parameters
    ----------
    table : Table
    content : bytes
        UTF-8 text (with or without byte-order mark), comma-separated, one header line; lines end
        in any usual way and blank lines are skipped.

    Returns
    -------
    mapping of column name to array
        In the order of the file. Numbers as float64, or everything as text; not yet checked.

    Raises
    ------
    InputError
        The bytes are no such file: the message names the row.
    """
    header = _header(table, content)
    # Among quotes the fast reading needs a pass more, and is worth it later.
    is_large = len(content) > _SMALL_BYTES * (2 if b'"' in content else 1)
    columns = _read_typed(table, header, content) if is_large else None
    if columns is None:
        columns = _read_text(table, header, content)
    known = {column.name for column in table.columns}
    return {name: values for name, values in columns.items() if name in known}


def write_csv_table(frame: pd.DataFrame) -> bytes:
    """Return the bytes of the CSV file of a stored table: shortest decimals, LF line ends."""
    content: str = frame.to_csv(index=False, lineterminator="\n")
    return content.encode()


def _decoded(table: Table, content: bytes) -> str:
    if (position := content.find(b"\x00")) >= 0:
        row = content.count(b"\n", 0, position)
        raise InputError("NUL byte", file=table.file, row=row or None, allowed="UTF-8 text", advice="restore the file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start)
        advice = "save the file as UTF-8"
        raise InputError("not UTF-8 text", file=table.file, row=row or None, advice=advice) from None


def _header(table: Table, content: bytes) -> list[str]:
    beginning = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", errors="replace", newline="")
    header = next(_lines(table, beginning), [])
    if not header:
        advice = f"start it with {','.join(column.name for column in table.columns if column.required)}"
        raise InputError("empty file", file=table.file, allowed="a header line and rows", advice=advice)
    for name in header:
        if header.count(name) > 1:
            raise InputError("column given twice", file=table.file, field=name, advice="keep one of them")
    for column in table.columns:
        if column.required and column.name not in header:
            raise missing_column(table, column, header)
    warn_unknown_columns(table, header)
    return header


def _lines(table: Table, text: io.TextIOBase) -> Iterator[list[str]]:
    """Yield the cells of the lines that are not blank, the header first."""
    reader = csv.reader(text, strict=True)
    number = -1
    try:
        for line in reader:
            if len(line) > 1 or (line and line[0].strip()):
                number += 1
                yield line
    except csv.Error as error:
        row = number + 1 if number >= 0 else None
        advice = "close quotes, and write a quote within a quoted field twice"
        raise InputError(f"not readable as CSV: {error}", file=table.file, row=row, advice=advice) from None


def _read_typed(table: Table, header: list[str], content: bytes) -> Columns | None:
    """Return the columns read fast, or None where the careful reading has to decide."""
    quoted = b'"' in content
    if b"\x00" in content or (quoted and not _is_well_quoted(content, len(header))):
        return None  # pandas cuts text at NUL and forgives stray quotes
    numeric = {column.name for column in table.columns if column.kind in (Kind.NUMBER, Kind.INTEGER)} & set(header)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.BytesIO(content),
                dtype={name: np.dtype(np.float64 if name in numeric else object) for name in header},
                index_col=False,
                keep_default_na=False,
                na_values={name: [""] for name in numeric},  # text stays as it is
                **_EXACT,
            )
    except (ValueError, OverflowError, pd.errors.ParserWarning):
        return None
    num_commas = np.count_nonzero(np.frombuffer(content, np.uint8) == ord(","))
    if not quoted and num_commas != (len(frame) + 1) * (len(header) - 1):
        return None  # pandas fills up short rows
    if list(frame.columns) != header or _has_words(content, numeric):
        return None
    return {name: frame[name].to_numpy() for name in header}


def _is_well_quoted(content: bytes, width: int) -> bool:
    """Return whether quotes stand only where they may and every line has `width` cells."""
    try:
        text = content.decode("utf-8-sig")
        return set(map(len, csv.reader(io.StringIO(text, newline=""), strict=True))) <= {0, width}
    except (UnicodeDecodeError, csv.Error):
        return False


def _has_words(content: bytes, numeric: set[str]) -> bool:
    """Return whether a number column holds a word that pandas may take for a number."""
    # Without digits there is half as much to search; the last cell may end the file, the first is the header's.
    words = content.translate(_WORD_CELLS, b"0123456789.") + b","
    if not numeric or not any(b",%b," % word in words for word in _WORDS):
        return False
    cells = pd.read_csv(io.BytesIO(content), usecols=list(numeric), dtype=object, index_col=False, na_filter=False)
    return any(NOT_IN_DECIMALS.search("".join(pd.unique(cells[name]))) for name in cells.columns)


def _read_text(table: Table, header: list[str], content: bytes) -> Columns:
    """Return the columns read as text, cell by cell."""
    text = _decoded(table, content)
    cells = _plain_cells(text, len(header))
    if cells is None:
        cells = _parsed_cells(table, header, text)
    return {name: np.array(cells[place :: len(header)], dtype=object) for place, name in enumerate(header)}


def _plain_cells(text: str, width: int) -> list[str] | None:
    """Return the cells of all rows, in one list, if commas and line ends alone say where they are; else None."""
    if '"' in text or "\r" in text:
        return None
    _, *lines = (line for line in text.split("\n") if line.strip())
    if not set(map(str.count, lines, repeat(","))) <= {width - 1}:
        return None
    return ",".join(lines).split(",") if lines else []


def _parsed_cells(table: Table, header: list[str], text: str) -> list[str]:
    """Return the cells of all rows: in one list, as one per row would make Python look for garbage again and again."""
    lines = _lines(table, io.StringIO(text, newline=""))
    next(lines)
    cells: list[str] = []
    for number, line in enumerate(lines, start=1):
        if len(line) != len(header):
            raise InputError(
                f"{len(line)} fields in the row, {len(header)} in the header",
                file=table.file,
                row=number,
                advice="give every row one field per column; quote a field that holds a comma",
            )
        cells += line
    return cells
