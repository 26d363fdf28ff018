"""Figures for papers: PNG and PDF by matplotlib, one column wide."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sloplan.study.report.figure import Axis, Figure, Series, Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 4.6, 3.2  # inches
_DASHES: Final[dict[str, Any]] = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."}
_MARKERS: Final = {"circle": "o", "square": "s", "diamond": "D", "triangle-up": "^", "cross": "X"}
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


def write_paper_figure(figure: Figure, styles: Mapping[str, Style], folder: Path, name: str) -> list[Path]:
    """Draw a figure and write it as PNG and PDF.

    Parameters
    ----------
    figure : Figure
        One that can be drawn.
    styles : mapping of method to Style
    folder : Path
    name : str
        Of the files, without their ending.

    Returns
    -------
    list of Path
    """
    from matplotlib import style
    from matplotlib.figure import Figure as Canvas

    # What a user has set elsewhere changes no report.
    with style.context(["default", _STYLE]):
        canvas = Canvas(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        axes = canvas.add_subplot()
        for series in figure.series:
            _draw(axes, series, styles[series.method])
        _label(axes, figure.x, "x")
        _label(axes, figure.y, "y")
        handles, labels = axes.get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside lower center", ncols=2 if max(map(len, labels)) > 18 else 3)
        paths = [folder / f"{name}.{ending}" for ending in ("png", "pdf")]
        for path in paths:
            undated = {"CreationDate": None} if path.suffix == ".pdf" else {}  # equal figures give equal bytes
            canvas.savefig(path, metadata=undated)
    return paths


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
            axes.plot(series.x, series.y, color=style.color, linestyle=_DASHES[style.dash], linewidth=1)
        case "dots" | "limits":
            hollow = series.kind == "limits"
            axes.scatter(
                series.x,
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
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

    axes.set(**{f"{side}label": axis.title})
    ticks = axes.xaxis if side == "x" else axes.yaxis
    if axis.log:
        axes.set(**{f"{side}scale": "log"})
        ticks.set_major_formatter(FuncFormatter(lambda value, _: _percent(value) if axis.percent else f"{value:g}"))
        if axis.low is not None and axis.high is not None and axis.high / axis.low < 100:
            ticks.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ticks.set_minor_formatter(NullFormatter())
    elif axis.percent:
        ticks.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if axis.low is not None and axis.high is not None:
        axes.set(**{f"{side}lim": (axis.low, axis.high)})


def _percent(value: float) -> str:
    return f"{100 * value:g}%"


def _plain(text: str) -> str:
    """Return a text of which matplotlib takes no part for mathematics, and no beginning for "leave out"."""
    return text.replace("$", r"\$").lstrip("_") or " "
