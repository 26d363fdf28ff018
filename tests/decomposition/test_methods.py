"""The methods of decomposition through the front door: what they report is true, whatever they reach."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

import sloplan
from sloplan.decomposition import branch_and_price_method, pursuing, settling_core, starting
from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance
from sloplan.decomposition.recovery import recover
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import CONTENDED_SEEDS, every
from tests.one_pool import one_pool

WAYS: list[tuple[str, dict[str, Any]]] = [
    ("lagrangian", {}),
    ("lagrangian", {"coordination": "subgradient"}),
    ("lagrangian", {"coordination": "volume"}),
    ("column-generation", {}),
    ("column-generation", {"warm_start": False}),
    ("branch-and-price", {"proof": "certified"}),
]
ASKED: dict[str, Any] = {"display": False, "threads": 1, "time_limit": 2.0}


@pytest.mark.parametrize(("method", "options"), WAYS)
@pytest.mark.parametrize("seed", every(3, CONTENDED_SEEDS[:9]))
def test_goodput(seed: int, method: str, options: dict[str, Any]) -> None:
    """The optimum lies between objective and bound, and the certificate proves the certified bound."""
    case = random_case(seed)
    best = case.optimum.value_milli
    result = sloplan.solve(case.instance, method, **ASKED, **options)
    assert result.message is None, str(case)
    assert result.exact.objective <= best <= result.exact.bound, str(case)
    assert sloplan.check(case.instance, result.solution) == []
    assert certificate_bound(case.instance, result.solution.certificate) == result.exact.certified_bound
    assert result.prices is not None or method == "branch-and-price"


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize(("method", "options"), WAYS)
@pytest.mark.parametrize("seed", every(3, range(1, 10)))
def test_cost(seed: int, method: str, options: dict[str, Any], hosting: str) -> None:
    """The least cost lies between bound and objective; a floor out of reach has no answer."""
    case = cost_case(seed, hosting)
    result = sloplan.solve(case.instance, method, "cost", min_goodput=case.min_goodput, **ASKED, **options)
    if case.optimum is None:
        assert result.solution is None, str(case)
        assert result.status in ("infeasible", "unknown"), str(case)
        return
    least = case.optimum.cost_pico
    assert result.exact.bound is None or result.exact.bound <= least, str(case)
    assert result.solution is not None, str(case)
    assert least <= result.exact.objective, str(case)


@pytest.mark.parametrize(("method", "options"), [*WAYS, ("branch-and-price", {})])
def test_must_groups_of_a_selection(method: str, options: dict[str, Any]) -> None:
    """Least cost of an assignment problem: two jobs, two agents with room for one each."""
    numbers: dict[str, Any] = {
        "group": [0, 0, 1, 1],
        "value": [0, 0, 0, 0],
        "cost": [1, 4, 1, 9],
        "usage": [[1, 0], [0, 1], [1, 0], [0, 1]],
        "capacity": [1, 1],
        "must": [True, True],
        "objective": "cost",
    }
    result = sloplan.solve(PlanSelection.from_numbers(**numbers), method, "cost", **ASKED, **options)
    assert (result.status, result.exact.objective) == ("optimal", 5)
    nowhere = PlanSelection.from_numbers(**(numbers | {"capacity": [1, 0]}))
    assert sloplan.solve(nowhere, method, "cost", **ASKED, **options).status == "infeasible"


@pytest.mark.parametrize("limit", ["_MOST_PAIRS", "MOST_ENTRIES"])
@pytest.mark.parametrize("seed", CONTENDED_SEEDS[:6])
def test_no_proof_from_part_of_the_survivors(seed: int, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where more of a selection survives than an engine is given, pairs or what they use, only the prices prove."""
    monkeypatch.setattr(settling_core, limit, 1)
    case = random_case(seed)
    result = sloplan.solve(PlanSelection.from_instance(case.instance), "branch-and-price", **ASKED)
    assert result.exact.objective <= case.optimum.value_milli <= result.exact.bound, str(case)
    assert result.proof == "certified"


@pytest.fixture(params=["_MOST_PAIRS", "_FEW_PAIRS"])
def core_of_models(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every core to the models of an instance, of all options or of those that survive, and much to be found."""
    monkeypatch.setattr(settling_core, request.param, {"_MOST_PAIRS": 1, "_FEW_PAIRS": -1}[request.param])
    monkeypatch.setattr(pursuing, "recover", worse_answer)
    monkeypatch.setattr(branch_and_price_method, "search", lambda *_: None)


def worse_answer(problem: CoupledProblem, *args: Any, **options: Any) -> Assignment | None:
    """Recover an answer and spoil it: one plan less, or one unit more than it needs where cost is sought."""
    found = recover(problem, *args, **options)
    if found is None or not (len(found.amount) if problem.is_cost else len(found.group)):
        return found
    if problem.is_cost:
        spoilt = replace(found, amount=np.minimum(found.amount + 1, problem.supplies.maximum))
    else:
        spoilt = replace(found, group=found.group[1:], plan=found.plan[1:], count=found.count[1:])
    return spoilt if spoilt.is_valid(problem) else found


@pytest.mark.usefixtures("core_of_models")
@pytest.mark.parametrize("seed", every(10, range(300)))
def test_models_settle_cores_of_goodput(seed: int) -> None:
    """They prove the optimum, of single copies and of counted ones."""
    case = random_case(seed)
    result = sloplan.solve(case.instance, "branch-and-price", **(ASKED | {"time_limit": 30.0}))
    assert (result.status, result.exact.objective) == ("optimal", case.optimum.value_milli), str(case)


@pytest.mark.usefixtures("core_of_models")
@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("seed", every(10, range(300)))
def test_models_settle_cores_of_cost(seed: int, hosting: str) -> None:
    """They prove the least cost, or that the floor is out of reach."""
    case = cost_case(seed, hosting)
    asked = ASKED | {"time_limit": 30.0, "min_goodput": case.min_goodput}
    result = sloplan.solve(case.instance, "branch-and-price", "cost", **asked)
    least = None if case.optimum is None else case.optimum.cost_pico
    assert result.status == ("infeasible" if least is None else "optimal"), str(case)
    assert result.exact.objective == least, str(case)


@pytest.mark.parametrize("seed", [55, 106])
def test_models_prove_what_is_not_listed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans that are searched and not listed leave no core to solve, but single copies have compact models."""
    monkeypatch.setattr(starting, "coupled_instance", partial(coupled_instance, list_limit=20))
    case = random_case(seed)
    result = sloplan.solve(case.instance, "branch-and-price", **(ASKED | {"time_limit": 30.0}))
    assert (result.status, result.exact.objective) == ("optimal", case.optimum.value_milli), str(case)


@pytest.mark.parametrize("method", ["lagrangian", "column-generation", "branch-and-price"])
def test_nothing_servable(method: str) -> None:
    """Without units nobody is served, and that is proved."""
    instance = one_pool()
    empty = instance.replace(pools=instance.table("pools").assign(units=0))
    result = sloplan.solve(empty, method, **ASKED)
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", 0, 0)


@pytest.mark.parametrize(
    ("method", "options"),
    [("lagrangian", {"coordination": "telepathy"}), ("branch-and-price", {"proof": "by intimidation"})],
)
def test_unknown_options_are_refused(method: str, options: dict[str, Any]) -> None:
    """The message says what there is."""
    with pytest.raises(InputError, match=r"allowed: (cutting-planes|solver)"):
        sloplan.solve(one_pool(), method, **ASKED, **options)
