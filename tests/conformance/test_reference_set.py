"""Exact methods on the reference set: what they prove is one number, and no bound is on the wrong side of a solution.

The default suite takes one small instance of every family, each objective with either hosting on every other one; the
slow part takes all of sizes xs and s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sloplan
from sloplan.instances.library import stored_names
from sloplan.problem.objective import find_objective
from sloplan.problem.result import Result

METHODS = ("milp", "milp-plans", "cp")
OBJECTIVES = ("goodput", "cost", "goodput-then-cost")
HOSTINGS = ("fluid", "replicas")
MIN_GOODPUT = 0.9
TIME_LIMIT = 60.0
FEW = [name for name in stored_names() if name.endswith("-xs-1.2-tight")]
ALL = [name for name in stored_names() if "-xs-" in name or "-s-" in name]


def in_turn() -> list[Any]:
    """Return all combinations of the few instances, the objectives and the hostings; every other one is slow."""
    cells = []
    for place in np.ndindex(len(FEW), len(OBJECTIVES), len(HOSTINGS)):
        name, objective, hosting = (part[at] for part, at in zip((FEW, OBJECTIVES, HOSTINGS), place, strict=True))
        cells.append(pytest.param(name, objective, hosting, marks=[pytest.mark.slow] if sum(place) % 2 else []))
    return cells


@pytest.mark.parametrize(("name", "objective", "hosting"), in_turn())
def test_exact_methods_prove_one_number(name: str, objective: str, hosting: str) -> None:
    """On six queries every method proves its optimum, and all are equal to the integer."""
    results = every_method(name, objective, hosting, in_process=True)
    assert {method: result.status for method, result in results.items()} == dict.fromkeys(METHODS, "optimal")
    refuse_disagreement(results, objective)


@pytest.mark.slow
@pytest.mark.timeout(4 * TIME_LIMIT * len(METHODS))
@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", ALL)
def test_no_method_contradicts_another(name: str, objective: str, hosting: str) -> None:
    """Whatever is proved within a minute is equal, and every bound allows every solution that was found."""
    refuse_disagreement(every_method(name, objective, hosting, in_process=False), objective)


def every_method(name: str, objective: str, hosting: str, *, in_process: bool) -> dict[str, Result]:
    """Solve with every exact method on one thread; what it returns is valid."""
    instance = sloplan.load(name)
    assert isinstance(instance, sloplan.Instance)
    instance = instance.replace(hosting=hosting)
    asked: dict[str, Any] = {"time_limit": TIME_LIMIT, "threads": 1, "display": False, "in_process": in_process}
    if objective == "cost":
        asked["min_goodput"] = MIN_GOODPUT
    results = {}
    for method in METHODS:
        results[method] = sloplan.solve(instance, method, objective, **asked)
        solution = results[method].solution
        assert solution is None or sloplan.check(instance, solution) == []
    return results


def refuse_disagreement(results: dict[str, Result], objective: str) -> None:
    """See that proved figures are equal, and that bounds and solutions of the same question fit together."""
    goal = find_objective(objective)
    said = {method: (result.status, result.exact) for method, result in results.items()}
    proved = {
        (result.exact.objective, None if objective == "cost" else result.exact.goodput)
        for result in results.values()
        if result.status == "optimal"
    }
    assert len(proved) <= 1, said
    assert all(result.message is None or result.limit == "time" for result in results.values()), said
    for bounding in results.values():
        for solving in results.values():
            bound, reached = bounding.exact.bound, solving.exact.objective
            if bound is None or reached is None or not _same_question(bounding, solving, objective):
                continue
            assert not goal.contradicts(reached, bound), said


def _same_question(bounding: Result, solving: Result, objective: str) -> bool:
    """Under `goodput-then-cost` a bound speaks of costs at its own goodput, or at a greater one."""
    if objective != "goodput-then-cost":
        return True
    assert solving.exact.goodput is not None
    return bounding.exact.goodput is not None and solving.exact.goodput >= bounding.exact.goodput
