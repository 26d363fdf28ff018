"""Tests of the run: what is kept, what is refused, what contradicts itself."""

from __future__ import annotations

import logging

import pytest

from sloplan.problem.run import Event, Run
from tests.one_pool import one_pool, serving
from tests.problem.test_stopping import Clock


def test_better_solutions_are_kept() -> None:
    """The best valid solution stays, with the time at which it came; equal and worse ones change nothing."""
    instance, clock = one_pool(), Clock()
    run = Run(instance, clock=clock)
    best = serving(instance, "q1", "q2")
    for second, solution in enumerate([serving(instance, "q0"), best, serving(instance, "q2", "q1")], start=1):
        clock.now = 100.0 + second
        assert run.offer(solution) == []
    assert run.best_solution is best
    assert run.best_objective == 6000
    assert run.time_to_best == 2.0
    assert run.trajectory == (Event(1.0, 1000, None), Event(2.0, 6000, None))


def test_refused_solutions_leave_no_trace() -> None:
    """What the checker refuses is returned as violations and not kept."""
    instance = one_pool()
    run = Run(instance)
    violations = run.offer(serving(instance, "q0", "q1", "q2"))
    assert [violation.rule for violation in violations] == ["capacity"]
    assert run.best_solution is None
    assert run.best_objective is None
    assert run.trajectory == ()


def test_tightest_bound_is_kept() -> None:
    """Bounds only get tighter; a weaker one changes nothing."""
    clock = Clock()
    run = Run(one_pool(), clock=clock)
    for bound in (9000, 7000, 8000):
        clock.now += 1.0
        run.report_bound(bound)
    assert run.bound == 7000
    assert run.trajectory == (Event(1.0, None, 9000), Event(2.0, None, 7000))


@pytest.mark.parametrize("solution_first", [True, False])
def test_a_disproved_bound_is_dropped(solution_first: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A bound below a checked solution is an engine's error: all its bounds go, later ones too, and it is said."""
    instance = one_pool()
    run = Run(instance)
    run.proof = "solver"
    run.report_bound(9000)
    steps = [lambda: run.offer(serving(instance, "q1", "q2")), lambda: run.report_bound(5999)]
    with caplog.at_level(logging.ERROR):
        for step in steps if solution_first else reversed(steps):
            step()
    run.report_bound(6000)
    assert run.bound is None
    assert run.proof is None
    assert run.limit == "engine"
    assert run.message is not None
    assert "5,999 is contradicted by a checked solution of 6,000" in run.message
    assert run.message in caplog.text
    assert all(event.bound is None for event in run.trajectory)
    assert run.best_objective == 6000


def test_an_equal_bound_is_a_proof() -> None:
    """A bound equal to the objective contradicts nothing."""
    instance = one_pool()
    run = Run(instance)
    run.offer(serving(instance, "q1", "q2"))
    run.report_bound(6000)
    assert run.bound == 6000
    assert run.limit is None


@pytest.mark.parametrize("solution_first", [True, False])
def test_infeasible_with_a_solution_is_an_error(solution_first: bool) -> None:
    """An engine that says infeasible is not believed when there is a checked solution."""
    instance = one_pool()
    run = Run(instance)
    steps = [lambda: run.offer(serving(instance, "q0")), run.report_infeasible]
    for step in steps if solution_first else reversed(steps):
        step()
    assert not run.infeasible
    assert run.limit == "engine"


def test_infeasible() -> None:
    """Without a solution the method's word is taken."""
    run = Run(one_pool())
    run.report_infeasible()
    assert run.infeasible
    assert run.limit is None
