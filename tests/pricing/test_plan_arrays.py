"""Tests of the listed plans in flat arrays."""

from __future__ import annotations

import numpy as np

from sloplan.instances.families.spec import generate_spec
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import MAX_RATE
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.plan_table import enumerate_plans


def all_plans(compiled: CompiledInstance) -> PlanArrays:
    """Return the plans of all templates."""
    plans, num_listed = list_plans(compiled, 10**6, lambda _: False)
    assert num_listed == len(compiled.templates)
    return plans


def test_plans_are_listed_per_template() -> None:
    """The flat arrays hold each template's plans in its range, with figures that belong to them."""
    compiled = generate_spec("edge-cloud:queries=12,seed=1").compiled
    plans = all_plans(compiled)
    assert plans.start[-1] == len(plans) == len(plans.usage) == len(plans.needs) == len(plans.alone_rate_milli)
    for template in range(len(compiled.templates)):
        table = enumerate_plans(compiled, template)
        width = table.choices.shape[1]
        part = slice(plans.start[template], plans.start[template + 1])
        assert np.all(plans.choices[part, :width] == table.choices)
        assert np.all(plans.choices[part, width:] == -1)
        figures = table.figures
        for column, figure in enumerate(
            (-figures.max_rate_milli, figures.min_rate_milli, figures.accuracy_nano_nats, figures.latency_us)
        ):
            assert np.all(plans.needs[part, column] == figure)
        assert np.all(plans.template[part] == template)


def test_taken() -> None:
    """Taking plans keeps their template, choices, needs and usage together."""
    compiled = generate_spec("edge-cloud:queries=12,seed=1").compiled
    plans = all_plans(compiled)
    index = np.flatnonzero(np.arange(len(plans)) % 7 == 3)
    taken = plans.taken(index)
    assert np.array_equal(taken.template, plans.template[index])
    assert np.array_equal(taken.needs_alone, plans.needs_alone[index])
    assert np.all(taken.needs_alone[:, MAX_RATE] >= taken.needs[:, MAX_RATE])
    for new, old in enumerate(index):
        for part, expected in zip(taken.usage.row(new), plans.usage.row(int(old)), strict=True):
            assert np.array_equal(part, expected)
