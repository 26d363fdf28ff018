"""Runs of positions."""

from __future__ import annotations

import numpy as np

from sloplan.problem.spans import spans


def test_runs_follow_each_other() -> None:
    """Runs may overlap, be empty and go back."""
    first, length = np.array([5, 0, 9, 4]), np.array([3, 0, 1, 2])
    assert spans(first, length).tolist() == [5, 6, 7, 9, 4, 5]


def test_no_runs() -> None:
    """Nothing gives nothing, of whole numbers."""
    none = spans(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    assert (none.tolist(), none.dtype) == ([], np.int64)
