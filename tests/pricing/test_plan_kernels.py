"""The kernels that look for plans, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.pricing.plan_kernels import allowed_by, cheapest, prefer
from sloplan.problem.compiled import NO_LIMIT, Queries
from tests.conformance.cases import random_case
from tests.pricing.test_plan_arrays import all_plans


@pytest.mark.parametrize("seed", range(25))
def test_cheapest_is_the_first_of_the_cheapest_open_plans(seed: int) -> None:
    """Of the plans that a query's needs allow, the one of least price, the first of equals; -1 if there is none."""
    compiled = random_case(seed).instance.compiled
    plans = all_plans(compiled)
    price = np.random.default_rng(seed).integers(0, 4, len(plans)).astype(np.float64)
    expected = []
    for template, allowed in zip(compiled.queries.template, allowed_by(compiled.queries), strict=True):
        own = range(int(plans.start[template]), int(plans.start[template + 1]))
        best = [(price[plan], plan) for plan in own if (plans.needs[plan] <= allowed).all()]
        expected.append(min(best)[1] if best else -1)
    assert cheapest(compiled.queries, plans.start, price, plans.needs).tolist() == expected
    order = np.lexsort((price, plans.template))
    assert prefer(compiled.queries, plans.start, order, plans.needs).tolist() == expected


def test_cheapest_by_hand() -> None:
    """Negative prices count as such, an infinite price is no offer, and needs exactly at the limit pass."""
    queries = Queries(
        template=np.array([0, 0, 1, 0]),
        rate_milli=np.array([1000, 1000, 1000, 5000]),
        value_milli=np.ones(4, dtype=np.int64),
        count=np.ones(4, dtype=np.int64),
        slo_latency_us=np.array([10, 9, NO_LIMIT, NO_LIMIT]),
        slo_accuracy=np.full(4, NO_LIMIT),
        slo_cost_nano=np.full(4, NO_LIMIT),
    )
    # Largest rate (negated), least rate, nano-nats, latency, cost.
    needs = np.array([[-4000, 0, 0, 10, 0], [-4000, 0, 0, 5, 0], [-9000, 0, 0, 1, 0]])
    start = np.array([0, 2, 3])
    assert cheapest(queries, start, np.array([-1.0, 2.0, np.inf]), needs).tolist() == [0, 1, -1, -1]
