"""Rules across the tables of an instance; each breach is one error that names its row.

Rows keep the order their author gave them while rules are checked, so that row numbers are his.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sloplan.problem.canonical import canonical_rows
from sloplan.problem.errors import InputError
from sloplan.problem.schema import TABLES, Table
from sloplan.problem.validation.accuracy import check_coverage, check_factors
from sloplan.problem.validation.applications import check_applications
from sloplan.problem.validation.columns import first_true
from sloplan.problem.validation.infrastructure import check_infrastructure
from sloplan.problem.validation.references import check_references

# Tables in which one thing can be written in several ways: equal rows show in canonical form only.
_RESPELLED = ("compatible", "accuracy")


def validate(frames: Mapping[str, pd.DataFrame]) -> None:
    """Check every rule across tables.

    Parameters
    ----------
    frames : mapping of table name to DataFrame
        Every table in stored form (see `columns`), rows in their given order.

    Raises
    ------
    InputError
        Names the first breach found: file, row, field, value, what is allowed and what to do.
    """
    for table in TABLES:
        if table.name not in _RESPELLED:
            _check_keys(table, frames[table.name])
    check_references(frames)
    check_infrastructure(frames)
    check_applications(frames)
    check_factors(frames)
    for table in TABLES:
        if table.name in _RESPELLED:
            _check_keys(table, canonical_rows(table, frames[table.name]))
    check_coverage(frames)


def _check_keys(table: Table, frame: pd.DataFrame) -> None:
    row = first_true(frame.duplicated(list(table.key)).to_numpy())
    if row is None:
        return
    value = tuple(frame[name].iloc[row] for name in table.key)
    same = np.logical_and.reduce([frame[name].to_numpy() == part for name, part in zip(table.key, value, strict=True)])
    raise InputError(
        f"stated twice: row {int(same.argmax()) + 1} says the same",
        file=table.file,
        row=row + 1,
        field=", ".join(table.key),
        value=value[0] if len(value) == 1 else value,
        allowed="each once",
        advice="drop or rename one of the two rows",
    )
