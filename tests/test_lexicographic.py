"""The greatest goodput first, then the least cost at it: against brute force, and what either stage leaves open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sloplan
from sloplan.problem.errors import InputError, UnsupportedError
from sloplan.problem.instance import Instance
from sloplan.problem.result import Result
from sloplan.problem.solution import Solution
from tests.conformance.brute_force_cost import least_cost, most_goodput
from tests.conformance.cost_cases import CostCase, cost_case
from tests.conformance.seeds import CONTENDED_SEEDS, every
from tests.fake_methods import install
from tests.one_pool import one_pool

SEEDS = (*range(12), *CONTENDED_SEEDS[:12])
OBJECTIVE = "goodput-then-cost"


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install(tmp_path / "site"))


def solved(instance: Instance, method: str = "milp-plans", **more: Any) -> Result:
    """Solve in this process with one thread; whatever comes out is valid for both objectives."""
    if method in ("milp-plans", "cp"):
        more["in_process"] = True
    result = sloplan.solve(instance, method=method, objective=OBJECTIVE, display=False, threads=1, **more)
    assert result.objective_name == OBJECTIVE
    if result.solution is not None:
        assert isinstance(result.solution, Solution)
        assert result.solution.objective == OBJECTIVE
        assert sloplan.check(instance, result.solution) == []
    return result


def best_of_all(case: CostCase) -> tuple[int, int]:
    """Greatest goodput and least cost at it, by brute force."""
    goodput = most_goodput(case.plain)
    cheapest = least_cost(case.plain, goodput)
    assert cheapest is not None
    return goodput, cheapest.cost_pico


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("method", ["milp-plans", "cp"])
@pytest.mark.parametrize("seed", every(8, SEEDS))
def test_equals_brute_force(method: str, seed: int, hosting: str) -> None:
    """Goodput, and cost at it, are the best that there are."""
    case = cost_case(seed, hosting)
    goodput, cost = best_of_all(case)
    result = solved(case.instance, method)
    assert (result.exact.goodput, result.exact.objective, result.exact.bound) == (goodput, cost, cost), case
    assert (result.status, result.message) == ("optimal", None), case


@pytest.fixture(name="case", scope="module")
def _case() -> CostCase:
    """A case in which serving costs something and a copy may be left out."""
    return next(case for case in map(cost_case, SEEDS) if len(least_served(case)) > 1 and best_of_all(case)[1] > 0)


def least_served(case: CostCase) -> tuple[Any, ...]:
    """Return the copies that are served at the greatest goodput."""
    cheapest = least_cost(case.plain, most_goodput(case.plain))
    assert cheapest is not None
    return cheapest.served


def test_the_solution_states_its_floor(case: CostCase) -> None:
    """It is the goodput that the first stage reached."""
    result = solved(case.instance)
    assert isinstance(result.solution, Solution)
    assert result.solution.goodput_floor == best_of_all(case)[0]


@pytest.mark.parametrize("objective", ["goodput-then-cost", "cost"])
def test_a_start_is_never_made_worse(case: CostCase, objective: str) -> None:
    """A method that finds nothing more gives back the optimum that it began from."""
    best = solved(case.instance)
    assert isinstance(best.solution, Solution)
    start = replace(best.solution, objective=objective)
    again = solved(case.instance, "silent", initial_solution=start)
    assert (again.exact.goodput, again.exact.objective) == best_of_all(case)
    assert (again.status, again.exact.bound) == ("feasible", None)
    assert again.message == "the goodput is not proved to be the greatest: its bound is unknown value/s"


def test_a_start_of_another_instance_is_refused(case: CostCase) -> None:
    """It says so in one line."""
    start = solved(case.instance).solution
    assert isinstance(start, Solution)
    with pytest.raises(InputError, match="belongs to another instance"):
        solved(case.instance, initial_solution=replace(start, instance_sha256="0" * 64))


def test_nothing_found(case: CostCase) -> None:
    """A first stage without a solution leaves all unknown."""
    result = solved(case.instance, "silent")
    assert (result.status, result.solution, result.objective, result.bound) == ("unknown", None, None, None)


def test_one_clock_for_both_stages(case: CostCase) -> None:
    """What stands in the trajectory follows the first stage, whose time counts."""
    result = solved(case.instance, time_limit=60)
    assert result.trajectory[0].time_s > 0
    assert result.runtime >= result.trajectory[-1].time_s


def test_a_second_stage_that_is_refused_loses_nothing() -> None:
    """What the first stage found stands, with the reason why there is no more."""
    result = solved(one_pool(billing="reserved"), "thrifty")
    assert (result.status, result.limit, result.served_count) == ("feasible", "engine", 1)
    assert result.message is not None
    assert "more than 3 plans" in result.message


def test_a_method_without_one_of_the_stages_is_refused() -> None:
    """`greedy` has no cost."""
    with pytest.raises(UnsupportedError, match="cost"):
        solved(one_pool(), "greedy")


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_a_start_of_another_objective(hosting: str) -> None:
    """Its plans count: with the fewest units under cost, without rented ones under goodput; the result is no worse."""
    instance = stored("edge-cloud-xs-1.2-tight").replace(hosting=hosting)
    exact: dict[str, Any] = {"method": "milp-plans", "in_process": True, "display": False}
    most = sloplan.solve(instance, **exact).solution
    cheapest = sloplan.solve(instance, objective="cost", min_goodput=0.5, **exact)
    both = sloplan.solve(instance, objective="goodput-then-cost", **exact)
    cost: dict[str, Any] = {"method": "nothing", "objective": "cost", "min_goodput": 0.5, "display": False}
    started = sloplan.solve(instance, initial_solution=most, **cost)
    assert started.objective is not None
    assert started.solution is not None
    assert sloplan.check(instance, started.solution) == []
    assert sloplan.solve(instance, initial_solution=both.solution, **cost).objective == both.objective
    served = sloplan.solve(instance, "nothing", initial_solution=cheapest.solution, display=False)
    assert served.exact.goodput == cheapest.exact.goodput


def test_a_start_of_another_objective_that_does_not_hold() -> None:
    """What the objective asks for beyond the plans is said as ever."""
    instance = stored("edge-cloud-xs-1.2-tight")
    few = sloplan.solve(instance, "milp-plans", "cost", min_goodput=0.2, in_process=True, display=False).solution
    cost: dict[str, Any] = {"method": "nothing", "objective": "cost", "display": False, "initial_solution": few}
    with pytest.raises(InputError, match="goodput is less than was asked for"):
        sloplan.solve(instance, min_goodput=0.9, **cost)
    with pytest.raises(InputError, match="belongs to another instance"):
        sloplan.solve(stored("mixed-xs-1.2-tight"), min_goodput=0.2, **cost)


def stored(name: str) -> Instance:
    """Return an instance of the library."""
    instance = sloplan.load(name)
    assert isinstance(instance, Instance)
    return instance
