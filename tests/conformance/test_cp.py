"""The method `cp`, per operator: replicas against brute force, and listed plans of the same instances."""

from __future__ import annotations

from random import Random

import pytest

import sloplan
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_cost import most_goodput
from tests.conformance.cases import instance_from, random_case
from tests.conformance.cost_cases import cost_case, cost_tables
from tests.conformance.seeds import CONTENDED_SEEDS

SEEDS = (*range(40), *CONTENDED_SEEDS[:40])


@pytest.mark.parametrize("seed", SEEDS)
def test_goodput_of_replicas_equals_brute_force(seed: int) -> None:
    """Whole replicas under goodput: objective and bound are what trying all combinations finds."""
    tables = cost_tables(seed, Random(f"cost/{seed}"))
    for pool in tables["pools"]:
        pool.pop("max_units", None)  # the units that stand are those that brute force may rent
    best = most_goodput(TinyInstance(tables, "replicas"))
    instance = instance_from(tables, name=f"random-replicas-{seed}", hosting="replicas")
    result = sloplan.solve(instance, "cp", display=False, threads=1, in_process=True)
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", best, best), tables
    assert result.solution is not None
    assert sloplan.check(instance, result.solution) == []


@pytest.mark.parametrize("seed", CONTENDED_SEEDS[:12])
def test_listed_plans_of_an_instance(seed: int) -> None:
    """One boolean per plan of the instance as a plan selection has the optimum of the model per operator."""
    case = random_case(seed)
    result = sloplan.solve(PlanSelection.from_instance(case.instance), "cp", display=False, threads=1, in_process=True)
    assert (result.status, result.exact.objective) == ("optimal", case.optimum.value_milli), str(case)


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("seed", range(12))
def test_a_start_is_kept(seed: int, hosting: str) -> None:
    """A run under cost that starts from the least cost ends with it, with nothing refused on the way."""
    case = cost_case(seed, hosting)
    more = {"objective": "cost", "min_goodput": case.min_goodput, "display": False, "threads": 1, "in_process": True}
    first = sloplan.solve(case.instance, "cp", **more)
    if case.optimum is None:
        assert first.solution is None
        return
    again = sloplan.solve(case.instance, "cp", initial_solution=first.solution, **more)
    assert (again.status, again.exact.objective, again.message) == ("optimal", case.optimum.cost_pico, None), case
