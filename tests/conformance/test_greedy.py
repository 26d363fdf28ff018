"""The method `greedy` against brute force: it need not find the optimum, and must not claim anything false."""

from __future__ import annotations

import pytest

from tests.conformance.cases import random_case
from tests.conformance.seeds import SEEDS, every
from tests.conformance.solving import solved


@pytest.mark.parametrize("seed", every(4, SEEDS))
def test_no_false_claims(seed: int) -> None:
    """Solutions are valid for both checkers and never above the optimum, bounds never below."""
    case = random_case(seed)
    result = solved(case.instance, case.plain, "greedy")
    best = case.optimum.value_milli
    assert result.exact.bound is not None, str(case)
    assert result.exact.bound >= best, str(case)
    if result.solution is None:
        assert result.status == "unknown", str(case)
    else:
        assert result.exact.objective is not None, str(case)
        assert result.exact.objective <= best, str(case)
