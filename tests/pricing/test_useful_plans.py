"""The plans that matter, and whom they could serve alone."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.pricing.useful_plans import useful_plans
from sloplan.problem.servable import servable_queries, servable_value
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables
from tests.one_pool import one_pool


@pytest.mark.parametrize("seed", range(12))
def test_servable_as_the_problem_has_it(seed: int) -> None:
    """Sifted plans serve just the queries that all plans serve, and the values are theirs; under either hosting."""
    compiled = instance_from(random_tables(seed), hosting=("fluid", "replicas")[seed % 2]).compiled
    useful = useful_plans(compiled)
    assert np.array_equal(useful.servable, servable_queries(compiled))
    assert useful.servable_value == servable_value(compiled)
    assert useful.total_value == int((compiled.queries.value_milli * compiled.queries.count).sum())
    assert len(useful.plans) == len(useful.fitting) <= len(useful.listed)


def test_a_plan_too_large_serves_nobody() -> None:
    """A query that would overload the pool alone has a plan, and yet is not servable."""
    useful = useful_plans(one_pool(values=[1.0, 2.0], busy_ms=1500.0).compiled)
    assert (len(useful.plans), useful.servable.any()) == (1, False)
    assert (useful.servable_value, useful.total_value) == (0, 3000)
