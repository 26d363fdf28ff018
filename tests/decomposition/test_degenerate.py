"""Degenerate problems: prices settle, at the bound that arithmetic by hand gives, for one thread and for two."""

from __future__ import annotations

import pytest

from sloplan.decomposition.coupled_problem import coupled_instance
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor
from sloplan.problem.instance import Instance
from tests.one_pool import one_pool

NINE_ORDERS = tuple(10.0**power for power in range(-3, 7))

CASES = {
    "nothing servable": (one_pool(busy_ms=1200.0), 0.0),
    "no unit at all": (one_pool(units=0), 0.0),
    "one query": (one_pool((3.0,)), 3.0),
    "a row that never binds": (one_pool(units=50), 7.0),
    "all queries identical": (one_pool((2.0,) * 40), 5.0),
    "one query of many copies": (one_pool((2.0,), counts=(100_000,)), 5.0),
    "values over nine orders of magnitude": (one_pool(NINE_ORDERS), 1_100_000.0 + 0.5 * 10_000.0),
    "nothing worth anything": (one_pool((0.0, 0.0)), 0.0),
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("list_limit", [0, 1000])
@pytest.mark.parametrize("name", CASES)
def test_prices_settle(name: str, list_limit: int, threads: int) -> None:
    """Two and a half queries fit on a unit, so the bound is the value of the dearest two and half the third's."""
    case: tuple[Instance, float] = CASES[name]
    problem = coupled_instance(case[0].compiled, "goodput", list_limit=list_limit)
    assert problem is not None
    with ThreadExecutor(problem, threads) as respond:
        *_, last = cutting_planes(problem, respond)
    assert last.settled
    assert last.best.bound / 1000 == pytest.approx(case[1], rel=1e-6, abs=1e-6)
