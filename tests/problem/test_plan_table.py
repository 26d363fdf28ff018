"""Plain enumeration: the first plan of each query, and where listing stops."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.problem import plan_table
from sloplan.problem.compiled import NO_LIMIT
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.evaluation import evaluate_plans, meets
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import enumerate_plans
from sloplan.problem.query_classes import QueryClasses
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables
from tests.problem.networks import Link, network_frames


@pytest.mark.parametrize("seed", range(20))
def test_first_feasible_plan(seed: int) -> None:
    """In any order of plans and with any further limit on rates, each query gets the first plan it may use."""
    compiled, rng = instance_from(random_tables(seed)).compiled, Random(seed)
    for template in range(len(compiled.templates)):
        table, queries = enumerate_plans(compiled, template), compiled.template_queries(template)
        order = np.array(rng.sample(range(len(table)), len(table)), dtype=np.int64)
        most = np.array([rng.choice([0, 500, 10**6]) for _ in order], dtype=np.int64)
        asking = np.array(rng.choices(queries.tolist(), k=7))
        for limit in (None, most):
            expected = []
            for query in asking:
                usable = table.feasible(compiled, query)
                if limit is not None:
                    usable = usable & (compiled.queries.rate_milli[query] <= limit)
                expected.append(next((int(plan) for plan in order if usable[plan]), -1))
            assert table.first_feasible(compiled, asking, order, limit).tolist() == expected


@pytest.mark.parametrize("seed", range(20))
def test_least_feasible_figure(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each class gets the least figure of the plans that its queries may use, however few the first look takes in."""
    compiled, rng = instance_from(random_tables(seed)).compiled, np.random.default_rng(seed)
    for template in range(len(compiled.templates)):
        table, queries = enumerate_plans(compiled, template), compiled.template_queries(template)
        classes = QueryClasses.of(compiled, queries, table.figures)
        figure = rng.integers(0, 10, len(table))
        expected = [figure[table.feasible(compiled, query)].min(initial=NO_LIMIT) for query in queries]
        for first_look in (1, 256):
            monkeypatch.setattr(plan_table, "_FIRST_LOOK", first_look)
            least = table.least_feasible(compiled, classes, figure)
            assert least[classes.of_query].tolist() == expected


@pytest.mark.parametrize("seed", range(60))
def test_all_plans_of_use_are_listed_in_order(seed: int) -> None:
    """Of all combinations of any options, those that a query may use are listed, by option and with their figures."""
    compiled = instance_from(random_tables(seed)).compiled
    for template in range(len(compiled.templates)):
        operators = compiled.applications[compiled.templates.application[template]].operators
        options = [np.flatnonzero(compiled.options.operator == operator) for operator in operators]
        every = np.stack(np.meshgrid(*options, indexing="ij"), axis=-1).reshape(-1, len(operators))
        figures = evaluate_plans(compiled, template, every)
        table = enumerate_plans(compiled, template)
        queries = compiled.template_queries(template)[:, None]
        usable = figures.placeable & meets(compiled, queries, figures).any(axis=0)
        listed = meets(compiled, queries, table.figures).any(axis=0)
        assert table.choices[listed].tolist() == every[usable].tolist()
        assert table.figures.latency_us[listed].tolist() == figures.latency_us[usable].tolist()


def test_options_out_of_reach_are_not_tried() -> None:
    """Of many edge sites with a pool each, only the one that a phone's own link leads to is looked at."""
    sites = ["phone", *(f"edge-{i}" for i in range(50))]
    links = [Link(f"up-{site}", site, "phone", 1.0) for site in sites[1:]] + [
        Link("up", "phone", "edge-7", 1.0, "query")
    ]
    frames = dict(network_frames(sites, links))
    pools = frames["pools"]
    frames["pools"] = pd.concat([pools.assign(pool=f"at-{site}", site=site) for site in sites[1:]])
    compiled = Instance.from_frames(frames).compiled
    open_options = compiled.template_options(0)
    assert [compiled.names.sites[compiled.options.site[part]].tolist() for part in open_options] == [["edge-7"]]
    assert len(enumerate_plans(compiled, 0)) == 1


def chain(operators: int, configurations: int, queries: int = 1, **of_queries: Any) -> Instance:
    """Every operator of a chain has the same configurations, all on one pool."""
    steps = [f"step-{i}" for i in range(operators)]
    pairs = [(step, f"c{i}") for step in steps for i in range(configurations)]
    named = {"operator": [step for step, _ in pairs], "configuration": [name for _, name in pairs]}
    return Instance.from_frames(
        {
            "sites": pd.DataFrame({"site": ["here"], "tier": "any"}),
            "pools": pd.DataFrame({"pool": ["p"], "site": "here", "hardware": "cpu", "units": 1, "memory_gb": 1.0}),
            "operators": pd.DataFrame(
                {"operator": steps, "application": "app", "input_kb": [1.0] + [None] * (operators - 1)}
            ),
            "edges": pd.DataFrame({"from_operator": steps[:-1], "to_operator": steps[1:]}),
            "configurations": pd.DataFrame({**named, "output_kb": 1.0}),
            "profiles": pd.DataFrame({**named, "hardware": "cpu", "latency_ms": 1.0, "busy_ms": 1.0}),
            "queries": pd.DataFrame(
                {
                    "query": [f"q{i}" for i in range(queries)],
                    "application": "app",
                    "source_site": "here",
                    "rate_rps": 1.0,
                    **of_queries,
                }
            ),
        }
    )


def test_queries_that_ask_for_the_same_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 queries of two kinds, one of which no plan serves, are compared with each plan twice, not 300 times."""
    compiled = chain(2, 3, 300, slo_latency_ms=[2.0, 1.0, 2.0] * 100).compiled
    table, queries = enumerate_plans(compiled, 0), compiled.template_queries(0)
    compared = []

    def counted(*given: Any) -> Any:
        compared.append(len(given[1]))
        return meets(*given)

    monkeypatch.setattr(plan_table, "meets", counted)
    found = table.first_feasible(compiled, queries, np.arange(len(table))[::-1])
    late = compiled.queries.slo_latency_us[queries] == 1000
    assert found.tolist() == np.where(late, -1, len(table) - 1).tolist()
    assert sum(compared) == 2


def test_enumeration_stops_at_a_number_of_operators_in_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """One plan of four operators holds four: it is listed up to a limit of four, refused from three down."""
    compiled = chain(4, 1).compiled
    monkeypatch.setattr(plan_table, "CELL_LIMIT", 4)
    assert len(enumerate_plans(compiled, 0)) == 1
    monkeypatch.setattr(plan_table, "CELL_LIMIT", 3)
    with pytest.raises(SizeLimitError, match=r"more than 0 partial plans at operator 'step-3'"):
        enumerate_plans(compiled, 0)


def test_enumeration_stops_at_a_number_of_plans() -> None:
    """Of 3 x 3 plans nine may be listed, not eight."""
    compiled = chain(2, 3).compiled
    assert len(enumerate_plans(compiled, 0, limit=9)) == 9
    with pytest.raises(SizeLimitError, match=r"more than 8 partial plans at operator 'step-1'"):
        enumerate_plans(compiled, 0, limit=8)


def test_enumeration_ends_when_whoever_asked_has_had_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked is called again and again, and what is raised then ends the listing."""
    monkeypatch.setattr(plan_table, "_CHUNK", 1)
    compiled = instance_from(random_tables(2), name="random-2").compiled
    calls = 0

    def interrupt() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        enumerate_plans(compiled, 1, interrupt=interrupt)
    assert calls == 2
