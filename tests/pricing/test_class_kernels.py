"""The choice of whole plans for classes of queries, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.pricing.class_kernels import known_ceilings, pick, rough_groups


@pytest.mark.parametrize("seed", range(20))
def test_classes_get_their_cheapest_plans(seed: int) -> None:
    """Picked are the first k open plans by price below the ceiling; the k-th known one is the ceiling."""
    random = np.random.default_rng(seed)
    needs, allowed = random.integers(0, 6, (40, 3)), random.integers(0, 6, (9, 3))
    price = random.integers(0, 8, 40).astype(np.float64)
    ceiling = random.choice([3.0, 6.0, np.inf, -np.inf], 9)
    of_class, of_plan = pick(needs, price, allowed, ceiling, 4)
    known = known_ceilings(needs, price, allowed, ceiling < 0, 4)
    for member in range(9):
        opened = sorted((price[plan], plan) for plan in range(40) if (needs[plan] <= allowed[member]).all())
        wanted = [plan for paid, plan in opened if paid <= ceiling[member]][:4]
        assert of_plan[of_class == member].tolist() == wanted
        if ceiling[member] < 0:
            assert known[member] == -np.inf
        else:
            assert known[member] == (opened[3][0] if len(opened) > 3 else np.inf)


@pytest.mark.parametrize("most", [1, 4, 50])
def test_rough_groups_are_looser_than_their_classes(most: int) -> None:
    """Every class has a group that allows at least as much at a ceiling at least as high."""
    random = np.random.default_rng(most)
    allowed, ceiling = random.integers(0, 9, (30, 3)), random.random(30)
    rough_allowed, rough_ceiling = rough_groups(allowed, ceiling, most)
    assert len(rough_ceiling) == min(most, 30)
    for limits, height in zip(allowed, ceiling, strict=True):
        assert ((rough_allowed >= limits).all(axis=1) & (rough_ceiling >= height)).any()
