"""Groups of queries: one template, the same SLOs, the same options open."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sloplan.heuristics.query_groups import QueryGroups
from sloplan.heuristics.searches import open_searches
from sloplan.problem.instance import Instance
from tests.models.tiny_instances import CHAIN, TWO, rates_that_allocations_need, tiny
from tests.pricing.pricing_cases import compiled_case


def with_queries(instance: Instance, **columns: list[float | None]) -> Instance:
    """Return an instance with a query q0, q1, ... for each value of the columns."""
    frames = instance.to_frames()
    number = len(next(iter(columns.values())))
    frames["queries"] = pd.concat([frames["queries"]] * number, ignore_index=True).assign(
        query=[f"q{place}" for place in range(number)], value=None, **columns
    )
    return Instance.from_frames(frames)


def test_slos_and_rates_part_queries() -> None:
    """Rates part queries only where an allocation needs more, or a machine of their own carries less."""
    instance = with_queries(
        rates_that_allocations_need(),
        rate_rps=[1.0, 2.0, 7.9, 8.0, 9.0, 1.0],
        slo_latency_ms=[50.0, 50.0, 50.0, 50.0, 50.0, 40.0],
    )
    groups = QueryGroups.of(instance.compiled)
    a, b, c, d, e, f = groups.of_query.tolist()
    assert a == b == c
    assert d == e
    assert len({a, d, f}) == len(groups) == 3


def test_own_machines_part_queries() -> None:
    """Configuration a/l keeps the query's own machine busy for 9 ms: beyond 111.1 requests/s it is not open."""
    instance = with_queries(tiny(TWO, edges=CHAIN), rate_rps=[1.0, 111.1, 111.2])
    one, other, more = QueryGroups.of(instance.compiled).of_query.tolist()
    assert one == other != more


@pytest.mark.parametrize("seed", range(12))
def test_all_queries_of_a_group_have_the_same_options(seed: int) -> None:
    """Searched alone, every query has the options that its group's search has."""
    compiled = compiled_case(seed, "fluid")
    groups = QueryGroups.of(compiled)
    left = compiled.rows.capacity + 10**15  # shared capacity would part queries that are one group
    together = {
        group: [part.option[part.start[place] : part.start[place + 1]].tolist() for part in searches.open_options]
        for searches in open_searches(compiled, groups, compiled.queries.count, left)
        for place, group in enumerate(searches.group.tolist())
    }
    for query in range(len(compiled.queries.template)):
        waiting = np.zeros_like(compiled.queries.count)
        waiting[query] = 1
        (alone,) = open_searches(compiled, groups, waiting, left)
        assert [part.option.tolist() for part in alone.open_options] == together[int(groups.of_query[query])]
