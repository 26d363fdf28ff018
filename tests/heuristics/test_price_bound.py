"""Tests of the bound of row prices and of the factor that makes it least."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.heuristics.price_bound import PriceBound, best_scaled, certificate_of
from sloplan.pricing.plan_arrays import list_plans
from sloplan.problem.certificates.verification import certificate_bound
from tests.one_pool import one_pool


@pytest.mark.parametrize("seed", range(20))
def test_no_other_factor_is_better(seed: int) -> None:
    """The bound at the chosen factor is the least over a fine grid of factors, and of the formula's value."""
    random = np.random.default_rng(seed)
    queries = int(random.integers(1, 12))
    value, copies = random.integers(0, 9, queries), random.integers(1, 4, queries)
    cost = random.random(queries) * random.integers(0, 2, queries)
    prices, capacity = random.random(2), random.integers(0, queries + 1, 2)

    def bound_at(factor: float) -> float:
        return float(copies @ np.maximum(0.0, value - factor * cost) + factor * (prices @ capacity))

    found = best_scaled(prices, capacity, value, cost, copies)
    assert found.value == pytest.approx(bound_at(found.factor))
    assert found.value <= min(bound_at(factor) for factor in np.linspace(0, 50, 5001)) + 1e-9
    assert found.prices == pytest.approx(found.factor * prices)


def test_by_hand() -> None:
    """Three queries worth 1, 2 and 4 that each take 0.4 of a unit: the best price is where the third stops paying."""
    cost = np.full(3, 0.4)
    found = best_scaled(np.ones(1), np.array([1]), np.array([1, 2, 4]), cost, np.array([1, 1, 1]))
    # Two queries take 0.8 of the unit, so the third's worth, 1 / 0.4 = 2.5, is the turning point:
    # 4 + 2 + 1 - 3 x 1 + 2.5 x 1 = 6.5, half a value above the optimum of 6.
    assert found.factor == pytest.approx(2.5)
    assert found.value == pytest.approx(6.5)


def test_the_certificate_proves_the_bound() -> None:
    """On the finest grid, the certificate proves the float bound up to rounding: 6.5 by hand, on the grid of 1: 6."""
    compiled = one_pool().compiled
    plans, _ = list_plans(compiled, 100, lambda _: False)
    certificate = certificate_of(PriceBound(6500.0, np.array([2500.0 / 1e9]), 1.0), compiled, plans)
    assert certificate["denominator"] >= 2**40
    assert certificate_bound(compiled, certificate) == 6000  # values are multiples of 1000


def test_no_prices() -> None:
    """Prices of 0 prove the value of all copies."""
    compiled = one_pool().compiled
    plans, _ = list_plans(compiled, 100, lambda _: False)
    assert certificate_bound(compiled, certificate_of(PriceBound(7000.0, np.zeros(1), 0.0), compiled, plans)) == 7000


@pytest.mark.parametrize("price", [1e-30, 1e3])
def test_extreme_prices_stay_on_the_grid(price: float) -> None:
    """Prices below the grid, or at which a plan costs far more than it is worth, give a certificate that holds."""
    compiled = one_pool().compiled
    plans, _ = list_plans(compiled, 100, lambda _: False)
    certificate = certificate_of(PriceBound(0.0, np.array([price]), 1.0), compiled, plans)
    assert certificate_bound(compiled, certificate) >= 6000
