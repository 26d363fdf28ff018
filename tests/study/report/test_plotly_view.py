"""Tests of figures for the page: named lines, and what is said of a point that is pointed at."""

from __future__ import annotations

import numpy as np

from sloplan.study.report.figure import Axis, Figure, Series, Tick, method_styles
from sloplan.study.report.plotly_view import plotly_figure


def test_a_point_moved_aside_is_said_to_be_where_it_belongs() -> None:
    """It is drawn at a multiple of its place, and pointed at it tells the place itself."""
    series = Series("milp", np.array([3.0, 30.0]), np.array([1.0, 2.0]), "dots", aside=1.1)
    figure = Figure("f", "F", Axis("n", log=True, low=1, high=100), Axis("s"), (series,))
    [trace] = plotly_figure(figure, method_styles(["milp"]))["data"]
    assert np.allclose(trace["x"], [3.3, 33.0])
    assert trace["customdata"] == [3.0, 30.0]
    assert trace["hovertemplate"].startswith("%{customdata:.4~g}, %{y")


def test_named_lines() -> None:
    """Names stand along the axis, a point says nothing of its height in a line, and a ratio's title is broken."""
    series = Series("milp", np.array([0.01]), np.array([-1.1]), "dots", texts=("yard",))
    lines = Axis("", low=-2, high=1, ticks=(Tick(0, "one"), Tick(-1, "two")))
    figure = Figure("f", "F", Axis("goodput of a / of b", percent=True), lines, (series,))
    drawn = plotly_figure(figure, method_styles(["milp"]))
    axis = drawn["layout"]["yaxis"]
    assert (list(axis["tickvals"]), list(axis["ticktext"])) == ([0, -1], ["one", "two"])
    assert drawn["data"][0]["hovertemplate"] == "%{text}<br>%{x:.3~p}<extra>milp</extra>"
    assert drawn["layout"]["xaxis"]["title"]["text"] == "goodput of a /<br>of b"
