"""Which combinations of configurations are worth placing: leaving the others out loses nothing."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.heuristics.configuration_choice import combinations, useful_combinations, useful_options
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.plan_table import enumerate_plans
from tests.pricing.pricing_cases import compiled_case


@pytest.mark.parametrize("seed", range(12))
def test_every_plan_has_one_as_good_among_the_useful(seed: int) -> None:
    """For each plan there is one of useful options and combinations that takes no more of anything."""
    compiled = compiled_case(seed, "fluid")
    configuration = compiled.options.configuration
    for template in range(len(compiled.templates)):
        found = combinations(compiled, int(compiled.templates.application[template]))
        assert found is not None
        parts = [useful_options(compiled, part) for part in compiled.template_options(template)]
        if not all(map(len, parts)):
            continue
        accuracy = np.zeros(len(found), dtype=np.int64)
        for factor in compiled.applications[compiled.templates.application[template]].factors:
            lost = factor.nano_nats.tolist()
            rows = {tuple(key): one for key, one in zip(factor.configurations.tolist(), lost, strict=True)}
            accuracy += [rows[tuple(key)] for key in found[:, factor.positions].tolist()]
        useful = useful_combinations(compiled, parts, found, accuracy)
        table = enumerate_plans(compiled, template)
        if not len(table):
            continue
        figures = evaluate_plans(compiled, template, table.choices)
        taken = np.zeros((len(table), len(compiled.rows) + 5), dtype=np.int64)
        taken[figures.usage.row_of_entry, figures.usage.column] = figures.usage.amount
        taken[:, -5:] = np.column_stack(
            [
                figures.latency_us,
                figures.cost_nano,
                figures.accuracy_nano_nats,
                figures.min_rate_milli,
                -figures.max_rate_milli,
            ]
        )
        kept = np.all([np.isin(table.choices[:, at], part) for at, part in enumerate(parts)], axis=0)
        chosen = set(map(tuple, found[useful].tolist()))
        kept &= [key in chosen for key in map(tuple, configuration[table.choices].tolist())]
        for plan in np.flatnonzero(~kept).tolist():
            assert (taken[kept] <= taken[plan]).all(axis=1).any()


def test_too_many_combinations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit there are none, and the search goes without."""
    monkeypatch.setattr("sloplan.heuristics.configuration_choice._MOST_COMBINATIONS", 1)
    compiled = compiled_case(0, "fluid")
    assert combinations(compiled, 0) is None
