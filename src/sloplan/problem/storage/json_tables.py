"""JSON files whose tables are stored by column: one clear error for whatever is wrong, atomic writes.

A file whose name ends in `.gz` is compressed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sloplan.problem.errors import InputError
from sloplan.problem.storage.atomic import write_bytes
from sloplan.problem.storage.compression import compress, decompress, is_compressed
from sloplan.problem.validation.naming import warn_unknown

Columns = Mapping[str, type]
"""Column name to the type of its values: str, int or bool."""

_ALLOWED = {str: "a string", int: "an integer below 2^63 in size", bool: "true or false"}


def parse_json_object(content: bytes, file: str) -> dict[str, Any]:
    """Return the JSON object in the bytes of a file: UTF-8, with or without byte-order mark.

    Parameters
    ----------
    content : bytes
    file : str
        Name of the file, for messages.

    Raises
    ------
    InputError
        If the bytes are not JSON (e.g. truncated), not an object, or give a field twice.
    """

    def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError("field given twice", file=file, field=twice, advice="keep one of them")
        return fields

    try:
        parsed = json.loads(content.decode("utf-8-sig"), object_pairs_hook=without_repeats)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        advice = "restore the file; it may be truncated"
        raise InputError(f"not readable as JSON: {error}", file=file, advice=advice) from None
    if not isinstance(parsed, dict):
        raise InputError("not a JSON object", file=file, allowed="an object {...}", advice="see the format's page")
    return parsed


def read_json_object(path: str | os.PathLike[str], format_version: int) -> dict[str, Any]:
    """Read a file that holds one JSON object of a known format version.

    Parameters
    ----------
    path : path
    format_version : int
        The version that this release reads.

    Raises
    ------
    InputError
        If the file cannot be read, is not JSON, not an object or of another version.
    """
    name = Path(path).name
    try:
        stored = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(path), advice="check the path") from error
    content = parse_json_object(decompress(stored, name) if is_compressed(path) else stored, name)
    version = content.get("format_version")
    if version != format_version or isinstance(version, bool):
        raise InputError(
            "unknown format version",
            file=name,
            field="format_version",
            value=version,
            allowed=str(format_version),
            advice="write the file with a matching release",
        )
    return content


def read_field(content: Mapping[str, Any], field: str, kind: type, file: str) -> Any:
    """Return a field of type `kind` (str, int or bool).

    Raises
    ------
    InputError
        If it is missing or of another type.
    """
    if field not in content:
        raise InputError(
            "missing field", file=file, field=field, allowed=_ALLOWED[kind], advice="see the format's page in docs"
        )
    value = content[field]
    if type(value) is not kind:
        raise InputError("wrong type of value", file=file, field=field, value=value, allowed=_ALLOWED[kind])
    return value


def read_json_table(content: Mapping[str, Any], table: str, columns: Columns, file: str) -> dict[str, list[Any]]:
    """Return the columns of a table, all of one length.

    Raises
    ------
    InputError
        If the table or a column is missing, lengths differ, or a value has another type.

    Warns
    -----
    UserWarning
        Columns that the table does not have; they are dropped.
    """
    found = content.get(table)
    if not isinstance(found, dict):
        raise InputError("missing table", file=file, field=table, allowed=f"an object of {', '.join(columns)}")
    warn_unknown(f"{file}, {table}", "columns", found, columns)
    for name, kind in columns.items():
        _check_column(found.get(name), kind, file, f"{table}.{name}")
    if len({len(found[name]) for name in columns}) > 1:
        lengths = ", ".join(f"{name}: {len(found[name])}" for name in columns)
        raise InputError("columns of different length", file=file, field=table, value=lengths, allowed="equal lengths")
    return {name: found[name] for name in columns}


def _check_column(column: Any, kind: type, file: str, field: str) -> None:
    if not isinstance(column, list):
        raise InputError("missing column", file=file, field=field, allowed="a list")
    if _are_all(column, kind):  # looked at one by one, a long column would take longer than its reading
        return
    row = next(row for row, value in enumerate(column) if not _are_all([value], kind))
    raise InputError(
        "wrong type of value", file=file, row=row + 1, field=field, value=column[row], allowed=_ALLOWED[kind]
    )


def _are_all(values: list[Any], kind: type) -> bool:
    """Return whether all values are of a type, and whole numbers fit into int64."""
    if not set(map(type, values)) <= {kind}:
        return False
    return kind is not int or not values or (min(values) > -(2**63) and max(values) < 2**63)


def write_json_object(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """Write JSON to a temporary sibling of `path`, then rename it into place.

    Raises
    ------
    InputError
        If `path` cannot be written.
    """
    written = json_bytes(content)
    write_bytes(path, compress(written) if is_compressed(path) else written)


def json_bytes(content: Mapping[str, Any]) -> bytes:
    """Return a JSON object as the bytes of a file: compact, UTF-8, one line."""
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")
