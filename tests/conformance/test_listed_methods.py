"""Methods that list plans, and cp, against brute force: goodput and cost, both hostings, to the integer."""

from __future__ import annotations

from typing import Any

import pytest

import sloplan
from sloplan.problem.instance import Instance
from sloplan.problem.result import Result
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import CONTENDED_SEEDS, SEEDS

METHODS: dict[str, dict[str, Any]] = {
    "milp-plans": {"in_process": True},  # starting a process for each seed would take minutes
    "cp": {"in_process": True},
    "exhaustive": {},
}
COST_SEEDS = (*range(20), *CONTENDED_SEEDS[:20])
ENGINES = [method for method in METHODS if method != "exhaustive"]
COST_CASES = [
    *((method, hosting) for method in ENGINES for hosting in ("fluid", "replicas")),
    ("exhaustive", "fluid"),  # whole replicas and rented units have too many combinations to try them all
]


def solved(instance: Instance, method: str, **more: Any) -> Result:
    """Solve with one thread, and see that checker and status agree with what is reported."""
    result = sloplan.solve(instance, method=method, display=False, threads=1, **METHODS[method], **more)
    assert result.message is None
    if result.solution is not None:
        assert sloplan.check(instance, result.solution) == []
    return result


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("method", METHODS)
def test_goodput_equals_brute_force(method: str, seed: int) -> None:
    """Objective and bound are the greatest goodput."""
    case = random_case(seed)
    best = case.optimum.value_milli
    result = solved(case.instance, method)
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", best, best), str(case)


@pytest.mark.parametrize(("method", "hosting"), COST_CASES)
@pytest.mark.parametrize("seed", COST_SEEDS)
def test_cost_equals_brute_force(method: str, seed: int, hosting: str) -> None:
    """Objective and bound are the least cost that reaches the floor; where none does, the method says so."""
    case = cost_case(seed, hosting)
    result = solved(case.instance, method, objective="cost", min_goodput=case.min_goodput)
    if case.optimum is None:
        assert (result.status, result.solution) == ("infeasible", None), case
        return
    least = case.optimum.cost_pico
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", least, least), case
    assert result.exact.goodput is not None
    assert result.exact.goodput >= case.floor


@pytest.mark.parametrize("seed", COST_SEEDS)
def test_replicas_agree(seed: int) -> None:
    """Goodput with whole replicas: all methods find the same optimum, each with a solution that the checker accepts."""
    instance = cost_case(seed, "replicas").instance
    results = [solved(instance, method) for method in ENGINES]
    assert {result.status for result in results} == {"optimal"}
    assert len({result.exact.objective for result in results}) == 1


@pytest.mark.parametrize("presolve", [False, True])
def test_presolve_changes_nothing(presolve: bool) -> None:
    """With and without the plans that others replace the optimum is the same."""
    for seed in CONTENDED_SEEDS[:12]:
        case = random_case(seed)
        assert solved(case.instance, "milp-plans", presolve=presolve).exact.bound == case.optimum.value_milli, str(case)


@pytest.mark.parametrize("method", ["milp-plans", "cp"])
def test_in_a_process_of_its_own(method: str) -> None:
    """What users get by default: the engine in its own process."""
    case, cost = random_case(CONTENDED_SEEDS[0]), cost_case(3)
    assert sloplan.solve(case.instance, method, display=False).exact.bound == case.optimum.value_milli
    assert cost.optimum is not None
    result = sloplan.solve(cost.instance, method, "cost", min_goodput=cost.min_goodput, display=False)
    assert result.exact.bound == cost.optimum.cost_pico
