"""The method `cp`: starts, floors, limits, bounds, and an engine that fails."""

from __future__ import annotations

import sys

import pytest
from ortools.sat.python import cp_model

import sloplan
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.run import Run
from sloplan.solvers import supervisor
from sloplan.solvers.cp import Cp, run_compact_cp_job
from sloplan.solvers.cp_sat import whole_bound
from sloplan.solvers.engine_options import EngineOptions
from sloplan.solvers.supervisor import run_job
from tests.one_pool import one_pool
from tests.solvers.contended import contended, hard

PREAMBLE = "import os, signal, time\nfrom sloplan.solvers import child, cp_sat, compact_cp_job\n"


def run_with_child(monkeypatch: pytest.MonkeyPatch, code: str, time_limit: float = 60.0) -> Run:
    """Solve with a process that runs `code` before the usual work."""
    command = [sys.executable, "-P", "-c", PREAMBLE + code + "\nchild.main()"]
    monkeypatch.setattr(supervisor, "child_command", lambda: command)
    instance = contended(6)
    run = Run(instance, time_limit=time_limit)
    Cp().solve(instance.compiled, run)
    return run


def test_proof_and_trajectory() -> None:
    """Solutions and bounds are reported as they are found, and the last bound is the engine's word."""
    result = sloplan.solve(contended(8), "cp", display=False, threads=1, in_process=True)
    assert (result.status, result.proof, result.limit, result.message) == ("optimal", "solver", None, None)
    assert result.trajectory[0].objective is None  # what all queries are worth is known before the engine starts
    assert result.trajectory[0].bound is not None
    assert result.bound is not None
    assert result.trajectory[0].bound > result.bound
    assert (result.trajectory[-1].objective, result.trajectory[-1].bound) == (result.objective, result.bound)


def test_same_seed_same_solution() -> None:
    """With one thread and no time limit a run repeats itself."""
    plans = [sloplan.solve(contended(9, 1), "cp", display=False, threads=1, seed=5, in_process=True) for _ in range(2)]
    assert plans[0].solution is not None
    assert plans[1].solution is not None
    assert plans[0].solution.file_bytes() == plans[1].solution.file_bytes()


def test_a_start_is_the_first_incumbent() -> None:
    """A run from a solution never falls behind it, whatever little time it gets."""
    instance = hard(40, 4)
    start = sloplan.solve(instance, "cp", display=False, rel_gap=0.5, in_process=True, threads=1)
    assert start.objective is not None
    more = {"time_limit": 1, "in_process": True, "threads": 1}
    result = sloplan.solve(instance, "cp", display=False, initial_solution=start.solution, **more)
    assert result.objective is not None
    assert result.objective >= start.objective


def test_effort_ends_a_search() -> None:
    """With hardly any work allowed a search ends without proof, and without it the same one ends with it."""
    optimal = sloplan.solve(hard(12, 4), "cp", display=False, threads=1, in_process=True)
    runs = [Run(hard(12, 4), threads=1) for _ in range(2)]
    here = EngineOptions(in_process=True)
    for run, effort in zip(runs, (1e-6, None), strict=True):
        run_job(run_compact_cp_job, run, engine="CP-SAT", limit=12, options=here, effort=effort)
    assert runs[0].bound is not None
    assert runs[0].bound > optimal.exact.objective
    assert runs[1].bound == optimal.exact.objective


def test_a_floor_out_of_reach_is_infeasible() -> None:
    """All of what can be served alone cannot be served together: under cost there is no solution."""
    result = sloplan.solve(one_pool(), "cp", "cost", display=False, threads=1, in_process=True)
    assert (result.status, result.solution, result.message) == ("infeasible", None, None)


def test_too_many_copies() -> None:
    """Copies beyond the limit are refused before anything starts."""
    with pytest.raises(SizeLimitError, match=r"501 query copies.*copy_limit"):
        sloplan.solve(one_pool((1.0,), counts=[501]), "cp", display=False)
    result = sloplan.solve(one_pool((1.0,), counts=[501]), "cp", display=False, copy_limit=501, in_process=True)
    assert result.exact.objective == 2000  # two fit on the machine


def test_gap_at_which_to_stop() -> None:
    """With a wide gap the first good solution ends the search."""
    result = sloplan.solve(hard(60, 5), "cp", display=False, rel_gap=0.5, in_process=True, threads=1)
    assert (result.status, result.limit) == ("feasible", "gap")
    assert result.gap is not None
    assert result.gap <= 0.5


def test_a_bound_is_rounded_on_the_optimistic_side() -> None:
    """Whole numbers stay; where floating point has fewer digits than the number, it may only grow worse."""
    assert [whole_bound(7.0, True), whole_bound(7.0, False)] == [7, 7]
    assert [whole_bound(7.0 + 1e-9, True), whole_bound(7.0 - 1e-9, False)] == [7, 7]
    assert [whole_bound(6.9999999, True), whole_bound(7.0000001, False)] == [7, 7]
    large = 2**60 + 1  # 2^60 in floating point
    assert whole_bound(float(large), True) >= large
    assert whole_bound(float(-large), False) <= -large


def test_wrong_infeasible_is_an_error_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """To serve nobody is always feasible under goodput, so "infeasible" is not believed."""
    monkeypatch.setattr(cp_model.CpSolver, "solve", lambda *_: cp_model.INFEASIBLE)
    result = sloplan.solve(contended(3), "cp", display=False, in_process=True)
    assert (result.status, result.limit) == ("unknown", "engine")
    assert result.message is not None
    assert "serving nothing always is feasible" in result.message


@pytest.mark.parametrize(
    ("code", "limit", "reason"),
    [
        ("compact_cp_job.solve_cp = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)", "engine", "signal 9"),
        ("def build(*_): raise MemoryError\ncompact_cp_job.compact_cp = build", "memory", "MemoryError"),
        ("def read(*_): raise RuntimeError('torn')\ncompact_cp_job.solution_from_cp = read", "engine", "torn"),
    ],
    ids=["kill -9", "memory", "an exception in a callback"],
)
def test_fault_gives_its_reason(monkeypatch: pytest.MonkeyPatch, code: str, limit: str, reason: str) -> None:
    """The run says that the engine failed and why; the bound known at once stays, without the engine's proof."""
    run = run_with_child(monkeypatch, code)
    assert run.limit == limit
    assert run.message is not None
    assert reason in run.message
    assert run.best_solution is None
    assert run.bound is not None or limit == "memory"


def test_time_is_up_while_building(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that passes while the model is built is the limit "time", no fault."""
    run = run_with_child(monkeypatch, "compact_cp_job.compact_cp = lambda *_: time.sleep(600)", time_limit=3.0)
    assert (run.limit, run.message, run.best_solution) == ("time", None, None)
    result = sloplan.solve(contended(3), "cp", display=False, time_limit=1e-6, in_process=True)
    assert (result.limit, result.message, result.solution) == ("time", None, None)
