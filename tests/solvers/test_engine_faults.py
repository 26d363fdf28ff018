"""Every method with an engine, every fault of its process: a result that says so, with the best checked solution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sloplan
from sloplan.problem.errors import InputError
from sloplan.solvers import engines
from tests.one_pool import one_pool
from tests.solvers.contended import contended, hard
from tests.solvers.engine_faults import AFTER_THE_FIRST_ANSWER, FAULTS, METHODS, solved_with_child


def faults_of_methods() -> list[Any]:
    """Return all pairs of method and fault; those beyond one method per fault, and every method killed, are slow."""
    pairs = []
    for place, fault in enumerate(FAULTS):
        for turn, method in enumerate(METHODS):
            quick = fault == "kill -9" or place % len(METHODS) == turn
            pairs.append(pytest.param(method, fault, marks=[] if quick else [pytest.mark.slow]))
    return pairs


@pytest.mark.parametrize(("method", "fault"), faults_of_methods())
def test_what_was_found_before_a_fault_stays(monkeypatch: pytest.MonkeyPatch, method: str, fault: str) -> None:
    """The first answer was sent and checked; whatever its process does then, the result holds it and says why."""
    act, limit, reason = FAULTS[fault]
    code = AFTER_THE_FIRST_ANSWER + f"def misbehave(self): {act}\nchild.main()"
    settings: dict[str, Any] = {**METHODS[method], "memory_limit_gb": 1.0, "time_limit": 60.0}
    if fault == "hang":
        settings["time_limit"] = 15.0  # long enough for a busy machine to find the first answer
    instance = hard(40, machines=5)  # its first answer is not its best, or at least not known to be
    result = solved_with_child(monkeypatch, code, instance, **settings)
    assert result.limit == limit
    assert result.message is not None
    assert reason in result.message
    assert result.status == "feasible"
    assert result.solution is not None
    assert sloplan.check(instance, result.solution) == []
    assert result.bound is not None
    assert result.objective is not None
    assert result.bound >= result.objective


@pytest.mark.parametrize("method", METHODS)
def test_no_time_at_all(method: str) -> None:
    """A limit of a hundredth of a second is a result that says so, with the bound known by then and no fault."""
    result = sloplan.solve(contended(6), display=False, time_limit=0.01, **METHODS[method])
    assert (result.limit, result.message, result.solution) == ("time", None, None)
    assert result.status == "unknown"


@pytest.mark.parametrize("method", ["milp", "milp-plans"])
@pytest.mark.parametrize("solver", ["scip", "gurobi"])
def test_a_missing_solver_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, method: str, solver: str) -> None:
    """Nothing is started: the error names the package, and how to get it."""
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=f"is not installed.*pip install 'sloplan.{solver}.'") as caught:
        sloplan.solve(contended(3), method, display=False, solver=solver)
    assert (caught.value.field, caught.value.value) == ("solver", solver)


@pytest.mark.parametrize("method", ["milp", "milp-plans"])
def test_an_unknown_solver_is_one_clear_error(method: str) -> None:
    """The error lists those that there are."""
    with pytest.raises(InputError, match="no such solver; allowed: highs, scip, gurobi"):
        sloplan.solve(contended(3), method, display=False, solver="cplex")


@pytest.mark.parametrize("in_process", [True, False])
@pytest.mark.parametrize("method", ["milp", "milp-plans"])
def test_an_unlicensed_solver_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str, in_process: bool
) -> None:
    """Without a licence the error says what the engine says and what to do, before a model is built."""
    monkeypatch.setenv("GRB_LICENSE_FILE", str(tmp_path / "none.lic"))
    with pytest.raises(InputError, match=r"it gives no licence \(.*next: a licence .* or another solver"):
        sloplan.solve(contended(3), method, display=False, solver="gurobi", in_process=in_process)


def test_a_model_that_the_licence_refuses() -> None:
    """The licence of gurobipy's wheel is for small models: a larger one is an error that says so."""
    large = one_pool(tuple(float(1 + value % 7) for value in range(2100)))
    with pytest.raises(InputError, match="its licence refuses a model of 2,100 columns and 2,101 rows"):
        sloplan.solve(large, "milp-plans", display=False, solver="gurobi", in_process=True)


def test_the_memory_limit_needs_a_process() -> None:
    """Where the engine runs in this process its memory cannot be told apart, and other values are no limits."""
    for value, more in ((1.0, {"in_process": True}), (0, {}), ("2 GB", {})):
        with pytest.raises(InputError) as caught:
            sloplan.solve(contended(3), "cp", display=False, memory_limit_gb=value, **more)
        assert caught.value.field == "memory_limit_gb"
