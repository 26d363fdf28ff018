"""An instance as one figure: its infrastructure, and one of its applications."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from sloplan.instances.plot_application import ApplicationPanel, application_title
from sloplan.instances.plot_boxes import Line, draw_lines, text_height, wrapped
from sloplan.instances.plot_infrastructure import OWN_LINK, SHARED_LINK, InfrastructurePanel
from sloplan.instances.plot_legend import Entry, Legend
from sloplan.instances.plot_sites import tiers
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.storage.atomic import write_bytes
from sloplan.problem.validation.naming import near_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES: Final = (".png", ".svg", ".pdf")
"""What a figure can be written as."""

# Okabe and Ito's colours, which people with any colour vision tell apart (https://jfly.uni-koeln.de/color/).
_PALETTE = ("#E69F00", "#009E73", "#0072B2", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442")
_MARGIN = 24.0
_TITLE = 15.0
_PANEL_TITLE = 12.0
_SPACE = 16.0
_HEAD = 90.0  # about what title, legend and margins take
_LEAST_WIDTH = 760.0  # title and legend have room
_MOST_ADDED = 170.0
_DPI = 150


def plot_instance(instance: Instance, application: str | None = None) -> Figure:
    """Draw an instance.

    Parameters
    ----------
    instance : Instance
    application : str, optional
        Which application to draw; default: the one with most query copies.

    Returns
    -------
    matplotlib.figure.Figure
        As large as its text needs, panels below or beside each other, whichever can be shown larger;
        `save_figure` writes it.

    Raises
    ------
    InputError
        The instance has no such application.
    """
    import matplotlib
    from matplotlib.figure import Figure

    application = _application(instance, application)
    colors = {tier: _PALETTE[number % len(_PALETTE)] for number, tier in enumerate(tiers(instance))}
    panels: list[tuple[str, _Panel]] = [
        ("Infrastructure", InfrastructurePanel(instance, colors)),
        (application_title(instance, application), ApplicationPanel(instance, application, colors)),
    ]
    sheet = max((_stacked(panels), _beside(panels)), key=lambda sheet: sheet.scale)
    title = _bold_lines(_title(instance), sheet.width, _TITLE)
    legend = Legend(_entries(colors), sheet.width)
    top = _MARGIN + text_height(title) + _SPACE / 2 + legend.height + _SPACE
    width, height = sheet.width + 2 * _MARGIN, top + sheet.height + _MARGIN
    with matplotlib.rc_context(matplotlib.rcParamsDefault):  # a user's style would upset what was measured
        figure = Figure(figsize=(width / 72, height / 72), dpi=_DPI, facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        draw_lines(axes, title, _MARGIN, _MARGIN)
        legend.draw(axes, _MARGIN, _MARGIN + text_height(title) + _SPACE / 2)
        for cell in sheet.cells:
            x, y = _MARGIN + cell.x, top + cell.y
            draw_lines(axes, cell.title, x, y)
            added = min((cell.width - cell.panel.width) / max(cell.panel.gaps, 1), _MOST_ADDED)
            cell.panel.draw(axes, x, y + text_height(cell.title) + _SPACE / 2, added)
    return figure


class _Panel(Protocol):
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...
    @property
    def gaps(self) -> int: ...
    def draw(self, axes: Axes, left: float, top: float, between: float) -> None: ...


class _Cell(NamedTuple):
    """A panel with its title, at a place on the sheet, with so much width to fill."""

    x: float
    y: float
    width: float
    title: list[Line]
    panel: _Panel

    @property
    def height(self) -> float:
        return text_height(self.title) + _SPACE / 2 + self.panel.height


class _Sheet(NamedTuple):
    """Where panels stand, below title and legend."""

    width: float
    height: float
    cells: list[_Cell]

    @property
    def scale(self) -> float:
        """How large it can be shown on a screen."""
        return min(16 / self.width, 9 / (self.height + _HEAD))


def _stacked(panels: Sequence[tuple[str, _Panel]]) -> _Sheet:
    """One panel below the other, both filling the width."""
    width = max(_LEAST_WIDTH, *(panel.width for _, panel in panels))
    cells: list[_Cell] = []
    y = 0.0
    for text, panel in panels:
        cells.append(_Cell(0.0, y, width, _bold_lines(text, width, _PANEL_TITLE), panel))
        y += cells[-1].height + 1.5 * _SPACE
    return _Sheet(width, y - 1.5 * _SPACE, cells)


def _beside(panels: Sequence[tuple[str, _Panel]]) -> _Sheet:
    """One panel beside the other, at their own widths."""
    cells: list[_Cell] = []
    x = 0.0
    for text, panel in panels:
        cells.append(_Cell(x, 0.0, panel.width, _bold_lines(text, panel.width, _PANEL_TITLE), panel))
        x += panel.width + 4 * _SPACE
    return _Sheet(max(x - 4 * _SPACE, _LEAST_WIDTH), max(cell.height for cell in cells), cells)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, SVG or PDF, by the ending of its name; equal figures give equal bytes.

    Raises
    ------
    InputError
        The ending is another one, or the file cannot be written.
    """
    import matplotlib

    kind = refuse_unknown_suffix(path).lstrip(".")
    undated: dict[str, Any] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    buffer = io.BytesIO()
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, "svg.hashsalt": "sloplan"}):
        figure.savefig(buffer, format=kind, metadata=undated)
    write_bytes(path, buffer.getvalue())


def refuse_unknown_suffix(path: Path, field: str = "--output") -> str:
    """Return the ending of a figure's file, in lower case.

    Parameters
    ----------
    path : Path
    field : str, optional
        Where the user stated it.

    Raises
    ------
    InputError
        A figure cannot be written as that.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        allowed = f"a name that ends in {', '.join(SUFFIXES)}"
        raise InputError("unknown kind of figure", field=field, value=str(path), allowed=allowed)
    return suffix


def _application(instance: Instance, wanted: str | None) -> str:
    known = sorted(set(instance.table("operators")["application"]))
    if wanted is None:
        copies = instance.table("queries").groupby("application")["count"].sum()
        return max(known, key=lambda name: copies.get(name, 0))  # the first of equals
    if wanted not in known:
        problem = f"no such application{near_names(wanted, known)}"
        raise InputError(problem, field="--application", value=wanted, allowed=", ".join(known))
    return wanted


def _title(instance: Instance) -> str:
    copies = int(instance.table("queries")["count"].sum())
    return f"{instance.name} – {copies:,} query copies, {instance.hosting} hosting"


def _bold_lines(text: str, width: float, size: float) -> list[Line]:
    return [Line(part, size, bold=True) for part in wrapped(text, width, size, bold=True)]


def _entries(colors: dict[str, str]) -> list[Entry]:
    tier_entries = [Entry(f"{tier} tier", color=color) for tier, color in colors.items()]
    shared, own = Entry("shared link", style=SHARED_LINK), Entry("each query copy's own link", style=OWN_LINK)
    return [*tier_entries, shared, own]
