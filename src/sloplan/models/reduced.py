"""Integer rows with smaller numbers; needs no modelling library."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def divided_by_gcd(coefficients: Sequence[int], limit: int) -> tuple[list[int], int]:
    """Divide a row over integer variables by the gcd of its coefficients; the limit is rounded down."""
    gcd = int(np.gcd.reduce(np.asarray(coefficients, dtype=np.int64))) or 1
    return [c // gcd for c in coefficients], limit // gcd
