"""What was observed of knob spaces, as many points of each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.knob_spaces import KnobSpaces
from sloplan.heuristics.surrogates import most_promising
from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]


class Samples:
    """Points of knob spaces that were observed, and where to look next.

    Parameters
    ----------
    spaces : KnobSpaces
    point : (spaces, n) int64
        First points of each space; what stands there of a space of fewer points is not looked at.
    value : (spaces, n) float64
        What was observed there.

    Attributes
    ----------
    space : (b,) int64
        Spaces that are still looked into.
    """

    def __init__(self, spaces: KnobSpaces, point: Int, value: Float) -> None:
        self._spaces = spaces
        self.space: Int = np.flatnonzero(spaces.size > point.shape[1])
        self._seen: Int = point[self.space]
        self._values: Float = value[self.space]
        self._distances: Int = np.stack([spaces.distances(self.space, column) for column in self._seen.T], axis=1)
        self._excluded: Bool = ~spaces.exists[self.space]
        np.put_along_axis(self._excluded, self._seen, True, axis=1)

    def leave_finished(self) -> None:
        """Leave out the spaces of which every point was observed."""
        kept = ~self._excluded.all(axis=1)
        if not kept.all():
            self.space, self._seen, self._values = self.space[kept], self._seen[kept], self._values[kept]
            self._distances, self._excluded = self._distances[kept], self._excluded[kept]

    def most_promising(self) -> Int:
        """Return the point of each space that is expected to improve it most, shape (b,)."""
        return most_promising(self._seen, self._distances, self._values, self._excluded)

    def add(self, point: Int, value: Float) -> None:
        """Take what was observed at a further point of each space, both of shape (b,)."""
        self._seen = np.column_stack([self._seen, point])
        self._values = np.column_stack([self._values, value])
        distance = self._spaces.distances(self.space, point)
        self._distances = np.concatenate([self._distances, distance[:, None, :]], axis=1)
        self._excluded[np.arange(len(point)), point] = True
