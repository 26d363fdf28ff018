"""Presolve: what goes, and that neither servable value nor optimum change."""

from __future__ import annotations

import dataclasses
import logging

import numpy as np
import pytest

import sloplan
from sloplan.problem.presolving import presolve as module
from sloplan.problem.presolving.blame import PLACEMENT, UNKNOWN
from sloplan.problem.presolving.presolve import presolve
from sloplan.problem.servable import servable_queries, servable_value
from sloplan.problem.solution_index import index_solution
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import every
from tests.models.tiny_instances import CHAIN, TWO, tiny
from tests.problem.presolving.test_dominance import two


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("seed", every(2, range(25)))
def test_servable_value_stays(seed: int, hosting: str) -> None:
    """For both objectives; queries that go are those that are not servable, and their reason is kept."""
    compiled = cost_case(seed, hosting).instance.compiled
    less, billed = presolve(compiled), presolve(compiled, "cost")
    assert np.array_equal(less.served, servable_queries(compiled))
    assert servable_value(less.compiled) == servable_value(compiled)
    assert servable_value(billed.compiled.under_cost.all_rented) == servable_value(compiled.under_cost.all_rented)
    assert np.array_equal(less.reasons == "", less.served)
    assert less.num_unlisted == 0


@pytest.mark.parametrize("objective", ["goodput", "cost"])
def test_valid_solutions_stay_valid_when_options_are_replaced(objective: str) -> None:
    """Of the optimum without presolve: same value, no dearer, and only options that are left."""
    changed = 0
    for seed in range(12):
        case = cost_case(seed)
        more = {"min_goodput": case.min_goodput} if objective == "cost" else {}
        result = sloplan.solve(
            case.instance, "milp-plans", objective, presolve=False, display=False, in_process=True, **more
        )
        if result.solution is None:
            continue
        less = presolve(case.instance, objective)
        indexed, _ = index_solution(case.instance, result.solution)
        choices, supply = less.replaced(indexed.choices, indexed.supply)
        assert np.array_equal(supply, indexed.supply)
        moved = sloplan.Solution.from_choices(case.instance.compiled, indexed.query, indexed.count, choices)
        changed += not np.array_equal(choices, indexed.choices)
        again = sloplan.solve(
            case.instance, "milp-plans", objective, display=False, in_process=True,
            initial_solution=result.solution, **more,
        )  # fmt: skip
        assert again.exact.objective == result.exact.objective
        moved = dataclasses.replace(
            moved, supply=result.solution.supply, objective=objective, goodput_floor=result.solution.goodput_floor
        )
        assert sloplan.check(case.instance, moved) == []
        assert np.isin(choices[choices >= 0], less.replacement).all()
    assert changed


def test_replicas_follow_their_load() -> None:
    """Two replicas of the dominated configuration become two of the other one."""
    instance = two(hosting="replicas", query={"rate_rps": 900.0, "slo_accuracy": None})
    less = presolve(instance)
    names = less.compiled.supplies.name.tolist()
    s, t = names.index("server/a/s/default"), names.index("server/a/t/default")
    supply = np.zeros(2, dtype=np.int64)
    supply[t] = 2
    choices, moved = less.replaced(np.array([[1, -1]]), supply)
    assert choices.tolist() == [[0, -1]]
    assert (moved[s], moved[t]) == (2, 0)


def test_reasons() -> None:
    """One query for each reason, and what is too much to look into."""
    rows = [
        {"query": name, "application": "app", "source_site": "device", "rate_rps": rate, "slo_latency_ms": latency}
        for name, rate, latency in (("fine", 1.0, 99.0), ("late", 1.0, 1.0), ("much", 900.0, 99.0))
    ]
    instance = tiny(TWO, edges=CHAIN, queries=rows)
    assert presolve(instance).reasons.tolist() == ["", "latency", "rate or capacity"]
    assert presolve(instance).compiled.queries.count.tolist() == [1, 0, 0]
    stranded = tiny(TWO, edges=CHAIN, placement=[{"operator": "a", "allowed": "site", "value": "cloud"}])
    assert presolve(stranded).reasons.tolist() == [PLACEMENT]


def test_where_plans_are_too_many_only_dominated_options_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of queries and rows."""
    monkeypatch.setattr(module, "TEMPLATE_PLAN_LIMIT", 1)
    instance = tiny(TWO, edges=CHAIN, query={"rate_rps": 900.0})
    less = presolve(instance)
    assert (less.num_unlisted, less.num_unused) == (1, 0)
    assert less.served.all()
    assert not less.slack.any()
    assert UNKNOWN not in less.reasons.tolist()
    assert "1 templates not looked into" in str(less)


def test_rows_that_cannot_bind() -> None:
    """A server with room for whatever the query does is slack, one with less is not."""
    assert presolve(tiny(TWO, edges=CHAIN)).slack.tolist() == [True, True, True]
    query = {"application": "app", "source_site": "device", "rate_rps": 90.0}  # 0.45 s of busy time per second
    busy = presolve(tiny(TWO, edges=CHAIN, queries=[query | {"query": name} for name in "pqr"]))
    assert busy.slack.tolist() == [False, True, True]


def test_what_goes_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """In one line, at info."""
    with caplog.at_level(logging.INFO, logger="sloplan"):
        less = presolve(tiny(TWO, edges=CHAIN))
    assert str(less) in caplog.text
