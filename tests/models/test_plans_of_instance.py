"""The plan-selection model of an instance: over all plans, over given ones, and its answers brought back."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
import pytest

import sloplan as sp
from sloplan.models import plan_selection_milp
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.solvers.plans_form import SUPPLIED_TOLERANCE
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import CONTENDED_SEEDS
from tests.one_pool import one_pool, serving


def solved(instance: Instance, **more: Any) -> tuple[Any, sp.Solution]:
    """Build the model, solve it on HiGHS through Pyomo, bring its answer back; it is valid."""
    model = plan_selection_milp(instance, **more)
    engine = pyo.SolverFactory("appsi_highs")
    engine.highs_options = {"mip_feasibility_tolerance": SUPPLIED_TOLERANCE}
    engine.solve(model)
    solution = sp.solution_from(model, instance)
    assert sp.check(instance, solution) == []
    return model, solution


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_all_plans_hold_the_optimum(hosting: str) -> None:
    """Over all plans the answer is the least cost at the floor, by brute force."""
    cases = [case for case in (cost_case(seed, hosting) for seed in range(20)) if case.optimum and case.floor]
    assert len(cases) > 5
    for case in cases:
        assert case.optimum is not None
        model, solution = solved(case.instance, objective="cost", goodput_floor=case.floor)
        assert model.index.complete
        assert round(pyo.value(model.cost) * model.objective_scale) == case.optimum.cost_pico, case
        assert (solution.objective, solution.goodput_floor) == ("cost", case.floor)


def test_given_columns_alone() -> None:
    """The model chooses among the plans of given solutions, each listed once, and says that there may be others."""
    instance = one_pool()  # queries worth 1, 2 and 4, of which two fit
    model, solution = solved(
        instance, columns=[serving(instance, "q0"), serving(instance, "q1"), serving(instance, "q0")]
    )
    assert len(model.take) == 2
    assert not model.index.complete
    assert round(pyo.value(model.goodput) * model.objective_scale) == 3000
    assert sorted(solution.plans["query"]) == ["q0", "q1"]


def test_columns_of_an_optimum_hold_it() -> None:
    """Over the plans of an optimal solution and of a poor one, the optimum is found again."""
    for seed in CONTENDED_SEEDS[:8]:
        case = random_case(seed)
        columns = [sp.solve(case.instance, method, display=False).solution for method in ("exhaustive", "greedy")]
        model, _ = solved(case.instance, columns=[column for column in columns if isinstance(column, sp.Solution)])
        assert round(pyo.value(model.goodput) * model.objective_scale) == case.optimum.value_milli, seed


def test_no_columns() -> None:
    """Without plans there is nothing to take, and the answer serves nobody."""
    model = plan_selection_milp(one_pool(), columns=[])
    assert len(model.take) == 0
    assert len(sp.solution_from(model, one_pool()).plans) == 0


def test_bad_input() -> None:
    """Strange columns and missing values are one clear error."""
    instance = one_pool()
    with pytest.raises(InputError, match="belongs to another instance"):
        plan_selection_milp(instance.replace(name="other"), columns=[serving(instance, "q1")])
    strict = instance.replace(queries=instance.table("queries").assign(slo_latency_ms=1e-3))
    with pytest.raises(InputError, match="does not meet the SLOs and rules of its query"):
        plan_selection_milp(strict, columns=[serving(strict, "q1")])
    model = plan_selection_milp(instance)
    with pytest.raises(InputError, match="has no values"):
        sp.solution_from(model, instance)
    with pytest.raises(InputError, match="the Instance it was built from"):
        sp.solution_from(model, instance.compiled)
