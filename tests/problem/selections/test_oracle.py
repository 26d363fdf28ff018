"""The oracle of plan selections: the best plan of every group, against a search of all of them."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.problem.method import BestPlans, PlanOracle
from sloplan.problem.selections.check import judge_selection
from sloplan.problem.selections.oracle import SelectionOracle
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution


def random_selection(seed: int) -> PlanSelection:
    """Ten plans or none in eight groups, some without a plan; many prices are equal."""
    draw = np.random.default_rng(seed)
    plans = int(draw.choice([0, 10]))
    return PlanSelection.from_numbers(
        group=draw.integers(8, size=plans),
        value=draw.integers(4, size=plans),
        cost=draw.integers(9, size=plans),
        usage=draw.integers(3, size=(plans, 3)),
        capacity=[100, 100, 100],
        count=np.ones(8, dtype=np.int64),
    )


def searched(selection: PlanSelection, prices: np.ndarray, group: int) -> int:
    """Return the first plan of greatest worth of a group, -1 without one."""
    best, best_worth = -1, -np.inf
    for plan in np.flatnonzero(selection.plans.group == group):
        column, amount = selection.plans.usage.row(int(plan))
        worth = selection.plans.value[plan] - float(prices[column] @ amount)
        if worth > best_worth:
            best, best_worth = int(plan), worth
    return best


@pytest.mark.parametrize("seed", range(20))
def test_best_plan_of_every_group(seed: int) -> None:
    """The plan is the one that a search finds, and its figures are those of that plan."""
    selection = random_selection(seed)
    prices = np.random.default_rng(seed).integers(3, size=3).astype(np.float64) / 2
    oracle: PlanOracle = SelectionOracle(selection)
    found: BestPlans = oracle.best_plans(prices)
    expected = [searched(selection, prices, group) for group in range(8)]
    assert found.choices.tolist() == [[plan] for plan in expected]
    assert found.exists.tolist() == [plan >= 0 for plan in expected]
    for group, plan in enumerate(expected):
        column, amount = found.usage.row(group)
        if plan < 0:
            assert (found.value[group], found.cost[group], len(column)) == (0, 0, 0)
            continue
        assert (found.value[group], found.cost[group]) == (selection.plans.value[plan], selection.plans.cost[plan])
        of_plan = selection.plans.usage.row(plan)
        assert (column.tolist(), amount.tolist()) == (of_plan[0].tolist(), of_plan[1].tolist())


def test_what_is_found_makes_a_solution() -> None:
    """The plans can be chosen as they are, and come to the value and cost that the oracle said."""
    selection = PlanSelection.from_numbers(
        group=[0, 0, 2], value=[5, 4, 3], cost=[2, 1, 7], usage=[[4], [1], [2]], capacity=[3], count=[1, 1, 1]
    )
    found = SelectionOracle(selection).best_plans(np.array([1.0]))
    assert found.choices[:, 0].tolist() == [1, -1, 2]
    verdict = judge_selection(selection, SelectionSolution.from_choices(selection, found.choices[found.exists, 0]))
    assert (verdict.violations, verdict.value, verdict.cost) == ((), found.value.sum(), found.cost.sum())
