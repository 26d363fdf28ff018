"""Positions of a column by value."""

from __future__ import annotations

import numpy as np

from sloplan.problem.grouping import grouped


def test_groups_ascend() -> None:
    """Values and positions ascend, and every position is in one group."""
    groups = {value: positions.tolist() for value, positions in grouped(np.array([5, -1, 5, 2, -1]))}
    assert list(groups.items()) == [(-1, [1, 4]), (2, [3]), (5, [0, 2])]


def test_an_empty_column_has_no_groups() -> None:
    """No value, no group."""
    assert list(grouped(np.zeros(0, dtype=np.int64))) == []
