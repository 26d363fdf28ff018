"""The rivals against brute force: they need not find the optimum, and must not claim anything false."""

from __future__ import annotations

import pytest

from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import SEEDS, every
from tests.conformance.solving import solved

RIVALS = ("inferline", "jellybean", "random", "vulcan")
OPTIONS = {"random": {"tries": 3}}


@pytest.mark.parametrize("method", RIVALS)
@pytest.mark.parametrize("seed", every(16, SEEDS))
def test_goodput(seed: int, method: str) -> None:
    """There is a solution, valid for both checkers, and never above the optimum; serving nobody is one."""
    case = random_case(seed)
    result = solved(case.instance, case.plain, method, **OPTIONS.get(method, {}))
    assert result.exact.bound is None, str(case)
    assert result.exact.objective is not None, str(case)
    assert 0 <= result.exact.objective <= case.optimum.value_milli, str(case)


@pytest.mark.parametrize("method", RIVALS)
@pytest.mark.parametrize("seed", every(16, SEEDS))
def test_cost(seed: int, method: str) -> None:
    """Solutions are valid for both checkers, reach the goodput asked for, and never cost less than the optimum."""
    case = cost_case(seed)
    more = {"min_goodput": case.min_goodput, **OPTIONS.get(method, {})}
    result = solved(case.instance, case.plain, method, "cost", **more)
    if result.solution is not None:
        assert case.optimum is not None, str(case)
        assert result.exact.objective is not None, str(case)
        assert result.exact.objective >= case.optimum.cost_pico, str(case)
