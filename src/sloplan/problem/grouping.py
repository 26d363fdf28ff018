"""Positions of a column by the value they hold, in one sort for all values."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sloplan.problem.compiled import Int


def grouped(key: Int) -> Iterator[tuple[int, Int]]:
    """Yield every distinct value of a column with the positions that hold it.

    Parameters
    ----------
    key : (n,) int64

    Yields
    ------
    value : int
        Ascending.
    positions : (k,) int64
        Ascending.
    """
    order = np.argsort(key, kind="stable")
    values, first = np.unique(key[order], return_index=True)
    # Without values there is still one (empty) part, hence no strict zip.
    yield from zip(values.tolist(), np.split(order, first[1:]), strict=False)
