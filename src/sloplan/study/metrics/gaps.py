"""Gaps: how far a solution is from what is known to be possible.

A gap is to something that is known: a bound that was certified, or a solution that was checked. What is unknown
is NaN.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.study.metrics.frames import (
    Bool,
    Float,
    Int,
    as_series,
    equals,
    numbers,
    problem_numbers,
    refuse,
    senses,
)


def relative_gaps(objective: npt.ArrayLike, reference: npt.ArrayLike, unit: npt.ArrayLike) -> Float:
    """Return ``|reference - objective| / max(|reference|, unit)``, element by element.

    The gap of `sloplan.problem.objective.relative_gap`, for columns. The denominator is the reference's, so
    gaps of several solutions to one reference are in proportion.

    Parameters
    ----------
    objective, reference : float array
        In the user's units. The reference is a bound, or the best value known.
    unit : float or float array
        One base unit of the objective in the user's units (0.001 for goodput): keeps the gap finite at a
        reference of 0.

    Returns
    -------
    float array
        Fractions: 0.05 is 5%. NaN where either is unknown (NaN or infinite).
    """
    value, towards = np.asarray(objective, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    known = np.isfinite(value) & np.isfinite(towards)
    distance = np.abs(np.where(known, towards, np.nan) - np.where(known, value, np.nan))
    return distance / np.maximum(np.abs(towards), np.asarray(unit, dtype=np.float64))


def best_certified_bounds(rows: pd.DataFrame) -> pd.Series:
    """Return for every run the tightest certified bound of its problem.

    The tightest of `certified_bound` over all runs of the problem, whatever their method, and of `best_known_bound`.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns instance_sha256, objective_name, min_goodput, certified_bound, best_known_bound. Pass all runs
        of the study and select afterwards: a bound counts for every run of the problem.

    Returns
    -------
    Series
        Indexed as `rows`, in the user's units; NaN where nobody certified one.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, or an objective is unknown.
    """
    maximise, _ = senses(rows)
    bounds = [numbers(rows, "certified_bound"), numbers(rows, "best_known_bound")]
    return as_series(_best(rows, bounds, least=maximise), rows, "best_certified_bound")


def best_known_objectives(rows: pd.DataFrame) -> pd.Series:
    """Return for every run the best objective known for its problem.

    The best of the verified `objective` over all runs of the problem, whatever their method, and of
    `best_known_objective`.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns instance_sha256, objective_name, min_goodput, objective, best_known_objective. Pass all runs of
        the study and select afterwards.

    Returns
    -------
    Series
        Indexed as `rows`, in the user's units; NaN where no solution is known.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, or an objective is unknown.
    """
    maximise, _ = senses(rows)
    values = [numbers(rows, "objective"), numbers(rows, "best_known_objective")]
    return as_series(_best(rows, values, least=~maximise), rows, "best_known_objective")


def gap_to_certified_bound(rows: pd.DataFrame) -> pd.Series:
    """Return the gap of every run's verified objective to the best certified bound of its problem.

    ``|bound - objective| / max(|bound|, 1 base unit)`` with `best_certified_bounds`: how far from optimal the
    solution is at most, proved. Source: the gap of Sloplan's results (docs/results.md).

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns as for `best_certified_bounds`, and objective.

    Returns
    -------
    Series
        Indexed as `rows`, fractions; NaN without a verified objective or a certified bound.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, an objective is unknown, or a verified objective is beyond a
        certified bound: one of the two was not verified.
    """
    maximise, unit = senses(rows)
    objective, bound = numbers(rows, "objective"), best_certified_bounds(rows).to_numpy()
    beyond = np.where(maximise, objective > bound, objective < bound)
    refuse(rows, beyond, "objective", "beyond a certified bound of the same problem", "a value that the bound allows")
    return as_series(relative_gaps(objective, bound, unit), rows, "gap_to_certified_bound")


def gap_to_best_known(rows: pd.DataFrame) -> pd.Series:
    """Return the gap of every run's verified objective to the best objective known for its problem.

    ``|best - objective| / max(|best|, 1 base unit)`` with `best_known_objectives`. It becomes larger when
    somebody finds a better solution, and says nothing of how good the best one is. Source: as of
    `gap_to_certified_bound`, with the best objective in the place of the bound.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns as for `best_known_objectives`.

    Returns
    -------
    Series
        Indexed as `rows`, fractions; NaN without a verified objective.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, or an objective is unknown.
    """
    _, unit = senses(rows)
    gaps = relative_gaps(numbers(rows, "objective"), best_known_objectives(rows).to_numpy(), unit)
    return as_series(gaps, rows, "gap_to_best_known")


def gap_to_optimum(rows: pd.DataFrame) -> pd.Series:
    """Return the gap of every run's verified objective to the optimum, or to the best certified bound if none is known.

    The gap of `gap_to_best_known` on problems that some run proved (whose status is "optimal"), else that of
    `gap_to_certified_bound`. A proof may rest on an engine's word; one that a verified solution refutes is no proof.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns as for `gap_to_certified_bound` and `gap_to_best_known`, and status.

    Returns
    -------
    Series
        Indexed as `rows`, fractions; NaN without a verified objective, or with neither optimum nor certified bound.

    Raises
    ------
    InputError
        As `gap_to_certified_bound`.
    """
    proved = pd.Series(equals(rows, "status", "optimal")).groupby(problem_numbers(rows)).transform("any").to_numpy()
    gaps = np.where(proved, gap_to_best_known(rows), gap_to_certified_bound(rows))
    return as_series(gaps, rows, "gap_to_optimum")


def _best(rows: pd.DataFrame, columns: list[Float], least: Bool) -> Float:
    """Return the least or greatest value known for each run's problem."""
    sign = np.where(least, -1.0, 1.0)
    problem = problem_numbers(rows)
    greatest = np.fmax(*(_greatest(problem, sign * column) for column in columns))
    return sign * greatest


def _greatest(problem: Int, values: Float) -> Float:
    """Return the greatest value known of each run's problem, NaN where none is."""
    return pd.Series(values).groupby(problem).transform("max").to_numpy(dtype=np.float64)
