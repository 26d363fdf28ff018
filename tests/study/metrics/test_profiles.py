"""Tests of performance profiles."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from perfprof import perfprof

from sloplan.problem.errors import InputError
from sloplan.study.metrics import performance_profile
from tests.study.metrics.runs import runs, shuffled, table_of

NEVER = math.inf
COSTS = {"a": [1.0, 6.0, NEVER, NEVER], "b": [2.0, 2.0, 5.0, NEVER]}


def _fractions(profile: pd.DataFrame, method: str) -> dict[float, float]:
    own = profile[profile["method"] == method]
    return dict(zip(own["tau"].round(9), own["fraction"], strict=True))


def test_profile_by_hand() -> None:
    """Ratios of a: 1, 3, never, never; of b: 2, 1, 1, never.

    So a: 1/4 from 1, 2/4 from 3; b: 2/4 from 1, 3/4 from 2.
    """
    profile = performance_profile(table_of(COSTS, "cost"), "cost")
    assert _fractions(profile, "a") == {1.0: 0.25, 2.0: 0.25, 3.0: 0.5}
    assert _fractions(profile, "b") == {1.0: 0.5, 2.0: 0.75, 3.0: 0.75}
    assert set(profile["problems"]) == {4}
    assert set(profile["problems_left_out"]) == {0}


def test_ties_count_for_all() -> None:
    """Equal costs make both methods best."""
    profile = performance_profile(table_of({"a": [3.0, 7.0], "b": [3.0, 7.0]}, "cost"), "cost")
    assert profile["fraction"].tolist() == [1.0, 1.0]


def test_equal_costs_of_unequal_numbers_of_seeds_tie() -> None:
    """7.3 once and 7.3 in three seeds are equal: the last bit of a logarithm does not separate them."""
    rows = runs({"method": "a", "cost": 7.3}, *({"method": "b", "seed": seed, "cost": 7.3} for seed in range(3)))
    profile = performance_profile(rows, "cost")
    assert set(profile["tau"]) == {1.0}
    assert profile["fraction"].tolist() == [1.0, 1.0]


def test_seeds_come_first() -> None:
    """Seeds 2 and 8 come to 4, twice the other's 2.

    And one seed that never got there makes the method's value infinite.
    """
    rows = runs(
        {"method": "a", "seed": 0, "cost": 2.0}, {"method": "a", "seed": 1, "cost": 8.0}, {"method": "b", "cost": 2.0}
    )
    assert _fractions(performance_profile(rows, "cost"), "a") == {1.0: 0.0, 2.0: 1.0}
    never = performance_profile(rows.assign(cost=[2.0, NEVER, 2.0]), "cost")
    assert _fractions(never, "a") == {1.0: 0.0}


def test_problems_that_not_all_ran_are_left_out_and_counted() -> None:
    """Method b did not run the second problem."""
    profile = performance_profile(table_of({"a": [2.0, 1.0], "b": [1.0]}, "cost"), "cost")
    assert _fractions(profile, "a") == {1.0: 0.0, 2.0: 1.0}
    assert set(profile["problems"]) == set(profile["problems_left_out"]) == {1}


def test_nobody_solves_anything() -> None:
    """All infinite: every fraction is 0."""
    assert performance_profile(table_of({"a": [NEVER], "b": [NEVER]}, "cost"), "cost")["fraction"].tolist() == [0, 0]


_costs = st.one_of(st.integers(1, 50).map(float), st.just(NEVER))
_tables = st.integers(1, 6).flatmap(
    lambda num_problems: st.lists(
        st.lists(_costs, min_size=num_problems, max_size=num_problems), min_size=1, max_size=4
    )
)


@settings(max_examples=20, deadline=None)
@given(_tables, st.floats(0.01, 100), st.integers(0, 99))
def test_properties(table: list[list[float]], factor: float, seed: int) -> None:
    """Fractions never fall; some method is best wherever one got there; scale and order of rows change nothing."""
    rows = table_of({f"m{number}": row for number, row in enumerate(table)}, "cost")
    profile = performance_profile(rows, "cost")
    assert (profile.groupby("method")["fraction"].diff().dropna() >= 0).all()
    assert profile["fraction"].between(0, 1).all()
    best = profile.loc[profile["tau"] == 1.0, "fraction"]
    assert best.sum() >= np.isfinite(np.min(table, axis=0)).mean() - 1e-12
    pd.testing.assert_frame_equal(performance_profile(shuffled(rows, seed), "cost"), profile)
    scaled = performance_profile(rows.assign(cost=rows["cost"] * factor), "cost")
    pd.testing.assert_frame_equal(scaled, profile, rtol=1e-9)


@settings(max_examples=10, deadline=None)
@given(_tables)
def test_profiles_agree_with_perfprof(table: list[list[float]]) -> None:
    """At every ratio the curve is the one that the package perfprof draws."""
    mpl.use("Agg")
    profile = performance_profile(table_of({f"m{number}": row for number, row in enumerate(table)}, "cost"), "cost")
    with np.errstate(invalid="ignore"):  # perfprof divides infinite by infinite
        _, lines = perfprof(np.transpose(table), ["-"] * len(table))
    for number, drawn in enumerate(lines):
        for tau, fraction in _fractions(profile, f"m{number}").items():
            if drawn is None:  # a method that got nowhere is not drawn
                assert fraction == 0
                continue
            x, y = drawn[0].get_data()
            assert fraction == pytest.approx(y[np.searchsorted(x, tau + 1e-9, side="right") - 1])
    plt.close("all")


def test_what_has_no_ratio_is_refused() -> None:
    """0, a negative value and an unknown one are refused with the row and what to do."""
    for value in (0.0, -1.0, math.nan):
        with pytest.raises(InputError, match=r"rows, row 2, cost = .*: has no ratio to the best; .* a floor first"):
            performance_profile(table_of({"a": [1.0, value]}, "cost"), "cost")
    with pytest.raises(InputError, match="rows, price: missing column"):
        performance_profile(table_of(COSTS, "cost"), "price")
