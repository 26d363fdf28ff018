"""Tests of the primal integral and the gap integral."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sloplan.problem.errors import InputError
from sloplan.study.metrics import bounded_gaps, gap_integral, primal_integral
from tests.study.metrics.runs import runs, shuffled, trajectory

NONE = math.nan


def test_bounded_gaps_by_hand() -> None:
    """|8 - 10| / 10 in either order; 0 for equal values, zeros too; 1 where signs differ or one is unknown."""
    gaps = bounded_gaps([8.0, 10.0, 0.0, 0.0, -1.0, NONE, 5.0, NONE], [10.0, 8.0, 0.0, 5.0, 1.0, 5.0, NONE, NONE])
    assert gaps == pytest.approx([0.2, 0.2, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0])


def test_primal_integral_by_hand() -> None:
    """Nothing until 2 s, 8 of the best known 10 until 5 s, then 10 to the limit of 10 s.

    2 x 1 + 3 x 0.2 + 5 x 0 = 2.6.
    """
    rows = runs({"objective": 10.0, "runtime_s": 6.0})
    path = trajectory(0, (1.0, NONE, 20.0), (2.0, 8.0, 20.0), (5.0, 10.0, 20.0))
    table = primal_integral(rows, path)
    assert table["integral_s"].tolist() == pytest.approx([2.6])
    assert table["mean_gap"].tolist() == pytest.approx([0.26])


def test_gap_integral_by_hand() -> None:
    """No incumbent until 2 s, 8 under 16 until 5 s (gap 1/2), 10 under 12.5 to 10 s (gap 1/5): 2 + 3/2 + 5/5 = 4.5."""
    rows = runs({"objective": 10.0, "bound": 12.5, "runtime_s": 6.0})
    path = trajectory(0, (0.0, NONE, 16.0), (2.0, 8.0, 16.0), (5.0, 10.0, 12.5))
    table = gap_integral(rows, path)
    assert table["integral_s"].tolist() == pytest.approx([4.5])
    assert table["mean_gap"].tolist() == pytest.approx([0.45])


def test_cost_by_hand() -> None:
    """Cost 20 from 0 s and 10 from 4 s, best known 10, bound 5.

    (20 - 10)/20 x 4 = 2; (20 - 5)/20 x 4 + (10 - 5)/10 x 6 = 6.
    """
    rows = runs({"objective_name": "cost", "objective": 10.0, "bound": 5.0, "runtime_s": 9.0})
    path = trajectory(0, (0.0, 20.0, 5.0), (4.0, 10.0, 5.0))
    assert primal_integral(rows, path)["integral_s"].tolist() == pytest.approx([2.0])
    assert gap_integral(rows, path)["integral_s"].tolist() == pytest.approx([6.0])


def test_a_run_that_found_nothing_has_the_whole_limit() -> None:
    """No solution, or one that was refuted: the gap is 1 from 0 to the limit of 10 s."""
    rows = runs({}, {"best_known_objective": 5.0, "instance": "harbour"})
    claimed = trajectory(1, (1.0, 5.0, 6.0))  # verified was neither
    for metric in (primal_integral, gap_integral):
        assert metric(rows, claimed)["integral_s"].tolist() == [10.0, 10.0]


def test_what_claims_too_much_counts_as_nothing() -> None:
    """12 claimed at 1 s where 10 was verified: 1 until the run ends at 4 s, then the verified 10 of the best known 20.

    Primal: 4 x 1 + 6 x 1/2 = 7. The bound 9 was claimed from 1 s and the bound 20 verified: 4 x 1 + 6 x 1/2 = 7.
    """
    rows = runs({"objective": 10.0, "bound": 20.0, "runtime_s": 4.0, "best_known_objective": 20.0})
    assert primal_integral(rows, trajectory(0, (1.0, 12.0, 20.0)))["integral_s"].tolist() == pytest.approx([7.0])
    assert gap_integral(rows, trajectory(0, (1.0, 10.0, 9.0)))["integral_s"].tolist() == pytest.approx([7.0])


def test_noise_below_the_unit_is_no_false_claim() -> None:
    """A claim of 10.0004 where 10 was verified is within half a thousandth.

    The incumbent counts from 1 s; 10.0006 does not.
    """
    rows = runs({"objective": 10.0, "runtime_s": 5.0})
    close, beyond = (primal_integral(rows, trajectory(0, (1.0, value, NONE))) for value in (10.0004, 10.0006))
    assert close["integral_s"].tolist() == pytest.approx([1.0], abs=1e-3)
    assert beyond["integral_s"].tolist() == pytest.approx([5.0])


def test_without_a_trajectory_the_end_counts() -> None:
    """A method that reports no trajectory has its solution from its end on: 3 x 1 + 7 x 0 = 3."""
    rows = runs({"objective": 10.0, "runtime_s": 3.0})
    empty = trajectory(0).astype(object)
    assert primal_integral(rows, empty)["integral_s"].tolist() == pytest.approx([3.0])


def test_what_comes_after_the_limit_does_not_count() -> None:
    """A solution at 11 s, with a limit of 10 s, changes nothing."""
    rows = runs({"objective": 10.0, "runtime_s": 12.0})
    assert primal_integral(rows, trajectory(0, (11.0, 10.0, NONE)))["integral_s"].tolist() == [10.0]


def test_the_last_of_several_points_at_once_counts() -> None:
    """8 and 10 both at 4 s: 4 x 1, then nothing to the best known 10."""
    rows = runs({"objective": 10.0, "runtime_s": 5.0})
    path = trajectory(0, (4.0, 8.0, NONE), (4.0, 10.0, NONE))
    assert primal_integral(rows, path)["integral_s"].tolist() == pytest.approx([4.0])


def test_a_trajectory_may_end_after_the_run() -> None:
    """The method's clock shows 4 s where the harness measured 3.9 s: the 8 of 3.9 s lasts no longer than to 4 s."""
    rows = runs({"objective": 10.0, "runtime_s": 3.9})
    path = trajectory(0, (2.0, 5.0, NONE), (4.0, 8.0, NONE))
    assert primal_integral(rows, path)["integral_s"].tolist() == pytest.approx([2.0 + 2.0 * 0.5])


_values = st.one_of(st.just(NONE), st.integers(0, 40).map(float))
_points = st.lists(st.tuples(st.integers(0, 12).map(float), _values, _values), max_size=6)


def _step_sum(rows: pd.DataFrame, path: pd.DataFrame, of: str, steps_per_s: int = 4) -> list[float]:
    """Sum the gaps over short intervals, looking up at each what the run had: slow and plain."""
    best = rows["objective"].max()
    sums = []
    for row in rows.itertuples():
        mine = sorted(path[path["run"] == row.run].itertuples(), key=lambda point: point.time_s)
        area = 0.0
        for tick in range(int(row.time_limit_s) * steps_per_s):
            held = [point for point in mine if point.time_s <= tick / steps_per_s]
            objective = held[-1].objective if held else NONE
            bound = held[-1].bound if held else NONE
            if tick / steps_per_s >= max(row.runtime_s, mine[-1].time_s if mine else 0.0):
                objective, bound = row.objective, row.bound
            elif not objective <= row.objective:
                objective = NONE
            if not bound >= row.bound:
                bound = NONE
            area += float(bounded_gaps(objective, best if of == "best" else bound)) / steps_per_s
        sums.append(area)
    return sums


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(_points, _values, _values, st.integers(0, 11)), min_size=1, max_size=4), st.integers(0, 99))
def test_integrals_agree_with_a_plain_sum(runs_drawn: list, seed: int) -> None:
    """Both integrals equal a sum over quarter seconds, are within [0, limit].

    They do not depend on the order of rows.
    """
    rows = runs(*({"objective": o, "bound": b, "runtime_s": end / 1} for _, o, b, end in runs_drawn))
    path = pd.concat([trajectory(number, *points) for number, (points, *_) in enumerate(runs_drawn)])
    for metric, of in ((primal_integral, "best"), (gap_integral, "bound")):
        table = metric(rows, path)
        assert table["integral_s"].tolist() == pytest.approx(_step_sum(rows, path, of))
        assert table["mean_gap"].between(0, 1 + 1e-12).all()
        pd.testing.assert_frame_equal(metric(shuffled(rows, seed), path).sort_index(), table)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9))
def test_earlier_is_better(first: int, second: int) -> None:
    """The same incumbent sooner never has the greater integral."""
    rows = runs({"objective": 10.0, "runtime_s": 10.0}, {"objective": 10.0, "runtime_s": 10.0})
    path = pd.concat([trajectory(0, (first / 1, 10.0, NONE)), trajectory(1, (second / 1, 10.0, NONE))])
    one, other = primal_integral(rows, path)["integral_s"]
    assert np.sign(one - other) == np.sign(first - second)


def test_trajectories_of_other_runs_are_left_out() -> None:
    """Selecting rows needs no selection of trajectories."""
    rows = runs({"objective": 10.0, "runtime_s": 5.0}, {"objective": 10.0, "runtime_s": 5.0})
    path = pd.concat([trajectory(0, (1.0, 10.0, NONE)), trajectory(1, (2.0, 10.0, NONE))])
    assert primal_integral(rows.iloc[1:], path)["integral_s"].to_dict() == {1: pytest.approx(2.0)}


def test_unusable_input_is_refused() -> None:
    """A run with two rows, no limit, a time that is negative or unknown, a missing column: each is named."""
    rows, path = runs({}, {}), trajectory(0, (1.0, 1.0, 1.0))
    with pytest.raises(InputError, match=r"rows, row 2, run = .*: the run has several rows"):
        primal_integral(rows.assign(run=7), path)
    with pytest.raises(InputError, match=r"rows, row 1, time_limit_s = .*: no usable time limit"):
        primal_integral(rows.assign(time_limit_s=NONE), path)
    for time in (-1.0, NONE):
        with pytest.raises(InputError, match=r"trajectories, row 1, time_s = .*: no usable time"):
            gap_integral(rows, path.assign(time_s=time))
    with pytest.raises(InputError, match=r"trajectories, row 1, run = .*: keys of another kind than in rows"):
        gap_integral(rows.assign(run=["0", "1"]), path)
    with pytest.raises(InputError, match="trajectories, bound: missing column"):
        gap_integral(rows, path.drop(columns="bound"))
    with pytest.raises(InputError, match="rows, run: missing column"):
        gap_integral(rows.drop(columns="run"), path)
