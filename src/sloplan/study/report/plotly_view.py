"""Figures for the page: the data and layout that plotly.js draws."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sloplan.study.report.figure import Axis, Figure, Series, Style

_INK, _QUIET, _GRID = "#1f2933", "#52606d", "#e4e7eb"


def plotly_figure(figure: Figure, styles: Mapping[str, Style]) -> dict[str, Any]:
    """Return a figure as plotly.js takes it.

    Parameters
    ----------
    figure : Figure
        One that can be drawn.
    styles : mapping of method to Style

    Returns
    -------
    dict
        `data` and `layout`, plain lists and numbers.
    """
    return {
        "data": [_trace(series, styles[series.method], figure) for series in figure.series],
        "layout": {
            "font": {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 13, "color": _INK},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 62, "r": 14, "t": 10, "b": 48},
            "xaxis": _axis(figure.x, named_lines=bool(figure.y.ticks)),
            "yaxis": _axis(figure.y, named_lines=bool(figure.y.ticks)),
            "legend": {"orientation": "h", "x": 0, "y": -0.27, "yanchor": "top", "font": {"size": 12}},
            "hovermode": "closest",
        },
    }


def _trace(series: Series, style: Style, figure: Figure) -> dict[str, Any]:
    lines = series.kind in ("steps", "line")
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines" if lines else "markers",
        "name": series.label or series.method,
        "legendgroup": series.method,
        "showlegend": bool(series.label),
        "x": (series.aside * series.x).tolist(),
        "y": series.y.tolist(),
        "cliponaxis": False,  # a line along the edge is as wide as the others
    }
    if lines:
        thin = series.kind == "line"
        trace["line"] = {"color": style.color, "dash": style.dash, "width": 1.4 if thin else 2.4}
        trace["line"]["shape"] = "hv" if series.kind == "steps" else "linear"
        trace["hoverinfo"] = "skip" if thin else "all"
    else:
        open_ = series.kind == "limits"
        symbol = "triangle-up-open" if open_ else style.marker
        trace["marker"] = {"color": style.color, "symbol": symbol, "size": 8, "opacity": 0.8}
    if series.kind == "median":
        trace["marker"] = {"symbol": "line-ns", "size": 9, "line": {"color": _INK, "width": 2.4}}
    if series.aside != 1:
        trace["customdata"] = series.x.tolist()  # what is said of a point is where it belongs
    if series.texts:
        trace["text"] = list(series.texts)
    if trace.get("hoverinfo") != "skip":
        x, y = (":.3~p" if axis.percent else ":.4~g" for axis in (figure.x, figure.y))
        point = "%{text}<br>" if series.texts else ""
        where = "x" if series.aside == 1 else "customdata"
        height = "" if figure.y.ticks else f", %{{y{y}}}"  # within a line it says nothing
        trace["hovertemplate"] = f"{point}%{{{where}{x}}}{height}<extra>{series.method}</extra>"
    return trace


def _axis(axis: Axis, *, named_lines: bool) -> dict[str, Any]:
    # On a phone names of lines leave little room beside them.
    title, size = (axis.title.replace(" / ", " /<br>"), 11) if named_lines else (axis.title, 13)
    shown: dict[str, Any] = {
        "title": {"text": title, "standoff": 8, "font": {"color": _QUIET, "size": size}},
        "tickfont": {"size": size},
        "type": "log" if axis.log else "linear",
        "gridcolor": _GRID,
        "linecolor": "#9aa5b1",
        "zeroline": False,
        "automargin": True,
        "tickformat": _tick_format(axis),
    }
    if axis.log:
        shown["dtick"] = 1 if not _short(axis) else "D2"
    if axis.ticks:
        shown["tickmode"] = "array"
        shown["tickvals"], shown["ticktext"] = zip(*axis.ticks, strict=True)
    if axis.low is not None and axis.high is not None:
        shown["range"] = [math.log10(axis.low), math.log10(axis.high)] if axis.log else [axis.low, axis.high]
    return shown


def _tick_format(axis: Axis) -> str:
    return "~%" if axis.percent else "~g" if axis.log else ""


def _short(axis: Axis) -> bool:
    """Whether a logarithmic axis holds too few powers of ten to be labelled by them alone."""
    return axis.low is not None and axis.high is not None and axis.high / axis.low < 100
