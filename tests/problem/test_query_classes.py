"""Classes of queries: alike in what they may do, and as few as that allows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sloplan.problem.compiled import NO_LIMIT
from sloplan.problem.plan_table import enumerate_plans
from sloplan.problem.query_classes import QueryClasses
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables


@pytest.mark.parametrize("seed", range(20))
def test_queries_of_a_class_may_follow_the_same_plans(seed: int) -> None:
    """What is feasible for the query that stands for a class is so for all of it; queries may repeat."""
    compiled = instance_from(random_tables(seed)).compiled
    for template in range(len(compiled.templates)):
        table = enumerate_plans(compiled, template)
        asking = np.repeat(compiled.template_queries(template), 2)
        classes = QueryClasses.of(compiled, asking, table.figures)
        assert len(classes.of_query) == len(asking)
        for query, its_class in zip(asking, classes.of_query, strict=True):
            stands_for_it = table.feasible(compiled, classes.query[its_class])
            assert stands_for_it.tolist() == table.feasible(compiled, query).tolist()


def test_only_what_tells_plans_apart_makes_classes() -> None:
    """Queries that every plan can serve are one class; a rate or an SLO that some plan fails makes another."""
    cases = (instance_from(random_tables(seed)).compiled for seed in range(50))
    compiled, table = next((one, table) for one in cases if len(table := enumerate_plans(one, 0)) > 1)
    least, most = table.figures.min_rate_milli, table.figures.max_rate_milli
    easy = replace(table.figures, min_rate_milli=np.zeros_like(least), max_rate_milli=np.full_like(most, 50))
    latest = int(easy.latency_us.max())

    def number(rates: list[int], latencies: list[int]) -> int:
        asking = np.arange(len(rates))
        queries = replace(
            compiled.queries,
            rate_milli=np.array(rates),
            slo_latency_us=np.array(latencies),
            slo_accuracy=np.full(len(rates), NO_LIMIT),
            slo_cost_nano=np.full(len(rates), NO_LIMIT),
        )
        return len(QueryClasses.of(replace(compiled, queries=queries), asking, easy))

    assert number([1, 20, 50], [latest, latest + 1, latest + 10**6]) == 1
    assert number([1, 20, 51], [latest, latest + 1, latest + 10**6]) == 2
    assert number([1, 20, 50], [latest, latest - 1, latest + 10**6]) == 2


def test_no_queries_are_no_classes() -> None:
    """Nobody asks: there is nothing to look up."""
    compiled = instance_from(random_tables(3)).compiled
    table = enumerate_plans(compiled, 0)
    assert len(QueryClasses.of(compiled, np.zeros(0, dtype=np.int64), table.figures)) == 0
