"""Evaluation of plans of many templates at once."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest

from sloplan.problem import checker, evaluation
from sloplan.problem.checker import check
from sloplan.problem.compiled import CompiledInstance, Int, Sparse
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.grouping import grouped
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables


def every_plan(compiled: CompiledInstance, template: int) -> Int:
    """Every combination of options of the template's operators, open to it or not; at most 100."""
    operators = compiled.applications[compiled.templates.application[template]].operators
    options = [np.flatnonzero(compiled.options.operator == operator).tolist() for operator in operators]
    plans = list(itertools.islice(itertools.product(*options), 100))
    return np.array(plans, dtype=np.int64).reshape(-1, len(operators))


def rows_of(sparse: Sparse) -> list[dict[int, int]]:
    """Return column to amount of each row."""
    rows: list[dict[int, int]] = [{} for _ in range(len(sparse))]
    for row, column, amount in zip(sparse.row_of_entry, sparse.column, sparse.amount, strict=True):
        rows[row][int(column)] = int(amount)
    return rows


@pytest.mark.parametrize("seed", range(20))
def test_templates_together_equal_each_alone(seed: int) -> None:
    """Plans of all templates of an application, with and without sinks, evaluate as template by template."""
    compiled = instance_from(random_tables(seed)).compiled
    for _, templates in grouped(compiled.templates.application):
        alone = [evaluate_plans(compiled, int(t), every_plan(compiled, int(t))) for t in templates]
        plans = [every_plan(compiled, int(t)) for t in templates]
        of_plan = np.repeat(templates, [len(each) for each in plans])
        if not len(of_plan):
            continue
        together = evaluate_plans(compiled, of_plan, np.concatenate(plans))
        for field in dataclasses.fields(together):
            figure, parts = getattr(together, field.name), [getattr(each, field.name) for each in alone]
            if isinstance(figure, Sparse):
                assert rows_of(figure) == [row for part in parts for row in rows_of(part)]
            else:
                assert figure.tolist() == np.concatenate(parts).tolist(), field.name


@pytest.mark.parametrize("seed", range(20))
def test_options_and_queries_of_a_template(seed: int) -> None:
    """A template's options are those open to its source and in its reach, in order; its queries those of its kind."""
    compiled = instance_from(random_tables(seed)).compiled
    options = compiled.options
    bound = compiled.pools.query_scope[options.pool] | options.source_only
    for template in range(len(compiled.templates)):
        source = int(compiled.templates.source[template])
        own = np.isin(options.site, list(within_reach(compiled, source)))
        own &= ~bound | (options.site == source)
        operators = compiled.applications[compiled.templates.application[template]].operators
        expected = [np.flatnonzero(own & (options.operator == operator)).tolist() for operator in operators]
        assert [part.tolist() for part in compiled.template_options(template)] == expected
        members = np.flatnonzero(compiled.queries.template == template).tolist()
        assert compiled.template_queries(template).tolist() == members


def within_reach(compiled: CompiledInstance, source: int) -> set[int]:
    """Sites at the ends of the links that a query with this source owns, followed from there."""
    links, reached = compiled.links, {source}
    ends = zip(links.from_site.tolist(), links.to_site.tolist(), links.query_scope.tolist(), strict=True)
    owned = [(start, end) for start, end, query_scope in ends if not query_scope or source in (start, end)]
    while new := {end for start, end in owned if start in reached} - reached:
        reached |= new
    return reached


def devices(number: int) -> Instance:
    """One query at each of many devices, each with an uplink of its own to the edge."""
    sites = [f"device-{i:03}" for i in range(number)]
    return Instance.from_frames(
        {
            "sites": pd.DataFrame({"site": [*sites, "edge"], "tier": "any"}),
            "pools": pd.DataFrame(
                {"pool": ["server"], "site": "edge", "hardware": "cpu", "units": 1000, "memory_gb": 1.0}
            ),
            "links": pd.DataFrame(
                {
                    "link": [f"up-{i:03}" for i in range(number)],
                    "from_site": sites,
                    "to_site": "edge",
                    "bandwidth_mbps": 8.0,
                    "delay_ms": np.arange(number) / 10,
                    "scope": "query",
                }
            ),
            "operators": pd.DataFrame({"operator": ["work"], "application": "app", "input_kb": 1.0}),
            "configurations": pd.DataFrame({"operator": ["work"], "configuration": "only", "output_kb": 1.0}),
            "profiles": pd.DataFrame(
                {"operator": ["work"], "configuration": "only", "hardware": "cpu", "latency_ms": 1.0, "busy_ms": 1.0}
            ),
            "queries": pd.DataFrame(
                {
                    "query": [f"query-{i:03}" for i in range(number)],
                    "application": "app",
                    "source_site": sites,
                    "rate_rps": 1.0,
                    "slo_latency_ms": 12.0,
                }
            ),
        }
    )


def test_the_checker_evaluates_an_application_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 sources take one evaluation, not one each; every device's own uplink decides on its latency SLO."""
    instance = devices(200)
    calls = []
    monkeypatch.setattr(checker, "evaluate_plans", lambda *given: calls.append(1) or evaluation.evaluate_plans(*given))
    every = np.arange(200)
    solution = Solution.from_choices(instance.compiled, every, np.ones_like(every), np.zeros((200, 1), dtype=np.int64))
    late = [violation.subject for violation in check(instance, solution)]
    assert late == [f"plan {i} of query 'query-{i:03}'" for i in range(101, 200)]  # 1 + 1 + i / 10 ms > 12 ms
    assert len(calls) == 1
