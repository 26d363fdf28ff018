"""Supplies in the compact model: bounds, rows that let them stand, and the way back to a solution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest

from sloplan.models import compact_milp, solution_from
from sloplan.models.carried import supplies_needed
from sloplan.problem.checker import check
from sloplan.problem.fewest_units import rented_units
from sloplan.problem.instance import Instance
from sloplan.solvers.highs import Highs
from sloplan.solvers.standard_form import standard_form
from tests.models.tiny_instances import CHAIN, TWO, tiny


def served_by_rent(hosting: str) -> Instance:
    """Two queries whose operators run on a server that is rented, of half-unit replicas under `replicas`."""
    pools = [
        {"pool": "server", "site": "edge", "hardware": "fast", "units": 1, "memory_gb": 8, "billing": "reserved",
         "price_per_unit_hour": 3.6, "max_units": 5},
    ]  # fmt: skip
    profiles = [
        {"operator": name, "configuration": configuration, "hardware": "fast", "latency_ms": 1.0, "share": 0.5,
         "busy_ms": latency * 2.0, "memory_gb": 3.0}
        for name in "ab" for configuration, latency in TWO[name].items()
    ]  # fmt: skip
    rows = [
        {"query": name, "application": "app", "source_site": "device", "rate_rps": rate}
        for name, rate in (("p", 60.0), ("q", 250.0))
    ]
    return tiny(TWO, edges=CHAIN, pools=pools, profiles=profiles, queries=rows).replace(hosting=hosting)


def solved(model: Any, *, relaxed: bool = False) -> tuple[Any, float]:
    """Return values by variable, and the objective in base units."""
    form = standard_form(model)
    if relaxed:
        form.integer[:] = False
    answer = Highs(form, seed=0, threads=1, rel_gap=0.0).solve(20)
    assert answer.values is not None
    values = pyo.ComponentMap(zip(form.columns, answer.values.tolist(), strict=True))
    return values, float(form.cost @ answer.values) * model.objective_scale


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_answer_brings_supplies_back(hosting: str) -> None:
    """The solution of a model that any solver has solved names its replicas and rented units, and is valid."""
    instance = served_by_rent(hosting)
    floor = int(instance.compiled.queries.value_milli.sum())
    model = compact_milp(instance, "cost", goodput_floor=floor)
    values, cost = solved(model)
    solution = solution_from(model, instance, values)
    assert (solution.objective, solution.goodput_floor) == ("cost", floor)
    assert check(instance, solution) == []
    amounts = dict(zip(solution.supply["supply"], solution.supply["amount"], strict=True))
    assert round(cost) == amounts["unit:server"] * int(instance.compiled.pools.unit_price_pico[0])
    assert any("/" in name for name in amounts) == (hosting == "replicas")


def test_no_more_of_a_supply_than_all_copies_could_load() -> None:
    """Upper bounds follow from what the copies can load, where that is less than the maximum."""
    instance = served_by_rent("fluid")
    model = compact_milp(instance, "cost", goodput_floor=0)
    busiest = sum(instance.compiled.queries.rate_milli.tolist()) * (9 + 8) * 2 // 2 * 1000  # us per s, at half a unit
    assert model.amount["unit:server"].ub == min(5, math.ceil(busiest / 10**9))
    fewer = instance.replace(queries=instance.table("queries").iloc[:1])
    assert compact_milp(fewer, "cost", goodput_floor=0).amount["unit:server"].ub == 2


def test_what_an_option_needs_stands() -> None:
    """Two applications want the two replicas that there is room for: the relaxation may not host fractions of four."""
    pools = [{"pool": "server", "site": "edge", "hardware": "fast", "units": 1, "memory_gb": 8}]
    profiles = [
        {"operator": name, "configuration": "s", "hardware": "fast", "latency_ms": 1.0, "share": 0.5, "busy_ms": 1.0}
        for name in "abcd"
    ]
    operators = [
        {"operator": name, "application": application, "input_kb": None if name in "bd" else 2.0}
        for name, application in zip("abcd", ("app", "app", "other", "other"), strict=True)
    ]
    rows = [
        {"query": name, "application": application, "source_site": "device", "rate_rps": 1.0, "value": value}
        for name, application, value in (("p", "app", 3.0), ("q", "other", 2.0))
    ]
    figures = {name: {"s": 1.0} for name in "abcd"}
    edges = (("a", "b"), ("c", "d"))
    instance = tiny(figures, edges=edges, pools=pools, profiles=profiles)
    instance = instance.replace(operators=pd.DataFrame(operators), queries=pd.DataFrame(rows), hosting="replicas")
    model = compact_milp(instance)
    assert len(model.stands) == 4
    assert (round(solved(model)[1]), round(solved(model, relaxed=True)[1])) == (-3000, -3000)
    model.stands.deactivate()
    assert (round(solved(model)[1]), round(solved(model, relaxed=True)[1])) == (-3000, -5000)


def test_a_floor_that_nothing_reaches_makes_the_model_infeasible() -> None:
    """Where no query has a plan, a positive floor leaves no solution; a floor of 0 leaves the empty one."""
    instance = tiny(TWO, edges=CHAIN, query={"slo_latency_ms": 1.0})
    model = compact_milp(instance, "cost", goodput_floor=1)
    assert Highs(standard_form(model), seed=0, threads=1, rel_gap=0.0).solve(10).ended == "infeasible"
    assert not hasattr(compact_milp(instance, "cost", goodput_floor=0), "goodput_floor")


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_fewest_supplies_are_those_of_the_bill(hosting: str) -> None:
    """Replicas and units needed for a random usage are what the reported bill counts, and one less is too few."""
    instance = served_by_rent(hosting)
    compiled, ruled = instance.compiled, instance.compiled.under_cost.compiled
    rng = np.random.default_rng(0)
    loaded = [row for row, name in enumerate(ruled.rows.name) if name.startswith(("deployment", "pool"))]
    for _ in range(20):
        usage = np.zeros(len(ruled.rows), dtype=np.int64)
        usage[loaded] = rng.integers(0, 3 * 10**8, len(loaded))
        needed = supplies_needed(ruled, usage.astype(object))
        replicas = needed[: len(compiled.supplies)].astype(np.int64)
        assert needed[len(compiled.supplies) :].tolist() == rented_units(compiled, usage, replicas).tolist()
        brought = ruled.supplies.brought
        for supply in np.flatnonzero(needed > 0).tolist():
            fewer = needed - (np.arange(len(needed)) == supply)
            standing = ruled.rows.capacity.astype(object)
            np.add.at(standing, brought.column, brought.amount.astype(object) * fewer[brought.row_of_entry])
            assert np.any(usage > standing)
