"""The figure of scaling: time against size, with the power law fitted to it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from sloplan.study.metrics import growth_exponents, run_times
from sloplan.study.metrics.by_problem import by_problem
from sloplan.study.report.figure import LEAST_TIME_S, Axis, Figure, Float, Series


def scaling(frame: pd.DataFrame) -> Figure:
    """Return the time of every method against the number of queries, with the power law fitted to it.

    Parameters
    ----------
    frame : DataFrame
    """
    name, title = "scaling", "Time against size"
    known = frame[frame["queries"].gt(0)]
    sizes = np.unique(known["queries"])
    if len(sizes) < 2:
        which = f"all instances have {sizes[0]:,.0f} queries" if len(sizes) else "the size of no instance is known"
        return Figure(name, title, missing=f"{which}, so growth with size cannot be told")
    timed = known.assign(time=run_times(known).clip(lower=LEAST_TIME_S))
    if not np.isfinite(timed["time"]).any():
        return Figure(name, title, missing="no run ended by itself within its limit")
    fits = growth_exponents(timed, "time", size="queries")
    series: list[Series] = []
    methods = [str(method) for method in known["method"].drop_duplicates()]
    for method, aside in zip(methods, _side_by_side(sizes, len(methods)), strict=True):
        own = timed[timed["method"] == method]
        size, time, instance = _times_by_size(own)
        reached = np.isfinite(time)
        fit = fits.loc[method].to_dict()
        label = method if np.isnan(fit["exponent"]) else f"{method}: n^{_interval(fit)}"
        limit = np.full(int((~reached).sum()), float(own["time_limit_s"].max()))
        texts = tuple(instance[reached])
        series.append(Series(method, size[reached], time[reached], "dots", label, texts, aside))
        if len(limit):
            unreached = tuple(instance[~reached])
            series.append(Series(method, size[~reached], limit, "limits", texts=unreached, aside=aside))
        if not np.isnan(fit["exponent"]) and reached.any():
            ends = np.array([size[reached].min(), size[reached].max()])
            series.append(Series(method, ends, fit["seconds_at_1"] * ends ** fit["exponent"], "line"))
    return Figure(
        name,
        title,
        _around("queries n", [one.x for one in series]),
        _around("time [s]", [one.y for one in series]),
        tuple(series),
        "Time until the method ended, of each instance (geometric mean over seeds); of one size the methods stand side "
        "by side. A hollow triangle did not end by itself within the limit and is left out of the fit, which makes its "
        "exponent too small. The legend gives the fitted exponent with its 95% interval.",
    )


def _side_by_side(sizes: Float, methods: int) -> list[float]:
    """Return by what factor each method's dots are moved: a little of the axis, and less than half way to the next."""
    logs = np.log(sizes)
    step = min((logs[-1] - logs[0]) / 50, float(np.diff(logs).min()) / (2 * methods))
    return [math.exp(step * (place - (methods - 1) / 2)) for place in range(methods)]


def _around(title: str, values: list[Float]) -> Axis:
    """Return a logarithmic axis with some room around all values."""
    every = np.concatenate(values)
    return Axis(title, log=True, low=float(every.min()) / 1.5, high=float(every.max()) * 1.5)


def _times_by_size(frame: pd.DataFrame) -> tuple[Float, Float, np.ndarray]:
    """Return size, geometric mean time (infinite: not reached) and name of each problem of one method."""
    times = by_problem(frame, np.log(frame["time"].to_numpy(dtype=np.float64)))
    sizes = by_problem(frame, frame["queries"].to_numpy(dtype=np.float64))
    return sizes.value[:, 0], np.exp(times.value[:, 0]), times.problems["instance"].to_numpy()


def _interval(fit: Mapping[Hashable, float]) -> str:
    half = "" if np.isnan(fit["high"]) else f" ± {fit['high'] - fit['exponent']:.2f}"
    return f"{fit['exponent']:.2f}{half}"
