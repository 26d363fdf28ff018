"""Every exact method against brute force on random tiny instances, to the integer: all objectives, both hostings.

A test solves one instance by all methods: what a failure shows is what each of them said, and the instance.
`make test` takes a sample of the seeds, `make test-all` all of them.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_cost import least_cost, most_goodput
from tests.conformance.cases import instance_from, random_case
from tests.conformance.cost_cases import cost_case, cost_tables
from tests.conformance.seeds import COST_SEEDS, SEEDS, STAGED_SEEDS, every
from tests.conformance.solving import EXACT, METHODS, proved, solved

METHODS_OF = {
    "fluid": METHODS,
    "replicas": EXACT,  # whole replicas and rented units have too many combinations to try them all
}
GOODPUT = every(5, SEEDS)
COST = every(8, COST_SEEDS)
REPLICAS = every(12, COST_SEEDS)
STAGED = every(30, STAGED_SEEDS)


@pytest.mark.parametrize("seed", GOODPUT)
def test_greatest_goodput(seed: int) -> None:
    """Under fluid hosting objective and bound of every method are the greatest goodput."""
    case = random_case(seed)
    best = case.optimum.value_milli
    said = {method: proved(solved(case.instance, case.plain, method)) for method in METHODS}
    assert said == dict.fromkeys(METHODS, ("optimal", best, best)), str(case)


@pytest.mark.parametrize("seed", REPLICAS)
def test_greatest_goodput_of_replicas(seed: int) -> None:
    """Objective and bound are the greatest goodput that whole replicas can carry."""
    tables = cost_tables(seed, Random(f"cost/{seed}"))
    for pool in tables["pools"]:
        pool.pop("max_units", None)  # the units that stand are those that brute force may rent
    plain = TinyInstance(tables, "replicas")
    best = most_goodput(plain)
    instance = instance_from(tables, name=f"random-replicas-{seed}", hosting="replicas")
    said = {method: proved(solved(instance, plain, method)) for method in EXACT}
    assert said == dict.fromkeys(EXACT, ("optimal", best, best)), f"seed {seed}\n{tables}"


@pytest.mark.parametrize("hosting", METHODS_OF)
@pytest.mark.parametrize("seed", COST)
def test_least_cost(seed: int, hosting: str) -> None:
    """Objective and bound are the least cost that reaches the floor; where none does, every method says so."""
    case, methods = cost_case(seed, hosting), METHODS_OF[hosting]
    results = {
        method: solved(case.instance, case.plain, method, "cost", min_goodput=case.min_goodput) for method in methods
    }
    if case.optimum is None:
        said = {method: (result.status, result.solution) for method, result in results.items()}
        assert said == dict.fromkeys(methods, ("infeasible", None)), str(case)
        return
    least = case.optimum.cost_pico
    expected = dict.fromkeys(methods, ("optimal", least, least))
    assert {method: proved(result) for method, result in results.items()} == expected, str(case)
    assert all(result.solution.goodput_floor == case.floor for result in results.values()), str(case)


@pytest.mark.parametrize("hosting", METHODS_OF)
@pytest.mark.parametrize("seed", STAGED)
def test_least_cost_at_the_greatest_goodput(seed: int, hosting: str) -> None:
    """In two stages: goodput, and cost at it, are the best that there are."""
    case = cost_case(seed, hosting)
    goodput = most_goodput(case.plain)
    cheapest = least_cost(case.plain, goodput)
    assert cheapest is not None
    said = {}
    for method in METHODS_OF[hosting]:
        result = solved(case.instance, case.plain, method, "goodput-then-cost")
        said[method] = (result.exact.goodput, *proved(result))
    expected = (goodput, "optimal", cheapest.cost_pico, cheapest.cost_pico)
    assert said == dict.fromkeys(METHODS_OF[hosting], expected), str(case)


def test_replicas_and_units_decide_in_some_cases() -> None:
    """Cases in which replicas stand and units are rented are among those that are compared every time."""
    optima = [cost_case(param.values[0], "replicas").optimum for param in COST if not param.marks]
    supplies = [name for optimum in optima if optimum is not None for name in optimum.supply]
    assert sum(name.startswith("unit:") for name in supplies) > 5
    assert sum("/" in name for name in supplies) > 12


def test_there_are_enough_instances() -> None:
    """Every method solves 300 instances for every objective and hosting; over a hundred problems in all every time."""
    sets = (GOODPUT, REPLICAS, COST, STAGED)
    assert [len({param.values[0] for param in params}) for params in sets] == [300] * 4
    hostings = (1, 1, 2, 2)
    every_time = sum(
        each * sum(not param.marks for param in params) for each, params in zip(hostings, sets, strict=True)
    )
    assert every_time > 100
