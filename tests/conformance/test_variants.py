"""Other ways to the same optimum: without presolve, with finish times, over listed plans, from a start."""

from __future__ import annotations

from typing import Any

import pytest

from sloplan.models import compact_milp, latency
from sloplan.problem.selections.selection import PlanSelection
from sloplan.solving import solve
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import CONTENDED_SEEDS, SEEDS, every
from tests.conformance.solving import ENGINES, IN_PROCESS, proved, solved


def test_milp_with_finish_times_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random applications are too small for finish times to replace paths, so they are made to wherever they can."""
    monkeypatch.setattr(latency, "PATH_LIMIT", 0)
    with_finish_times = [case for case in map(random_case, SEEDS[:60]) if len(compact_milp(case.instance).finish)]
    assert len(with_finish_times) >= 10
    for case in with_finish_times:
        best = case.optimum.value_milli
        assert proved(solved(case.instance, case.plain, "milp")) == ("optimal", best, best), str(case)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("seed", every(3, CONTENDED_SEEDS[:12]))
def test_without_presolve(seed: int, method: str) -> None:
    """With everything that presolve leaves out the optimum is the same."""
    case = random_case(seed)
    best = case.optimum.value_milli
    assert proved(solved(case.instance, case.plain, method, presolve=False)) == ("optimal", best, best), str(case)


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("seed", every(3, range(8)))
def test_least_cost_without_presolve(seed: int, hosting: str) -> None:
    """The least cost too, with every method."""
    case = cost_case(seed, hosting)
    asked: dict[str, Any] = {"objective": "cost", "min_goodput": case.min_goodput, "presolve": False}
    said = {method: solved(case.instance, case.plain, method, **asked).exact.objective for method in ENGINES}
    assert said == dict.fromkeys(ENGINES, None if case.optimum is None else case.optimum.cost_pico), str(case)


@pytest.mark.parametrize("seed", every(3, CONTENDED_SEEDS[:12]))
def test_cp_over_listed_plans(seed: int) -> None:
    """One boolean per plan of the instance as a plan selection has the optimum of the model per operator."""
    case = random_case(seed)
    result = solve(PlanSelection.from_instance(case.instance), "cp", display=False, threads=1, **IN_PROCESS)
    assert (result.status, result.exact.objective) == ("optimal", case.optimum.value_milli), str(case)


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("seed", every(2, range(12)))
def test_cp_keeps_a_start(seed: int, hosting: str) -> None:
    """A run under cost that starts from the least cost ends with it, with nothing refused on the way."""
    case = cost_case(seed, hosting)
    asked: dict[str, Any] = {"objective": "cost", "min_goodput": case.min_goodput}
    first = solved(case.instance, case.plain, "cp", **asked)
    if case.optimum is None:
        assert first.solution is None
        return
    least = case.optimum.cost_pico
    again = solved(case.instance, case.plain, "cp", initial_solution=first.solution, **asked)
    assert proved(again) == ("optimal", least, least), str(case)
