"""The legend of a figure: what colours and lines stand for, in as many rows as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sloplan.instances.plot_boxes import HEADING, Line, draw_lines, shortened, text_height, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KEY = 26.0
_ROW = 20.0
_APART = 22.0


class Entry(NamedTuple):
    """A patch of a colour, or a line of a style, and what it stands for."""

    text: str
    color: str | None = None
    style: dict[str, Any] | None = None


class Legend:
    """A legend, laid out.

    Parameters
    ----------
    entries : list of Entry
    width : float
        Points to keep within.
    """

    def __init__(self, entries: list[Entry], width: float) -> None:
        self._places: list[tuple[Entry, float, float]] = []
        x, y = 0.0, 0.0
        for entry in entries:
            short = entry._replace(text=shortened(entry.text, width - _KEY - 6, HEADING))
            taken = _KEY + 6 + text_width(short.text, HEADING)
            if x + taken > width:
                x, y = 0.0, y + _ROW
            self._places.append((short, x, y))
            x += taken + _APART
        self.height = y + _ROW
        """Height in points."""

    def draw(self, axes: Axes, left: float, top: float) -> None:
        """Draw the legend from an upper left corner."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Rectangle

        for entry, right, down in self._places:
            x, y = left + right, top + down
            line = Line(entry.text, HEADING)
            height = text_height([line])
            if entry.color is not None:
                axes.add_patch(Rectangle((x, y + height / 2 - 5), _KEY, 10, color=entry.color, linewidth=0))
            if entry.style is not None:
                axes.add_line(Line2D([x, x + _KEY], [y + height / 2] * 2, **entry.style))
            draw_lines(axes, [line], x + _KEY + 6, y)
