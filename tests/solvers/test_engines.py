"""HiGHS, SCIP and Gurobi behind one shape: answers, bounds, starts, further rows, stopping, logs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import sloplan
from sloplan.problem.run import Run
from sloplan.solvers.engine import Engine, EngineError, Tolerances
from sloplan.solvers.engines import ENGINES, open_engine
from sloplan.solvers.highs import HIDDEN
from sloplan.solvers.milp import CompactMilp
from sloplan.solvers.milp_plans import PlansMilp
from sloplan.solvers.standard_form import TOLERANCE, StandardForm
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import CONTENDED_SEEDS, every
from tests.solvers.contended import contended

SOLVERS = list(ENGINES)
OTHERS = [solver for solver in SOLVERS if solver != "highs"]


def knapsack(columns: int, rows: int) -> StandardForm:
    """Return a random multidimensional knapsack whose values follow its loads: hard for its size."""
    rng = np.random.default_rng(1)
    load = rng.integers(1, 1000, (rows, columns)).astype(np.float64)
    value = load.mean(axis=0).round() + rng.integers(0, 500, columns)
    return StandardForm(
        columns=[],
        cost=-value,
        lower=np.zeros(columns),
        upper=np.ones(columns),
        integer=np.ones(columns, dtype=np.bool_),
        matrix=scipy.sparse.csc_array(load),
        row_lower=np.full(rows, -np.inf),
        row_upper=load.sum(axis=1) // 2,
        offset=0.0,
    )


def opened(solver: str, form: StandardForm, **settings: Any) -> Engine:
    """Give a model to an engine, with one thread."""
    return open_engine(solver, form, **{"seed": 0, "threads": 1, "rel_gap": 0.0} | settings)


SMALL = knapsack(20, 3)


def least_cost(form: StandardForm) -> float:
    """Return the least cost over all 0/1 vectors."""
    every = (np.arange(2 ** len(form.cost))[:, None] >> np.arange(len(form.cost))) & 1
    kept = ((every @ form.matrix.T.toarray()) <= form.row_upper).all(axis=1)
    return float((every[kept] @ form.cost).min())


BEST = least_cost(SMALL)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("partial", [False, True])
def test_answer_bounds_and_incumbents(solver: str, partial: bool) -> None:
    """The optimum is found; whatever is said on the way is a solution, or a bound on its side of the optimum.

    A partial start tells nothing about the model: what completes it must not be taken for the model's bound.
    """
    engine = opened(solver, SMALL)
    bounds: list[float] = []
    costs: list[float] = []
    engine.on_bound = bounds.append
    engine.on_incumbent = lambda values: costs.append(float(SMALL.cost @ values))
    if partial:
        engine.start_from(np.arange(5, dtype=np.int32), np.zeros(5))
    answer = engine.solve(60.0)
    assert answer.ended == "optimal"
    assert answer.values is not None
    assert answer.bound == pytest.approx(BEST, abs=1e-4)
    assert SMALL.cost @ answer.values == pytest.approx(BEST)
    assert min(costs) == pytest.approx(BEST)
    assert all(bound <= BEST + 1e-4 for bound in bounds)
    assert bounds == sorted(bounds)


def test_costs_too_large_for_absolute_tolerances() -> None:
    """HiGHS gets them scaled down; bounds, offset and tolerances come back in the units that went in."""
    large = replace(SMALL, cost=SMALL.cost * 2.0**31 + np.arange(20), offset=5.0, tolerance=1e-9)
    engine = opened("highs", large)
    bounds: list[float] = []
    engine.on_bound = bounds.append
    answer = engine.solve(60.0)
    best = least_cost(large) + 5
    assert answer.ended == "optimal"
    assert answer.bound == pytest.approx(best, rel=1e-12)
    assert best * 1.1 <= max(bounds) <= best
    for form in (large, replace(large, tolerance=TOLERANCE)):
        said = opened("highs", form).tolerances
        assert HIDDEN / 4 < said.mip_feasibility <= HIDDEN  # 20 columns at a tenth of that: twice as much, halved
        assert said.dual_feasibility == pytest.approx(0.1 * said.mip_feasibility)
    assert opened("highs", SMALL).tolerances == Tolerances(TOLERANCE, pytest.approx(0.1 * TOLERANCE))


def test_a_model_that_would_be_changed_is_refused() -> None:
    """HiGHS drops entries of 1e-13, which is another model, and only warns."""
    load = SMALL.matrix.copy()
    load.data[0] = 1e-13
    with pytest.raises(EngineError, match="another model than it was given"):
        opened("highs", replace(SMALL, matrix=load))


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_an_optimum_that_was_missed() -> None:
    """Large costs, and rented units that bring 10^8 times what plans use: HiGHS called 16.92054 USD/h the least."""
    instance = sloplan.load("cloud-only-s-1.2-loose")
    result = sloplan.solve(
        instance, "milp-plans", "cost", display=False, min_goodput=0.9, time_limit=400, threads=1, in_process=True
    )
    assert (result.status, result.objective) == ("optimal", pytest.approx(16.9196528628))


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_full_start_is_taken(solver: str) -> None:
    """The first solution that the engine reports is as good as the start."""
    best = opened(solver, SMALL).solve(60.0).values
    assert best is not None
    engine = opened(solver, SMALL)
    first: list[float] = []
    engine.on_incumbent = lambda values: first.append(float(SMALL.cost @ values))
    engine.start_from(np.arange(len(best), dtype=np.int32), np.rint(best))
    assert engine.solve(60.0).ended == "optimal"
    assert not first or min(first[:2]) == pytest.approx(BEST)  # SCIP tries the empty one of its own before


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_further_row_cuts_an_answer_off(solver: str) -> None:
    """The engine goes on to the next best answer, and then says that there is none any more."""
    engine = opened(solver, SMALL)
    answer = engine.solve(60.0)
    assert answer.values is not None
    taken = np.flatnonzero(answer.values > 0.5).tolist()
    engine.add_row(taken, len(taken) - 1)
    second = engine.solve(60.0)
    assert second.values is not None
    assert second.ended == "optimal"
    assert second.values[taken].sum() <= len(taken) - 1 + 1e-6
    assert SMALL.cost @ second.values >= BEST
    engine.add_row(range(len(SMALL.cost)), -1)
    assert engine.solve(60.0).ended == "infeasible"


@pytest.mark.parametrize("solver", SOLVERS)
def test_it_stops_when_asked_and_when_its_time_is_up(solver: str) -> None:
    """No answer is optimal that was cut short; what a callback raises comes out in good order."""
    hard = knapsack(200, 10)
    assert opened(solver, hard).solve(0.0).ended == "limit"
    engine = opened(solver, hard)
    asked: list[bool] = []
    engine.should_stop = lambda: bool(asked.append(True)) or len(asked) > 20
    assert engine.solve(600.0).ended == "limit"
    engine = opened(solver, hard)

    def fail(_: Any) -> None:
        raise ZeroDivisionError

    engine.on_incumbent = fail
    with pytest.raises(ZeroDivisionError):
        engine.solve(600.0)


@pytest.mark.parametrize("seed", every(2, CONTENDED_SEEDS[:8]))
@pytest.mark.parametrize("solver", OTHERS)
@pytest.mark.parametrize("method", ["milp", "milp-plans"])
def test_goodput_equals_brute_force(method: str, solver: str, seed: int) -> None:
    """Objective and bound are the greatest goodput, to the integer."""
    case = random_case(seed)
    result = sloplan.solve(case.instance, method, display=False, threads=1, solver=solver, in_process=True)
    best = case.optimum.value_milli
    assert result.message is None
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", best, best), str(case)


@pytest.mark.parametrize("seed", every(2, range(8)))
@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("solver", OTHERS)
def test_cost_equals_brute_force(solver: str, hosting: str, seed: int) -> None:
    """Objective and bound are the least cost that reaches the floor; where none does, the method says so."""
    case = cost_case(seed, hosting)
    settings = {"display": False, "threads": 1, "solver": solver, "in_process": True}
    result = sloplan.solve(case.instance, "milp-plans", "cost", min_goodput=case.min_goodput, **settings)
    if case.optimum is None:
        assert (result.status, result.solution) == ("infeasible", None), case
        return
    least = case.optimum.cost_pico
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", least, least), case


@pytest.mark.parametrize("solver", OTHERS)
@pytest.mark.parametrize("method", [CompactMilp, PlansMilp])
def test_starts_and_trajectory(solver: str, method: Any) -> None:
    """A start is never lost, and solutions and bounds stand in the trajectory as they came."""
    instance = contended(12)
    best = sloplan.solve(instance, "cp", display=False, in_process=True)
    run = Run(instance, time_limit=60.0)
    assert best.solution is not None
    assert run.offer(best.solution) == []
    method().solve(instance.compiled, run, solver=solver, in_process=True)
    assert run.best_objective == run.bound == best.exact.objective
    assert run.best_solution is best.solution
    assert any(event.bound is not None for event in run.trajectory)


@pytest.mark.parametrize(
    ("method", "more", "says"),
    [
        ("milp", {}, "HiGHS"),
        ("milp-plans", {"solver": "scip", "presolve": False}, "presolving"),
        ("milp-plans", {"solver": "gurobi"}, "Gurobi"),
        ("cp", {}, "CP-SAT"),
    ],
)
@pytest.mark.parametrize("in_process", [True, False])
def test_engine_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], method: str, more: dict[str, Any], says: str, in_process: bool
) -> None:
    """The engine's own log stands in the file that was asked for, in place of what was there, and nowhere else."""
    log = tmp_path / "engine.log"
    log.write_text("of yesterday")
    instance = contended(6)
    result = sloplan.solve(instance, method, display=False, engine_log=log, in_process=in_process, **more)
    assert result.status == "optimal"
    text = log.read_text()
    assert says in text
    assert "of yesterday" not in text
    os.write(1, b"after")
    assert capfd.readouterr().out == "after"


def test_where_the_log_cannot_be_written(tmp_path: Path) -> None:
    """Before anything starts the error names the option and the place."""
    for place in (tmp_path, tmp_path / "nowhere" / "engine.log"):
        with pytest.raises(sloplan.InputError, match="engine_log = .* cannot be written there"):
            sloplan.solve(contended(3), "milp", display=False, engine_log=place)


def test_the_start_of_the_process_is_reported_apart() -> None:
    """The seconds until the engine's process stood ready are part of the runtime; without a process there are none."""
    result = sloplan.solve(contended(3), "milp-plans", display=False)
    assert result.engine_start_time is not None
    assert 0 < result.engine_start_time < result.runtime
    assert sloplan.solve(contended(3), "milp-plans", display=False, in_process=True).engine_start_time is None
