"""Names to indices, column by column."""

from __future__ import annotations

from itertools import repeat

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Int, Text
from sloplan.problem.tables import Columns


def indices_of(names: Text, column: pd.Series | Text) -> Int:
    """Return the position of every name of `column` in `names`; -1 where it is not among them.

    Parameters
    ----------
    names : (m,) str
        Distinct names.
    column : (n,) str

    Returns
    -------
    (n,) int64
    """
    if not len(column):
        return np.zeros(0, dtype=np.int64)
    position = {name: i for i, name in enumerate(names.tolist())}
    return np.fromiter(map(position.get, column.tolist(), repeat(-1)), dtype=np.int64, count=len(column))


def configuration_index(configurations: Columns) -> dict[tuple[str, str], int]:
    """Return the global index of every (operator, configuration).

    Parameters
    ----------
    configurations : mapping of column name to array
        Table `configurations`.

    Returns
    -------
    dict
    """
    pairs = zip(configurations["operator"].tolist(), configurations["configuration"].tolist(), strict=True)
    return {pair: i for i, pair in enumerate(pairs)}
