"""Tests of the estimate of what a study will still take."""

from __future__ import annotations

from sloplan.study.time_left import TimeLeft
from tests.study.test_matrix import planned


def test_limits_first_then_what_runs_took() -> None:
    """Six runs of 10 s count as 11 s each; once one of a method took 2 s, its others count as that, side by side."""
    runs = planned(time_limits=[10])
    left = TimeLeft(runs, side_by_side=2)
    assert left.seconds() == 6 * 11 / 2
    first = runs[0]
    left.ended(first, {"process_s": 1.5, "check_s": 0.5})
    assert left.seconds() == (4 * 11 + 1 * 2) / 2
    for run in runs[1:]:
        left.ended(run, {"process_s": None, "check_s": None})
    assert left.seconds() == 0
