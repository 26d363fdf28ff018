"""Incumbent and bound over time, as far as they were verified: what integrals and times to a target are taken from."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from sloplan.problem.errors import InputError
from sloplan.study.metrics.frames import Bool, Float, Int, numbers, refuse, require, senses, time_limits

TABLE: Final = "trajectories"


def curves(rows: pd.DataFrame, trajectories: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of incumbent and bound over [0, time limit] of every run.

    A run starts with nothing known. Each point of its trajectory holds until the next one. At its end
    (`runtime_s`) it has what was verified of it, and keeps that to the limit. A point that claims more than
    what was verified, by more than half a base unit, is as good as none: an incumbent better than the verified
    objective, a bound tighter than the one that stood.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns run, objective_name, objective, bound, runtime_s, time_limit_s.
    trajectories : DataFrame, a row per point
        Columns run, time_s, objective, bound; of points at the same time the last one counts. Runs that are not
        in `rows` are left out.

    Returns
    -------
    DataFrame, a row per step
        position (of the run in `rows`), start_s, end_s, objective, bound; by run and time. NaN is unknown.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, a run occurs twice in `rows`, the keys are text in one table
        and numbers in the other, a time limit is not above 0, or a point's time is negative or unknown.
    """
    require(rows, ["run"], "rows")
    twice = rows["run"].duplicated().to_numpy()
    refuse(rows, twice, "run", "the run has several rows", "one row for each run")
    maximise, unit = senses(rows)
    limit = time_limits(rows)
    points = _points(rows, trajectories)
    position = points["position"].to_numpy()
    for column, sign in (("objective", 1.0), ("bound", -1.0)):
        better = np.where(maximise, sign, -sign)[position]
        verified = numbers(rows, column)[position]
        claimed = points[column].to_numpy()
        stands = better * (claimed - verified) <= unit[position] / 2  # False where nothing was verified
        points[column] = np.where(stands, claimed, np.nan)
    return _steps(points, limit)


def _points(rows: pd.DataFrame, trajectories: pd.DataFrame) -> pd.DataFrame:
    """Return the points of all runs by run and time, with each run's start and end."""
    require(trajectories, ["run"], TABLE)
    time, objective, bound = (numbers(trajectories, column, TABLE) for column in ("time_s", "objective", "bound"))
    refuse(trajectories, ~(time >= 0), "time_s", "no usable time", "seconds, 0 or more", TABLE)
    _check_keys(rows, trajectories)
    position = pd.Index(rows["run"]).get_indexer(pd.Index(trajectories["run"]))
    ours: Bool = position >= 0
    everyone = np.arange(len(rows))
    nothing = np.full(len(rows), np.nan)
    runtime = numbers(rows, "runtime_s")
    ended = np.isfinite(runtime)
    parts = [
        _frame(everyone, np.zeros(len(rows)), nothing, nothing),
        _frame(position[ours], time[ours], objective[ours], bound[ours]),
        _frame(
            everyone[ended],
            np.maximum(runtime[ended], _last_times(position[ours], time[ours], len(rows))[ended]),
            numbers(rows, "objective")[ended],
            numbers(rows, "bound")[ended],
        ),
    ]
    points = pd.concat(parts, ignore_index=True)
    order = np.lexsort((points["time_s"], points["position"]))  # stable: of points at one time the last one counts
    return points.iloc[order].reset_index(drop=True)


def _check_keys(rows: pd.DataFrame, trajectories: pd.DataFrame) -> None:
    """Refuse keys that cannot match, "7" and 7: every trajectory would be left out without a word."""
    of_rows, of_points = rows["run"], trajectories["run"]
    if len(of_rows) and len(of_points) and is_numeric_dtype(of_rows) != is_numeric_dtype(of_points):
        raise InputError(
            "keys of another kind than in rows",
            file=TABLE,
            row=1,
            field="run",
            value=of_points.iloc[0],
            allowed=f"keys such as {of_rows.iloc[0]!r}",
            advice="read both tables with the same type of key",
        )


def _last_times(position: Int, time: Float, num_runs: int) -> Float:
    """Return when each run's trajectory ends: its clock may be ahead of the harness's by a little."""
    last = np.zeros(num_runs)
    np.maximum.at(last, position, time)
    return last


def _frame(position: Int, time: Float, objective: Float, bound: Float) -> pd.DataFrame:
    return pd.DataFrame({"position": position, "time_s": time, "objective": objective, "bound": bound})


def _steps(points: pd.DataFrame, limit: Float) -> pd.DataFrame:
    """Return each point's step: from its time to the next point's, both within the limit."""
    position, time = points["position"].to_numpy(), points["time_s"].to_numpy()
    horizon = limit[position]
    last = np.append(position[1:] != position[:-1], True)
    following = np.where(last, horizon, np.append(time[1:], np.nan))
    return pd.DataFrame(
        {
            "position": position,
            "start_s": np.minimum(time, horizon),
            "end_s": np.minimum(following, horizon),
            "objective": points["objective"],
            "bound": points["bound"],
        }
    )
