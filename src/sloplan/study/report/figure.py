"""A figure as data: what the page draws with plotly and papers get from matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

PALETTE: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#4D4D4D")
"""Colours that colour-blind readers tell apart: Okabe and Ito, "Color universal design" (2008), without the yellow,
which is faint on white, and with grey for black."""

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
    return {
        method: Style(
            PALETTE[place % len(PALETTE)],
            DASHES[place // len(PALETTE) % len(DASHES)],
            MARKERS[place // len(PALETTE) % len(MARKERS)],
        )
        for place, method in enumerate(methods)
    }


@dataclass(frozen=True)
class Series:
    """What one method shows in a figure.

    Parameters
    ----------
    method : str
    x, y : (n,) float64
    kind : {"steps", "line", "dots", "limits"}
        steps: a value holds until the next; limits: points that were not reached within the limit.
    label : str
        In the legend; empty: none.
    texts : tuple of str
        What a point is, shown when it is pointed at; none or n.
    """

    method: str
    x: Float
    y: Float
    kind: Literal["steps", "line", "dots", "limits"] = "steps"
    label: str = ""
    texts: tuple[str, ...] = ()


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
    """

    title: str
    log: bool = False
    percent: bool = False
    low: float | None = None
    high: float | None = None


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
