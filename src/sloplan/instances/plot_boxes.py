"""Boxes of text for figures: measured before they are placed, so that no text overlaps another.

Lengths are points (1/72 inch); y grows downwards, as text does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONT: Final = "DejaVu Sans"
"""Comes with matplotlib, so a figure looks the same everywhere."""

TEXT: Final = 9.0
HEADING: Final = 10.5
INK: Final = "#1a1a1a"
QUIET: Final = "#555555"

_LINE_HEIGHT = 1.42  # of the size of the text
_PADDING = 7.0
_MARKER = 7.0


class Line(NamedTuple):
    """A line of text, with a coloured square before it if it has a `marker` (a colour; "none": room for one)."""

    text: str
    size: float = TEXT
    bold: bool = False
    color: str = INK
    marker: str | None = None


@dataclass(frozen=True)
class Box:
    """A box around lines of text.

    Parameters
    ----------
    lines : tuple of Line
    color : str
        Of the border; the box is filled with a light tint of it.
    """

    lines: tuple[Line, ...]
    color: str

    @property
    def width(self) -> float:
        """Width in points."""
        return max(map(line_width, self.lines), default=0.0) + 2 * _PADDING

    @property
    def height(self) -> float:
        """Height in points."""
        return text_height(self.lines) + 2 * _PADDING


class Place(NamedTuple):
    """Where a box stands: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Height of its middle."""
        return self.y + self.height / 2


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Return the width of a text in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def line_width(line: Line) -> float:
    """Return the width of a line with its marker, in points."""
    return text_width(line.text, line.size, line.bold) + (0 if line.marker is None else _MARKER + 4)


def text_height(lines: Sequence[Line]) -> float:
    """Return the height of lines below each other, in points."""
    return sum(line.size * _LINE_HEIGHT for line in lines)


def wrapped(text: str, width: float, size: float = TEXT, bold: bool = False) -> list[str]:
    """Return a text as lines of at most `width` points, broken at spaces; longer words are shortened."""
    lines: list[str] = []
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size, bold) <= width:
            lines[-1] = joined
        else:
            lines.append(shortened(word, width, size, bold))
    return lines


def shortened(text: str, width: float, size: float = TEXT, bold: bool = False) -> str:
    """Return a text of at most `width` points: its middle is left out where it is longer."""
    kept = len(text)
    short = text
    while text_width(short, size, bold) > width and kept > 2:
        kept -= 1
        short = f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"
    return short


def draw_lines(axes: Axes, lines: Sequence[Line], x: float, y: float) -> None:
    """Write lines below each other from an upper left corner."""
    from matplotlib.patches import Rectangle

    for line in lines:
        height, indent = line.size * _LINE_HEIGHT, 0.0
        if line.marker is not None:
            square = (x, y + height / 2 - _MARKER / 2)
            axes.add_patch(Rectangle(square, _MARKER, _MARKER, color=line.marker, linewidth=0, zorder=3))
            indent = _MARKER + 4
        axes.text(
            x + indent,
            y + height * 0.75,
            line.text,
            fontsize=line.size,
            family=FONT,
            weight="bold" if line.bold else "normal",
            color=line.color,
            verticalalignment="baseline",
            parse_math=False,  # names may hold a dollar sign
        )
        y += height


def draw_box(axes: Axes, box: Box, place: Place) -> None:
    """Draw a box with its lines at a place, which may be wider and higher than they need."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import FancyBboxPatch

    tint = tuple(1 - 0.12 * (1 - part) for part in to_rgb(box.color))
    axes.add_patch(
        FancyBboxPatch(
            (place.x + 3, place.y + 3),
            place.width - 6,
            place.height - 6,
            boxstyle="round,pad=3",
            facecolor=tint,
            edgecolor=box.color,
            linewidth=1.4,
            zorder=2,
        )
    )
    draw_lines(axes, box.lines, place.x + _PADDING, place.y + _PADDING)


def column_places(boxes: Sequence[Box], x: float, top: float, height: float, gap: float) -> list[Place]:
    """Return the places of boxes below each other, all as wide as the widest, centred in a height."""
    width = max(box.width for box in boxes)
    y = top + (height - column_height(boxes, gap)) / 2
    places = []
    for box in boxes:
        places.append(Place(x, y, width, box.height))
        y += box.height + gap
    return places


def column_height(boxes: Sequence[Box], gap: float) -> float:
    """Return the height of boxes below each other."""
    return sum(box.height for box in boxes) + gap * (len(boxes) - 1)


def span(values: Sequence[float], unit: str = "") -> str:
    """Return the range of some figures, "5" or "5–13", with their unit; four digits, more of large ones."""
    low, high = (f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}" for value in (min(values), max(values)))
    return (low if low == high else f"{low}–{high}") + (f" {unit}" if unit else "")
