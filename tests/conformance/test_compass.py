"""The method `compass` against brute force: it need not find the optimum, and must not claim anything false."""

from __future__ import annotations

import pytest

from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import COST_SEEDS, SEEDS, every
from tests.conformance.solving import solved


@pytest.mark.parametrize("shortlist", ["search", "exact"])
@pytest.mark.parametrize("seed", every(6, SEEDS))
def test_no_false_claims(seed: int, shortlist: str) -> None:
    """Solutions are valid for both checkers and never above the optimum, bounds never below."""
    case = random_case(seed)
    result = solved(case.instance, case.plain, "compass", shortlist=shortlist)
    best = case.optimum.value_milli
    assert result.exact.bound is not None, str(case)
    assert result.exact.bound >= best, str(case)
    if result.solution is not None:
        assert result.exact.objective is not None, str(case)
        assert result.exact.objective <= best, str(case)


@pytest.mark.parametrize("seed", every(6, COST_SEEDS))
def test_no_false_claims_of_cost(seed: int) -> None:
    """Under cost nothing is cheaper than the optimum, and no bound is above it."""
    case = cost_case(seed)
    result = solved(case.instance, case.plain, "compass", "cost", min_goodput=case.min_goodput)
    if case.optimum is None:
        assert result.solution is None, str(case)
        return
    best = case.optimum.cost_pico
    if result.exact.certified_bound is not None:
        assert result.exact.certified_bound <= best, str(case)
    if result.solution is not None:
        assert result.exact.objective is not None, str(case)
        assert result.exact.objective >= best, str(case)


@pytest.mark.parametrize("seed", range(0, 12, 3))
def test_in_order(seed: int) -> None:
    """The greatest goodput first, then the least cost at it: made of the two."""
    case = cost_case(seed)
    result = solved(case.instance, case.plain, "compass", "goodput-then-cost")
    assert result.objective_name == "goodput-then-cost"
