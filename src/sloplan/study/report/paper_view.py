"""Figures for papers: PNG and PDF by matplotlib, one column wide; wider where lines have names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sloplan.study.report.figure import Axis, Figure, Series, Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_WIDTH, _HEIGHT = 4.6, 3.2  # inches
_WIDTH_OF_LINES = 6.2  # of a figure whose lines have names
_LINE, _LINE_OF_DOTS = 0.19, 0.03  # what such a line adds to the height, at least, and for every method in it
_LEGEND_LINE = 0.17
_LEGEND_WIDTH, _LEGEND_MARK = 92, 8  # letters: of the legend, and of what stands around a text in it
_DASHES: Final[dict[str, Any]] = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."}
_MARKERS: Final = {"circle": "o", "square": "s", "diamond": "D", "triangle-up": "^", "cross": "X"}
_COLORS: Final = 128  # of a PNG: those of its methods, and shades where they fade into white
_INK: Final = "#1f2933"
_STYLE: Final[dict[str, Any]] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: figures look the same everywhere
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e7eb",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "pdf.fonttype": 42,  # editable text, which publishers ask for
    "savefig.dpi": 300,
}


def write_paper_figure(
    figure: Figure, styles: Mapping[str, Style], folder: Path, name: str, endings: Sequence[str] = ("png", "pdf")
) -> list[Path]:
    """Draw a figure and write it.

    Parameters
    ----------
    figure : Figure
        One that can be drawn.
    styles : mapping of method to Style
    folder : Path
    name : str
        Of the files, without their ending.
    endings : sequence of str
        What files.

    Returns
    -------
    list of Path
    """
    from matplotlib import style
    from matplotlib.figure import Figure as Canvas

    # What a user has set elsewhere changes no report.
    with style.context(["default", _STYLE]):
        labels = [series.label for series in figure.series if series.label]
        columns = max(1, min(3, _LEGEND_WIDTH // (_LEGEND_MARK + max(map(len, labels), default=0))))
        canvas = Canvas(figsize=_size(figure, len(labels), math.ceil(len(labels) / columns)), layout="constrained")
        axes = canvas.add_subplot()
        for series in figure.series:
            _draw(axes, series, styles[series.method])
        _label(axes, figure.x, "x")
        _label(axes, figure.y, "y")
        if labels:
            canvas.legend(loc="outside lower center", ncols=columns)
        paths = [folder / f"{name}.{ending}" for ending in endings]
        for path in paths:  # equal figures give equal bytes: there is no date in them
            if path.suffix == ".png":
                _save_small(canvas, path)
            else:
                canvas.savefig(path, metadata={"CreationDate": None})
    return paths


def _save_small(canvas: Canvas, path: Path) -> None:
    """Write a PNG with few colours, which takes a third of the room."""
    from PIL import Image

    drawn = BytesIO()
    canvas.savefig(drawn, format="png")
    picture = Image.open(drawn)
    few = picture.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE)
    few.save(path, optimize=True, dpi=picture.info["dpi"])


def _size(figure: Figure, methods: int, legend: int) -> tuple[float, float]:
    """Return width and height in inches; `methods` of the legend share each line, `legend` lines stand below."""
    below = _LEGEND_LINE * max(legend - 2, 0)
    if not figure.y.ticks:
        return _WIDTH, _HEIGHT + below
    return _WIDTH_OF_LINES, 1.1 + max(_LINE, _LINE_OF_DOTS * methods) * len(figure.y.ticks) + below


def _draw(axes: Axes, series: Series, style: Style) -> None:
    label = _plain(series.label) if series.label else None
    match series.kind:
        case "steps":
            axes.step(
                series.x,
                series.y,
                where="post",
                color=style.color,
                linestyle=_DASHES[style.dash],
                linewidth=1.6,
                label=label,
            )
        case "line":
            axes.plot(series.x, series.y, color=style.color, linestyle=_DASHES[style.dash], linewidth=1, label=label)
        case "median":
            axes.scatter(series.x, series.y, s=110, marker="|", color=_INK, linewidths=1.8, zorder=3)
        case "dots" | "limits":
            hollow = series.kind == "limits"
            axes.scatter(
                series.aside * series.x,
                series.y,
                s=16,
                marker="^" if hollow else _MARKERS[style.marker],
                facecolors="none" if hollow else style.color,
                edgecolors=style.color,
                linewidths=0.8,
                alpha=0.85,
                label=label,
            )


def _label(axes: Axes, axis: Axis, side: str) -> None:
    from matplotlib.ticker import (
        FixedFormatter,
        FixedLocator,
        FuncFormatter,
        LogLocator,
        NullFormatter,
        NullLocator,
        PercentFormatter,
    )

    axes.set(**{f"{side}label": axis.title})
    ticks = axes.xaxis if side == "x" else axes.yaxis
    if axis.log:
        axes.set(**{f"{side}scale": "log"})
        ticks.set_major_formatter(FuncFormatter(lambda value, _: _percent(value) if axis.percent else f"{value:g}"))
        if axis.low is not None and axis.high is not None and axis.high / axis.low < 100:
            ticks.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ticks.set_minor_formatter(NullFormatter())
    elif axis.percent and not axis.ticks:
        ticks.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if axis.ticks:
        ticks.set_major_locator(FixedLocator([tick.place for tick in axis.ticks]))
        ticks.set_major_formatter(FixedFormatter([_plain(tick.text) for tick in axis.ticks]))
        ticks.set_minor_locator(NullLocator())
    if axis.low is not None and axis.high is not None:
        axes.set(**{f"{side}lim": (axis.low, axis.high)})


def _percent(value: float) -> str:
    return f"{100 * value:g}%"


def _plain(text: str) -> str:
    """Return a text of which matplotlib takes no part for mathematics, and no beginning for "leave out"."""
    return text.replace("$", r"\$").lstrip("_") or " "
