"""Performance profiles: on what share of the problems a method is within a factor of the best one."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from sloplan.study.metrics.by_problem import by_problem
from sloplan.study.metrics.frames import numbers, refuse

_SAME: Final = 1e-10
"""Relative: ratios closer than this are one, since methods that are equal would else be told apart by the last bit."""


def performance_profile(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the performance profile of every method.

    ``rho(tau) = share of the problems with t(method) / min over methods of t <= tau``. Source: Dolan and Moré,
    "Benchmarking optimization software with performance profiles", Mathematical Programming 91 (2002). The
    value at tau = 1 is how often a method was best (ties count for all), the value at the greatest tau how
    often it got there at all. Where more than two methods are compared, the order of two of them can change
    with the third (Gould and Scott, ACM TOMS 43, 2016).

    Seeds are combined first, by the geometric mean: infinite if one of them is. Problems that not every method
    ran are left out; those where no method got there count, and nobody is within any factor of the best there.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns method, instance, those of the problem, time_limit_s, threads, and `column`.
    column : str
        What it cost, the less the better: above 0, infinite where the method did not get there.

    Returns
    -------
    DataFrame, a row per method and tau
        method, tau (every ratio that occurs, from 1), fraction (within [0, 1]), problems (counted),
        problems_left_out. The fraction holds from this tau to the next.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, a value is unknown, 0 or less, a method's runs on one
        problem differ in more than their seed, or no problem was run by every method.
    """
    value = numbers(rows, column)
    allowed = "above 0; infinite where the method did not get there; give what may be 0, such as a gap, a floor first"
    refuse(rows, ~(value > 0), column, "has no ratio to the best", allowed)
    every = by_problem(rows, np.log(value))
    shared = every.shared()
    best = shared.value.min(axis=1, keepdims=True)
    ratio = np.exp(shared.value - np.where(np.isfinite(best), best, 0.0))  # infinite where nobody got there
    num_problems = len(ratio)
    occurring = np.sort(np.append(ratio[np.isfinite(ratio)], 1.0))
    taus = occurring[np.append(True, np.diff(occurring) > _SAME * occurring[:-1])]
    reached = taus * (1 + _SAME)
    within = [np.searchsorted(one, reached) / num_problems for one in np.sort(ratio, axis=0).T]
    return pd.DataFrame(
        {
            "method": np.repeat(shared.methods, len(taus)),
            "tau": np.tile(taus, len(shared.methods)),
            "fraction": np.concatenate(within),
            "problems": num_problems,
            "problems_left_out": len(every.problems) - num_problems,
        }
    )
