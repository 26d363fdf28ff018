"""Tables column by column."""

from __future__ import annotations

import numpy as np

from sloplan.problem.tables import as_frame, num_rows, taken

COLUMNS = {"name": np.array(["a", "b", ""], dtype=object), "rate": np.array([2.1, np.nan, 0.0])}


def test_frames_keep_dtypes_and_share_memory() -> None:
    """Text stays in object columns, and no column is copied."""
    frame = as_frame(COLUMNS)
    assert list(frame.dtypes) == [np.dtype(object), np.dtype(np.float64)]
    assert all(np.shares_memory(frame[name].to_numpy(), values) for name, values in COLUMNS.items())


def test_rows() -> None:
    """Rows are counted, and taken at any positions."""
    assert num_rows(COLUMNS) == 3
    assert taken(COLUMNS, np.array([2, 0]))["name"].tolist() == ["", "a"]


def test_no_columns() -> None:
    """A table without columns has no rows."""
    assert num_rows({}) == 0
    assert as_frame({}).empty
