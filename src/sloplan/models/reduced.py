"""Integer rows with smaller numbers, scaled for engines; needs no modelling library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

LARGEST_LIMIT_BITS: Final = 20
"""Rows with larger figures than 2^20 are scaled down to it by a power of two.

An engine's absolute tolerance of 1e-6 is then at most 2e-12 of the largest figure, and rows of smaller ones keep their
integers, where no tolerance can hide a violation.
"""


def divided_by_gcd(coefficients: Sequence[int], limit: int) -> tuple[list[int], int]:
    """Divide a row over integer variables by the gcd of its coefficients; the limit is rounded down."""
    gcd = int(np.gcd.reduce(np.asarray(coefficients, dtype=np.int64))) or 1
    return [c // gcd for c in coefficients], limit // gcd


def power_of_two_unit(figure: int) -> int:
    """Return the least power of two that brings a figure down to 2^20, at least 1.

    Dividing by it is exact in floating point.
    """
    return 1 << max(0, abs(figure).bit_length() - LARGEST_LIMIT_BITS)
