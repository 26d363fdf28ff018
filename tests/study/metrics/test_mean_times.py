"""Tests of geometric means, shifted geometric means and PAR10."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sloplan.problem.errors import InputError
from sloplan.study.metrics import geometric_means, par10, shifted_geometric_means
from tests.study.metrics.runs import runs, shuffled, table_of

NONE, NEVER = math.nan, math.inf
TIMES = {"fast": [1.0, 4.0, 2.0], "slow": [2.0, 8.0, NEVER]}


def test_geometric_means_by_hand() -> None:
    """A run that did not get there counts as its limit.

    fast: (1 x 4 x 2)^(1/3) = 2; slow, whose third run counts as the limit of 10 s: (2 x 8 x 10)^(1/3) = 160^(1/3).
    """
    table = geometric_means(table_of(TIMES, "time"), "time")
    assert table["mean_s"].to_dict() == pytest.approx({"fast": 2.0, "slow": 160 ** (1 / 3)})
    assert table["runs_not_reached"].to_dict() == {"fast": 0, "slow": 1}
    assert table["runs"].tolist() == table["problems"].tolist() == [3, 3]
    assert table["problems_left_out"].tolist() == [0, 0]


def test_shifted_geometric_means_by_hand() -> None:
    """Shift 2: fast ((1 + 2)(4 + 2)(2 + 2))^(1/3) - 2 = 72^(1/3) - 2; slow (4 x 10 x 12)^(1/3) - 2."""
    table = shifted_geometric_means(table_of(TIMES, "time"), "time", shift_s=2.0)
    assert table["mean_s"].to_dict() == pytest.approx({"fast": 72 ** (1 / 3) - 2, "slow": 480 ** (1 / 3) - 2})


def test_par10_by_hand() -> None:
    """For fast (1 + 4 + 2) / 3; for slow (2 + 8 + 10 x 10) / 3 = 110 / 3."""
    table = par10(table_of(TIMES, "time"), "time")
    assert table["mean_s"].to_dict() == pytest.approx({"fast": 7 / 3, "slow": 110 / 3})
    assert table["runs_not_reached"].to_dict() == {"fast": 0, "slow": 1}


def test_at_the_limit_is_not_reached() -> None:
    """10 s and 11 s with a limit of 10 s: both count as 10 in a geometric mean and as 100 in PAR10."""
    rows = table_of({"milp": [10.0, 11.0]}, "time")
    assert geometric_means(rows, "time")["mean_s"].tolist() == pytest.approx([10.0])
    assert par10(rows, "time")["mean_s"].tolist() == [100.0]
    assert par10(rows, "time")["runs_not_reached"].tolist() == [2]


def test_every_problem_counts_once() -> None:
    """Seeds 1 and 4 of one instance come to 2 first, then with 8 of the other to (2 x 8)^(1/2) = 4.

    PAR10: (2.5 + 8) / 2.
    """
    rows = runs(
        {"instance": "a", "seed": 0, "time": 1.0},
        {"instance": "a", "seed": 1, "time": 4.0},
        {"instance": "b", "seed": 0, "time": 8.0},
    )
    assert geometric_means(rows, "time")["mean_s"].tolist() == pytest.approx([4.0])
    assert par10(rows, "time")["mean_s"].tolist() == pytest.approx([5.25])
    assert par10(rows, "time")["runs"].tolist() == [3]


def test_only_shared_problems_with_known_times_count() -> None:
    """Of four problems, one was not run by both and one has an unknown time.

    Two are left, and two said to be left out.
    """
    rows = table_of({"a": [1.0, 4.0, 5.0, 7.0], "b": [2.0, 2.0, NONE]}, "time")
    for metric, expected in ((geometric_means, [2.0, 2.0]), (par10, [2.5, 2.0])):
        table = metric(rows, "time")
        assert table["mean_s"].tolist() == pytest.approx(expected)
        assert table["problems"].tolist() == table["problems_left_out"].tolist() == [2, 2]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.01, 20), min_size=1, max_size=6), st.integers(0, 99))
def test_means_agree_with_scipy(times: list[float], seed: int) -> None:
    """The geometric means are scipy's of the capped times, the shifted one shifted back.

    Order of rows changes nothing.
    """
    rows = table_of({"milp": times}, "time")
    capped = np.minimum(times, 10.0)
    assert geometric_means(rows, "time")["mean_s"].item() == pytest.approx(stats.gmean(capped))
    shifted = shifted_geometric_means(rows, "time")
    assert shifted["mean_s"].item() == pytest.approx(stats.gmean(capped + 10.0) - 10.0)
    pd.testing.assert_frame_equal(shifted_geometric_means(shuffled(rows, seed), "time"), shifted)
    assert stats.gmean(capped) <= shifted["mean_s"].item() + 1e-9
    assert shifted["mean_s"].item() <= par10(rows, "time")["mean_s"].item() + 1e-9


def test_zero_needs_a_shift() -> None:
    """0 s has no geometric mean: refused there, fine with a shift and in PAR10; a negative time is fine nowhere."""
    rows = table_of({"milp": [0.0, 3.0]}, "time")
    with pytest.raises(InputError, match=r"rows, row 1, time = .*0.0.*: has no logarithm with a shift of 0 s"):
        geometric_means(rows, "time")
    assert shifted_geometric_means(rows, "time", shift_s=1.0)["mean_s"].tolist() == pytest.approx([1.0])
    assert par10(rows, "time")["mean_s"].tolist() == [1.5]
    for metric in (geometric_means, shifted_geometric_means, par10):
        with pytest.raises(InputError, match="row 2, time"):
            metric(table_of({"milp": [1.0, -3.0]}, "time"), "time")


def test_unlike_runs_are_not_averaged() -> None:
    """Two limits, or two numbers of threads, of one method on one problem: the error names them."""
    rows = runs({"time": 1.0}, {"time": 1.0, "time_limit_s": 60.0})
    with pytest.raises(InputError, match=r"time_limit_s = '10.0, 60.0': method milp ran instance yard with several"):
        geometric_means(rows, "time")
    with pytest.raises(InputError, match=r"threads = '1, 2': method milp ran instance yard with several values"):
        par10(rows.assign(time_limit_s=10.0, threads=[1, 2]), "time")


def test_nothing_to_average_is_refused() -> None:
    """No runs, a run without a method, no problem that all ran, no known time, an unusable shift."""
    rows = runs({"time": 1.0}, {"time": 2.0, "method": "greedy", "instance": "harbour"})
    with pytest.raises(InputError, match="rows: no runs"):
        par10(rows.iloc[:0], "time")
    with pytest.raises(InputError, match="rows, method: a run without a method"):
        par10(rows.assign(method=["milp", None]), "time")
    with pytest.raises(InputError, match="'greedy, milp': no problem was run by every method"):
        par10(rows, "time")
    with pytest.raises(InputError, match="every problem has an unknown time"):
        par10(rows.assign(time=NONE, method="milp"), "time")
    for shift in (-1.0, NONE):
        with pytest.raises(InputError, match="shift_s = .*no usable shift"):
            shifted_geometric_means(rows, "time", shift_s=shift)
