"""How figures are spread: for summaries that do not list them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Spread(NamedTuple):
    """Least, median and greatest of some figures, and their sum."""

    least: float
    median: float
    most: float
    total: float

    @classmethod
    def of(cls, figures: Sequence[Any] | np.ndarray[Any, Any]) -> Spread | None:
        """Return the spread of some figures, None of no figures; a sum of integers stays exact."""
        if len(figures) == 0:
            return None
        listed = sorted(np.asarray(figures).tolist())
        return cls(listed[0], float(np.median(listed)), listed[-1], sum(listed))
