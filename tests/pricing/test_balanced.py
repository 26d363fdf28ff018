"""Balanced use of rows: everybody is served, by plans that are open, and better spread than at first prices."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.instances.families.spec import generate_spec
from sloplan.pricing.balanced import balance, cheapest_use
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import allowed_by
from sloplan.pricing.relaxation import smallest_factor
from sloplan.pricing.undominated import undominated
from sloplan.problem.compiled import CompiledInstance
from tests.conformance.cases import random_case
from tests.pricing.test_plan_arrays import all_plans

SEEDS = range(25)


@pytest.mark.parametrize("seed", SEEDS)
def test_cheapest_use_serves_everybody(seed: int) -> None:
    """The use is that of one plan for every copy that has an open one, the cheapest at the prices."""
    compiled = random_case(seed).instance.compiled
    plans, queries = all_plans(compiled), compiled.queries
    prices = 1 / np.maximum(compiled.rows.capacity, 1).astype(np.float64)
    usage = np.zeros((len(plans), len(compiled.rows)))
    usage[plans.usage.row_of_entry, plans.usage.column] = plans.usage.amount
    expected = np.zeros(len(compiled.rows))
    for query, allowed in enumerate(allowed_by(queries)):
        own = np.arange(plans.start[queries.template[query]], plans.start[queries.template[query] + 1])
        own = own[(plans.needs[own] <= allowed).all(axis=1)]
        if len(own):
            price = [float(prices[usage[plan] > 0] @ usage[plan][usage[plan] > 0]) for plan in own]
            expected += usage[own[int(np.argmin(price))]] * queries.rate_milli[query] * queries.count[query]
    use = cheapest_use(plans, queries, prices)
    assert float(prices @ use) == pytest.approx(float(prices @ expected), rel=1e-9)


@pytest.fixture(scope="module")
def edge() -> tuple[CompiledInstance, PlanArrays, np.ndarray]:
    """An instance of a family, its plans and capacities."""
    compiled = generate_spec("edge-cloud:queries=60,seed=2").compiled
    return compiled, undominated(all_plans(compiled), compiled), compiled.rows.capacity.astype(np.float64)


def test_balance_serves_everybody(edge: tuple[CompiledInstance, PlanArrays, np.ndarray]) -> None:
    """No mixture serves everybody within less than the smallest factor of the balanced use, and that is at most 1."""
    compiled, plans, capacity = edge
    balanced = balance(plans, compiled.queries, capacity, rounds=60)
    factor = smallest_factor(plans, compiled.queries, balanced.use)
    assert factor.bound <= 1 + 1e-6
    assert factor.value >= 0.9
    needed = smallest_factor(plans, compiled.queries, capacity).value
    assert (balanced.use / capacity).max() >= needed * (1 - 1e-6)


def test_prices_follow_use(edge: tuple[CompiledInstance, PlanArrays, np.ndarray]) -> None:
    """Prices are positive, and higher the fuller a row is."""
    compiled, plans, capacity = edge
    balanced = balance(plans, compiled.queries, capacity)
    assert (balanced.use >= 0).all()
    assert (balanced.prices > 0).all()
    filled = balanced.use / np.maximum(capacity, 1.0)
    order = np.argsort(filled)
    assert (np.diff((balanced.prices * np.maximum(capacity, 1.0))[order]) >= 0).all()


def test_more_rounds_spread_the_use(edge: tuple[CompiledInstance, PlanArrays, np.ndarray]) -> None:
    """One round sends everybody to the same machines; many spread them, close to the best mixture."""
    compiled, plans, capacity = edge
    fullest = [
        float((balance(plans, compiled.queries, capacity, rounds).use / capacity).max()) for rounds in (1, 10, 100)
    ]
    assert fullest[0] > 1.5 * fullest[2]
    assert fullest[1] < fullest[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_without_capacity(seed: int) -> None:
    """Where a row has no capacity, use and prices are figures still."""
    compiled = random_case(seed).instance.compiled
    balanced = balance(all_plans(compiled), compiled.queries, np.zeros(len(compiled.rows)), rounds=5)
    assert np.isfinite(balanced.use).all()
    assert np.isfinite(balanced.prices).all()
    assert (balanced.prices > 0).all()
