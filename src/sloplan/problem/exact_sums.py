"""Sums of products that may pass int64, in Python integers where they might."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

Exact = npt.NDArray[np.object_]
"""Array of Python integers."""

_HALF = 31
"""Bits of the lower half into which amounts are split."""


def exact_dot(amount: Int, times: Int | Exact) -> int:
    """Return the sum of amount x times; see `exact_totals`."""
    if times.dtype != object and len(times):
        most = np.abs(amount.astype(np.float64)).max() * np.abs(times.astype(np.float64)).max() * len(times)
        if most < 2.0**62:
            return int(np.dot(amount, times))
    return int(exact_totals(np.zeros(len(amount), dtype=np.int64), amount, times, 1)[0])


def exact_totals(index: Int, amount: Int, times: Int | Exact, size: int) -> Exact:
    """Add up amount x times by index, exactly.

    Parameters
    ----------
    index : (n,) int64
        Total that each product belongs to.
    amount : (n,) int64
    times : (n,) int64 or Python integers
    size : int
        Number of totals.

    Returns
    -------
    (size,) Python integers
    """
    total = np.zeros(size, dtype=object)
    if not len(index):
        return total
    if times.dtype != object and np.abs(times.astype(np.float64)).max() * len(times) < 2.0**_HALF:
        # Both halves of an amount are at most 2^32 in size, so neither sum passes 2^63.
        low, high = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        np.add.at(low, index, (amount & (2**_HALF - 1)) * times)
        np.add.at(high, index, (amount >> _HALF) * times)
        return np.asarray(low.astype(object) + high.astype(object) * 2**_HALF, dtype=object)
    np.add.at(total, index, amount.astype(object) * times.astype(object))
    return total
