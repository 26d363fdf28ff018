"""Tests of ratios to a baseline."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sloplan.problem.errors import InputError
from sloplan.study.metrics import mean_ratios, ratios_to_baseline
from tests.study.metrics.runs import runs, shuffled, table_of

NONE, NEVER = math.nan, math.inf


def _generator() -> np.random.Generator:
    return np.random.default_rng(7)


def test_ratios_by_hand() -> None:
    """12/6 = 2 and 4/8 = 1/2, the geometric mean of which is 1; the baseline has no rows of its own."""
    pairs = ratios_to_baseline(
        table_of({"milp": [6.0, 8.0], "compass": [12.0, 4.0]}, "goodput"), "goodput", baseline="milp"
    )
    assert pairs["method"].tolist() == ["compass", "compass"]
    assert pairs["instance"].tolist() == ["i0", "i1"]
    assert pairs["ratio"].tolist() == pytest.approx([2.0, 0.5])
    assert pairs["left_out"].tolist() == ["", ""]
    table = mean_ratios(pairs, _generator())
    assert table.loc["compass", "ratio"] == pytest.approx(1.0)
    assert table.loc["compass", ["problems", "left_out"]].tolist() == [2, 0]


def test_seeds_come_first() -> None:
    """Seeds 2 and 8 come to 4, the baseline's 1 and 4 to 2.

    The ratio is 2, from one problem, so without an interval.
    """
    values = {"a": (2.0, 8.0), "b": (1.0, 4.0)}
    rows = runs(
        *(
            {"method": method, "seed": seed, "steps": value}
            for method in values
            for seed, value in enumerate(values[method])
        )
    )
    table = mean_ratios(ratios_to_baseline(rows, "steps", baseline="b"), _generator())
    assert table["ratio"].tolist() == pytest.approx([2.0])
    assert table["problems"].tolist() == [1]
    assert table[["low", "high"]].isna().all(axis=None)


def test_what_gives_no_ratio_is_left_out_and_said() -> None:
    """Every reason by hand; only the first instance has a ratio."""
    rows = table_of(
        {
            "base": [1.0, NEVER, 1.0, NONE, 1.0, 0.0, NEVER, 1.0],
            "other": [3.0, 1.0, NEVER, 1.0, NONE, 1.0, NEVER],
        },
        "time",
    )
    pairs = ratios_to_baseline(rows, "time", baseline="base")
    assert pairs["left_out"].tolist() == [
        "",
        "baseline: not reached",
        "method: not reached",
        "baseline: unknown",
        "method: unknown",
        "baseline: not positive",
        "both: not reached",
        "method: not run",
    ]
    assert pairs["ratio"].notna().tolist() == [True] + [False] * 7
    table = mean_ratios(pairs, _generator())
    assert table["ratio"].tolist() == pytest.approx([3.0])
    assert table["left_out"].tolist() == [7]
    assert table["why"].item().split(", ")[:2] == ["1 x baseline: not positive", "1 x baseline: not reached"]


def test_one_seed_that_was_not_reached_leaves_the_pair_out() -> None:
    """The mean of the seeds that got there would flatter the method."""
    rows = runs(
        {"method": "a", "seed": 0, "time": 1.0}, {"method": "a", "seed": 1, "time": NEVER}, {"method": "b", "time": 1.0}
    )
    assert ratios_to_baseline(rows, "time", baseline="b")["left_out"].tolist() == ["method: not reached"]


def test_nothing_left_is_nan() -> None:
    """A method without a single ratio stays in the table, with NaN and the reasons."""
    pairs = ratios_to_baseline(table_of({"a": [NEVER, NEVER], "b": [1.0, 2.0]}, "time"), "time", baseline="b")
    table = mean_ratios(pairs, _generator())
    assert math.isnan(table["ratio"].item())
    assert table["why"].tolist() == ["2 x method: not reached"]


def test_the_baseline_alone_has_no_ratios() -> None:
    """One method: two empty tables with their columns."""
    pairs = ratios_to_baseline(table_of({"a": [1.0]}, "time"), "time", baseline="a")
    assert (len(pairs), len(mean_ratios(pairs, _generator()))) == (0, 0)


def test_interval_against_all_samples() -> None:
    """Of three problems there are 27 equally likely samples.

    With 400,000 draws the quantiles are those of the 27 means.
    """
    ratios = [1.0, 2.0, 8.0]
    pairs = ratios_to_baseline(table_of({"a": ratios, "b": [1.0] * 3}, "cost"), "cost", baseline="b")
    table = mean_ratios(pairs, _generator(), confidence=0.8, resamples=400_000)
    every = sorted(stats.gmean(sample) for sample in itertools.product(ratios, repeat=3))
    # 10% of 27 is 2.7: the third least, and of the greatest the third from above
    assert table[["low", "high"]].to_numpy()[0] == pytest.approx([every[2], every[-3]])


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=8), st.floats(0.01, 100), st.integers(0, 99))
def test_properties(values: list[float], factor: float, seed: int) -> None:
    """The mean is scipy's of the ratios, within its interval's ends and theirs.

    Scale and order of rows change nothing.
    """
    rows = table_of({"a": values, "b": [2.0] * len(values)}, "cost")
    pairs = ratios_to_baseline(rows, "cost", baseline="b")
    table = mean_ratios(pairs, _generator(), resamples=200)
    assert table["ratio"].item() == pytest.approx(stats.gmean(np.asarray(values) / 2))
    low, high = table[["low", "high"]].to_numpy()[0]
    assert min(values) / 2 * (1 - 1e-9) <= low <= high <= max(values) / 2 * (1 + 1e-9)
    for same in (shuffled(rows, seed), rows.assign(cost=rows["cost"] * factor)):
        again = mean_ratios(ratios_to_baseline(same, "cost", baseline="b"), _generator(), resamples=200)
        pd.testing.assert_frame_equal(again, table, rtol=1e-9)
    pd.testing.assert_frame_equal(mean_ratios(shuffled(pairs, seed), _generator(), resamples=200), table)
    inverse = mean_ratios(ratios_to_baseline(rows, "cost", baseline="a"), _generator(), resamples=200)
    assert inverse["ratio"].item() == pytest.approx(1 / table["ratio"].item())


def test_unusable_input_is_refused() -> None:
    """A baseline that did not run, unusable confidence and number of samples, pairs of another table."""
    rows = table_of({"a": [1.0], "b": [2.0]}, "time")
    with pytest.raises(InputError, match="baseline = 'c': no run of the baseline; allowed: a, b"):
        ratios_to_baseline(rows, "time", baseline="c")
    pairs = ratios_to_baseline(rows, "time", baseline="a")
    with pytest.raises(InputError, match=r"confidence = 95: no usable confidence"):
        mean_ratios(pairs, _generator(), confidence=95)
    with pytest.raises(InputError, match="resamples = 0: too few samples"):
        mean_ratios(pairs, _generator(), resamples=0)
    with pytest.raises(InputError, match="pairs, ratio: missing column"):
        mean_ratios(rows, _generator())
