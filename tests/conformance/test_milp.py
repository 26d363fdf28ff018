"""Every method against brute force on random tiny instances: exact ones equal it, to the integer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

import sloplan
from sloplan.models import compact_milp, latency
from sloplan.problem.result import Result
from tests.conformance.brute_force_check import Assignment, PlannedCopies, brute_force_check
from tests.conformance.cases import Case, random_case
from tests.conformance.seeds import CONTENDED_SEEDS, SEEDS


@dataclass(frozen=True)
class MethodCase:
    """A method under test, its options, and whether it must prove the optimum."""

    method: str
    exact: bool
    options: dict[str, Any] = field(default_factory=dict)


MILP = MethodCase("milp", exact=True)
MILP_IN_PROCESS = MethodCase("milp", exact=True, options={"in_process": True})
METHODS = (
    MILP_IN_PROCESS,  # starting a process for each seed would take minutes
    MethodCase("greedy", exact=False),
)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("tested", METHODS, ids=lambda tested: tested.method)
def test_method_against_brute_force(tested: MethodCase, seed: int) -> None:
    """Solutions are valid for both checkers and never above the optimum, bounds never below; exact methods prove it."""
    _assert_conforms(tested, random_case(seed))


@pytest.mark.parametrize(
    "seed", [*CONTENDED_SEEDS[:3], *(pytest.param(seed, marks=pytest.mark.slow) for seed in CONTENDED_SEEDS[3:20])]
)
def test_milp_in_a_process_of_its_own(seed: int) -> None:
    """What users get by default: the engine in its own process, with two threads; it takes seconds to start."""
    _assert_conforms(MILP, random_case(seed), threads=2)


def test_milp_with_finish_times_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random applications are too small for finish times to replace paths, so they are made to wherever they can."""
    monkeypatch.setattr(latency, "PATH_LIMIT", 0)
    with_finish_times = [case for case in map(random_case, SEEDS[:60]) if len(compact_milp(case.instance).finish)]
    assert len(with_finish_times) >= 10
    for case in with_finish_times:
        _assert_conforms(MILP_IN_PROCESS, case)


def _assert_conforms(tested: MethodCase, case: Case, threads: int = 1) -> None:
    result = sloplan.solve(case.instance, method=tested.method, display=False, threads=threads, **tested.options)
    best = case.optimum.value_milli
    assert result.message is None, str(case)
    assert result.exact.bound is not None, str(case)
    assert result.exact.bound >= best, str(case)
    if tested.exact:
        assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", best, best), str(case)
    if result.solution is None:
        assert (result.exact.objective, result.status) == (None, "unknown"), str(case)
    else:
        assert sloplan.check(case.instance, result.solution) == [], str(case)
        assert brute_force_check(case.plain, _assignment(result)) == set(), str(case)
        assert result.exact.objective == _value(case, result), str(case)
        assert result.exact.objective <= best, str(case)


def _assignment(result: Result) -> Assignment:
    """Return the solution in plain form, read from its tables alone."""
    assert result.solution is not None
    options: dict[int, list[tuple[str, tuple[str, str, str]]]] = {}
    for row in result.solution.options.to_dict("records"):
        choice = (row["configuration"], row["pool"], row["allocation"])
        options.setdefault(row["plan"], []).append((row["operator"], choice))
    plans = result.solution.plans.to_dict("records")
    return Assignment([PlannedCopies(row["query"], row["count"], options[plan]) for plan, row in enumerate(plans)])


def _value(case: Case, result: Result) -> int:
    return sum(plan.count * case.plain.queries[plan.query].value_milli for plan in _assignment(result).plans)
