"""Combinations of configurations, cheapest first."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.searches import search_alone
from sloplan.heuristics.variants import cheapest_variants
from tests.heuristics.plain_plans import PlainPlans
from tests.pricing.pricing_cases import compiled_case


@pytest.mark.parametrize("seed", range(20))
def test_a_wide_beam_lists_all_that_reach_the_slo(seed: int) -> None:
    """They are the compatible combinations of what may run at the query's rate, by the sum of their own costs."""
    compiled = compiled_case(seed, "fluid")
    configuration, cost = compiled.options.configuration, compiled.options.cost_nano
    for query in range(len(compiled.queries.template)):
        searches = search_alone(compiled, query)
        variants = cheapest_variants(searches, Evaluator(compiled), 10_000)
        plans = PlainPlans.of(compiled, query)
        reaching = plans.figures.compatible & (plans.figures.accuracy_nano_nats <= compiled.queries.slo_accuracy[query])
        runs = [set(configuration[part.option].tolist()) for part in searches.open_options]
        combinations = set(map(tuple, configuration[plans.choices[reaching]].tolist())) & set(product(*runs))
        assert set(map(tuple, variants.configuration.tolist())) == combinations
        assert len(variants) == len(combinations)
        own = [
            sum(
                int(cost[part.option[configuration[part.option] == chosen]].min())
                for part, chosen in zip(searches.open_options, row, strict=True)
            )
            for row in variants.configuration.tolist()
        ]
        assert own == sorted(own)


def test_steps() -> None:
    """Two steps for every extension: a beam of one extends one combination at a time."""
    compiled = compiled_case(0, "fluid")
    evaluator, searches = Evaluator(compiled), search_alone(compiled, 0)
    cheapest_variants(searches, evaluator, 1)
    runs = [len(np.unique(compiled.options.configuration[part.option])) for part in searches.open_options]
    assert evaluator.steps <= 2 * sum(runs)
    assert evaluator.steps >= 2 * runs[-1]
