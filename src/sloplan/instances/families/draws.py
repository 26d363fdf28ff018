"""Random draws whose values are the same under every version of numpy.

Of numpy's random numbers only the raw stream of a bit generator is promised to stay (NEP 19);
what `Generator` makes of it may change. So integers are made here, from PCG64's raw stream.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

import numpy as np

from sloplan.problem.compiled import Bool, Int

MOST: Final = 2**31
"""Numbers below this can be drawn: a raw number's upper 32 bits times the bound fit 64 bits."""


class Draws:
    """A stream of draws.

    Parameters
    ----------
    seed : int
        0 or more.
    purpose : str, optional
        What is drawn: the same seed gives each purpose draws of its own.
    """

    def __init__(self, seed: int, purpose: str = "") -> None:
        self._stream = np.random.PCG64([seed, crc32(purpose.encode())] if purpose else seed)

    def below(self, bound: int, size: int) -> Int:
        """Draw whole numbers from 0 to `bound` - 1, of near equal chance: they differ by less than bound / 2^32.

        Parameters
        ----------
        bound : int
            1 to `MOST`.
        size : int

        Returns
        -------
        (size,) int64
        """
        upper = self._stream.random_raw(size) >> np.uint64(32)
        return ((upper * np.uint64(bound)) >> np.uint64(32)).astype(np.int64)

    def chance(self, percent: int, size: int) -> Bool:
        """Draw truths, each with a chance of `percent` in 100."""
        return self.below(100, size) < percent

    def order(self, count: int) -> list[int]:
        """Draw an order of the numbers below `count`."""
        left = list(range(count))
        return [left.pop(int(self.below(len(left), 1)[0])) for _ in range(count)]
