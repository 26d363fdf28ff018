"""Rules across the tables of an instance; each breach is one error that names its row.

Rows keep the order their author gave them while rules are checked, so that row numbers are his.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sloplan.problem.canonical import canonical_rows
from sloplan.problem.errors import InputError
from sloplan.problem.schema import TABLES, Table
from sloplan.problem.tables import Columns, Tables
from sloplan.problem.validation.accuracy import check_coverage, check_factors
from sloplan.problem.validation.applications import check_applications
from sloplan.problem.validation.infrastructure import check_infrastructure
from sloplan.problem.validation.references import check_references

# Tables in which one thing can be written in several ways: equal rows show in canonical form only.
_RESPELLED = ("compatible", "accuracy")


def validate(tables: Tables) -> None:
    """Check every rule across tables.

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array
        Every table in stored form (see `columns`), rows in their given order.

    Raises
    ------
    InputError
        Names the first breach found: file, row, field, value, what is allowed and what to do.
    """
    for table in TABLES:
        if table.name not in _RESPELLED:
            _check_keys(table, tables[table.name])
    check_references(tables)
    check_infrastructure(tables)
    check_applications(tables)
    check_factors(tables)
    for table in TABLES:
        if table.name in _RESPELLED:
            _check_keys(table, canonical_rows(table, tables[table.name]))
    check_coverage(tables)


def _check_keys(table: Table, columns: Columns) -> None:
    keys = [columns[name] for name in table.key]
    if len(keys) == 1 and (keys[0][:-1] < keys[0][1:]).all():
        return  # as long tables mostly come
    rows = keys[0].tolist() if len(keys) == 1 else list(zip(*(key.tolist() for key in keys), strict=True))
    if len(set(rows)) == len(rows):
        return
    row = int(pd.Series(rows, dtype=object).duplicated().to_numpy().argmax())
    value = tuple(key[row] for key in keys)
    same = np.logical_and.reduce([key == part for key, part in zip(keys, value, strict=True)])
    raise InputError(
        f"stated twice: row {int(same.argmax()) + 1} says the same",
        file=table.file,
        row=row + 1,
        field=", ".join(table.key),
        value=value[0] if len(value) == 1 else value,
        allowed="each once",
        advice="drop or rename one of the two rows",
    )
