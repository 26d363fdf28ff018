"""Tests of times of single runs."""

from __future__ import annotations

import itertools
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sloplan.problem.errors import InputError
from sloplan.study.metrics import best_known_objectives, run_times, solve_times, time_to_target
from tests.study.metrics.runs import runs, shuffled, trajectory

NONE, NEVER = math.nan, math.inf


def test_run_times() -> None:
    """The runtime of what finished within the limit of 10 s.

    A timeout, a crash and a run at the limit never got there.
    """
    rows = runs(
        {"runtime_s": 3.0},
        {"runtime_s": 10.0},
        {"runtime_s": 3.0, "outcome": "timeout"},
        {"runtime_s": 3.0, "outcome": "crashed"},
        {"runtime_s": NONE, "outcome": "raised"},
    )
    assert run_times(rows).tolist() == [3.0, NEVER, NEVER, NEVER, NEVER]


def test_solve_times() -> None:
    """The runtime of what was verified optimal within the limit; claiming it is not enough."""
    rows = runs(
        {"runtime_s": 3.0, "status": "optimal"},
        {"runtime_s": 3.0, "status": "feasible", "claimed_status": "optimal"},
        {"runtime_s": 10.5, "status": "optimal"},
        {"runtime_s": 3.0, "status": None},
    )
    assert solve_times(rows).tolist() == [3.0, NEVER, NEVER, NEVER]


def test_time_to_target_by_hand() -> None:
    """To 10: 5 at 1 s has gap 0.5, 9 at 3 s 0.1 and 10 at 6 s 0; within 0.2 at 3 s, within 0.05 and 0 at 6 s."""
    rows = runs({"objective": 10.0, "runtime_s": 8.0, "best": 10.0})
    path = trajectory(0, (1.0, 5.0, NONE), (3.0, 9.0, NONE), (6.0, 10.0, NONE))
    found = [time_to_target(rows, path, target=target, reference="best").item() for target in (0.5, 0.2, 0.1, 0.05, 0)]
    assert found == [1.0, 3.0, 3.0, 6.0, 6.0]


def test_time_to_target_of_a_cost() -> None:
    """Costs fall: 20 at 1 s and 11 at 4 s against 10: gap 0.1 at 4 s; a cost below the reference has reached it too."""
    rows = runs({"objective_name": "cost", "objective": 11.0, "runtime_s": 8.0, "best": 10.0, "worse": 12.0})
    path = trajectory(0, (1.0, 20.0, NONE), (4.0, 11.0, NONE))
    assert time_to_target(rows, path, target=0.1, reference="best").tolist() == [4.0]
    assert time_to_target(rows, path, target=0.0, reference="worse").tolist() == [4.0]
    assert time_to_target(rows, path, target=0.05, reference="best").tolist() == [NEVER]


def test_not_reached_and_unknown_are_told_apart() -> None:
    """No reference: NaN, since nothing can be said. No solution, a refuted one, or one at the limit: infinite."""
    rows = runs(
        {"objective": 10.0, "best": NONE},
        {"best": 10.0},
        {"objective": NONE, "best": 10.0},
        {"objective": 10.0, "best": 10.0, "runtime_s": 11.0},
    )
    path = pd.concat([trajectory(2, (1.0, 10.0, NONE)), trajectory(3, (10.0, 10.0, NONE))])
    found = time_to_target(rows, path, target=0.0, reference="best")
    assert math.isnan(found[0])
    assert found.tolist()[1:] == [NEVER] * 3


def test_without_a_trajectory_the_end_counts() -> None:
    """A method that reports no trajectory reaches the target when it ends."""
    rows = runs({"objective": 10.0, "best": 10.0, "runtime_s": 4.0})
    assert time_to_target(rows, trajectory(0), target=0.0, reference="best").tolist() == [4.0]


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 1000), st.integers(0, 100))
def test_a_value_on_the_target_has_reached_it(reference: int, percent: int) -> None:
    """What is exactly `percent` below the reference reaches the target however the division rounds.

    A unit less does not.
    """
    exact = reference * (100 - percent) / 100
    for value, expected in ((exact, 1.0), (exact - 0.001, NEVER)):
        rows = runs({"objective": value, "best": float(reference), "runtime_s": 1.0})
        found = time_to_target(rows, trajectory(0), target=percent / 100, reference="best")
        assert found.tolist() == [expected]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 20)), min_size=1, max_size=6), st.integers(0, 99))
def test_harder_targets_take_no_less(points: list[tuple[int, int]], seed: int) -> None:
    """The smaller the gap asked for, the later it is reached; the order of rows changes nothing."""
    climbing = sorted(points)
    best = max(value for _, value in climbing)
    rows = runs({"objective": best / 1, "runtime_s": 9.5}, {"objective": 1.0, "runtime_s": 2.0})
    rows = rows.assign(best=best_known_objectives(rows))
    path = trajectory(0, *((time / 1, value / 1, NONE) for time, value in climbing))
    times = [time_to_target(rows, path, target=target, reference="best") for target in (0.0, 0.1, 0.5, 1.0)]
    for tight, loose in itertools.pairwise(times):
        assert (tight >= loose).all()
    permuted = time_to_target(shuffled(rows, seed), path, target=0.1, reference="best")
    pd.testing.assert_series_equal(permuted.sort_index(), times[1])


def test_unusable_input_is_refused() -> None:
    """A negative target, a reference that is no column, a missing outcome."""
    rows = runs({"objective": 1.0})
    for target in (-0.1, NONE):
        with pytest.raises(InputError, match=r"target = .*: no usable target; allowed: a gap of 0 or more"):
            time_to_target(rows, trajectory(0), target=target, reference="objective")
    with pytest.raises(InputError, match="rows, best: missing column"):
        time_to_target(rows, trajectory(0), target=0.0, reference="best")
    with pytest.raises(InputError, match="rows, outcome: missing column"):
        run_times(rows.drop(columns="outcome"))
    with pytest.raises(InputError, match="rows, status: missing column"):
        solve_times(rows.drop(columns="status"))
