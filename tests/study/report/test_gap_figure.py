"""Tests of the figure of gaps: where every dot stands, and what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sloplan.study.judged import judged_frame
from sloplan.study.report.figure import Figure
from sloplan.study.report.gap_figure import gaps_by_method
from sloplan.study.rows import Row
from sloplan.study.tables import compared_frame
from tests.study.plain_rows import plain_row
from tests.study.report.case import TRAJECTORIES


def figure_of(rows: list[Row]) -> Figure:
    """Return the figure of some rows."""
    return gaps_by_method(compared_frame(judged_frame(rows), TRAJECTORIES[:0]))


def case(values: dict[str, list[int | None]], queries: int = 3) -> list[Row]:
    """Return a run per method and value, each value on an instance of its own with a certified bound of 10."""
    return [
        plain_row(f"{method}-{queries}-{place}", value=value, method=method, certified_bound=10.0)
        | {"instance": f"i{place}", "instance_sha256": f"{queries}-{place}", "queries": queries}
        for method, column in values.items()
        for place, value in enumerate(column)
    ]


def test_dots_stand_at_their_gaps_around_the_line_of_their_method() -> None:
    """The gaps of 9.9, 9 and 5 to 10 are 1%, 10% and 50%; their median is 10%. The first method is on top."""
    figure = figure_of(case({"milp": [9_900, 9_000, 5_000], "greedy": [8_000, 8_000, 8_000]}))
    milp, median, greedy, _ = figure.series
    assert (milp.kind, median.kind, milp.method, greedy.method) == ("dots", "median", "milp", "greedy")
    assert milp.x.tolist() == pytest.approx([0.01, 0.1, 0.5])
    assert milp.texts == ("i0", "i1", "i2")
    assert milp.y[0] == 0  # one alone stands on its line
    assert (median.x.tolist(), median.y.tolist()) == ([pytest.approx(0.1)], [0.0])
    assert [(tick.place, tick.text) for tick in figure.y.ticks] == [(0, "milp"), (-1, "greedy")]
    for dots, line in ((milp, 0), (greedy, -1)):
        assert (np.abs(dots.y - line) < 0.3).all()
        assert len(set(dots.y)) == 3  # equal gaps do not hide each other


def test_nothing_has_a_place_of_its_own_on_the_logarithmic_axis() -> None:
    """A gap of 0 stands left of all others, at a tick that says 0; without one there is no such tick."""
    figure = figure_of(case({"milp": [10_000, 9_990, 9_000]}))
    [zero, *others] = figure.x.ticks
    assert (zero.text, [tick.text for tick in others]) == ("0", ["0.1%", "1%", "10%"])
    assert figure.series[0].x.tolist() == pytest.approx([zero.place, 0.001, 0.1])
    assert figure.x.low is not None
    assert figure.x.low < zero.place < 0.001
    narrow = figure_of(case({"milp": [9_700, 9_600]}))
    assert [tick.text for tick in narrow.x.ticks] == ["2%", "5%"]
    everything = figure_of(case({"milp": [10_000]}))
    assert everything.x.ticks[0].text == "0"


def test_sizes_stand_below_each_other() -> None:
    """Each has a heading; a method that solved less than all says so, and one that solved nothing has no dots."""
    small = case({"milp": [9_000, 9_000], "greedy": [8_000, 8_000]})
    figure = figure_of([*case({"milp": [None, None], "greedy": [8_000, None]}, 1_000), *small])
    assert [tick.text for tick in figure.y.ticks] == [
        "3 queries:",
        "milp",
        "greedy",
        "1,000 queries:",
        "milp (solved 0 of 2)",
        "greedy (solved 1 of 2)",
    ]
    assert [(one.method, len(one.x)) for one in figure.series if one.kind == "dots"] == [
        ("milp", 2),
        ("greedy", 2),
        ("greedy", 1),
    ]
    assert figure.series[-1].y.tolist() == [figure.y.ticks[-1].place]


def test_what_fits_is_left_out() -> None:
    """The reference set's instances of a low load would put a crowd at 0 that says nothing of a method."""
    rows = case({"milp": [9_000, 10_000]})
    rows[0]["instance"], rows[1]["instance"] = "edge-cloud-s-1.2-tight", "edge-cloud-s-0.8-tight"
    figure = figure_of(rows)
    assert figure.series[0].texts == ("edge-cloud-s-1.2-tight",)
    assert "0.8" in figure.notes


def test_no_gap_is_known() -> None:
    """Without optimum and certified bound there is nothing to draw, and the figure says why."""
    figure = figure_of([plain_row("a", value=5_000)])
    assert figure.series == ()
    assert "neither an optimum nor a certified bound" in figure.missing


def test_the_order_of_rows_moves_no_dot() -> None:
    """The same runs give the same figure."""
    frame = compared_frame(judged_frame(case({"milp": [9_000, 8_000, 9_000, 7_000]})), TRAJECTORIES[:0])
    turned = pd.concat([frame[2:], frame[:2]])
    for one, other in zip(gaps_by_method(frame).series, gaps_by_method(turned).series, strict=True):
        assert (one.x.tolist(), one.y.tolist(), one.texts) == (other.x.tolist(), other.y.tolist(), other.texts)
