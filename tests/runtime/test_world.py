"""The instance of the moment."""

from __future__ import annotations

import numpy as np
import pytest

import sloplan
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import BANDWIDTH, PROFILE, SPEED, UNITS
from sloplan.runtime.world import World
from tests.one_pool import one_pool


def test_changes_are_factors_on_the_instances_own_figures() -> None:
    """A later factor takes the place of an earlier one; options and rows keep their places, even without a unit."""
    instance = sloplan.load("burst-s-2-tight")
    assert isinstance(instance, Instance)
    world, before = World(instance), instance.compiled
    pool, link = before.names.pools[-1], before.names.links[0]
    operator = before.names.operators[0]
    for kind, subject, factor in ((UNITS, pool, 0.5), (UNITS, pool, 0.0), (BANDWIDTH, link, 0.1), (SPEED, pool, 2.0)):
        world.change(kind, subject, factor)
    world.change(PROFILE, operator, 3.0)
    after = world.compiled
    assert after.pools.units[-1] == 0
    assert after.links.capacity[0] == before.links.capacity[0] // 10
    slower = before.options.operator == 0
    here = before.options.pool == len(before.names.pools) - 1
    np.testing.assert_allclose(
        after.options.busy_us[slower & ~here], 3 * before.options.busy_us[slower & ~here], atol=3
    )
    np.testing.assert_allclose(
        after.options.busy_us[here & ~slower], before.options.busy_us[here & ~slower] / 2, atol=1
    )
    for column in ("operator", "configuration", "pool", "allocation"):
        assert np.array_equal(getattr(after.options, column), getattr(before.options, column))
    assert after.rows.name.tolist() == before.rows.name.tolist()


def test_rates_change_values_that_are_not_stated() -> None:
    """A query is worth its rate unless it states a value; the tables say the same as the arrays."""
    instance = one_pool((1.0, 2.0))
    world = World(instance.replace(queries=instance.table("queries").assign(value=[np.nan, 2.0])))
    world.change_rates(np.array([0, 1]), np.array([2.5, 2.5]))
    assert world.rate_milli.tolist() == [2500, 2500]
    assert world.value_milli.tolist() == [2500, 2000]
    assert world.compiled.queries.rate_milli.tolist() == [2500, 2500]
    assert world.compiled.queries.value_milli.tolist() == [2500, 2000]


def test_replicas_are_refused() -> None:
    """Online planning knows no replicas, and says so."""
    with pytest.raises(InputError, match="allowed: fluid"):
        World(one_pool().replace(hosting="replicas"))
