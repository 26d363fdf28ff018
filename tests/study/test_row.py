"""Tests of a row's columns."""

from __future__ import annotations

import json

import numpy as np

from sloplan.study.row import COLUMNS, complete
from tests.study.plain_rows import plain_row


def test_whatever_is_claimed_can_be_written() -> None:
    """Numpy's numbers become Python's, what is not finite unknown, the rest text; a message is one short line."""
    claims = {
        "claimed_bound_exact": np.int64(2**60),
        "claimed_bound": np.float32(0.5),
        "claimed_objective": float("-inf"),
        "claimed_runtime_s": 1.23456,
        "verified": np.bool_(True),
        "claimed_status": ["optimal"],
        "message": "a\n\tb \udcff " + 1000 * "long",
    }
    row = complete(plain_row("a", **claims))
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert list(row) == list(COLUMNS)
    assert (row["claimed_bound_exact"], row["claimed_bound"], row["claimed_objective"]) == (2**60, 0.5, None)
    assert (row["claimed_runtime_s"], row["verified"], row["claimed_status"]) == (1.2346, True, "['optimal']")
    assert row["message"].startswith("a b \\udcff longlong")
    assert len(row["message"]) == 500
    json.dumps(row, ensure_ascii=False).encode()
