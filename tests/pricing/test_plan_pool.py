"""Plans found so far, each once, with exact figures."""

from __future__ import annotations

import numpy as np

from sloplan.pricing.plan_pool import PlanPool
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.plan_table import enumerate_plans
from tests.pricing.pricing_cases import compiled_case


def test_known_plans_are_not_added_again() -> None:
    """New plans go to the end with their own figures, known ones are found, and taking some keeps them together."""
    cases = (compiled_case(seed, "fluid") for seed in range(40))
    compiled, choices = next(
        (compiled, choices) for compiled in cases if len(choices := enumerate_plans(compiled, 0).choices) >= 3
    )
    needs = np.arange(len(choices))[:, None]
    pool = PlanPool.of(compiled, 0, choices[:2], needs[:2])
    more, places = pool.with_more(compiled, 0, choices[[2, 1, 2]], needs[[2, 1, 2]])
    assert places.tolist()[:2] == [2, 1]
    assert (more.choices[places] == choices[[2, 1, 2]]).all()
    same, again = more.with_more(compiled, 0, choices[:3], needs[:3])
    assert same is more
    assert again.tolist() == [0, 1, 2]
    taken = more.taken(np.array([2, 0]))
    assert taken.needs.ravel().tolist() == [2, 0]
    figures = evaluate_plans(compiled, 0, choices[[2, 0]])
    prices = np.random.default_rng(0).random(len(compiled.rows))
    expected = [
        float((figures.usage.row(row)[1] * prices[figures.usage.row(row)[0]]).sum() + figures.billed_cost_nano[row])
        for row in range(2)
    ]
    assert np.allclose(taken.priced(prices, 1.0), expected, rtol=1e-12)
