"""Problems with their plans listed: solutions of instances there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sloplan
from sloplan.problem.instance import Instance
from sloplan.solvers.highs import Highs
from sloplan.solvers.listed import Listed
from sloplan.solvers.standard_form import Floats
from tests.conformance.cost_cases import cost_case

SEEDS = range(12)


def solvable(seed: int, hosting: str) -> tuple[Instance, dict[str, Any]]:
    """Return an instance that reaches its floor, and how to ask for its least cost."""
    case = cost_case(seed, hosting)
    reached = case.optimum is not None
    return case.instance, {"objective": "cost", "min_goodput": case.min_goodput if reached else 0.0}


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("objective", ["goodput", "cost"])
def test_there_and_back(objective: str, hosting: str) -> None:
    """A solution's plans, replicas and rented units, read as choices, are the same solution again."""
    supplied = 0
    for seed in SEEDS:
        instance, asked = solvable(seed, hosting)
        asked = asked if objective == "cost" else {}
        best = sloplan.solve(instance, "cp", display=False, threads=1, in_process=True, **asked).solution
        assert best is not None
        floor = getattr(best, "goodput_floor", None)
        listed = Listed.of(instance, objective=objective, goodput_floor=floor, presolve=False)
        taken, amount = listed.choices(best)
        plan = np.flatnonzero(taken)
        again = listed.solution(plan, taken[plan], amount)
        assert _content(again) == _content(best), seed
        assert taken.sum() == best.plans["count"].sum()
        supplied += int(amount.sum())
    assert supplied or (objective, hosting) == ("goodput", "fluid")


def _content(solution: Any) -> Any:
    """Return what a solution says, whatever the order of its rows."""
    options = {
        plan: tuple(sorted(rows.drop(columns="plan").itertuples(index=False, name=None)))
        for plan, rows in solution.options.groupby("plan")
    }
    plans: dict[Any, int] = {}
    for plan, (query, count) in enumerate(zip(solution.plans["query"], solution.plans["count"], strict=True)):
        plans[query, options[plan]] = plans.get((query, options[plan]), 0) + int(count)
    supply = {
        name: int(amount) for name, amount in zip(*(solution.supply[c] for c in ("supply", "amount")), strict=True)
    }
    return plans, {name: amount for name, amount in supply.items() if amount}


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_the_engine_gets_the_start_under_cost(monkeypatch: pytest.MonkeyPatch, hosting: str) -> None:
    """HiGHS is given the plans, replicas and units of a start: they cost what the start costs."""
    started: list[float] = []
    starts = 0
    start_from = Highs.start_from

    def noted(self: Highs, columns: np.ndarray, values: Floats) -> None:
        started.append(float(self._form.cost[columns] @ values))
        start_from(self, columns, values)

    monkeypatch.setattr(Highs, "start_from", noted)
    for seed in SEEDS:
        instance, asked = solvable(seed, hosting)
        settings = {"display": False, "threads": 1, "in_process": True, **asked}
        best = sloplan.solve(instance, "milp-plans", **settings)
        started.clear()
        again = sloplan.solve(instance, "milp-plans", initial_solution=best.solution, **settings)
        assert again.exact.objective == best.exact.objective
        if started:  # else there was nothing left for an engine to do
            starts += 1
            prices = Listed.of(instance, objective="cost").selection
            scale = int(np.gcd.reduce(np.concatenate([prices.plans.cost, prices.supplies.price]))) or 1
            assert started[0] * scale == pytest.approx(best.exact.cost)
    assert starts >= 5
