"""Tests of leaving out plans that others replace."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sloplan.instances.families.spec import generate_spec
from sloplan.pricing import plan_kernels
from sloplan.pricing import undominated as undominated_module
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import allowed_by, prefer
from sloplan.pricing.undominated import list_undominated, undominated
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.instance import Instance
from tests.conformance.random_instances import random_tables
from tests.conformance.seeds import every
from tests.one_pool import one_pool
from tests.pricing.test_plan_arrays import all_plans


def cheapest(compiled: CompiledInstance, plans: PlanArrays, prices: np.ndarray, needs: Int) -> list[float]:
    """Return what each query's cheapest plan costs at row prices, -1 where it has none."""
    price = plans.priced(prices)
    plan = prefer(compiled.queries, plans.start, np.lexsort((price, plans.template)), needs)
    return np.where(plan >= 0, price[plan] if len(price) else 0.0, -1.0).tolist()


@pytest.mark.parametrize("seed", every(2, range(40)))
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
        billed_cost_nano=np.repeat(plans.billed_cost_nano, 2),
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
    monkeypatch.setattr(plan_kernels, "_COMPARISONS", 3)
    monkeypatch.setattr(plan_kernels, "_at_most", plan_kernels._at_most.py_func)
    monkeypatch.setattr(plan_kernels, "_keep_undominated", plan_kernels._keep_undominated.py_func)
    more = undominated(everything, compiled)
    assert len(fewer) < len(more) < len(everything)
    prices = 1 / np.maximum(compiled.rows.capacity, 1)
    assert cheapest(compiled, more, prices, more.needs) == pytest.approx(
        cheapest(compiled, everything, prices, everything.needs)
    )


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("together", [0, 300, 10**6])
@pytest.mark.parametrize("billed", [False, True])
def test_listing_in_blocks(billed: bool, together: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many plans are sifted together, and by how many threads, those of all plans at once are kept."""
    monkeypatch.setattr(undominated_module, "_SIFTED_TOGETHER", together)
    compiled = generate_spec("edge-cloud:queries=12,seed=1").compiled
    expected = undominated(all_plans(compiled), compiled, billed=billed)
    everything = all_plans(compiled)
    listed = list_undominated(compiled, 10**6, lambda _: False, billed=billed, threads=threads)
    found = listed.plans
    assert (listed.num_listed, listed.too_many) == (len(compiled.templates), ())
    most = np.zeros_like(listed.most_used)
    np.maximum.at(
        most, (everything.template[everything.usage.row_of_entry], everything.usage.column), everything.usage.amount
    )
    np.maximum.at(most[:, -1], everything.template, everything.billed_cost_nano)
    assert np.array_equal(listed.most_used, most)
    assert np.array_equal(found.start, expected.start)
    assert np.array_equal(found.choices, expected.choices)
    assert np.array_equal(found.needs_alone, expected.needs_alone)
    for name in ("start", "column", "amount"):
        assert np.array_equal(getattr(found.usage, name), getattr(expected.usage, name))


def test_listing_in_blocks_stops_and_leaves_out() -> None:
    """A stop leaves out the templates after it, and those that are too large are named, beside a thread too."""
    compiled = generate_spec("edge-cloud:queries=12,seed=1").compiled
    stopped = list_undominated(compiled, 10**6, lambda listed: listed == 1, threads=2)
    assert stopped.num_listed == 1
    assert stopped.plans.start[1] == stopped.plans.start[-1] > 0
    small = list_undominated(compiled, 1, lambda _: False, threads=2)
    assert small.too_many == tuple(range(len(compiled.templates)))
    assert len(small.plans) == 0


@pytest.mark.parametrize("seed", range(40))
def test_what_is_kept_is_what_no_other_replaces(seed: int) -> None:
    """Kept are the plans that none uses as little as and misses as little as; of equals the first."""
    tables = random_tables(seed)
    compiled = Instance.from_frames({name: pd.DataFrame(rows) for name, rows in tables.items()}).compiled
    plans = all_plans(compiled)
    used = np.zeros((len(plans), len(compiled.rows)), dtype=np.int64)
    used[plans.usage.row_of_entry, plans.usage.column] = plans.usage.amount
    kept = []
    for plan, template in enumerate(plans.template):
        levels = [np.unique(column) for column in allowed_by(compiled.queries)[compiled.template_queries(template)].T]
        rivals = np.arange(plans.start[template], plans.start[template + 1])
        missed = np.stack([np.searchsorted(levels[c], plans.needs[rivals, c]) for c in range(5)], axis=1)
        figures = np.column_stack([missed, used[rivals]])
        own = figures[plan - rivals[0]]
        as_good = (figures <= own).all(axis=1)
        better = as_good & ((figures < own).any(axis=1) | (rivals < plan))
        if not better.any():
            kept.append(plan)
    assert np.array_equal(undominated(plans, compiled).choices, plans.choices[kept])
