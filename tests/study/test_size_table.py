"""Tests of the table by size: worked out by hand, with what everybody gets for nothing left out."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from sloplan.study.judged import judged_frame
from sloplan.study.rows import Row
from sloplan.study.size_table import contested, size_table
from sloplan.study.tables import compared_frame
from tests.study.plain_rows import plain_row
from tests.study.report.case import TRAJECTORIES, rows_by_hand

TIGHT, LOOSE, ROOMY = "edge-cloud-s-1.2-tight", "edge-cloud-s-1.2-loose", "edge-cloud-s-0.8-tight"


def frame_of(rows: list[Row]) -> pd.DataFrame:
    """Return the rows judged and compared."""
    return compared_frame(judged_frame(rows), TRAJECTORIES[:0])


def row(instance: str, method: str, value: int | None, **more: object) -> Row:
    """Return a run on an instance of 60 queries."""
    known = {"instance": instance, "instance_sha256": instance, "queries": 60, "method": method}
    return plain_row(f"{method}/{instance}", value=value, **known | more)


ROWS: list[Row] = [
    # The certified bound of 12 is far off on `TIGHT`, where milp proves 10; on `LOOSE` there is nothing else.
    row(TIGHT, "milp", 10_000, bound=10_000, claimed_status="optimal", runtime_s=4.0, certified_bound=12.0),
    row(TIGHT, "greedy", 9_900, runtime_s=1.0, steps=600),
    row(LOOSE, "milp", None, outcome="timeout", runtime_s=10.0),
    row(LOOSE, "greedy", 9_600, runtime_s=2.0, steps=2_400, certified_bound=10.0),
    row(ROOMY, "milp", 5_000, bound=5_000, claimed_status="optimal", runtime_s=9.0),
    row(ROOMY, "greedy", 1_000, runtime_s=9.0, steps=60),
]


def test_by_hand() -> None:
    """greedy: 1% from the optimum and 4% from the bound, 10 and 40 steps a query, 1 and 2 s; milp: 0, and no time."""
    table = size_table(frame_of(ROWS), "-1", "title")
    milp, greedy = table.frame.to_dict("records")
    assert (table.name, [milp["method"], greedy["method"]]) == ("sizes-1", ["milp", "greedy"])
    assert [greedy[column] for column in ("queries", "runs", "solutions", "proved")] == [60, 2, 2, 0]
    assert [greedy[f"gap {kind}"] for kind in ("mean", "median", "worst")] == pytest.approx([0.02, 0.025, 0.04])
    assert [greedy[column] for column in ("time", "steps a query", "fewest", "most")] == pytest.approx(
        [1.5, 20, 10, 40]
    )
    assert [milp[column] for column in ("runs", "solutions", "proved", "gap worst")] == [2, 1, 1, 0.0]
    assert milp["gap mean"] == pytest.approx(1e-6)
    assert milp["time"] == 4.0
    assert math.isnan(float(str(milp["steps a query"])))
    assert "without the reference set's of load 0.8" in table.notes


def test_where_everything_fits_only_goodput_is_left_out() -> None:
    """Under cost a low load is a problem like any other; a study of nothing else shows what it has."""
    frame = frame_of(ROWS)
    assert contested(frame)["instance"].unique().tolist() == [TIGHT, LOOSE]
    assert len(contested(frame.assign(objective_name="cost"))) == 6
    roomy = frame[frame["instance"] == ROOMY]
    assert len(contested(roomy)) == 2
    assert "without" not in size_table(roomy, "", "title").notes


def test_sizes_stand_in_their_order() -> None:
    """A row per size and method, small sizes first; steps stand there only if there are some."""
    frame = size_table(frame_of(rows_by_hand()[::-1]), "", "title").frame
    assert frame["queries"].tolist() == [3, 3, 30, 30, 300, 300]
    assert "steps a query" not in frame.columns


def test_many_sizes_are_taken_together() -> None:
    """Of a size that one instance has there is no mean: with more sizes than are told apart there is one row."""
    rows = [plain_row(str(place), value=9_000, queries=place, instance_sha256=str(place)) for place in range(1, 8)]
    assert size_table(frame_of(rows[1:]), "", "title").frame["queries"].tolist() == [2, 3, 4, 5, 6, 7]
    together = size_table(frame_of(rows), "", "title")
    assert together.frame["queries"].isna().tolist() == [True]
    assert together.frame["runs"].tolist() == [7]
    assert "on the instances of all sizes" in together.notes
