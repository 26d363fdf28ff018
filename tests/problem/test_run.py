"""Tests of the run: what is kept, what is refused, what contradicts itself."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sloplan.problem.certificates.verification import Certificate
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
    run.report_bound(9000, "solver")
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


def test_each_bound_has_its_proof() -> None:
    """What a bound rests on goes with the bound: a weaker one changes neither."""
    run = Run(one_pool())
    assert run.proof is None
    run.report_bound(9000)
    assert run.proof == "method"
    run.report_bound(8000, "solver")
    run.report_bound(8500)
    assert (run.bound, run.proof) == (8000, "solver")


@pytest.mark.parametrize("bound", [8000.0, np.int64(8000), np.float64(8000.0)])
def test_whole_numbers_of_any_type_are_bounds(bound: Any) -> None:
    """A bound is kept as int, whatever the type of the whole number that a method computed."""
    run = Run(one_pool())
    run.report_bound(bound)
    assert type(run.bound) is int
    assert (run.bound, run.limit) == (8000, None)


@pytest.mark.parametrize("bound", [math.nan, math.inf, -math.inf, 7999.5, "8000", None, True])
def test_other_bounds_are_an_error_of_the_method(bound: Any) -> None:
    """A bound that is no whole number is dropped and said; the solution stays."""
    instance = one_pool()
    run = Run(instance)
    run.offer(serving(instance, "q0"))
    run.report_bound(bound)
    assert (run.bound, run.limit, run.best_objective) == (None, "engine", 1000)
    assert "is not a whole number" in str(run.message)


@pytest.mark.parametrize("prices", [[1.0, 2.0], [], 1.0, [math.nan], ["one"], None])
def test_unusable_prices_are_an_error_of_the_method(prices: Any) -> None:
    """Prices that are no finite number per row are dropped, and it is said."""
    run = Run(one_pool())
    run.prices = prices
    assert (run.prices, run.limit) == (None, "engine")
    assert "not a finite number for each of the 1 rows" in str(run.message)


def test_the_tightest_certificate_is_kept() -> None:
    """Of several certificates the one that proves most is kept; a bound on less is no better than it."""
    instance = one_pool()
    loose, tight = Certificate.root(1, {}), Certificate.root(2**20, {"pool:gpus": 5})
    run = Run(instance)
    run.certify(loose)
    assert run.certified_bound == 7000
    run.certify(tight)
    run.certify(loose.to_json())
    assert run.certified is not None
    assert run.certified.certificate == tight.to_json()
    assert 6000 <= run.certified.bound < 7000
    assert (run.bound, run.proof) == (run.certified.bound, "certified")


def test_numbers_of_numpy_in_a_certificate() -> None:
    """A certificate made of numpy's integers is verified, and kept as a file can hold it."""
    run = Run(one_pool())
    run.certify(Certificate.root(np.int64(2), {"pool:gpus": np.int64(0)}))  # type: ignore[arg-type]
    assert not run.infeasible
    assert run.certified is not None
    assert type(run.bound) is int
    assert json.loads(json.dumps(run.certified)) == [7000, Certificate.root(2, {"pool:gpus": 0}).to_json()]


def test_verification_keeps_to_its_time() -> None:
    """A certificate that cannot be verified in time is dropped, and it is said."""
    run = Run(one_pool())
    run.certify(Certificate.root(1, {}), time_limit=0.0)
    assert (run.bound, run.certified, run.limit) == (None, None, None)
    assert "no time to verify it" in str(run.message)


@pytest.mark.parametrize("certified_first", [True, False])
def test_certified_bounds_stand(certified_first: bool) -> None:
    """Of a method whose bound is disproved nothing is believed but what is certified, before and after."""
    instance = one_pool()
    run = Run(instance)
    run.offer(serving(instance, "q1", "q2"))
    steps = [lambda: run.certify(Certificate.root(1, {})), lambda: run.report_bound(5999, "solver")]
    for step in steps if certified_first else reversed(steps):
        step()
    run.report_bound(6000, "solver")
    assert (run.bound, run.proof, run.limit) == (7000, "certified", "engine")


def test_offers_leave_certificates_alone() -> None:
    """A solution is kept for its plans, whatever its certificate."""
    instance = one_pool()
    run = Run(instance)
    assert run.offer(replace(serving(instance, "q0"), certificate={"nonsense": 1})) == []
    assert run.best_objective == 1000


def test_statistics_add_up_over_stages() -> None:
    """Later figures of a name replace earlier ones of the run, and are added to those of the stage before."""
    first = Run(one_pool())
    first.report_statistics({"steps": 5, "profiled": np.int64(1)})
    first.report_statistics({"steps": 7})
    second = Run(one_pool(), follows=first)
    second.report_statistics({"steps": 3, "profiling_s": 0.5})
    assert first.statistics == {"steps": 7, "profiled": 1}
    assert second.statistics == {"steps": 10, "profiled": 1, "profiling_s": 0.5}


@pytest.mark.parametrize("value", [math.nan, "many", True, None])
def test_statistics_are_numbers(value: Any) -> None:
    """Anything but a finite number is the method's fault and is dropped."""
    run = Run(one_pool())
    run.report_statistics({"steps": value})
    assert run.statistics == {}
    assert run.limit == "engine"
    assert run.message is not None
    assert "'steps' is not a finite number" in run.message
