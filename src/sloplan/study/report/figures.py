"""The figures of a study, worked out from its rows by the metrics."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from sloplan.study.metrics import (
    bounded_gaps,
    performance_profile,
    solve_times,
    time_to_target,
)
from sloplan.study.metrics.curves import curves
from sloplan.study.metrics.frames import PROBLEM
from sloplan.study.report.factor_figure import factors_by_group
from sloplan.study.report.figure import LEAST_TIME_S, Axis, Figure, Float, Series
from sloplan.study.report.gap_figure import gaps_by_method
from sloplan.study.report.scaling_figure import scaling

TARGET: Final = 0.01
"""Gap to the best known objective whose times are shown."""

OVER_TIME: Final = ("gap-over-time", "time-to-target")
"""Figures of what was known when: without trajectories they know ends of runs only."""

LEAST_GAP: Final = 1e-4
"""Gaps are drawn on a logarithmic axis, where smaller ones stand here."""

LEAST_S: Final = 0.01
"""Where a logarithmic axis of time begins."""

_NO_SHARED: Final = "no instance was run by every method yet, and means over different instances cannot be compared"
_NO_TRAJECTORIES: Final = (
    " No trajectories are stored beside these rows, so what a run found counts from the run's end."
)


def study_figures(frame: pd.DataFrame, trajectories: pd.DataFrame, baseline: str | None = None) -> list[Figure]:
    """Return the figures of the runs of one setting.

    Parameters
    ----------
    frame : DataFrame
        Of `compared_frame`, runs of one setting.
    trajectories : DataFrame
        Of `StudyFolder.trajectories`.
    baseline : str, optional
        The method that the others are held against.

    Returns
    -------
    list of Figure
        What cannot be drawn says why. The figure of factors is there if the baseline has runs.
    """
    shared = _shared(frame)
    own = trajectories[trajectories["run"].isin(shared["run"])]
    unstored = "" if len(own) else _NO_TRAJECTORIES
    figures = [
        gap_over_time(shared, own, unstored),
        time_to_optimum_profile(shared),
        time_to_the_target(shared, own, unstored),
        gaps_by_method(frame),
        scaling(frame),
    ]
    if baseline is not None and baseline in set(frame["method"]):
        figures.append(factors_by_group(frame, baseline))
    return figures


def _shared(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs on those problems that every method ran."""
    methods = frame.groupby(list(PROBLEM), dropna=False)["method"].transform("nunique")
    return frame[methods == frame["method"].nunique()]


def _methods(frame: pd.DataFrame) -> list[str]:
    return [str(method) for method in frame["method"].drop_duplicates()]


def _runs(frame: pd.DataFrame) -> str:
    instances = len(frame.drop_duplicates(list(PROBLEM)))
    return f"{instances} instance{'' if instances == 1 else 's'}"


def gap_over_time(frame: pd.DataFrame, trajectories: pd.DataFrame, unstored: str = "") -> Figure:
    """Return the mean over runs of the gap of the incumbent to the best known objective, at every second.

    The area below a method's curve, over the limit, is its mean primal integral (`primal_integral`).

    Parameters
    ----------
    frame : DataFrame
        Runs on problems that every method ran.
    trajectories : DataFrame
    unstored : str
        What to add to the notes.
    """
    name, title = "gap-over-time", "Gap over time"
    if frame.empty:
        return Figure(name, title, missing=_NO_SHARED)
    if frame["best_objective"].isna().all():
        return Figure(name, title, missing="no solution of these instances is known")
    limit = float(frame["time_limit_s"].max())
    drawn = []
    for method, (time, gap) in mean_gaps(frame, trajectories).items():
        # On a logarithmic axis there is no 0: what stood before its beginning is what the line begins with.
        first = max(int(np.searchsorted(time, LEAST_S, side="right")) - 1, 0)
        x, y = np.maximum(time[first:], LEAST_S), np.maximum(gap[first:], LEAST_GAP)
        drawn.append(Series(method, np.append(x, limit), np.append(y, y[-1]), "steps", method))
    return Figure(
        name,
        title,
        Axis("time [s]", log=True, low=LEAST_S, high=limit * 1.06),
        Axis("mean gap to the best known", log=True, percent=True, low=LEAST_GAP * 0.8, high=1.25),
        tuple(drawn),
        f"Mean over the runs on {_runs(frame)}; 100% before a run's first solution, and {LEAST_GAP:.2%} stands for "
        f"that and anything less.{unstored}",
    )


def mean_gaps(frame: pd.DataFrame, trajectories: pd.DataFrame) -> dict[str, tuple[Float, Float]]:
    """Return for every method the times, from 0, at which the mean of its runs' primal gaps changes, and the mean.

    Parameters
    ----------
    frame : DataFrame
    trajectories : DataFrame
    """
    steps = curves(frame, trajectories)
    position = steps["position"].to_numpy()
    gap = bounded_gaps(steps["objective"], frame["best_objective"].to_numpy(dtype=np.float64)[position])
    begins = np.append(True, position[1:] != position[:-1])
    change = gap - np.where(begins, 0.0, np.append(0.0, gap[:-1]))
    label = frame["method"].to_numpy()[position]
    found = {}
    for method in _methods(frame):
        mine = label == method
        changes = pd.Series(change[mine]).groupby(steps["start_s"].to_numpy()[mine]).sum().sort_index()
        mean = changes.cumsum().to_numpy(dtype=np.float64) / int((begins & mine).sum())
        found[method] = changes.index.to_numpy(dtype=np.float64), np.clip(mean, 0.0, 1.0)
    return found


def time_to_optimum_profile(frame: pd.DataFrame) -> Figure:
    """Return the performance profile of the time to a proven optimum.

    Parameters
    ----------
    frame : DataFrame
        Runs on problems that every method ran.
    """
    name, title = "performance-profile", "Performance profile"
    if frame.empty:
        return Figure(name, title, missing=_NO_SHARED)
    time = solve_times(frame).clip(lower=LEAST_TIME_S)
    if not np.isfinite(time).any():
        return Figure(name, title, missing="no run ended with a proven optimum")
    profile = performance_profile(frame.assign(time=time), "time")
    end = max(float(profile["tau"].max()) * 1.15, 2.0)
    series, never = [], []
    for method in _methods(frame):
        own = profile[profile["method"] == method]
        tau, fraction = own["tau"].to_numpy(dtype=np.float64), own["fraction"].to_numpy(dtype=np.float64)
        if fraction[-1] == 0:
            never.append(method)
            continue
        series.append(Series(method, np.append(tau, end), np.append(fraction, fraction[-1]), "steps", method))
    if len(series) == 1:
        return Figure(name, title, missing=f"only {series[0].method} proved optima, and has nobody to be compared with")
    nothing = f" Not drawn, since they proved none: {', '.join(never)}." if never else ""
    return Figure(
        name,
        title,
        Axis("time to the optimum / fastest method's", log=True, low=1.0, high=end),
        Axis("share of instances", percent=True, low=0.0, high=1.03),
        tuple(series),
        f"Of {_runs(frame)}, the share that a method proved within so many times the fastest method's time. At the "
        f"left: how often it is the fastest; at the right: how often it gets there at all.{nothing}",
    )


def time_to_the_target(frame: pd.DataFrame, trajectories: pd.DataFrame, unstored: str = "") -> Figure:
    """Return the share of every method's runs that have come within `TARGET` of the best known, by time.

    Parameters
    ----------
    frame : DataFrame
        Runs on problems that every method ran.
    trajectories : DataFrame
    unstored : str
        What to add to the notes.
    """
    name, title = "time-to-target", f"Time to within {TARGET:.0%} of the best known"
    if frame.empty:
        return Figure(name, title, missing=_NO_SHARED)
    time = time_to_target(frame, trajectories, target=TARGET, reference="best_objective")
    if not np.isfinite(time).any():
        return Figure(name, title, missing=f"no run came within {TARGET:.0%} of the best known objective")
    limit = float(frame["time_limit_s"].max())
    series = []
    for method in _methods(frame):
        own = time[(frame["method"] == method) & time.notna()].to_numpy(dtype=np.float64)
        reached = np.sort(own[np.isfinite(own)])
        share = np.arange(len(reached) + 1) / max(len(own), 1)
        x = np.maximum(np.concatenate([[LEAST_S], reached, [limit]]), LEAST_S)
        series.append(Series(method, x, np.append(share, share[-1]), "steps", method))
    return Figure(
        name,
        title,
        Axis("time [s]", log=True, low=LEAST_S, high=limit * 1.06),
        Axis("share of runs", percent=True, low=0.0, high=1.03),
        tuple(series),
        f"Share of the runs on {_runs(frame)} whose verified incumbent is within {TARGET:.0%} of the best objective "
        f"known for the instance.{unstored}",
    )
