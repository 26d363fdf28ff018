"""Solution files: what the solutions of instances and of plan selections have in common on disk."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.problem.storage.json_tables import (
    Columns,
    read_field,
    read_json_object,
    read_json_table,
    write_json_object,
)
from sloplan.problem.validation.naming import warn_unknown

SOLUTION_FORMAT_VERSION: Final = 1
_FIELDS: Final = ("format_version", "instance_sha256", "objective", "certificate")


def solution_frame(columns: Columns, values: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return a table of a solution in stored form: whole numbers int64, text as objects.

    Parameters
    ----------
    columns : mapping of column name to str or int
    values : mapping, optional
        Values of every column; none makes an empty table.
    """
    return pd.DataFrame(
        {
            name: np.asarray([] if values is None else values[name], dtype=np.int64 if kind is int else object)
            for name, kind in columns.items()
        }
    )


def read_solution_file(
    path: str | os.PathLike[str], tables: Mapping[str, Columns], figures: Sequence[str]
) -> dict[str, Any]:
    """Read a solution file into the fields of a solution.

    Parameters
    ----------
    path : path
    tables : mapping
        Table name to its columns.
    figures : sequence of str
        Optional fields that hold a whole number, such as `bound`.

    Returns
    -------
    dict
        `instance_sha256`, `objective`, `certificate`, each of `figures` (None where it is absent), and a frame per
        table.

    Raises
    ------
    InputError
        If the file cannot be read or does not have the format of a solution.

    Warns
    -----
    UserWarning
        Unknown fields and columns; they are ignored.
    """
    file = Path(path).name
    content = read_json_object(path, SOLUTION_FORMAT_VERSION)
    warn_unknown(file, "fields", content, (*_FIELDS, *figures, *tables))
    certificate = content.get("certificate")
    if certificate is not None and not isinstance(certificate, dict):
        raise InputError("not a certificate", file=file, field="certificate", allowed="an object or null")
    return {
        "instance_sha256": read_field(content, "instance_sha256", str, file),
        "objective": read_field(content, "objective", str, file),
        **{
            figure: None if content.get(figure) is None else read_field(content, figure, int, file)
            for figure in figures
        },
        "certificate": certificate,
        **{
            table: solution_frame(columns, read_json_table(content, table, columns, file))
            for table, columns in tables.items()
        },
    }


def solution_content(solution: Any, tables: Mapping[str, Columns], figures: Sequence[str]) -> dict[str, Any]:
    """Return the JSON object of a solution file.

    Parameters
    ----------
    solution : Solution or SelectionSolution
    tables : mapping
        Table name (an attribute of `solution`) to its columns.
    figures : sequence of str
        Attributes of `solution` that hold a whole number or None.
    """
    content: dict[str, Any] = {
        "format_version": SOLUTION_FORMAT_VERSION,
        "instance_sha256": solution.instance_sha256,
        "objective": solution.objective,
    }
    for table, columns in tables.items():
        frame = getattr(solution, table)
        content[table] = {column: frame[column].tolist() for column in columns}
    for figure in figures:
        if getattr(solution, figure) is not None:
            content[figure] = getattr(solution, figure)
    if solution.certificate is not None:
        content["certificate"] = solution.certificate
    return content


def write_solution_file(
    path: str | os.PathLike[str], solution: Any, tables: Mapping[str, Columns], figures: Sequence[str]
) -> None:
    """Write a solution file; an existing file is replaced only when the new one is complete.

    Parameters
    ----------
    path : path
    solution : Solution or SelectionSolution
    tables : mapping
        Table name (an attribute of `solution`) to its columns.
    figures : sequence of str
        Attributes of `solution` that hold a whole number or None.
    """
    write_json_object(path, solution_content(solution, tables, figures))
