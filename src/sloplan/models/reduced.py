"""Integer rows with smaller numbers, scaled for engines; needs no modelling library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

LARGEST_LIMIT_BITS: Final = 20
"""Right-hand sides above 2^20 are scaled down to it by a power of two.

An engine's absolute tolerance of 1e-6 is then at most 2e-12 of the limit, and rows with limits
below 2^20 keep their integers, where no tolerance can hide a violation.
"""


def divided_by_gcd(coefficients: Sequence[int], limit: int) -> tuple[list[int], int]:
    """Divide a row over integer variables by the gcd of its coefficients; the limit is rounded down."""
    gcd = int(np.gcd.reduce(np.asarray(coefficients, dtype=np.int64))) or 1
    return [c // gcd for c in coefficients], limit // gcd


def power_of_two_unit(limit: int) -> int:
    """Return the least power of two that brings `limit` down to 2^20, at least 1.

    Dividing by it is exact in floating point.
    """
    return 1 << max(0, abs(limit).bit_length() - LARGEST_LIMIT_BITS)


def reduced_rows(row: Int, amount: Int, limit: Int) -> tuple[Int, Int, npt.NDArray[np.float64]]:
    """Divide many rows at once by the gcd of their coefficients, and return the unit that scales each.

    Parameters
    ----------
    row : (entries,) int64
        Row of each entry, every row from 0 on having one.
    amount : (entries,) int64
        Not 0.
    limit : (rows,) int64

    Returns
    -------
    amount : (entries,) int64
    limit : (rows,) int64
        Rounded down.
    unit : (rows,) float64
        `power_of_two_unit` of each limit.
    """
    order = np.argsort(row, kind="stable")
    first = np.searchsorted(row[order], np.arange(len(limit)))
    # Of a single entry reduceat returns the entry itself, sign and all.
    gcd = np.gcd.reduceat(np.abs(amount[order]), first) if len(limit) else np.ones(0, dtype=np.int64)
    limit = limit // gcd
    unit = np.array([power_of_two_unit(value) for value in limit.tolist()], dtype=np.float64)
    return amount // gcd[row], limit, unit
