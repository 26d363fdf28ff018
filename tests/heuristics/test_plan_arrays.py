"""Tests of the listed plans in flat arrays, and of leaving out those that others replace."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sloplan.heuristics import greedy_kernels
from sloplan.heuristics.greedy_kernels import MAX_RATE, prefer
from sloplan.heuristics.plan_arrays import PlanArrays, list_plans, undominated
from sloplan.instances.families.spec import generate_spec
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import enumerate_plans
from tests.conformance.random_instances import random_tables
from tests.one_pool import one_pool


def all_plans(compiled: CompiledInstance) -> PlanArrays:
    """Return the plans of all templates."""
    plans, num_listed = list_plans(compiled, 10**6, lambda _: False)
    assert num_listed == len(compiled.templates)
    return plans


def cheapest(compiled: CompiledInstance, plans: PlanArrays, prices: np.ndarray, needs: Int) -> list[float]:
    """Return what each query's cheapest plan costs at row prices, -1 where it has none."""
    price = plans.priced(prices)
    plan = prefer(compiled.queries, plans.start, np.lexsort((price, plans.template)), needs)
    return np.where(plan >= 0, price[plan] if len(price) else 0.0, -1.0).tolist()


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


@pytest.mark.parametrize("seed", range(40))
def test_leaving_plans_out_changes_no_price(seed: int) -> None:
    """At any row prices each query's cheapest plan costs the same as among all plans, fitting alone or not."""
    tables = random_tables(seed)
    compiled = Instance.from_frames({name: pd.DataFrame(rows) for name, rows in tables.items()}).compiled
    everything = all_plans(compiled)
    fewer = undominated(everything, compiled)
    random = np.random.default_rng(seed)
    for _ in range(5):
        prices = random.random(len(compiled.rows)) * random.integers(0, 2, len(compiled.rows))
        for needs in ("needs", "needs_alone"):
            assert cheapest(compiled, fewer, prices, getattr(fewer, needs)) == pytest.approx(
                cheapest(compiled, everything, prices, getattr(everything, needs))
            )


def test_many_plans_are_left_out() -> None:
    """On a family instance at most a quarter is kept, and nothing kept is replaced by another kept one."""
    compiled = generate_spec("edge-cloud:queries=60,seed=1").compiled
    everything = all_plans(compiled)
    fewer = undominated(everything, compiled)
    assert 0 < len(fewer) <= len(everything) / 4
    again = undominated(fewer, compiled)
    assert np.array_equal(again.choices, fewer.choices)


def test_equal_plans_are_kept_once() -> None:
    """Of plans that differ in nothing but their pool's name and row, each is kept; of equal ones, one."""
    compiled = one_pool().compiled
    plans = all_plans(compiled)
    assert len(plans) == 1
    twice = PlanArrays(
        start=2 * plans.start,
        choices=np.repeat(plans.choices, 2, axis=0),
        needs=np.repeat(plans.needs, 2, axis=0),
        alone_rate_milli=np.repeat(plans.alone_rate_milli, 2),
        usage=plans.taken(np.array([0, 0])).usage,
    )
    assert len(undominated(twice, compiled)) == 1
    frames = one_pool().to_frames()
    frames["pools"] = pd.concat([frames["pools"], frames["pools"].assign(pool="more")], ignore_index=True)
    two_pools = Instance.from_frames(frames).compiled
    assert len(undominated(all_plans(two_pools), two_pools)) == 2


def test_very_long_lists_are_compared_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the stated number of comparisons more plans are kept, and no query's cheapest is lost."""
    compiled = generate_spec("edge-cloud:queries=12,seed=1").compiled
    everything = all_plans(compiled)
    fewer = undominated(everything, compiled)
    monkeypatch.setattr(greedy_kernels, "_COMPARISONS", 3)
    monkeypatch.setattr(greedy_kernels, "_at_most", greedy_kernels._at_most.py_func)
    monkeypatch.setattr(greedy_kernels, "_keep_undominated", greedy_kernels._keep_undominated.py_func)
    more = undominated(everything, compiled)
    assert len(fewer) < len(more) < len(everything)
    prices = 1 / np.maximum(compiled.rows.capacity, 1)
    assert cheapest(compiled, more, prices, more.needs) == pytest.approx(
        cheapest(compiled, everything, prices, everything.needs)
    )


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
