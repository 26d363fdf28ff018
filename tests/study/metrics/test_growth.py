"""Tests of fitted growth exponents."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sloplan.problem.errors import InputError
from sloplan.study.metrics import growth_exponents
from tests.study.metrics.runs import runs, shuffled


def _sized(times: list[float], sizes: list[float], **constant: object) -> pd.DataFrame:
    return runs(
        *(
            {"instance": f"i{number}", "time": time, "size": size, "time_limit_s": 1000.0, **constant}
            for number, (time, size) in enumerate(zip(times, sizes, strict=True))
        )
    )


def test_a_power_law_by_hand() -> None:
    """With t = 0.5 n^2 for n = 1, 2, 4 the exponent is 2, 0.5 s at size 1, the interval without width."""
    fit = growth_exponents(_sized([0.5, 2.0, 8.0], [1, 2, 4]), "time", size="size").loc["milp"]
    assert fit[["exponent", "low", "high", "seconds_at_1"]].tolist() == pytest.approx([2.0, 2.0, 2.0, 0.5])
    assert fit[["problems", "left_out"]].tolist() == [3, 0]


def test_an_interval_by_hand() -> None:
    """With ln n = 0, 1, 2 and ln t = 0, 2, 1, b = 1/2, residuals -1/2, 1, -1/2, so se(b) = sqrt(1.5 / 1 / 2) = 0.8660.

    Student's 97.5% quantile with one degree of freedom is 12.7062: 0.5 +- 11.004.
    """
    times, sizes = np.exp([0.0, 2.0, 1.0]).tolist(), np.exp([0.0, 1.0, 2.0]).tolist()
    fit = growth_exponents(_sized(times, sizes), "time", size="size").loc["milp"]
    assert fit["exponent"] == pytest.approx(0.5)
    assert fit[["low", "high"]].tolist() == pytest.approx([0.5 - 11.004, 0.5 + 11.004], abs=1e-3)


def test_what_did_not_get_there_is_left_out_and_counted() -> None:
    """Infinite, at the limit, and unknown: three are left out, and the fit is that of the others."""
    times = [1.0, 2.0, 4.0, math.inf, 1000.0, math.nan]
    fit = growth_exponents(_sized(times, [1, 2, 4, 8, 16, 32]), "time", size="size").loc["milp"]
    assert fit["exponent"] == pytest.approx(1.0)
    assert fit[["problems", "left_out"]].tolist() == [3, 3]


def test_seeds_come_first() -> None:
    """Seeds 1 and 4 are one point, their geometric mean 2; with 4 at twice the size the exponent is 1, from two points.

    An instance of which one seed did not get there is left out whole. Two points have no interval.
    """
    rows = pd.concat(
        [
            _sized([1.0, 4.0, 4.0], [1, 2, 8], seed=0),
            _sized([4.0, 4.0, math.inf], [1, 2, 8], seed=1),
        ],
        ignore_index=True,
    )
    fit = growth_exponents(rows, "time", size="size").loc["milp"]
    assert fit["exponent"] == pytest.approx(1.0)
    assert fit[["problems", "left_out"]].tolist() == [2, 1]
    assert fit[["low", "high"]].isna().all()


def test_one_size_has_no_exponent() -> None:
    """Several instances of one size, or none that got there: NaN, not 0."""
    for times in ([1.0, 2.0, 3.0], [math.inf] * 3):
        fit = growth_exponents(_sized(times, [5, 5, 5]), "time", size="size").loc["milp"]
        assert fit[["exponent", "low", "high", "seconds_at_1"]].isna().all()


def test_methods_are_fitted_on_their_own() -> None:
    """Each method has its exponent, on the problems that it ran."""
    rows = pd.concat([_sized([1, 2, 4], [1, 2, 4]), _sized([1, 4], [1, 2], method="cp")], ignore_index=True)
    table = growth_exponents(rows, "time", size="size")
    assert table["exponent"].to_dict() == pytest.approx({"cp": 2.0, "milp": 1.0})
    assert table["problems"].to_dict() == {"cp": 2, "milp": 3}


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 900), st.integers(1, 60)), min_size=3, max_size=8, unique_by=lambda p: p[1]),
    st.floats(0.01, 1),
    st.integers(0, 99),
)
def test_agreement_with_numpy(points: list[tuple[float, int]], factor: float, seed: int) -> None:
    """Exponent, interval and constant are those of numpy's polynomial fit.

    Faster machines and the order of rows leave the exponent.
    """
    times, sizes = zip(*points, strict=True)
    rows = _sized(list(times), list(sizes))
    fit = growth_exponents(rows, "time", size="size", confidence=0.9)
    (slope, intercept), covariance = np.polyfit(np.log(sizes), np.log(times), 1, cov=True)
    half = stats.t.ppf(0.95, len(times) - 2) * np.sqrt(covariance[0, 0])
    found = fit[["exponent", "low", "high"]].to_numpy()[0]
    assert found == pytest.approx([slope, slope - half, slope + half], rel=1e-6, abs=1e-6)
    assert fit["seconds_at_1"].item() == pytest.approx(np.exp(intercept), rel=1e-6)
    pd.testing.assert_frame_equal(growth_exponents(shuffled(rows, seed), "time", size="size", confidence=0.9), fit)
    faster = growth_exponents(rows.assign(time=rows["time"] * factor), "time", size="size")
    assert faster["exponent"].item() == pytest.approx(found[0], abs=1e-6)


def test_what_has_no_logarithm_is_refused() -> None:
    """A time or a size of 0, a size that is unknown, an unusable confidence."""
    with pytest.raises(InputError, match=r"rows, row 1, time = .*: has no logarithm; allowed: a time above 0"):
        growth_exponents(_sized([0.0, 1.0], [1, 2]), "time", size="size")
    for size in (0.0, math.nan):
        with pytest.raises(InputError, match=r"rows, row 2, size = .*: has no logarithm; allowed: a size above 0"):
            growth_exponents(_sized([1.0, 1.0], [1, size]), "time", size="size")
    with pytest.raises(InputError, match="confidence = 0: no usable confidence"):
        growth_exponents(_sized([1.0, 1.0], [1, 2]), "time", size="size", confidence=0)
