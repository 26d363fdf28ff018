"""The cost objectives against brute force: least cost, floor, bill and rules, to the integer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from sloplan.problem.checker import judge
from sloplan.problem.cost_problem import goodput_floor
from sloplan.problem.selections.check import judge_selection
from sloplan.problem.selections.from_instance import solution_of_instance
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.brute_force_check import Assignment, PlannedCopies, bill_pico, brute_force_check
from tests.conformance.brute_force_cost import LeastCost, most_goodput
from tests.conformance.cases import solution_from
from tests.conformance.cost_cases import CostCase, cost_case
from tests.conformance.seeds import CONTENDED_SEEDS, every
from tests.problem.selections.best_choice import best_choice

SEEDS = (*range(30), *CONTENDED_SEEDS[:40])
HOSTINGS = ("fluid", "replicas")
FEWEST = 10
"""Times that each rule must be broken alone; a valid solution is met far more often."""


def assignment_from(optimum: LeastCost, floor: int) -> Assignment:
    """Return what brute force serves, one plan per copy."""
    plans = [PlannedCopies(query, 1, list(plan.items())) for query, plan in optimum.served]
    return Assignment(plans, list(optimum.supply.items()), floor)


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", every(3, SEEDS))
def test_least_cost_equals_brute_force(seed: int, hosting: str) -> None:
    """The listed plans with rented units cost what brute force finds, and the checker bills both choices the same."""
    case = cost_case(seed, hosting)
    assert goodput_floor(case.instance, case.min_goodput) == case.floor, case
    selection = PlanSelection.from_instance(case.instance, "cost", case.min_goodput)
    assert selection.goodput_floor == case.floor
    best = best_choice(selection)
    if best is None or case.optimum is None:
        assert (best, case.optimum) == (None, None), case
        return
    listed = judge_selection(selection, best)
    assert (listed.violations, listed.cost) == ((), case.optimum.cost_pico), case
    judged = judge(case.instance, solution_of_instance(case.instance, best, goodput_floor=case.floor))
    assert judged.violations == (), case
    assert (judged.objective, judged.cost_pico, judged.value_milli) == (listed.cost, listed.cost, listed.value), case
    found = judge(case.instance, solution_from(case.instance, assignment_from(case.optimum, case.floor)))
    assert (found.violations, found.cost_pico) == ((), case.optimum.cost_pico), case


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", every(2, SEEDS[::4]))
def test_goodput_then_cost_in_two_stages(seed: int, hosting: str) -> None:
    """Stage one is the greatest goodput with all that can be rented, stage two its least cost."""
    case = cost_case(seed, hosting)
    selection = PlanSelection.from_instance(case.instance, "cost", 0)
    first = replace(selection, objective="goodput", goodput_floor=None)
    best = best_choice(first)
    assert best is not None
    most = judge_selection(first, best).value
    assert most == most_goodput(case.plain), case
    second = replace(selection, goodput_floor=most)
    cheapest = best_choice(second)
    assert cheapest is not None
    solution = solution_of_instance(case.instance, cheapest, objective="goodput-then-cost", goodput_floor=most)
    verdict = judge(case.instance, solution)
    assert (verdict.violations, verdict.value_milli) == ((), most), case
    assert verdict.objective == judge_selection(second, cheapest).cost, case


@pytest.mark.parametrize(
    ("hosting", "rules"), [("fluid", ("goodput_floor", "capacity", "supply")), ("replicas", ("capacity", "supply"))]
)
def test_verdicts_agree(hosting: str, rules: Sequence[str]) -> None:
    """Changed supplies, counts and floors are judged as the check written apart judges them, and billed alike."""
    met: Counter[str] = Counter()
    for seed in SEEDS[::3]:
        case = cost_case(seed, hosting)
        rng = Random(seed)
        for _ in range(12 if case.optimum else 0):
            assignment = _changed(rng, case)
            expected = brute_force_check(case.plain, assignment)
            verdict = judge(case.instance, solution_from(case.instance, assignment))
            named = {violation.rule for violation in verdict.violations}
            assert named == expected, f"{assignment}\n{case}"
            if not expected:
                assert verdict.cost_pico == bill_pico(case.plain, assignment), f"{assignment}\n{case}"
            met["several" if len(expected) > 1 else "".join(expected) or "valid"] += 1
    assert {rule: met[rule] for rule in ("valid", *rules) if met[rule] < FEWEST} == {}


def _changed(rng: Random, case: CostCase) -> Assignment:
    """Change the cheapest solution once, or leave it as it is."""
    assert case.optimum is not None
    assignment = assignment_from(case.optimum, case.floor)
    plans, supply = list(assignment.plans), list(assignment.supply)
    change = rng.choice(("none", "more", "less", "less", "other", "count", "leave", "floor"))
    if change in ("more", "less") and supply:
        index = rng.randrange(len(supply))
        name, amount = supply[index]
        supply[index] = (
            name,
            amount + (rng.choice((1, 2, 9)) if change == "more" else -rng.choice((1, 1, amount + 1))),
        )
    elif change == "other":
        pool = rng.choice([*case.plain.pools, "nowhere"])
        supply.append((f"unit:{pool}", rng.choice((-1, 0, 1, 3))))
    elif change == "count" and plans:
        index = rng.randrange(len(plans))
        plans[index] = replace(plans[index], count=rng.choice((1, 2, 3)))
    elif change == "leave" and plans:
        plans.pop(rng.randrange(len(plans)))
    elif change == "floor":
        return replace(assignment, goodput_floor=max(0, case.floor + rng.choice((-1, 1, 10**6))))
    return Assignment(plans, supply, assignment.goodput_floor)
