"""The oracle of an instance against that of its listed plans, and against itself with other threads and shards."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.instances.families.spec import generate_spec
from sloplan.pricing.instance_oracle import InstanceOracle
from sloplan.pricing.priced import PricedQueries
from sloplan.pricing.shard_pricer import ShardPricer
from sloplan.problem.errors import InputError
from sloplan.problem.method import BestPlans
from sloplan.problem.selections.oracle import SelectionOracle
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cases import instance_from
from tests.conformance.cost_cases import cost_case
from tests.conformance.random_instances import random_tables
from tests.conformance.seeds import every
from tests.one_pool import one_pool
from tests.pricing.pricing_cases import HOSTINGS, random_prices


def least_paid(best: BestPlans, prices: np.ndarray) -> list[float]:
    """Priced usage and cost of the best plan of every group, infinite without one."""
    usage = best.usage
    paid = np.bincount(usage.row_of_entry, usage.amount * prices[usage.column], minlength=len(best.value))
    return np.where(best.exists, paid + best.cost, np.inf).tolist()


@pytest.mark.parametrize("list_limit", [0, 100_000])
@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", every(3, range(25)))
def test_agrees_with_the_listed_plans_under_goodput(seed: int, hosting: str, list_limit: int) -> None:
    """Value, cost and what is paid agree with the oracle of the plan selection that lists the instance's plans."""
    instance = instance_from(random_tables(seed), name="case", hosting=hosting)
    oracle = InstanceOracle(instance.compiled, list_limit=list_limit)
    listed = SelectionOracle(PlanSelection.from_instance(instance))
    for prices, _ in random_prices(seed, len(instance.compiled.rows)):
        found, expected = oracle.best_plans(prices), listed.best_plans(prices)
        assert found.value.tolist() == expected.value.tolist()
        assert found.exists.tolist() == expected.exists.tolist()
        assert found.cost.tolist() == expected.cost.tolist()
        assert least_paid(found, prices) == pytest.approx(least_paid(expected, prices), rel=1e-9)


@pytest.mark.parametrize("list_limit", [0, 100_000])
@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", every(3, range(25)))
def test_agrees_with_the_listed_plans_under_cost(seed: int, hosting: str, list_limit: int) -> None:
    """The least cost plus priced usage of every query is that of its listed plans, with the rows of `cost`."""
    instance = cost_case(seed, hosting).instance
    oracle = InstanceOracle(instance.compiled, "cost", list_limit=list_limit)
    plans = PlanSelection.from_instance(instance, "cost", 0.0).plans
    for prices, _ in random_prices(seed, len(oracle.compiled.rows)):
        paid = plans.cost + np.bincount(
            plans.usage.row_of_entry, plans.usage.amount * prices[plans.usage.column], minlength=len(plans)
        )
        expected = np.full(len(instance.compiled.names.queries), np.inf)
        np.minimum.at(expected, plans.group, paid)
        assert least_paid(oracle.best_plans(prices), prices) == pytest.approx(expected.tolist(), rel=1e-9)


def priced_alike(one: PricedQueries, other: PricedQueries) -> bool:
    """Tell whether two answers are the same to the last bit."""
    parts = [(one.choices, other.choices), (one.price, other.price), (one.bound, other.bound)]
    parts += [(one.query, other.query), (one.usage.column, other.usage.column), (one.usage.amount, other.usage.amount)]
    return all(np.array_equal(mine, its) for mine, its in parts)


@pytest.mark.parametrize("list_limit", [0, 500, 100_000])
def test_threads_and_shards_do_not_matter(list_limit: int) -> None:
    """One thread, two, and shards of templates give the same plans, prices and bounds, call after call."""
    compiled = generate_spec("city:queries=60,seed=1").compiled
    templates = np.arange(len(compiled.templates))
    one = ShardPricer(compiled, list_limit=list_limit)
    two = ShardPricer(compiled, threads=2, list_limit=list_limit)
    shards = [ShardPricer(compiled, templates[first::3], list_limit=list_limit) for first in range(3)]
    if list_limit == 500:
        assert len(one.listed)
        assert len(one.labelled)
    worth = 1000.0 / np.maximum(compiled.rows.capacity, 1)
    for prices, cost_price in random_prices(0, len(compiled.rows), times=4):
        answer = one.price(prices * worth, cost_price)
        assert priced_alike(answer, two.price(prices * worth, cost_price))
        joined = PricedQueries.merged([shard.price(prices * worth, cost_price) for shard in shards])
        assert priced_alike(answer, joined)


def test_lists_and_labels_find_the_same() -> None:
    """On a family instance both ways agree on what every query pays, its k best plans and those within a margin."""
    compiled = generate_spec("edge-cloud:queries=60,seed=2").compiled
    by_lists, by_labels = ShardPricer(compiled), ShardPricer(compiled, list_limit=0)
    assert len(by_labels.labelled) == len(by_lists.listed) == len(compiled.templates)
    worth = 1000.0 / np.maximum(compiled.rows.capacity, 1)
    for prices, _ in random_prices(1, len(compiled.rows)):
        listed, labelled = by_lists.price(prices * worth), by_labels.price(prices * worth)
        assert listed.price == pytest.approx(labelled.price, rel=1e-9)
        ranked = by_lists.k_best(prices * worth, 2)
        first = np.unique(ranked.query, return_index=True)[1]
        assert ranked.price[first] == pytest.approx(listed.price[listed.exists], rel=1e-9)
        within = by_labels.within(prices * worth, np.full(len(listed.query), 1e-3))
        assert within.complete
        assert (within.price <= listed.price[within.query] + 1e-3 + 1e-9).all()
        assert set(within.query.tolist()) == set(np.flatnonzero(listed.exists).tolist())


def test_changed_prices_touch_only_the_templates_that_use_the_rows() -> None:
    """A price that changes leaves the answers of templates that cannot use its row as they are."""
    compiled = generate_spec("city:queries=60,seed=1").compiled
    for list_limit in (0, 100_000):
        pricer, fresh = ShardPricer(compiled, list_limit=list_limit), ShardPricer(compiled, list_limit=list_limit)
        prices = np.random.default_rng(0).random(len(compiled.rows)) / np.maximum(compiled.rows.capacity, 1)
        pricer.price(prices)
        for row in range(0, len(prices), 5):
            prices[row] *= 3
            after = pricer.price(prices)
        assert after.price == pytest.approx(fresh.price(prices).price, rel=1e-12)


@pytest.mark.parametrize("prices", [np.zeros(0), np.array([-1.0]), np.array([np.nan]), np.array([np.inf])])
def test_unusable_prices_are_refused(prices: np.ndarray) -> None:
    """Prices of the wrong number, below 0 or not finite are refused with what is allowed."""
    oracle = InstanceOracle(one_pool().compiled)
    with pytest.raises(InputError, match="finite numbers from 0"):
        oracle.best_plans(prices)


def test_by_hand() -> None:
    """Every query of 1 request/s uses 400 ms of unit time a second, whatever it is worth: 1000 x 400,000."""
    best = InstanceOracle(one_pool().compiled).best_plans(np.array([2.0]))
    assert best.value.tolist() == [1000, 2000, 4000]
    assert best.usage.amount.tolist() == [400_000_000] * 3
    assert best.cost.tolist() == [0, 0, 0]
