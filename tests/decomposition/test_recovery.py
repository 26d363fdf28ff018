"""Answers made at prices hold, and are never better than the best."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.decomposition import candidate_kernels, recovery_kernels
from sloplan.decomposition.coupled_problem import coupled_selection
from sloplan.decomposition.lagrangian import Prices, respond
from sloplan.decomposition.least_supplies import least_supplies
from sloplan.decomposition.local_search import LocalSearch
from sloplan.decomposition.priced_greedy import by_return, by_worth, serve_by_price
from sloplan.decomposition.recovery import compile_kernels, recover
from sloplan.problem.selections.selection import PlanSelection
from tests.decomposition.coupled_cases import HOSTINGS, OBJECTIVES, coupled_case, random_prices
from tests.decomposition.recovery_cases import crowded_selection, same, settled
from tests.problem.selections.random_selections import brute_forced_optimum, random_selection

SEEDS = range(40)


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_random_instances(objective: str, hosting: str) -> None:
    """What is recovered holds and is never better than brute force; local search then finds the best of nearly all."""
    reached = feasible = 0
    for seed in SEEDS:
        case = coupled_case(seed, objective, hosting)
        for problem in (case.problem, case.listed):
            response = settled(problem)
            found = recover(problem, response, 0)
            if case.most is None:
                assert found is None
                continue
            assert found is not None, seed
            assert found.is_valid(problem), seed
            better = LocalSearch(problem, found, response, 0).improve(2000)
            assert better.is_valid(problem), seed
            assert found.worth(problem) <= better.worth(problem) <= case.most, seed
            feasible += 1
            reached += better.worth(problem) == case.most
    assert feasible >= len(SEEDS)
    assert reached >= 0.97 * feasible


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_random_selections(objective: str) -> None:
    """Must groups, counts, decimals and supplies that bring and take: valid, never above the best, nearly always it."""
    reached = feasible = found_any = 0
    for seed in range(120):
        selection = random_selection(seed, objective=objective)
        problem = coupled_selection(selection)
        response = respond(problem, random_prices(seed, problem)[2])
        most = brute_forced_optimum(selection)
        found = recover(problem, response, seed)
        if most is None:
            assert found is None
            continue
        feasible += 1
        if found is None:
            continue
        found_any += 1
        better = LocalSearch(problem, found, response, seed).improve(2000)
        best = most if objective == "goodput" else -most
        assert better.is_valid(problem)
        assert found.worth(problem) <= better.worth(problem) <= best
        reached += better.worth(problem) == best
    assert feasible >= 60
    assert found_any >= 0.97 * feasible
    assert reached >= 0.95 * feasible


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_least_supplies(objective: str, hosting: str) -> None:
    """What is served is carried by the supplies that come with it, and by no fewer of any of them."""
    reduced = 0
    for seed in SEEDS:
        problem = coupled_case(seed, objective, hosting).problem
        response = respond(problem, random_prices(seed, problem)[2])
        served = serve_by_price(problem, response, by_return(response, seed))
        amount = least_supplies(problem, served.group, served.plan, served.count)
        assert amount is not None
        assert np.array_equal(amount, served.amount)
        usage, brought = served.usage(problem), problem.supplies.brought
        assert np.all(usage <= served.capacity(problem))
        for supply in np.flatnonzero(amount):
            rows, brings = brought.row(supply)
            left = served.capacity(problem) - usage
            takes = problem.supply_price[supply] > 0 or np.any(brings < 0)
            assert not takes or np.any(left[rows[brings > 0]] < brings[brings > 0])
            reduced += takes
    assert reduced >= 10 or (objective, hosting) == ("goodput", "fluid")


def test_supplies_that_cannot_carry() -> None:
    """More than all supplies bring is carried by none."""
    problem = coupled_case(0, "cost", "replicas").problem
    group = np.flatnonzero(np.isin(problem.groups.template, problem.plans.template))[:1]
    plan = problem.plans.start[problem.groups.template[group]]
    assert least_supplies(problem, group, plan, np.array([10**9])) is None


@pytest.mark.parametrize("order", [by_return, by_worth])
def test_turns(order) -> None:
    """Must groups come first, every group that has a plan comes once, and only equals change places with the seed."""
    problem = coupled_selection(crowded_selection(0, must=0.3))
    response = settled(problem)
    turn = order(response, 0)
    assert sorted(turn.tolist()) == np.flatnonzero(response.plan >= 0).tolist()
    must = problem.groups.must[turn]
    assert must[: must.sum()].all()
    equal = respond(problem, Prices(np.zeros(len(problem.rows))))
    assert np.array_equal(order(response, 0), order(response, 0))
    assert not np.array_equal(by_return(equal, 0), by_return(equal, 1))


def test_copies_are_spread_without_a_loop_over_them() -> None:
    """A billion copies of one group fill one plan's row after the other."""
    selection = PlanSelection.from_numbers(
        group=[0, 0, 1], value=[1, 1, 1], usage=[[1, 0], [0, 3], [1, 1]], capacity=[4 * 10**8, 9 * 10**8],
        count=[10**9, 1], must=[False, True], name="copies",
    )  # fmt: skip
    problem = coupled_selection(selection)
    found = recover(problem, respond(problem, Prices(np.array([0.1, 0.2]))), 0)
    assert found is not None
    assert found.value(problem) == 4 * 10**8 - 1 + (9 * 10**8 - 1) // 3 + 1


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_must_groups_that_greedy_misses(objective: str) -> None:
    """Generalised assignment with little room: local search completes what greedy leaves undone, the floor as well."""
    completed = 0
    for seed in range(8):
        problem = coupled_selection(crowded_selection(seed, must=0.8, objective=objective))
        response = settled(problem)
        partial = serve_by_price(problem, response, by_return(response, 0))
        found = recover(problem, response, 0)
        assert found is None or found.is_valid(problem)
        completed += found is not None and not partial.is_valid(problem)
    assert completed >= 1 or objective == "cost"


def test_nothing_to_recover() -> None:
    """A must group without a plan that fits has no answer; without any group the empty answer is the best."""
    impossible = PlanSelection.from_numbers(group=[0], value=[1], usage=[[2]], capacity=[1], must=[True], name="full")
    problem = coupled_selection(impossible)
    assert recover(problem, respond(problem, Prices(np.zeros(1))), 0) is None
    empty = PlanSelection.from_numbers(group=[], value=[], usage=[], capacity=[1], count=[2], must=[False], name="none")
    problem = coupled_selection(empty)
    response = respond(problem, Prices(np.zeros(1)))
    found = recover(problem, response, 0)
    assert found is not None
    assert found.value(problem) == 0
    assert same(LocalSearch(problem, found, response, 0).improve(10), found)


def test_kernels_are_compiled_once() -> None:
    """After they were compiled, an instance needs no further version of any kernel."""
    compile_kernels()
    before = {name: len(kernel.signatures) for name, kernel in _kernels()}
    problem = coupled_case(3, "cost", "replicas").problem
    response = settled(problem)
    found = recover(problem, response, 0)
    assert found is not None
    LocalSearch(problem, found, response, 0).improve(10)
    assert {name: len(kernel.signatures) for name, kernel in _kernels()} == before


def _kernels():
    modules = (recovery_kernels, candidate_kernels)
    return [(name, kernel) for module in modules for name, kernel in vars(module).items() if hasattr(kernel, "py_func")]
