"""A given solution is where decomposition begins: its plans, as far as they are listed, and its supplies."""

from __future__ import annotations

import numpy as np
import pytest

import sloplan as sp
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance, coupled_selection
from sloplan.decomposition.given_start import given_start
from sloplan.decomposition.pursuit import Pursuit
from sloplan.problem.instance import Instance
from sloplan.problem.objective import COST, find_objective
from sloplan.problem.result import Result
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from tests.conformance.cost_cases import cost_case
from tests.one_pool import one_pool
from tests.problem.selections.random_selections import random_selection

MIXED = "mixed:queries=30,seed=4"
"""Applications of several sizes, so that choices are padded."""


def begun(problem: Instance, objective: str, start: Solution, floor: int | None = None) -> Run:
    """Return a run that holds a solution."""
    run = Run(problem, objective=find_objective(objective), goodput_floor=floor)
    assert not run.offer(start)
    return run


def coupled(instance: Instance, objective: str, floor: int | None = None) -> CoupledProblem:
    """Return an instance as a coupled problem."""
    problem = coupled_instance(instance.compiled, objective, floor)
    assert problem is not None
    return problem


def solved(instance: Instance, objective: str) -> Result:
    """Return what decomposition itself finds, whose plans are all listed."""
    return sp.solve(instance, "branch-and-price", objective, time_limit=5, display=False, threads=1)


@pytest.mark.parametrize("objective", ["goodput", "cost"])
def test_a_solution_keeps_its_worth(objective: str) -> None:
    """As an assignment it is worth what the checker says, and offered again it is the same."""
    instance = sp.load(MIXED)
    assert isinstance(instance, Instance)
    result = solved(instance, objective)
    assert isinstance(result.solution, Solution)
    run = begun(instance, objective, result.solution, result.solution.goodput_floor)
    problem = coupled(instance, objective, result.solution.goodput_floor)
    start = given_start(problem, run)
    assert start is not None
    assert start.count.sum() == result.served_count
    assert start.worth(problem) == (1 if objective == "goodput" else -1) * (result.exact.objective or 0)


def test_optima_under_cost_are_starts() -> None:
    """An optimum, units rented included, is one of the coupled problem: or some plan of it was left out."""
    begun_at = 0
    for case in map(cost_case, range(20)):
        result = sp.solve(case.instance, "exhaustive", "cost", min_goodput=case.min_goodput, display=False)
        if isinstance(result.solution, Solution):
            problem = coupled(case.instance, "cost", case.floor)
            start = given_start(problem, begun(case.instance, "cost", result.solution, case.floor))
            assert start is None or start.worth(problem) == -(result.exact.objective or 0), str(case)
            begun_at += start is not None
    assert begun_at >= 10


def test_plans_of_a_selection_are_found_among_those_that_fit() -> None:
    """Plans that fit nowhere are left out of the coupled problem, which moves the places of the others."""
    moved = 0
    for selection in map(random_selection, range(40)):
        result = sp.solve(selection, "exhaustive", display=False)
        if isinstance(result.solution, SelectionSolution):
            run, problem = Run(selection), coupled_selection(selection)
            assert not run.offer(result.solution)
            start = given_start(problem, run)
            assert start is not None
            assert start.worth(problem) == result.exact.objective
            moved += len(problem.plans) < len(selection.plans)
    assert moved >= 10


def test_copies_of_plans_that_are_left_out_stay_out() -> None:
    """Whoever takes a plan that another replaces is not in the start; under a floor there is none then."""
    instance = sp.load(MIXED)
    assert isinstance(instance, Instance)
    result = solved(instance, "goodput")
    assert isinstance(result.solution, Solution)
    problem = coupled(instance, "goodput")
    whole = given_start(problem, begun(instance, "goodput", result.solution))
    assert whole is not None
    problem.choices[whole.plan[0]] = problem.choices.max() + 1  # as if it had been left out
    rest = given_start(problem, begun(instance, "goodput", result.solution))
    assert rest is not None
    assert 0 < rest.worth(problem) < whole.worth(problem)


def test_nothing_is_given() -> None:
    """A run without a solution has no start, and a pursuit of it no worth."""
    instance = one_pool()
    problem, run = coupled(instance, "goodput"), Run(instance)
    assert given_start(problem, run) is None
    assert Pursuit(problem, run).worth is None


def test_a_pursuit_begins_there() -> None:
    """What is no better than the start is not taken."""
    selection = PlanSelection.from_numbers(group=[0, 1], value=[4, 8], usage=[[1], [1]], capacity=[1])
    run = Run(selection)
    one = np.ones(1, dtype=np.int64)
    assert not run.offer(SelectionSolution.from_choices(selection, one, one, np.zeros(0, dtype=np.int64)))
    problem = coupled_selection(selection)
    pursuit = Pursuit(problem, run)
    assert pursuit.worth == 8
    assert pursuit.best is not None
    assert not pursuit.take(pursuit.best)


def test_a_start_below_the_floor_is_none() -> None:
    """Copies that stay out may leave too little."""
    selection = PlanSelection.from_numbers(
        group=[0], value=[4], cost=[3], usage=[[1]], capacity=[1], objective="cost", goodput_floor=4
    )
    run = Run(selection, objective=COST)
    one = np.ones(1, dtype=np.int64)
    assert not run.offer(SelectionSolution.from_choices(selection, one * 0, one, np.zeros(0, dtype=np.int64)))
    assert given_start(coupled_selection(selection), run) is not None
    harder = PlanSelection.from_numbers(
        group=[0], value=[4], cost=[3], usage=[[1]], capacity=[1], objective="cost", goodput_floor=5
    )
    assert given_start(coupled_selection(harder), run) is None
