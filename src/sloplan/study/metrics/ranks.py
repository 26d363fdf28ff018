"""Ranks of methods over problems, and whether their differences are more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from sloplan.problem.errors import InputError, UnsupportedError
from sloplan.study.metrics.by_problem import by_problem
from sloplan.study.metrics.frames import Float, numbers, refuse


@dataclass(frozen=True, eq=False)
class Ranking:
    """How methods rank, and how sure that is.

    Parameters
    ----------
    mean_ranks : Series, indexed by method
        Mean rank over the problems, best first; 1 is best, and methods that tie share the mean of their ranks.
    friedman_statistic, friedman_p : float
        Friedman's chi-square and its p value: small means that not all methods are alike. NaN for two methods,
        and where all methods tie on every problem.
    pairwise_p : DataFrame (methods, methods)
        Nemenyi's p values of every pair, in the order of `mean_ranks`; 1 on the diagonal.
    critical_difference : float
        Two methods differ at level `alpha` if their mean ranks are at least this far apart.
    alpha : float
    num_problems : int
        Problems ranked on.
    num_problems_left_out : int
        Problems that not every method ran.
    """

    mean_ranks: pd.Series
    friedman_statistic: float
    friedman_p: float
    pairwise_p: pd.DataFrame
    critical_difference: float
    alpha: float
    num_problems: int
    num_problems_left_out: int


def rank_methods(rows: pd.DataFrame, column: str, *, higher_is_better: bool, alpha: float = 0.05) -> Ranking:
    """Rank the methods on every problem and test whether their mean ranks differ.

    ``R(method) = mean over problems of its rank``, ties averaged. Friedman's test asks whether all methods are
    alike; if not, Nemenyi's test says which pairs are not: those at least ``CD = q(alpha, k) sqrt(k (k + 1) /
    (6 N))`` apart, k methods, N problems, q the studentised range over sqrt(2). Source: Demšar, "Statistical
    comparisons of classifiers over multiple data sets", Journal of Machine Learning Research 7 (2006). Read the
    pairs only if Friedman's p value is small.

    Seeds are combined first, by the median. Problems that not every method ran are left out.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns method, instance, those of the problem, time_limit_s, threads, and `column`.
    column : str
        Values to rank. Where a method got nowhere: infinite, or minus infinite if higher is better, which ranks last.
    higher_is_better : bool
    alpha : float
        Level of the critical difference, within (0, 1).

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, a value is unknown, `alpha` is out of range, a method's runs
        on one problem differ in more than their seed, or fewer than two methods or two problems can be
        compared.
    UnsupportedError
        If scikit-posthocs is not installed.
    """
    if not 0 < alpha < 1:
        raise InputError("no usable level", field="alpha", value=alpha, allowed="above 0, below 1")
    value = numbers(rows, column)
    worst = "minus infinite" if higher_is_better else "infinite"
    refuse(
        rows, np.isnan(value), column, "unknown values have no rank", f"a number; {worst} where a method got nowhere"
    )
    every = by_problem(rows, value, "median")
    shared = every.shared()
    num_problems, num_methods = shared.value.shape
    if num_methods < 2 or num_problems < 2:
        raise InputError(
            f"{num_methods} methods on {num_problems} problems",
            file="rows",
            allowed="two methods or more on two problems or more",
            advice="run more of them",
        )
    ranks = stats.rankdata(-shared.value if higher_is_better else shared.value, axis=1)
    mean_ranks = pd.Series(ranks.mean(axis=0), pd.Index(shared.methods, name="method"), name="mean_rank")
    mean_ranks = mean_ranks.sort_values(kind="stable")
    pairwise = pd.DataFrame(_nemenyi(ranks), index=shared.methods, columns=shared.methods)
    statistic, p_value = _friedman(ranks)
    return Ranking(
        mean_ranks=mean_ranks,
        friedman_statistic=statistic,
        friedman_p=p_value,
        pairwise_p=pairwise.loc[mean_ranks.index, mean_ranks.index],
        critical_difference=critical_difference(num_methods, num_problems, alpha),
        alpha=alpha,
        num_problems=num_problems,
        num_problems_left_out=len(every.problems) - num_problems,
    )


def critical_difference(num_methods: int, num_problems: int, alpha: float = 0.05) -> float:
    """Return how far apart the mean ranks of two methods must be to differ by Nemenyi's test.

    ``q(alpha, k) sqrt(k (k + 1) / (6 N))``, k methods, N problems, q the upper `alpha` quantile of the
    studentised range of k groups and infinite degrees of freedom, over sqrt(2). Source: Demšar (2006), section
    3.2.2 and table 5.

    Parameters
    ----------
    num_methods : int
        2 or more.
    num_problems : int
        1 or more.
    alpha : float
        Within (0, 1).
    """
    quantile = stats.studentized_range.ppf(1 - alpha, num_methods, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(num_methods * (num_methods + 1) / (6 * num_problems)))


def _friedman(ranks: Float) -> tuple[float, float]:
    if ranks.shape[1] < 3 or (ranks == ranks[:, :1]).all():
        return np.nan, np.nan
    statistic, p_value = stats.friedmanchisquare(*ranks.T)
    return float(statistic), float(p_value)


def _nemenyi(ranks: Float) -> Float:
    return np.asarray(_posthocs().posthoc_nemenyi_friedman(ranks), dtype=np.float64)


def _posthocs() -> Any:
    try:
        import scikit_posthocs  # here: it takes seconds to import, and is an extra
    except ImportError:
        raise UnsupportedError("ranks need scikit-posthocs; next: pip install 'sloplan[study]'") from None
    return scikit_posthocs
