"""Integer rows with smaller numbers, scaled for engines; needs no modelling library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

LARGEST_LIMIT_BITS: Final = 20
"""Right-hand sides above 2^20 are scaled down to it by a power of two.

An engine's absolute tolerance of 1e-6 is then at most 2e-12 of the limit, and rows with limits
below 2^20 keep their integers, where no tolerance can hide a violation.
"""

LARGEST_UNIT_BITS: Final = 39
"""No row is divided by more than 2^39: HiGHS takes entries up to 1e-12 for 0, and 1 must not become one."""


def divided_by_gcd(coefficients: Sequence[int], limit: int) -> tuple[list[int], int]:
    """Divide a row over integer variables by the gcd of its coefficients; the limit is rounded down."""
    gcd = int(np.gcd.reduce(np.asarray(coefficients, dtype=np.int64))) or 1
    return [c // gcd for c in coefficients], limit // gcd


def power_of_two_unit(figure: int) -> int:
    """Return the least power of two that brings a figure down to 2^20, at least 1, at most 2^39.

    Dividing by it is exact in floating point.
    """
    return 1 << min(max(0, abs(figure).bit_length() - LARGEST_LIMIT_BITS), LARGEST_UNIT_BITS)


LARGEST_OF_PLANS: Final = 8
"""Largest coefficient of rows with supplies over plans, at a tolerance of 1e-9.

At 1 that tolerance hides that one too many is used of 762,071,399, and the answer is refused.
"""


def covering_unit(figure: int, largest: int = 1) -> int:
    """Return the least power of two that brings a figure down to `largest`, a power of two; from 1 to 2^39."""
    return max(1, (1 << min(max(0, figure - 1).bit_length(), LARGEST_UNIT_BITS)) // largest)
