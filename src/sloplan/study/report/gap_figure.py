"""The figure of gaps: every answer by its distance from the optimum, a line of dots for each size and method."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pandas as pd

from sloplan.study.report.figure import Axis, Figure, Float, Series, Tick
from sloplan.study.size_table import LEAST_GAP, contested, sizes

_ROOM: Final = 1.6  # around the dots, as a factor
_DECADES: Final = 30  # a wider range is labelled by powers of ten alone
_SPREAD: Final = 0.56  # of the distance between two lines: dots of equal gaps stand above each other
_GOLDEN: Final = (math.sqrt(5) - 1) / 2  # its multiples fall evenly between whole numbers, however many there are


def gaps_by_method(frame: pd.DataFrame) -> Figure:
    """Return the gap of every answer to the optimum, or to the best certified bound, by size and method.

    Parameters
    ----------
    frame : DataFrame
        Of `compared_frame`, runs of one setting.
    """
    name, title = "gaps", "Gaps by method"
    counted = contested(frame)
    counted = counted.assign(size=sizes(counted))
    known = counted["gap_to_optimum"].dropna().to_numpy(dtype=np.float64)
    if not len(known):
        return Figure(name, title, missing="neither an optimum nor a certified bound is known of what was solved")
    axis, zero = _gap_axis(known)
    by_size = [part for _, part in counted.groupby("size", dropna=False)]
    lines: list[Tick] = []
    series = []
    for part in by_size:
        if len(by_size) > 1:
            lines.append(Tick(-len(lines), f"{part['size'].iloc[0]:,.0f} queries:"))
        for method, own in part.groupby("method", sort=False):
            gaps = own[own["gap_to_optimum"].notna()].sort_values(["gap_to_optimum", "instance"])
            series += _dots(str(method), gaps, -len(lines), zero)
            lines.append(Tick(-len(lines), _line_label(str(method), own)))
    left_out = "" if len(counted) == len(frame) else " Without the reference set's load of 0.8, where everything fits."
    return Figure(
        name,
        title,
        axis,
        Axis("", low=0.4 - len(lines), high=0.6, ticks=tuple(lines)),
        tuple(series),
        "A dot is a run's answer, the bar their median: the gap to the optimum where a run proved it, else to the best "
        f"certified bound.{left_out}",
    )


def _gap_axis(gaps: Float) -> tuple[Axis, float]:
    """Return a logarithmic axis for gaps, and where 0 stands on it: left of all others, if it is needed."""
    positive = gaps[gaps >= LEAST_GAP]
    least, most = (float(positive.min()), float(positive.max())) if len(positive) else (LEAST_GAP, LEAST_GAP)
    zero = least / 5
    multiples = (1, 2, 5) if most < _DECADES * least else (1,)
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    marks = [multiple * 10.0**power for power in powers for multiple in multiples]
    ticks = [Tick(mark, f"{100 * mark:,.10g}%") for mark in marks if least / _ROOM <= mark <= most * _ROOM]
    low = least
    if len(positive) < len(gaps):
        ticks.insert(0, Tick(zero, "0"))
        low = zero
    title = "gap to optimum or bound"
    return Axis(title, True, True, low / _ROOM, most * _ROOM, tuple(ticks)), zero


def _line_label(method: str, runs: pd.DataFrame) -> str:
    solved = int(runs["objective"].count())
    return method if solved == len(runs) else f"{method} (solved {solved} of {len(runs)})"


def _dots(method: str, gaps: pd.DataFrame, line: float, zero: float) -> list[Series]:
    """Return a method's dots around a line, a gap below `LEAST_GAP` at the place of 0, and their median."""
    if gaps.empty:
        return []
    gap = gaps["gap_to_optimum"].to_numpy(dtype=np.float64)
    x = np.where(gap < LEAST_GAP, zero, gap)
    y = np.asarray(line + _SPREAD * ((np.arange(len(x)) * _GOLDEN + 0.5) % 1 - 0.5), dtype=np.float64)
    median = float(np.median(gap))
    at = zero if median < LEAST_GAP else median
    texts = tuple(map(str, gaps["instance"]))
    return [
        Series(method, x, y, "dots", texts=texts),
        Series(method, np.array([at]), np.array([float(line)]), "median", texts=("median",)),
    ]
