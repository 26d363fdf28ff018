"""Disturbances as a CSV file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.problem.schema import Column, Kind, Table
from sloplan.problem.storage.csv_tables import read_csv_table
from sloplan.problem.validation.columns import normalise_table
from sloplan.runtime.arrivals import KINDS, Events

_TABLE: Final = Table(
    "disturbances",
    (),
    (
        Column("time_s", Kind.NUMBER, "when it happens", required=True, minimum=0.0),
        Column("kind", Kind.CHOICE, "what happens", required=True, choices=KINDS),
        Column("subject", Kind.ID, "pool, link, operator or query", required=True),
        Column("amount", Kind.NUMBER, "factor, or a query's requests per second"),
    ),
    may_be_empty=True,
)


def read_disturbances(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the disturbances of a file, as `with_disturbances` and `simulate` take them.

    Parameters
    ----------
    path : path
        CSV with the columns `time_s`, `kind`, `subject` and `amount`; what they hold says `Events.from_frame`.

    Returns
    -------
    DataFrame
        Its rows, in their order.

    Raises
    ------
    InputError
        Names file, row and field.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror or error}", file=os.fspath(path), advice="name a CSV file of disturbances"
        ) from None
    try:
        columns = normalise_table(_TABLE, read_csv_table(_TABLE, content))
        frame = pd.DataFrame({name: np.asarray(column) for name, column in columns.items()})
        Events.from_frame(frame)
    except InputError as error:
        raise error.of_file(os.fspath(path)) from None
    return frame
