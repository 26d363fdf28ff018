"""Tests of `solve`: arguments, every way a method can end, limits."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sloplan.problem.certificates.verification import Certificate, certificate_bound
from sloplan.problem.checker import check
from sloplan.problem.errors import InputError, SizeLimitError, UnsupportedError
from sloplan.problem.instance import Instance
from sloplan.problem.result import Result
from sloplan.problem.solution import Solution
from sloplan.solving import solve
from tests.fake_methods import install
from tests.one_pool import one_pool, serving


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install(tmp_path / "site"))


@pytest.fixture(scope="module")
def instance() -> Instance:
    """Queries worth 1, 2 and 4, of which two fit."""
    return one_pool()


def solved(instance: Instance, method: str, **more: Any) -> Result:
    """Solve without display."""
    return solve(instance, method=method, display=False, **more)


@pytest.mark.parametrize(
    ("method", "status", "limit", "objective", "bound", "message"),
    [
        ("fake", "feasible", None, 1.0, None, None),
        ("proving", "optimal", None, 1.0, 1.0, None),
        ("nothing", "unknown", None, None, 7.0, None),
        ("infeasible", "infeasible", None, None, None, None),
        ("interrupted", "feasible", "interrupted", 1.0, None, None),
        ("hungry", "feasible", "memory", 1.0, None, "ran out of memory"),
        ("failing", "feasible", "engine", 1.0, None, "failed: IndexError: list index out of range"),
        ("overclaiming", "feasible", "engine", 1.0, None, "contradicted by a checked solution"),
        ("outgrown", "feasible", "engine", 1.0, None, "stopped: more than 3 plans; next: fewer"),
        ("unbounded", "feasible", "engine", 1.0, None, "not a finite number for each of the 1 rows"),
    ],
)
def test_every_ending(
    instance: Instance,
    method: str,
    status: str,
    limit: str | None,
    objective: float | None,
    bound: float | None,
    message: str | None,
) -> None:
    """However a method ends, what it found is in the result, with why it stopped and what went wrong."""
    result = solved(instance, method)
    assert (result.status, result.limit, result.objective, result.bound) == (status, limit, objective, bound)
    assert result.method == method
    assert result.message is None if message is None else message in str(result.message)
    assert (result.solution is None) == (objective is None)
    if result.solution is not None:
        assert check(instance, result.solution) == []


def test_a_method_that_fails_is_logged_with_its_traceback(instance: Instance, caplog: pytest.LogCaptureFixture) -> None:
    """A bug in a method is not swallowed: its traceback is logged."""
    with caplog.at_level(logging.ERROR):
        solved(instance, "failing")
    assert "IndexError" in caplog.text
    assert "Traceback" in caplog.text


def test_size_limits_are_raised(instance: Instance) -> None:
    """A size limit of a method that found nothing is the user's to hear, as an error."""
    for initial in (None, serving(instance, "q0")):
        with pytest.raises(SizeLimitError, match="more than 3 plans"):
            solved(instance, "oversized", initial_solution=initial)


def test_certificates_are_verified(instance: Instance) -> None:
    """What a method's certificate proves becomes bound and certified bound, and is filed with the solution."""
    result = solved(instance, "certifying")
    assert (result.bound, result.certified_bound, result.proof, result.message) == (7.0, 7.0, "certified", None)
    assert result.solution is not None
    assert result.solution.certificate is not None
    assert check(instance, result.solution) == []


def test_wrong_certificates_are_not_believed(instance: Instance) -> None:
    """A certificate that proves nothing is dropped, and it is said."""
    result = solved(instance, "miscertifying")
    assert (result.bound, result.certified_bound, result.proof) == (None, None, None)
    assert "was not accepted" in str(result.message)
    assert result.solution is not None
    assert result.solution.certificate is None


def test_time_limit(instance: Instance) -> None:
    """A run that is stopped by the time limit says so and keeps what it has."""
    result = solved(instance, "patient", time_limit=0.2)
    assert (result.status, result.limit, result.objective) == ("feasible", "time", 1.0)
    assert 0.2 <= result.runtime < 1.2


def test_nothing_found_in_time(instance: Instance) -> None:
    """A run that found nothing is unknown, with its bound and no invented number."""
    result = solved(instance, "empty-handed", time_limit=0.1)
    assert (result.status, result.limit, result.bound) == ("unknown", "time", 7.0)
    assert (result.objective, result.gap, result.solution, result.cost_usd_per_hour) == (None, None, None, None)


def test_initial_solution(instance: Instance) -> None:
    """The result is never worse than the initial solution."""
    initial = serving(instance, "q1", "q2")
    assert solved(instance, "fake", initial_solution=initial).objective == 6.0
    assert solved(instance, "nothing", initial_solution=initial).status == "feasible"


@pytest.mark.parametrize("method", ["fake", "certifying", "interrupted"])
def test_the_initial_certificate_counts(instance: Instance, method: str) -> None:
    """What an initial solution's certificate proves is a bound of the run, and the tightest certificate is kept."""
    certificate = Certificate.root(2**20, {"pool:gpus": 5})
    initial = replace(serving(instance, "q1"), certificate=certificate.to_json())
    result = solved(instance, method, initial_solution=initial)
    assert result.exact.certified_bound == result.exact.bound == certificate_bound(instance, certificate) < 7000
    assert result.proof == "certified"
    assert result.solution is not None
    assert result.solution.certificate == initial.certificate
    assert check(instance, result.solution) == []


def test_the_initial_certificate_takes_little_of_the_time(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that is not verified in its share of the time is left out, and the run goes on."""
    monkeypatch.setattr("sloplan.run_method.INITIAL_CERTIFICATE_SHARE", 0.0)
    initial = replace(serving(instance, "q1", "q2"), certificate=Certificate.root(1, {}).to_json())
    result = solved(instance, "fake", initial_solution=initial, time_limit=60)
    assert (result.objective, result.bound, result.certified_bound, result.limit) == (6.0, None, None, None)
    assert "no time to verify it" in str(result.message)


def test_a_wrong_initial_certificate_is_left_out(instance: Instance) -> None:
    """A valid initial solution is of use without its certificate; what is wrong with that is said."""
    initial = replace(serving(instance, "q1", "q2"), certificate=Certificate.root(3, {}).to_json())
    result = solved(instance, "fake", initial_solution=initial)
    assert (result.objective, result.certified_bound) == (6.0, None)
    assert "power of two" in str(result.message)
    assert [violation.rule for violation in check(instance, initial)] == ["certificate_denominator"]


def test_invalid_initial_solution(instance: Instance) -> None:
    """An initial solution that breaks a rule is refused with the rule."""
    with pytest.raises(InputError, match=r"initial_solution: the initial solution is not valid: \[capacity\]"):
        solved(instance, "fake", initial_solution=serving(instance, "q0", "q1", "q2"))
    with pytest.raises(InputError, match="not a solution"):
        solved(instance, "fake", initial_solution="solution.json")


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("time_limit", 0, "seconds above 0"),
        ("time_limit", -1.0, "seconds above 0"),
        ("time_limit", math.nan, "seconds above 0"),
        ("time_limit", "10", "seconds above 0"),
        ("rel_gap", -0.1, "a number of at least 0"),
        ("rel_gap", math.nan, "a number of at least 0"),
        ("rel_gap", math.inf, "a number of at least 0"),
        ("seed", -1, "a whole number from 0 to 2147483647"),
        ("seed", 1.5, "a whole number from 0 to 2147483647"),
        ("seed", 2**31, "a whole number from 0 to 2147483647"),
        ("threads", 0, "a whole number from 1 to 2147483647"),
        ("threads", True, "a whole number from 1 to 2147483647"),
        ("min_goodput", 1.5, "a fraction from 0 to 1"),
        ("objective", "speed", "goodput, cost, goodput-then-cost"),
        ("method", "simplex", "fake"),
        ("depth", 3, "effort, mode"),
    ],
)
def test_bad_arguments(instance: Instance, field: str, value: Any, allowed: str) -> None:
    """A bad argument is one error that names field, value and what is allowed."""
    with pytest.raises(InputError) as caught:
        solve(instance, **{"method": "fake", "display": False, field: value})
    assert caught.value.field == field
    assert caught.value.value is value
    assert allowed in str(caught.value.allowed)


def test_a_solution_for_another_objective_counts(instance: Instance) -> None:
    """Under cost, what was found for goodput is a start, if it serves as much as is asked for."""
    result = solved(instance, "nothing", objective="cost", initial_solution=None)
    assert result.solution is None
    with pytest.raises(InputError, match="goodput is less than was asked for"):
        solved(instance, "nothing", objective="cost", initial_solution=serving(instance, "q1"))
    result = solved(instance, "nothing", objective="cost", min_goodput=0.1, initial_solution=serving(instance, "q1"))
    assert result.objective is not None


def test_a_start_is_filed_with_the_floor_that_was_asked_for() -> None:
    """The bound beside it speaks of that floor, not of a lesser one that the start was made for."""
    rented = one_pool(billing="reserved")
    best = solved(rented, "milp", objective="cost", min_goodput=0.5, in_process=True)
    assert isinstance(best.solution, Solution)
    lesser = replace(best.solution, goodput_floor=0, bound=None, certificate=None)
    again = solved(rented, "milp", objective="cost", min_goodput=0.5, in_process=True, initial_solution=lesser)
    assert isinstance(again.solution, Solution)
    assert again.solution.goodput_floor == best.solution.goodput_floor != 0
    assert (again.status, again.exact.bound) == ("optimal", best.exact.bound)


@pytest.mark.parametrize("objective", ["goodput", "goodput-then-cost"])
def test_min_goodput_belongs_to_cost(instance: Instance, objective: str) -> None:
    """A goodput floor under another objective is refused: it would be ignored."""
    with pytest.raises(InputError, match=r"min_goodput = 0\.5: belongs to the objective 'cost'"):
        solved(instance, "fake", objective=objective, min_goodput=0.5)


def test_unsupported(instance: Instance) -> None:
    """A method's refusal is the error."""
    with pytest.raises(UnsupportedError, match=r"^this method solves nothing at all$"):
        solved(instance, "refusing")


def test_auto_says_what_it_picked_and_why() -> None:
    """The result names the method, and the reason; where a method was asked for there is none."""
    result = solve(one_pool(), display=False)
    assert (result.method, result.status, result.objective) == ("branch-and-price", "optimal", 6.0)
    assert result.method_reason == "3 queries, few enough to prove what is best by row prices"
    both = solve(one_pool(), objective="goodput-then-cost", display=False)
    assert (both.method, both.method_reason) == ("branch-and-price", result.method_reason)
    assert solve(one_pool(), "exhaustive", display=False).method_reason is None


def test_a_path_is_loaded(instance: Instance, tmp_path: Path) -> None:
    """An instance may be given by its path."""
    instance.save(tmp_path / "one")
    assert solve(tmp_path / "one", method="fake", display=False).instance_sha256 == instance.sha256
    with pytest.raises(InputError, match="not an instance"):
        solve(3, method="fake", display=False)  # type: ignore[arg-type]


def test_options_reach_the_method(instance: Instance) -> None:
    """A method's own options are passed on."""
    assert solved(instance, "fake", effort=2, mode="slow").objective == 1.0
    with pytest.raises(InputError, match="passes = 0"):
        solved(instance, "greedy", passes=0)


def test_numpy_numbers_are_numbers() -> None:
    """Seeds and limits out of an array are taken, and the result holds plain numbers."""
    result = solve(instance=one_pool(), method="greedy", seed=np.int64(3), time_limit=np.float32(9), display=False)
    assert result.status == "optimal"
    assert type(result.seed) is int
