"""The figure of factors: how many times better the baseline is on every instance, a line for each kind of instance."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from sloplan.problem.objective import find_objective
from sloplan.study.factor_tables import baseline_factors
from sloplan.study.report.figure import Axis, Figure, Series, Tick

_SPREAD: Final = 0.7  # of the distance between two lines: methods stand above each other, the first on top
_MOST_LINEAR: Final = 5.0  # a greater factor would leave the others no room on a linear axis


def factors_by_group(frame: pd.DataFrame, baseline: str) -> Figure:
    """Return how many times better the baseline is than every other method, by kind of instance.

    Parameters
    ----------
    frame : DataFrame
        Of `compared_frame`, runs of one setting, some of the baseline.
    baseline : str
    """
    name, title = "factors", f"How many times better {baseline} is"
    factors = baseline_factors(frame, baseline)
    factors = factors[factors["objective"].notna()]
    if factors.empty:
        return Figure(name, title, missing=f"on no instance have {baseline} and another method an answer")
    objective = find_objective(str(frame["objective_name"].iloc[0]))
    lines = {group: -float(place) for place, group in enumerate(sorted(factors["group"].unique()))}
    methods = list(factors["method"].unique())
    series = []
    for place, method in enumerate(methods):
        own = factors[factors["method"] == method]
        height = _SPREAD * (0.5 - (place + 0.5) / len(methods))
        y = own["group"].map(lines).to_numpy(dtype=np.float64) + height
        x = own["objective"].to_numpy(dtype=np.float64)
        series.append(Series(method, x, y, "dots", method, tuple(map(str, own["instance"]))))
    low, high = 0.4 - len(lines), 0.6
    series.append(Series(baseline, np.ones(2), np.array([low, high]), "line", baseline))
    least, most = min(1.0, float(factors["objective"].min())), max(1.0, float(factors["objective"].max()))
    log = most > _MOST_LINEAR
    ratio = f"goodput of {baseline} / of the method" if objective.maximise else f"cost of the method / of {baseline}"
    room = 0.03 * (most - least)
    return Figure(
        name,
        title,
        Axis(ratio, log=log, low=least / 1.1 if log else least - room, high=most * 1.1 if log else most + room),
        Axis("", low=low, high=high, ticks=tuple(Tick(place, group) for group, place in lines.items())),
        tuple(series),
        f"A dot is an instance, in the line of its kind; right of 1 {baseline} is better.",
    )
