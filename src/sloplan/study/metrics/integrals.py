"""Integrals over time: how soon a method had good solutions, and how soon it could show that they were."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.study.metrics.curves import curves
from sloplan.study.metrics.frames import Float, time_limits
from sloplan.study.metrics.gaps import best_known_objectives


def bounded_gaps(value: npt.ArrayLike, reference: npt.ArrayLike) -> Float:
    """Return the gap that integrals are taken of, element by element: within [0, 1] whatever the values.

    ``0 if value = reference; 1 if either is unknown or their signs differ; otherwise
    |value - reference| / max(|value|, |reference|)``. Source: Berthold, "Measuring the impact of primal heuristics",
    Operations Research Letters 41 (2013). Unlike `relative_gaps` it cannot pass 1, so that having nothing is never
    better than having something.

    Parameters
    ----------
    value, reference : float array
        NaN where unknown.

    Returns
    -------
    float array
    """
    one, other = np.asarray(value, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    largest = np.maximum(np.abs(one), np.abs(other))
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.abs(one - other) / largest
    gap = np.where(one == other, 0.0, gap)
    return np.where(np.isfinite(gap) & (one * other >= 0), gap, 1.0)


def primal_integral(rows: pd.DataFrame, trajectories: pd.DataFrame) -> pd.DataFrame:
    """Return the primal integral of every run: the gap of its incumbent to the best known objective, over time.

    ``integral over [0, T] of p(t) dt``, T the time limit and p(t) the gap (`bounded_gaps`) of the incumbent at
    t to the best objective known for the problem (`best_known_objectives`); 1 before the first incumbent.
    Source: Berthold, "Measuring the impact of primal heuristics", Operations Research Letters 41 (2013).

    A run that ended early keeps what it had to the limit. An incumbent that claims more than was verified of
    the run counts as none (`curves`). On a problem that nobody solved every run has T, whether it has no
    solution or nobody found one.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns as for `best_known_objectives` and `curves`. Pass all runs of the study and select afterwards.
    trajectories : DataFrame, a row per point
        Columns run, time_s, objective, bound.

    Returns
    -------
    DataFrame
        Indexed as `rows`: `integral_s`, in seconds, and `mean_gap` = integral / T, within [0, 1], for tables:
        the two tell the same, and the second can be compared between time limits.

    Raises
    ------
    InputError
        As from `best_known_objectives` and `curves`.
    """
    steps = curves(rows, trajectories)
    reference = best_known_objectives(rows).to_numpy()[steps["position"]]
    return _integrals(rows, steps, bounded_gaps(steps["objective"], reference))


def gap_integral(rows: pd.DataFrame, trajectories: pd.DataFrame) -> pd.DataFrame:
    """Return the gap integral of every run: the gap between its incumbent and its own bound, over time.

    ``integral over [0, T] of g(t) dt``, T the time limit and g(t) the gap (`bounded_gaps`) between incumbent
    and bound at t; 1 where either is unknown. Source: the primal-dual integral that SCIP reports (Berthold
    2013, with the bound in the place of the best known objective).

    A run that ended early keeps what it had to the limit. What claims more than was verified of the run counts
    as none (`curves`): a refuted bound is no bound.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns as for `curves`.
    trajectories : DataFrame, a row per point
        Columns run, time_s, objective, bound.

    Returns
    -------
    DataFrame
        Indexed as `rows`: `integral_s`, in seconds, and `mean_gap` = integral / T, within [0, 1].

    Raises
    ------
    InputError
        As from `curves`.
    """
    steps = curves(rows, trajectories)
    return _integrals(rows, steps, bounded_gaps(steps["objective"], steps["bound"]))


def _integrals(rows: pd.DataFrame, steps: pd.DataFrame, gap: Float) -> pd.DataFrame:
    area = gap * (steps["end_s"] - steps["start_s"]).to_numpy()
    integral = np.bincount(steps["position"], weights=area, minlength=len(rows))
    return pd.DataFrame({"integral_s": integral, "mean_gap": integral / time_limits(rows)}, index=rows.index)
