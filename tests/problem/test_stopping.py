"""Tests of the stopping criteria, on a clock that the tests turn."""

from __future__ import annotations

import math

from sloplan.problem.run import Run
from sloplan.problem.stopping import GapReached, Limit, MultipleCriteria, TimeLimit
from tests.one_pool import one_pool, serving


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_time_limit() -> None:
    """The time limit is reached exactly at its seconds, not before."""
    clock = Clock()
    run = Run(one_pool(), time_limit=2.0, clock=clock)
    criterion = TimeLimit(2.0)
    clock.now += 1.999
    assert criterion(run) is None
    assert not run.should_stop()
    clock.now += 0.001
    assert criterion(run) == "time"
    assert run.should_stop()
    assert run.limit == "time"
    assert run.remaining() == 0.0


def test_compilation_does_not_count() -> None:
    """Seconds reported as compilation are taken off the clock and leave the time limit as it was."""
    clock = Clock()
    run = Run(one_pool(), time_limit=2.0, clock=clock)
    clock.now += 5.0
    run.report_compile_time(4.5)
    assert run.elapsed() == 0.5
    assert run.remaining() == 1.5
    assert run.compile_time == 4.5
    assert not run.should_stop()


def test_no_time_limit() -> None:
    """Without a time limit there is always time left."""
    assert Run(one_pool()).remaining() == math.inf


def test_gap_reached() -> None:
    """A gap is reached once both sides are known and close enough."""
    instance = one_pool()
    run = Run(instance, rel_gap=0.25)
    assert not run.should_stop()
    run.report_bound(8000)
    assert GapReached(0.25)(run) is None
    run.offer(serving(instance, "q1", "q2"))
    assert GapReached(0.24)(run) is None
    assert GapReached(0.25)(run) == "gap"
    assert run.should_stop()
    assert run.limit == "gap"


def test_multiple_criteria() -> None:
    """The first criterion that is reached gives the reason; with none reached there is none."""

    def never(_: Run) -> Limit | None:
        return None

    def memory(_: Run) -> Limit | None:
        return "memory"

    def engine(_: Run) -> Limit | None:
        return "engine"

    run = Run(one_pool())
    assert MultipleCriteria([])(run) is None
    assert MultipleCriteria([never, never])(run) is None
    assert MultipleCriteria([never, memory, engine])(run) == "memory"


def test_own_criterion() -> None:
    """A run takes a further criterion, and remembers the first reason even if another comes up later."""
    reasons: list[Limit | None] = [None, "iterations", "memory"]
    run = Run(one_pool(), stop=lambda _: reasons.pop(0))
    assert [run.should_stop() for _ in range(3)] == [False, True, True]
    assert run.limit == "iterations"
