"""Ratios to a baseline, problem by problem, and their geometric mean with a bootstrap interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from sloplan.problem.errors import InputError
from sloplan.study.metrics.by_problem import ByProblem, by_problem
from sloplan.study.metrics.frames import PROBLEM, Float, Int, numbers, require

_RESAMPLES = 9999

_COMPARABLE = 0
_FLAWS = ("", "not run", "unknown", "not reached", "not positive")
"""Why a value gives no ratio; where several hold, the first one is said."""


def ratios_to_baseline(rows: pd.DataFrame, column: str, *, baseline: str) -> pd.DataFrame:
    """Return the ratio of every method's value to the baseline's, problem by problem.

    ``G(method, problem) / G(baseline, problem)``, G the geometric mean over seeds. Infinite means "not reached"
    and is never turned into a ratio; nor is a value of 0 or less, which has no ratio, or one that is unknown in
    a single run. Source: Fleming and Wallace, "How not to lie with statistics", Communications of the ACM 29
    (1986).

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns method, instance, those of the problem, time_limit_s, threads, and `column`.
    column : str
        goodput, cost_usd_per_hour, steps, a time, or any other quantity above 0.
    baseline : str
        Method in the denominator.

    Returns
    -------
    DataFrame, a row per method other than the baseline and problem
        method, instance, instance_sha256, objective_name, min_goodput, ratio, and left_out: why there is no
        ratio (ratio is NaN then), such as "baseline: not reached", "both: unknown" or "method: not run"; empty
        where there is one.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, the baseline is no method in `rows`, or a method's runs on
        one problem differ in more than their seed.
    """
    value = numbers(rows, column)
    require(rows, ["method"], "rows")
    with np.errstate(divide="ignore", invalid="ignore"):  # what has no logarithm is left out below, and said
        logs = by_problem(rows, np.log(value))
    if baseline not in logs.methods:
        raise InputError("no run of the baseline", field="baseline", value=baseline, allowed=", ".join(logs.methods))
    flaw = _flaws(rows, value, logs)
    base = logs.methods.index(baseline)
    return pd.concat([_pairs(logs, flaw, base, method) for method in range(len(logs.methods))], ignore_index=True)


def _flaws(rows: pd.DataFrame, value: Float, logs: ByProblem) -> Int:
    """Return for every problem and method what is wrong with its value, as a position in `_FLAWS`."""
    found = np.full(logs.value.shape, _COMPARABLE)
    marks = {"not positive": value <= 0, "not reached": value == np.inf, "unknown": np.isnan(value)}
    for name, marked in marks.items():  # the later ones are said before the earlier ones
        found[by_problem(rows, marked.astype(np.float64)).value > 0] = _FLAWS.index(name)
    found[logs.num_runs == 0] = _FLAWS.index("not run")
    return found


def _pairs(logs: ByProblem, flaw: Int, base: int, method: int) -> pd.DataFrame:
    """Return the ratios of one method; no rows for the baseline itself."""
    own, theirs = flaw[:, method], flaw[:, base]
    ran = np.full(len(own), method != base) & (logs.num_runs[:, [method, base]] > 0).any(axis=1)
    flaws = np.asarray(_FLAWS)
    who = np.where(own == theirs, "both: ", np.where(own != _COMPARABLE, "method: ", "baseline: "))
    what = flaws[np.where(own != _COMPARABLE, own, theirs)]
    comparable = (own == _COMPARABLE) & (theirs == _COMPARABLE)
    with np.errstate(invalid="ignore"):
        ratio = np.exp(logs.value[:, method] - logs.value[:, base])
    pairs = logs.problems.assign(
        ratio=np.where(comparable, ratio, np.nan), left_out=np.where(comparable, "", np.char.add(who, what))
    )
    pairs.insert(0, "method", logs.methods[method])
    return pairs[ran]


def mean_ratios(
    pairs: pd.DataFrame, generator: np.random.Generator, *, confidence: float = 0.95, resamples: int = _RESAMPLES
) -> pd.DataFrame:
    """Return the geometric mean of every method's ratios, with a bootstrap interval over problems.

    ``exp(mean over problems of ln ratio)``; the interval spans the middle `confidence` of that mean over
    samples of the problems, drawn with replacement. Source: Efron and Tibshirani, "An introduction to the
    bootstrap" (1993), chapter 13 (the percentile interval), by `scipy.stats.bootstrap`.

    Parameters
    ----------
    pairs : DataFrame
        From `ratios_to_baseline`.
    generator : numpy.random.Generator
        Draws the samples: seed it to get the same interval again.
    confidence : float
        Within (0, 1).
    resamples : int
        Samples drawn.

    Returns
    -------
    DataFrame, indexed by method
        ratio; low and high, NaN with fewer than two ratios; problems (with a ratio); left_out (pairs without
        one); why: how often each reason held, such as "2 x baseline: not reached".

    Raises
    ------
    InputError
        If a column is missing, or `confidence` or `resamples` is out of range.
    """
    require(pairs, ["method", "instance", *PROBLEM, "ratio", "left_out"], "pairs")
    if not 0 < confidence < 1:
        raise InputError("no usable confidence", field="confidence", value=confidence, allowed="above 0, below 1")
    if resamples < 1:
        raise InputError("too few samples", field="resamples", value=resamples, allowed="1 or more")
    ordered = pairs.sort_values(["method", *PROBLEM])  # the samples do not depend on the order of the rows
    rows = [_mean(name, group, generator, confidence, resamples) for name, group in ordered.groupby("method")]
    columns = ["method", "ratio", "low", "high", "problems", "left_out", "why"]
    return pd.DataFrame(rows, columns=columns).set_index("method")


def _mean(
    method: object, pairs: pd.DataFrame, generator: np.random.Generator, confidence: float, resamples: int
) -> tuple[object, ...]:
    logs = np.log(pairs["ratio"].dropna().to_numpy(dtype=np.float64))
    low = high = np.nan
    if len(logs) > 1:
        interval = stats.bootstrap(
            (logs,),
            np.mean,
            n_resamples=resamples,
            confidence_level=confidence,
            method="percentile",
            vectorized=True,
            batch=max(1, 10**7 // len(logs)),
            random_state=generator,
        ).confidence_interval
        low, high = np.exp(interval.low), np.exp(interval.high)
    reasons = pairs.loc[pairs["left_out"] != "", "left_out"].value_counts().sort_index()
    why = ", ".join(f"{count} x {reason}" for reason, count in reasons.items())
    mean = np.exp(logs.mean()) if len(logs) else np.nan
    return method, mean, low, high, len(logs), int(reasons.sum()), why
