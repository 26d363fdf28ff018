"""Tests of ranks and their significance."""

from __future__ import annotations

import math
import sys

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sloplan.problem.errors import InputError, UnsupportedError
from sloplan.study.metrics import critical_difference, rank_methods
from tests.study.metrics.runs import runs, shuffled, table_of

DEMSAR_Q05 = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]
"""Demšar (2006), table 5 (a): critical values q at 0.05 for 2 to 10 methods."""


def test_mean_ranks_by_hand() -> None:
    """Goodput, ranks a b c: 1 2 3; 1.5 1.5 3 (a tie); 2 1 3; 1 2 3. Means 5.5/4, 6.5/4 and 12/4."""
    rows = table_of({"c": [1, 1, 1, 1], "a": [9, 7, 5, 9], "b": [8, 7, 6, 8]}, "goodput")
    ranking = rank_methods(rows, "goodput", higher_is_better=True)
    assert ranking.mean_ranks.to_dict() == {"a": 1.375, "b": 1.625, "c": 3.0}
    assert ranking.mean_ranks.index.tolist() == ["a", "b", "c"]
    assert (ranking.num_problems, ranking.num_problems_left_out) == (4, 0)


def test_friedman_by_hand() -> None:
    """Ranks 1 2 3 on each of 4 problems.

    12 N / (k (k + 1)) (sum R^2 - k (k + 1)^2 / 4) = 4 (14 - 12) = 8, p = exp(-4).
    """
    rows = table_of({"a": [1, 1, 1, 1], "b": [2, 2, 2, 2], "c": [3, 3, 3, 3]}, "cost")
    ranking = rank_methods(rows, "cost", higher_is_better=False)
    assert ranking.friedman_statistic == pytest.approx(8.0)
    assert ranking.friedman_p == pytest.approx(math.exp(-4))


def test_critical_differences_are_those_of_the_published_table() -> None:
    """For 2 to 10 methods on 14 data sets: q of the table times sqrt(k (k + 1) / (6 x 14)), to its three digits."""
    for k, q in enumerate(DEMSAR_Q05, start=2):
        assert critical_difference(k, 14) == pytest.approx(q * math.sqrt(k * (k + 1) / 84), abs=1e-3)


def test_the_worked_example_of_the_source() -> None:
    """Demšar's section 3.2.2: four classifiers on 14 data sets differ at 0.05 from 1.25 on, at 0.10 from 1.12 on."""
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.006)
    assert critical_difference(4, 14, alpha=0.10) == pytest.approx(1.12, abs=0.006)


_tables = st.tuples(st.integers(3, 5), st.integers(2, 7)).flatmap(
    lambda shape: st.lists(
        st.lists(st.integers(0, 9).map(float), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


@settings(max_examples=10, deadline=None)
@given(_tables, st.booleans(), st.integers(0, 99))
def test_agreement_with_other_implementations(table: list[list[float]], higher: bool, seed: int) -> None:
    """Ranks are scipy's, Friedman's test is scipy's on the values.

    The pairs that differ are those beyond the critical one.
    """
    names = [f"m{number}" for number in range(len(table))]
    rows = table_of(dict(zip(names, table, strict=True)), "value")
    ranking = rank_methods(rows, "value", higher_is_better=higher)
    signed = -np.asarray(table) if higher else np.asarray(table)
    mean = stats.rankdata(signed, axis=0).mean(axis=1)
    assert ranking.mean_ranks[names].tolist() == pytest.approx(mean.tolist())
    assert ranking.mean_ranks.sum() == pytest.approx(len(table) * (len(table) + 1) / 2)
    if (signed == signed[0]).all():
        assert math.isnan(ranking.friedman_p)
    else:
        expected = stats.friedmanchisquare(*signed)
        assert (ranking.friedman_statistic, ranking.friedman_p) == pytest.approx((expected[0], expected[1]))
    pairwise = ranking.pairwise_p.loc[names, names].to_numpy()
    assert pairwise == pytest.approx(np.asarray(scikit_posthocs.posthoc_nemenyi_friedman(signed.T)))
    distance = np.abs(mean[:, None] - mean)
    close = np.abs(distance - ranking.critical_difference) < 1e-3
    assert ((pairwise < 0.05) == (distance > ranking.critical_difference))[~close].all()
    again = rank_methods(shuffled(rows, seed), "value", higher_is_better=higher)
    pd.testing.assert_series_equal(again.mean_ranks, ranking.mean_ranks)


def test_getting_nowhere_ranks_last() -> None:
    """Infinite times rank after all others and tie with each other; so do minus infinite goodputs."""
    times = table_of({"a": [1.0, 1.0], "b": [math.inf, math.inf], "c": [math.inf, 2.0]}, "value")
    assert rank_methods(times, "value", higher_is_better=False).mean_ranks.to_dict() == {"a": 1.0, "b": 2.75, "c": 2.25}
    goodput = times.assign(value=-times["value"])
    assert rank_methods(goodput, "value", higher_is_better=True).mean_ranks.to_dict() == {
        "a": 1.0,
        "b": 2.75,
        "c": 2.25,
    }


def test_seeds_come_first() -> None:
    """Seeds 1, 2 and 90 have the median 2, which beats 3; the mean would not.

    A problem that one method lacks is left out.
    """
    rows = runs(
        *(
            {"method": "a", "instance": instance, "seed": seed, "value": value}
            for instance in ("x", "y")
            for seed, value in enumerate((90.0, 1.0, 2.0))
        ),
        *({"method": "b", "instance": instance, "value": 3.0} for instance in ("x", "y", "z")),
    )
    ranking = rank_methods(rows, "value", higher_is_better=False)
    assert ranking.mean_ranks.to_dict() == {"a": 1.0, "b": 2.0}
    assert (ranking.num_problems, ranking.num_problems_left_out) == (2, 1)
    assert math.isnan(ranking.friedman_p)  # two methods: not defined


def test_what_cannot_be_ranked_is_refused() -> None:
    """An unknown value, an unusable level, one method, one problem: each is said."""
    rows = table_of({"a": [1.0, math.nan], "b": [1.0, 2.0]}, "value")
    with pytest.raises(
        InputError, match=r"rows, row 2, value = .*: unknown values have no rank; .* minus infinite where"
    ):
        rank_methods(rows, "value", higher_is_better=True)
    with pytest.raises(InputError, match="alpha = 1: no usable level"):
        rank_methods(rows, "value", higher_is_better=True, alpha=1)
    for few in (table_of({"a": [1.0, 2.0]}, "value"), table_of({"a": [1.0], "b": [2.0]}, "value")):
        with pytest.raises(InputError, match="allowed: two methods or more on two problems or more"):
            rank_methods(few, "value", higher_is_better=False)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without scikit-posthocs there is one line that names the extra."""
    monkeypatch.setitem(sys.modules, "scikit_posthocs", None)
    with pytest.raises(UnsupportedError, match=r"ranks need scikit-posthocs; next: pip install 'sloplan\[study\]'"):
        rank_methods(table_of({"a": [1.0, 2.0], "b": [2.0, 3.0]}, "value"), "value", higher_is_better=False)
