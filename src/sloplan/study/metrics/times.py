"""Times of single runs: to the end, to proven optimality, to a target; infinite if not reached within the limit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.study.metrics.curves import curves
from sloplan.study.metrics.frames import Bool, Float, as_series, equals, numbers, senses, time_limits

_TARGET_SLACK = 1e-9
"""Relative: values on the target would else miss it by the last bit of a division."""


def run_times(rows: pd.DataFrame) -> pd.Series:
    """Return the time of every run that finished by itself: what a heuristic takes.

    ``runtime_s`` where the outcome is "finished" and the time limit was not reached, infinite otherwise.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns outcome, runtime_s, time_limit_s.

    Returns
    -------
    Series
        Seconds, indexed as `rows`.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, or a time limit is not above 0.
    """
    return as_series(_within_limit(rows, equals(rows, "outcome", "finished")), rows, "run_time_s")


def solve_times(rows: pd.DataFrame) -> pd.Series:
    """Return the time of every run that ended with a verified optimum: what an exact method takes.

    ``runtime_s`` where the verified status is "optimal" and the time limit was not reached, infinite otherwise.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns status, runtime_s, time_limit_s.

    Returns
    -------
    Series
        Seconds, indexed as `rows`.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, or a time limit is not above 0.
    """
    return as_series(_within_limit(rows, equals(rows, "status", "optimal")), rows, "solve_time_s")


def time_to_target(rows: pd.DataFrame, trajectories: pd.DataFrame, *, target: float, reference: str) -> pd.Series:
    """Return when the incumbent of every run came within a gap of a reference.

    ``min {t < T: gap of the incumbent at t to the reference <= target}``, T the time limit, with the gap of
    `relative_gaps`; an incumbent better than the reference has reached it. Source: time to target of Aiex,
    Resende and Ribeiro, "TTT plots", Optimization Letters 1 (2007).

    An incumbent that claims more than was verified of the run counts as none (`curves`).

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns as for `curves`, and the reference.
    trajectories : DataFrame, a row per point
        Columns run, time_s, objective, bound.
    target : float
        Gap to reach: 0.01 is 1%.
    reference : str
        Column of `rows` with the value that gaps are to, such as ``best_known_objectives(rows)`` or
        ``best_certified_bounds(rows)``.

    Returns
    -------
    Series
        Seconds, indexed as `rows`. Infinite where not reached, NaN where the reference is unknown.

    Raises
    ------
    InputError
        If the target is negative, or as from `curves`.
    """
    if not target >= 0:
        raise InputError("no usable target", field="target", value=target, allowed="a gap of 0 or more")
    steps = curves(rows, trajectories)
    maximise, unit = senses(rows)
    position = steps["position"].to_numpy()
    towards = numbers(rows, reference)
    sign, aim = np.where(maximise, 1.0, -1.0)[position], towards[position]
    missing = sign * (aim - steps["objective"].to_numpy())
    allowed = target * (1 + _TARGET_SLACK) * np.maximum(np.abs(aim), unit[position])
    reached = (missing <= allowed) & (steps["start_s"] < steps["end_s"]).to_numpy()
    time = np.full(len(rows), np.inf)
    np.minimum.at(time, position[reached], steps["start_s"].to_numpy()[reached])
    return as_series(np.where(np.isnan(towards), np.nan, time), rows, "time_to_target_s")


def _within_limit(rows: pd.DataFrame, solved: Bool) -> Float:
    time = numbers(rows, "runtime_s")
    return np.where(solved & (time < time_limits(rows)), time, np.inf)
