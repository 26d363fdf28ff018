"""Prices that tell equals apart are prices like others, and serve everybody where everybody fits."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.decomposition.coupled_problem import coupled_instance, coupled_selection
from sloplan.decomposition.guiding_prices import SHARE, guided
from sloplan.decomposition.lagrangian import Prices, respond
from sloplan.decomposition.priced_greedy import by_return, serve_by_price
from sloplan.decomposition.recovery import recover
from sloplan.instances import library
from sloplan.problem.selections.selection import PlanSelection
from tests.decomposition.coupled_cases import HOSTINGS, OBJECTIVES, coupled_case, random_prices
from tests.decomposition.recovery_cases import settled


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_prices_rise_a_little(objective: str, hosting: str) -> None:
    """No price falls, none of value changes, and the bound holds: it is at least the best that brute force finds."""
    for seed in range(20):
        case = coupled_case(seed, objective, hosting)
        for prices in random_prices(seed, case.problem):
            found = guided(respond(case.problem, prices))
            assert np.all(found.prices.row >= prices.row)
            assert found.prices.value == prices.value
            assert case.most is None or found.bound >= case.most - 1e-9 * abs(case.most)


def test_everybody_is_served_where_everybody_fits() -> None:
    """At load 0.8 all prices are 0: plans as they come crowd some rows, guided ones do not."""
    problem = coupled_instance(library.load("mixed-s-0.8-tight").compiled, "goodput")
    assert problem is not None
    response = settled(problem)
    blind = serve_by_price(problem, response, by_return(response, 0))
    found = recover(problem, response, 0)
    assert found is not None
    assert blind.value(problem) < found.value(problem)
    assert found.value(problem) >= (1 - SHARE) * response.bound


def test_where_nothing_can_be_told_apart() -> None:
    """Without rows, or with nothing to gain, the response is returned as it is."""
    empty = PlanSelection.from_numbers(group=[0], value=[0], usage=[[1]], capacity=[1], must=[False], name="worthless")
    response = respond(coupled_selection(empty), Prices(np.zeros(1)))
    assert guided(response) is response
