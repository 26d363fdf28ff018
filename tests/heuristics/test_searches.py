"""Searches side by side."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.heuristics.query_groups import QueryGroups
from sloplan.heuristics.searches import FoundPlans, best_of_each, open_searches
from tests.pricing.pricing_cases import compiled_case


def test_best_of_each() -> None:
    """The first of each group by the keys in turn, equals as they came, groups ascending."""
    group = np.array([1, 0, 1, 1, 0, 2])
    keys = np.array([5, 3, 4, 4, 3, 9]), np.array([0, 2, 7, 6, 1, 0])
    assert best_of_each(group, keys, 1).tolist() == [4, 3, 5]
    assert best_of_each(group, keys, 2).tolist() == [4, 1, 3, 2, 5]
    assert best_of_each(group, (), 1).tolist() == [1, 0, 5]
    found = FoundPlans.ranked(group, np.arange(6)[:, None], keys, 1)
    assert (found.search.tolist(), found.choices[:, 0].tolist()) == ([0, 1, 2], [4, 3, 5])


def test_the_slowest_that_waits_stands_for_its_group() -> None:
    """Searches are for groups with copies waiting; the query of least rate among those is asked about."""
    compiled = compiled_case(2, "fluid")
    queries, groups = compiled.queries, QueryGroups.of(compiled)
    waiting = queries.count.copy()
    for _ in range(len(waiting)):
        found = list(open_searches(compiled, groups, waiting, compiled.rows.capacity))
        asked = np.concatenate([searches.query for searches in found])
        group = np.concatenate([searches.group for searches in found])
        number = np.concatenate([searches.num_queries for searches in found])
        for place, query in zip(group.tolist(), asked.tolist(), strict=True):
            members = np.flatnonzero((groups.of_query == place) & (waiting > 0))
            assert queries.rate_milli[query] == queries.rate_milli[members].min()
        assert number.sum() == waiting.sum()
        waiting[asked[0]] = 0
        if not waiting.any():
            break


@pytest.mark.parametrize("seed", range(8))
def test_options_that_cannot_fit_are_not_open(seed: int) -> None:
    """In what is left an option is open if its pool alone has room for it; with nothing left the own pools remain."""
    compiled = compiled_case(seed, "fluid")
    options, groups = compiled.options, QueryGroups.of(compiled)
    nothing = np.zeros(len(compiled.rows), dtype=np.int64)
    for searches in open_searches(compiled, groups, compiled.queries.count, nothing):
        for part in searches.open_options:
            idle = options.busy_us[part.option] == 0
            assert (compiled.pools.query_scope[options.pool[part.option]] | idle).all()


def test_extensions_of_a_configuration() -> None:
    """They are those of all extensions that run it."""
    compiled = compiled_case(1, "fluid")
    (searches, *_) = open_searches(compiled, QueryGroups.of(compiled), compiled.queries.count, compiled.rows.capacity)
    of = np.arange(len(searches)).repeat(2)
    state, option = searches.extensions(0, of)
    for configuration in np.unique(compiled.options.configuration[option]).tolist():
        runs = compiled.options.configuration[option] == configuration
        some, those = searches.extensions_of(0, of, np.full(len(of), configuration))
        assert np.array_equal(some, state[runs])
        assert np.array_equal(those, option[runs])
