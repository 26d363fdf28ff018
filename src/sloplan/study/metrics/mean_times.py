"""Means of times over problems: each counts once, and a run that did not get there counts as its limit or more.

Each function takes a column of times in which infinite means "not reached", such as `run_times`, `solve_times` and
`time_to_target` give, and means over the problems that every method ran and for which every time is known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.study.metrics.by_problem import by_problem
from sloplan.study.metrics.frames import Bool, Float, numbers, refuse, time_limits


def geometric_means(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the geometric mean of every method's times; a run that did not get there counts as its limit.

    ``exp(mean over problems of mean over seeds of ln min(t, T))``, T the time limit. Source: Fleming and
    Wallace, "How not to lie with statistics: the correct way to summarize benchmark results", Communications of
    the ACM 29 (1986).

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns method, instance, those of the problem, time_limit_s, threads, and `column`.
    column : str
        Times in seconds above 0; infinite where not reached, NaN where unknown.

    Returns
    -------
    DataFrame, indexed by method
        mean_s; problems (counted), problems_left_out (not run by every method, or a time unknown); runs and
        runs_not_reached (in the problems counted).

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, a time is 0 or less, a method's runs on one problem differ
        in more than their seed, or no problem is left.
    """
    return shifted_geometric_means(rows, column, shift_s=0.0)


def shifted_geometric_means(rows: pd.DataFrame, column: str, *, shift_s: float = 10.0) -> pd.DataFrame:
    """Return the shifted geometric mean of every method's times; a run that did not get there counts as its limit.

    ``exp(mean over problems of mean over seeds of ln(min(t, T) + s)) - s``, T the time limit and s the shift,
    which keeps instances of a few milliseconds from deciding. Source: Achterberg, "Constraint integer
    programming" (2007), appendix A; the shift of 10 s is that of Mittelmann's benchmarks
    (plato.asu.edu/bench.html).

    Parameters
    ----------
    rows : DataFrame, a row per run
        As for `geometric_means`.
    column : str
        Times in seconds; infinite where not reached, NaN where unknown.
    shift_s : float
        Seconds, 0 or more.

    Returns
    -------
    DataFrame, indexed by method
        As from `geometric_means`.

    Raises
    ------
    InputError
        As from `geometric_means`; a time of 0 is fine with a shift above 0.
    """
    if not (np.isfinite(shift_s) and shift_s >= 0):
        raise InputError("no usable shift", field="shift_s", value=shift_s, allowed="seconds, 0 or more")
    time = numbers(rows, column)
    refuse(
        rows,
        time + shift_s <= 0,
        column,
        f"has no logarithm with a shift of {shift_s:g} s",
        "a time above 0, or 0 with a shift above 0",
    )
    refuse(rows, time < 0, column, "negative time", "a time of 0 or more")
    mean = _table(rows, time, np.log(np.minimum(time, time_limits(rows)) + shift_s))
    return mean.assign(mean_s=np.exp(mean["mean_s"]) - shift_s)


def par10(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the penalised average of every method's times: a run that did not get there counts as ten times its limit.

    ``mean over problems of mean over seeds of (t if t < T else 10 T)``, T the time limit. Source: Bischl et
    al., "ASlib: a benchmark library for algorithm selection", Artificial Intelligence 237 (2016).

    Parameters
    ----------
    rows : DataFrame, a row per run
        As for `geometric_means`.
    column : str
        Times in seconds; infinite where not reached, NaN where unknown.

    Returns
    -------
    DataFrame, indexed by method
        As from `geometric_means`.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, a time is negative, a method's runs on one problem differ in
        more than their seed, or no problem is left.
    """
    time, limit = numbers(rows, column), time_limits(rows)
    refuse(rows, time < 0, column, "negative time", "a time of 0 or more")
    return _table(rows, time, np.where(time >= limit, 10 * limit, time))


def _table(rows: pd.DataFrame, time: Float, counted_as: Float) -> pd.DataFrame:
    """Return the mean of `counted_as` over the problems that every method ran and where no time is unknown."""
    every = by_problem(rows, counted_as)
    missed = by_problem(rows, (time >= time_limits(rows)).astype(np.float64)).shared()
    shared = every.shared()
    known: Bool = ~np.any(np.isnan(shared.value), axis=1)
    if not known.any():
        raise InputError(
            "every problem has an unknown time",
            file="rows",
            allowed="infinite where a run did not get there, NaN only where that cannot be said",
            advice="leave out the methods whose times are unknown",
        )
    shared, missed = shared.chosen(known), missed.chosen(known)
    return pd.DataFrame(
        {
            "mean_s": shared.value.mean(axis=0),
            "problems": len(shared.problems),
            "problems_left_out": len(every.problems) - len(shared.problems),
            "runs": shared.num_runs.sum(axis=0),
            "runs_not_reached": np.rint((missed.value * missed.num_runs).sum(axis=0)).astype(np.int64),
        },
        index=pd.Index(shared.methods, name="method"),
    )
