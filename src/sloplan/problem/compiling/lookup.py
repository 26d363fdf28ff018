"""Names to indices, column by column."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Int, Text


def names_in(column: pd.Series) -> Text:
    """Return a column of names as an object array of str, shape (n,)."""
    return np.asarray(column, dtype=object)


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
    wanted = pd.Index(np.asarray(column, dtype=object), dtype=object)
    return pd.Index(names, dtype=object).get_indexer(wanted).astype(np.int64)


def configuration_index(frame: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Return the global index of every (operator, configuration).

    Parameters
    ----------
    frame : DataFrame
        Table `configurations`.

    Returns
    -------
    dict
    """
    return {pair: i for i, pair in enumerate(zip(frame["operator"], frame["configuration"], strict=True))}
