"""From any number type to float64 without a change of the decimal that it stands for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt


def same_decimals(floats: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return floats of at most 64 bits as float64s of the same shortest decimals: a float32 2.1 becomes 2.1.

    Parameters
    ----------
    floats : (n,) float16, float32 or float64
    """
    return floats.astype(np.float64) if floats.dtype.itemsize == 8 else floats.astype(str).astype(np.float64)


def loses_digits(exact: Any, number: float) -> bool:
    """Return whether `number`'s shortest decimal is another number than `exact`, an int, Decimal or Fraction.

    Anything else in the place of `exact` (text, a float) loses nothing: its shortest decimal is what it stands for.
    """
    return isinstance(exact, (int, np.integer, Decimal, Fraction)) and Fraction(str(exact)) != Fraction(repr(number))
