"""The Lagrangian function against brute force, and by way of listed plans."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.decomposition.coupled_problem import coupled_selection
from sloplan.decomposition.lagrangian import Prices, respond
from sloplan.problem.selections.selection import PlanSelection
from tests.decomposition.coupled_cases import HOSTINGS, OBJECTIVES, coupled_case, random_prices


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(20))
def test_no_prices_promise_less_than_the_best(seed: int, objective: str, hosting: str) -> None:
    """At any prices the bound is at least the greatest worth that brute force finds."""
    case = coupled_case(seed, objective, hosting)
    for prices in random_prices(seed, case.problem):
        bound = respond(case.problem, prices).bound
        assert case.most is None or bound >= case.most - 1e-9 * abs(case.most)


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(20))
def test_listed_plans_promise_the_same(seed: int, objective: str, hosting: str) -> None:
    """By way of the plan selection the bound is the same; under replicas whole replicas rule out plans besides."""
    case = coupled_case(seed, objective, hosting)
    for prices in random_prices(seed, case.problem):
        shared, listed = respond(case.problem, prices).bound, respond(case.listed, prices).bound
        if hosting == "fluid":
            assert shared == pytest.approx(listed, rel=1e-9, abs=1e-6)
        else:
            assert shared <= listed + 1e-9 * abs(listed) + 1e-6


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_totals_add_up_to_the_bound(objective: str) -> None:
    """What the templates' groups take is worth, at the prices, what the bound says of the groups."""
    problem = coupled_case(3, objective, "fluid").problem
    for prices in random_prices(3, problem):
        response = respond(problem, prices)
        totals = response.totals
        worth = prices.value * totals.value - totals.cost - totals.usage @ prices.row
        taken = response.takes
        assert worth.sum() == pytest.approx(problem.groups.count[taken] @ response.worth[taken], rel=1e-9, abs=1e-6)


def test_a_group_that_must_choose_and_cannot_leaves_nothing() -> None:
    """The bound of a selection with a must group whose only plan does not fit is minus infinity."""
    selection = PlanSelection.from_numbers(
        group=[0, 1], value=[5, 7], usage=[[3], [1]], capacity=[2], must=[True, False]
    )
    assert respond(coupled_selection(selection), Prices(np.zeros(1))).bound == -np.inf


def test_a_must_group_pays_even_if_it_loses() -> None:
    """At a price that makes its plan a loss, a must group takes it all the same, another stays out."""
    numbers = {"group": [0], "value": [5], "usage": [[1]], "capacity": [2]}
    prices = Prices(np.array([8.0]))
    free = respond(coupled_selection(PlanSelection.from_numbers(**numbers)), prices)
    bound = respond(coupled_selection(PlanSelection.from_numbers(**numbers, must=[True])), prices)
    assert (free.bound, bound.bound) == (16.0, 13.0)
