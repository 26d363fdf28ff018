"""The compact MILP against brute force under cost, and under both objectives with whole replicas, to the integer."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import pytest

import sloplan
from sloplan.problem.instance import Instance
from sloplan.problem.result import Result
from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_cost import most_goodput
from tests.conformance.cases import instance_from
from tests.conformance.cost_cases import cost_case, cost_tables
from tests.conformance.seeds import CONTENDED_SEEDS

HOSTINGS = ("fluid", "replicas")
SEEDS = (*range(80), *CONTENDED_SEEDS[:60])


def solved(instance: Instance, **more: Any) -> Result:
    """Solve with one thread, and see that checker and status agree with what is reported."""
    settings = {"threads": 1, "in_process": True} | more
    result = sloplan.solve(instance, "milp", display=False, **settings)
    assert result.message is None
    if result.solution is not None:
        assert sloplan.check(instance, result.solution) == []
    return result


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", SEEDS)
def test_least_cost_equals_brute_force(seed: int, hosting: str) -> None:
    """Objective and bound are the least cost that reaches the floor; where none does, the method says so."""
    case = cost_case(seed, hosting)
    result = solved(case.instance, objective="cost", min_goodput=case.min_goodput)
    if case.optimum is None:
        assert (result.status, result.solution) == ("infeasible", None), case
        return
    least = case.optimum.cost_pico
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", least, least), case
    assert result.exact.goodput is not None
    assert result.exact.goodput >= case.floor


@cache
def replica_case(seed: int) -> tuple[Instance, int]:
    """Return an instance with whole replicas, and its greatest goodput by brute force.

    With as many units to rent as there are, what can be served is the same under cost and under goodput.
    """
    tables = cost_tables(seed, Random(f"cost/{seed}"))
    for pool in tables["pools"]:
        pool["max_units"] = pool["units"]
    instance = instance_from(tables, name=f"random-replicas-{seed}", hosting="replicas")
    return instance, most_goodput(TinyInstance(tables, "replicas"))


@pytest.mark.parametrize("seed", SEEDS)
def test_goodput_of_replicas_equals_brute_force(seed: int) -> None:
    """Objective and bound are the greatest goodput that whole replicas can carry."""
    instance, best = replica_case(seed)
    result = solved(instance)
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", best, best), instance.name


def test_replicas_and_units_decide_in_some_cases() -> None:
    """Cases in which replicas stand and units are rented are among those compared."""
    supplies = [name for seed in SEEDS for name in _standing(seed)]
    assert sum(name.startswith("unit:") for name in supplies) > 20
    assert sum("/" in name for name in supplies) > 20


def _standing(seed: int) -> list[str]:
    optimum = cost_case(seed, "replicas").optimum
    return [] if optimum is None else list(optimum.supply)


@pytest.mark.parametrize("hosting", HOSTINGS)
def test_in_a_process_of_its_own_from_a_start(hosting: str) -> None:
    """What users get by default, from a solution of another run: no worse, and the optimum."""
    case = cost_case(3, hosting)
    assert case.optimum is not None
    settings: dict[str, Any] = {"objective": "cost", "min_goodput": case.min_goodput}
    start = solved(case.instance, **settings).solution
    result = solved(case.instance, in_process=False, threads=2, initial_solution=start, **settings)
    least = case.optimum.cost_pico
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", least, least)
