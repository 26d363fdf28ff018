"""What users get by default: the engine in a process of its own, with two threads. It takes seconds to start."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import CONTENDED_SEEDS, every
from tests.conformance.solving import ENGINES, proved, solved

OWN: dict[str, Any] = {"in_process": False, "threads": 2}


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("seed", every(20, CONTENDED_SEEDS[:20]))
def test_greatest_goodput(seed: int, method: str) -> None:
    """Solution, objective and bound come back through the pipe."""
    case = random_case(seed)
    best = case.optimum.value_milli
    assert proved(solved(case.instance, case.plain, method, **OWN)) == ("optimal", best, best), str(case)


@pytest.mark.parametrize(
    ("method", "hosting"), [("milp", "fluid"), ("milp", "replicas"), ("milp-plans", "fluid"), ("cp", "replicas")]
)
def test_least_cost_from_a_start(method: str, hosting: str) -> None:
    """A solution of another run goes in, with floor and supplies, and the optimum comes back."""
    case = cost_case(3, hosting)
    assert case.optimum is not None
    asked: dict[str, Any] = {"objective": "cost", "min_goodput": case.min_goodput}
    start = solved(case.instance, case.plain, method, **asked).solution
    result = solved(case.instance, case.plain, method, initial_solution=start, **asked, **OWN)
    least = case.optimum.cost_pico
    assert proved(result) == ("optimal", least, least), str(case)
