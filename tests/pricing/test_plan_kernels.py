"""The kernels that look for plans, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.pricing.plan_kernels import _COMPARISONS, allowed_by, cheapest, keep_undominated, prefer, unavoidable
from sloplan.problem.compiled import NO_LIMIT, Queries, Sparse
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


@pytest.mark.parametrize("seed", range(25))
def test_unavoidable_use(seed: int) -> None:
    """A row's use is at least what every query takes of it by the open plan that takes least."""
    compiled = random_case(seed).instance.compiled
    plans, queries, num_rows = all_plans(compiled), compiled.queries, len(compiled.rows)
    usage = np.zeros((len(plans), num_rows))
    usage[plans.usage.row_of_entry, plans.usage.column] = plans.usage.amount
    expected = np.zeros(num_rows)
    for query, allowed in enumerate(allowed_by(queries)):
        own = np.arange(plans.start[queries.template[query]], plans.start[queries.template[query] + 1])
        own = own[(plans.needs[own] <= allowed).all(axis=1)]
        if len(own):
            expected += usage[own].min(axis=0) * queries.rate_milli[query] * queries.count[query]
    assert unavoidable(queries, plans.start, plans.needs, plans.usage, num_rows) == pytest.approx(expected)


@pytest.mark.parametrize("most_need", [3, 5_000])
@pytest.mark.parametrize("most_row", [4, 200])
def test_keep_undominated_by_all_pairs(most_need: int, most_row: int) -> None:
    """Kept is what no other plan of the template replaces, also where needs and rows outgrow their digests."""
    random = np.random.default_rng(most_need + most_row)
    sizes = np.array([0, 700, 1, 500])
    start, plans = np.concatenate([[0], np.cumsum(sizes)]), int(sizes.sum())
    needs = random.integers(0, most_need + 1, (plans, 5))
    needs[:, 2:] //= 2
    usage = np.zeros((plans, most_row + 1), dtype=np.int64)
    rows = random.choice([0, 1, most_row - 1, most_row], (plans, 2))
    usage[np.arange(plans)[:, None], rows] = random.integers(0, 5, (plans, 2))
    template = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((*needs.T, usage.sum(axis=1), template))
    row, column = np.nonzero(usage)
    sparse = Sparse(np.searchsorted(row, np.arange(plans + 1)), column, usage[row, column])
    figures = np.column_stack([needs, usage])[order]
    expected = np.zeros(plans, dtype=np.bool_)
    for place, plan in enumerate(order):
        before = figures[start[template[plan]] : place]
        expected[plan] = not (before <= figures[place]).all(axis=1).any()
    assert 0 < expected.sum() < plans
    assert expected.sum() < _COMPARISONS
    assert keep_undominated(start, order, needs, sparse).tolist() == expected.tolist()
