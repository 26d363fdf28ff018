"""How time grows with size: a power law fitted to every method's times."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from sloplan.problem.errors import InputError
from sloplan.study.metrics.by_problem import by_problem
from sloplan.study.metrics.frames import Float, numbers, refuse, time_limits


def growth_exponents(rows: pd.DataFrame, column: str, *, size: str, confidence: float = 0.95) -> pd.DataFrame:
    """Return the exponent with which every method's time grows with size.

    ``ln t = ln a + b ln n``, by least squares over the problems, t the geometric mean over seeds; b is the
    exponent, and its interval is ``b +- t(N - 2) se(b)``, Student's quantile with N - 2 degrees of freedom.
    Source: Goldsmith, Aiken and Wilkerson, "Measuring empirical computational complexity", ESEC/FSE 2007; the
    fit by `scipy.stats.linregress`.

    Problems on which one run did not get there are left out and counted: their time is unknown, only that it is
    above the limit. So with many left out the exponent is too small.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns method, instance, those of the problem, time_limit_s, threads, `column` and `size`.
    column : str
        Times in seconds above 0; infinite, or the limit and more, where not reached, NaN where unknown.
    size : str
        Column with the size of each run's instance, above 0: number of queries, say.
    confidence : float
        Within (0, 1).

    Returns
    -------
    DataFrame, indexed by method
        exponent; low and high, its interval; seconds_at_1 (a: the time fitted for size 1); problems (fitted
        to); left_out (not reached, or a time unknown). NaN where there are too few different sizes: two for the
        exponent, three problems for its interval.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, a time or size is 0 or less, `confidence` is out of range,
        or a method's runs on one problem differ in more than their seed.
    """
    if not 0 < confidence < 1:
        raise InputError("no usable confidence", field="confidence", value=confidence, allowed="above 0, below 1")
    time, sizes = numbers(rows, column), numbers(rows, size)
    refuse(rows, time <= 0, column, "has no logarithm", "a time above 0")
    refuse(rows, ~(np.isfinite(sizes) & (sizes > 0)), size, "has no logarithm", "a size above 0")
    reached = np.where(time < time_limits(rows), time, np.nan)
    times, sizes_of = by_problem(rows, np.log(reached)), by_problem(rows, np.log(sizes))
    fits = [
        _fit(sizes_of.value[:, at], times.value[:, at], times.num_runs[:, at] > 0, confidence)
        for at in range(len(times.methods))
    ]
    columns = ["exponent", "low", "high", "seconds_at_1", "problems", "left_out"]
    return pd.DataFrame(fits, columns=columns, index=pd.Index(times.methods, name="method"))


def _fit(
    log_size: Float, log_time: Float, ran: np.ndarray, confidence: float
) -> tuple[float, float, float, float, int, int]:
    known = np.isfinite(log_time)
    x, y = log_size[known], log_time[known]
    left_out = int((ran & ~known).sum())
    if len(np.unique(x)) < 2:
        return np.nan, np.nan, np.nan, np.nan, len(x), left_out
    line = stats.linregress(x, y)
    half = np.nan
    if len(x) > 2:
        half = stats.t.ppf((1 + confidence) / 2, len(x) - 2) * line.stderr
    return line.slope, line.slope - half, line.slope + half, float(np.exp(line.intercept)), len(x), left_out
