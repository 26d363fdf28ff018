"""What a run learns from a pursuit: better answers alone, bounds on the grid and never too small, certificates."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import sloplan
from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import coupled_instance, coupled_selection
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.lagrangian import Prices, respond
from sloplan.decomposition.pursuit import Pursuit
from sloplan.problem.objective import COST
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cost_cases import cost_case

SELECTION = PlanSelection.from_numbers(group=[0, 1], value=[4, 8], usage=[[1], [1]], capacity=[1])
"""Values are multiples of 4; one of the two plans fits."""


@pytest.fixture
def run() -> Run:
    """A run that has just begun."""
    return Run(SELECTION)


@pytest.fixture
def pursuit(run: Run) -> Pursuit:
    """A pursuit that has found nothing."""
    return Pursuit(coupled_selection(SELECTION), run)


def taking(plan: int) -> Assignment:
    """Return the assignment in which one group takes its plan."""
    index = np.array([plan])
    return Assignment(index, index, np.ones(1, dtype=np.int64), np.zeros(0, dtype=np.int64))


def test_only_what_is_better_is_kept(run: Run, pursuit: Pursuit) -> None:
    """The greater value replaces the smaller one, not the other way round, and is offered at the latest by `settle`."""
    assert pursuit.take(taking(0))
    assert not pursuit.take(None)
    assert pursuit.take(taking(1))
    assert not pursuit.take(taking(0))
    pursuit.settle()
    assert (pursuit.worth, run.best_objective) == (8, 8)


@pytest.mark.parametrize(
    ("bound", "most"), [(11.9, 8), (12.0, 12), (12.0 - 1e-9, 12), (12.0 - 1e-6, 8), (8e12, 8 * 10**12 + 8000)]
)
def test_bounds_are_widened_and_then_rounded_to_the_grid(pursuit: Pursuit, bound: float, most: int) -> None:
    """What is lost by rounding in floating point, one part in 10^9, never takes a step off the bound."""
    assert pursuit.most(bound) == most


def test_a_small_difference_of_large_sums_is_not_rounded_away() -> None:
    """A least cost of 0 came out as 10^-17, and on a grid of 250,000,000 as 250,000,000: more than there is."""
    case = cost_case(220)
    problem = coupled_instance(case.instance.compiled, "cost", case.floor)
    assert problem is not None
    assert case.optimum is not None
    run = Run(case.instance, objective=COST, goodput_floor=case.floor)
    pursuit = Pursuit(problem, run)
    for step in cutting_planes(problem, partial(respond, problem)):
        pursuit.bound(step.best)
        assert (run.bound or 0) <= case.optimum.cost_pico == 0


def test_a_cost_is_not_bounded_from_above() -> None:
    """Under cost worth is negated: a worth of at most -7.5 is a cost of at least 7.5, so of 8 on the grid."""
    selection = PlanSelection.from_numbers(
        group=[0], value=[1], cost=[8], usage=[[1]], capacity=[1], objective="cost", goodput_floor=1
    )
    run = Run(selection, objective=COST)
    pursuit = Pursuit(coupled_selection(selection), run)
    pursuit.bound(respond(pursuit.problem, Prices(np.zeros(1), 7.5)))
    assert run.bound == 8
    assert not pursuit.is_settled
    assert pursuit.take(taking(0))
    assert pursuit.is_settled


def test_an_engine_that_is_sure_of_less_than_is_known_proves_what_is_known(run: Run, pursuit: Pursuit) -> None:
    """Survivors of fixing are worth at most 4, and 8 has been found: 8 is the most, on the engine's word."""
    pursuit.take(taking(1))
    pursuit.core_bound(4)
    assert (run.bound, run.proof) == (8, "solver")
    assert pursuit.is_settled


def test_the_certificate_proves_the_bound(run: Run, pursuit: Pursuit) -> None:
    """At a price of 4 the row is worth 4 and the dearer plan keeps 4: 8, exactly; the prices are kept."""
    response = respond(pursuit.problem, Prices(np.array([4.0])))
    assert response.bound == 8.0
    pursuit.certify(response, 60.0)
    assert (run.certified_bound, run.proof, run.message) == (8, "certified", None)
    assert run.prices is not None
    assert run.prices.tolist() == [4.0]


def test_what_comes_soon_after_a_check_waits_no_longer_than_that(
    run: Run, pursuit: Pursuit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a further answer it used to wait for the end of the run, a minute later perhaps."""
    now = 100.0
    monkeypatch.setattr(run, "elapsed", lambda: now)
    pursuit.take(taking(0))
    first = run.best_objective
    pursuit._check_time = 1.0
    assert pursuit.take(taking(1))
    pursuit.settle_in_turn()
    assert run.best_objective == first
    now = 110.0
    pursuit.settle_in_turn()
    assert first is not None
    assert run.best_objective is not None
    assert run.best_objective > first


@pytest.mark.parametrize("method", ["branch-and-price", "lagrangian"])
def test_a_plan_that_fits_nowhere_may_be_worth_most(method: str) -> None:
    """Verifiers price it too, so the certificate's grid has room for it."""
    selection = PlanSelection.from_numbers(
        group=[0, 0, 1, 1], value=[0.004, 90_000.0, 0.003, 0.002], usage=[[1.0], [9.0], [4.0], [3.0]], capacity=[4.0]
    )
    result = sloplan.solve(selection, method, display=False)
    assert (result.status, result.objective, result.certified_bound) == ("optimal", 0.006, 0.006)
    assert result.message is None
