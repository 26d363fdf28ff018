"""The rows of a study: one line of JSON per finished run, appended so that a row is there whole or not at all."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any, Final

from sloplan.problem.errors import InputError

logger = logging.getLogger(__name__)

ROWS_FILE: Final = "rows.jsonl"

Row = dict[str, Any]
"""Column to value; what is unknown is None."""


def append_row(folder: Path, row: Row) -> None:
    """Append a row and see it on the disk.

    Parameters
    ----------
    folder : Path
    row : dict

    Raises
    ------
    InputError
        It cannot be written, the disk is full perhaps; the file is then as it was before.
    """
    path = folder / ROWS_FILE
    line = (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n").encode()
    try:
        with path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                written = file.write(line)
                if written != len(line):
                    written += file.write(line[written:])  # raises, and says why the rest was not taken
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
    except OSError as error:
        raise InputError(f"a row cannot be written: {error.strerror}", file=str(path)) from error


def read_rows(folder: Path) -> list[Row]:
    """Return the rows of a study; none if none was written yet.

    A last line that was cut off, by a machine that went down say, is not a row: it is left out.

    Raises
    ------
    InputError
        Another line is no row.
    """
    path = folder / ROWS_FILE
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    if lines.pop():
        logger.warning("%s: the last line is cut off, its run counts as not run", path)
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError("is no row", file=str(path), row=number, advice="remove the line") from error
        if not isinstance(row, dict) or "run" not in row:
            raise InputError("is no row", file=str(path), row=number, advice="remove the line")
        rows.append(row)
    return rows


def drop_cut_off_line(folder: Path) -> None:
    """Remove a last line without an end, so that the next row begins a line of its own."""
    path = folder / ROWS_FILE
    if path.exists():
        content = path.read_bytes()
        kept = content.rfind(b"\n") + 1
        if kept < len(content):
            os.truncate(path, kept)
