"""Runs of positions, one after the other, without a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sloplan.problem.compiled import Int


def spans(first: Int, length: Int) -> Int:
    """Return first[0], first[0] + 1, ... (length[0] of them), then those from first[1] on, and so forth.

    Parameters
    ----------
    first, length : (n,) int64

    Returns
    -------
    (sum of length,) int64
    """
    skipped = np.cumsum(length) - length
    return np.arange(length.sum()) + np.repeat(first - skipped, length)
