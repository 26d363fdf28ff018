"""A figure as data: what the page draws with plotly and papers get from matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

LEAST_TIME_S: Final = 1e-4
"""Rows hold seconds to four decimals: logarithms need something to begin with."""

PALETTE: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#4D4D4D")
"""Colours that colour-blind readers tell apart: Okabe and Ito, "Color universal design" (2008), without the yellow,
which is faint on white, and with grey for black."""

_OWN_COLORS: Final = {
    "compass": 0,
    "branch-and-price": 1,
    "lagrangian": 2,
    "greedy": 3,
    "milp": 4,
    "jellybean": 4,
    "cp": 5,
    "vulcan": 5,
    "milp-plans": 6,
    "inferline": 6,
}
"""Places in the palette of the methods that most studies compare, so that they look alike in all of them."""

DASHES: Final = ("solid", "dash", "dot", "dashdot")
MARKERS: Final = ("circle", "square", "diamond", "triangle-up", "cross")


@dataclass(frozen=True)
class Style:
    """How a method looks in every figure of a report.

    Parameters
    ----------
    color : str
        "#rrggbb".
    dash : str
        One of `DASHES`.
    marker : str
        One of `MARKERS`.
    """

    color: str
    dash: str
    marker: str


def method_styles(methods: Sequence[str]) -> dict[str, Style]:
    """Return a style for each method: a colour of its own, and where there are more methods, a dash of its own.

    Parameters
    ----------
    methods : sequence of str
        In the order of the configuration.
    """
    places: dict[str, int] = {}
    for method in methods:
        if _OWN_COLORS.get(method, -1) not in (-1, *places.values()):
            places[method] = _OWN_COLORS[method]
    free = (place for place in count() if place not in set(places.values()))
    places |= {method: next(free) for method in methods if method not in places}
    return {
        method: Style(
            PALETTE[places[method] % len(PALETTE)],
            DASHES[places[method] // len(PALETTE) % len(DASHES)],
            MARKERS[places[method] // len(PALETTE) % len(MARKERS)],
        )
        for method in methods
    }


@dataclass(frozen=True)
class Series:
    """What one method shows in a figure.

    Parameters
    ----------
    method : str
    x, y : (n,) float64
    kind : {"steps", "line", "dots", "limits", "median"}
        steps: a value holds until the next; limits: points that were not reached within the limit; median: an upright
        bar across a line of dots.
    label : str
        In the legend; empty: none.
    texts : tuple of str
        What a point is, shown when it is pointed at; none or n.
    aside : float
        Dots are drawn at this multiple of x, so that methods do not hide each other.
    """

    method: str
    x: Float
    y: Float
    kind: Literal["steps", "line", "dots", "limits", "median"] = "steps"
    label: str = ""
    texts: tuple[str, ...] = ()
    aside: float = 1.0


class Tick(NamedTuple):
    """A place on an axis, and what is written there.

    Parameters
    ----------
    place : float
    text : str
    """

    place: float
    text: str


@dataclass(frozen=True)
class Axis:
    """An axis.

    Parameters
    ----------
    title : str
    log : bool
    percent : bool
        Shares, shown as percentages.
    low, high : float, optional
        Where it begins and ends.
    ticks : tuple of Tick
        What is written along it; none: numbers.
    """

    title: str
    log: bool = False
    percent: bool = False
    low: float | None = None
    high: float | None = None
    ticks: tuple[Tick, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A figure, or why it is not there.

    Parameters
    ----------
    name : str
        Of its files.
    title : str
    x, y : Axis
    series : tuple of Series
    notes : str
        What is drawn, and what was left out.
    missing : str
        Why it cannot be drawn; empty if it can.
    """

    name: str
    title: str
    x: Axis = field(default_factory=lambda: Axis(""))
    y: Axis = field(default_factory=lambda: Axis(""))
    series: tuple[Series, ...] = ()
    notes: str = ""
    missing: str = ""
