"""The compact CP-SAT model admits exactly the plans that are feasible, and can be extended and read."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ortools.sat.python import cp_model

from sloplan.models import compact_cp, hint_solution, solution_from_cp
from sloplan.problem.checker import check
from sloplan.problem.cost_problem import goodput_floor
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.instance import Instance
from tests.conformance.cost_cases import cost_case
from tests.engines import cp_optimum
from tests.models.test_compact import feasible_plans
from tests.models.tiny_instances import CHAIN, ONE_RULE, TWO, latency_of_a_chain, latency_of_a_diamond, tiny
from tests.one_pool import one_pool


def solved(model: Any, status: Any = cp_model.OPTIMAL) -> cp_model.CpSolver:
    """Solve a model with one thread and see how it ends."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == status
    return solver


def admitted_plans(model: Any) -> set[tuple[int, ...]]:
    """Plans of copy 0 that the model's constraints allow: each is assumed in turn."""
    plans = set()
    for copy in model.index.copies:
        for plan in itertools.product(*(part.tolist() for part in copy.menu.options)):
            model.clear_assumptions()
            model.add_assumptions([copy.served, *(model.choose[0, option] for option in plan)])
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            if solver.solve(model) == cp_model.OPTIMAL:
                plans.add(plan)
    return plans


@pytest.mark.parametrize("make", ONE_RULE, ids=lambda make: make.__name__)
def test_model_admits_exactly_the_feasible_plans(make: Callable[[], Instance]) -> None:
    """Of all plans, the model allows those that exact evaluation allows: some, and not all."""
    instance = make()
    expected, everything = feasible_plans(instance)
    assert 0 < len(expected) < everything
    assert admitted_plans(compact_cp(instance)) == expected


def test_finish_times_stand_where_inputs_meet() -> None:
    """A chain needs no finish time; a diamond has one, at the operator where its branches meet."""
    assert compact_cp(latency_of_a_chain()).finish == {}
    diamond = latency_of_a_diamond()
    last = diamond.compiled.names.operators.tolist().index("d")
    assert list(compact_cp(diamond).finish) == [(0, last)]


def test_copies_are_served_in_order() -> None:
    """Of the copies of one query the first are served; copies of different queries are not ordered."""
    rows = [
        {"query": name, "application": "app", "source_site": "device", "rate_rps": 1.0, "count": count}
        for name, count in (("p", 2), ("q", 3))
    ]
    model = compact_cp(tiny(TWO, edges=CHAIN, queries=rows))
    ordered = [row.name for row in model.proto.constraints if "order" in row.name]
    assert ordered == ["copies_in_order/1", "copies_in_order/3", "copies_in_order/4"]
    model.clear_objective()
    model.add(sum(model.served.values()) == 3)
    served = set()
    for numbers in itertools.combinations(range(5), 3):
        model.clear_assumptions()
        model.add_assumptions([model.served[number] for number in numbers])
        if cp_optimum(model) is not None:
            served.add(numbers)
    assert served == {(0, 1, 2), (0, 2, 3), (2, 3, 4)}


def test_copies_beyond_the_limit_are_refused() -> None:
    """A count beyond the stated limit is a clear error that says what to do."""
    instance = tiny(TWO, edges=CHAIN, query={"count": 501})
    with pytest.raises(SizeLimitError, match=r"501 query copies.*500.*copy_limit"):
        compact_cp(instance)
    assert len(compact_cp(instance, copy_limit=501).served) == 501


def test_building_can_be_broken_off_at_every_copy() -> None:
    """There is a checkpoint for each copy; what it raises ends the building there."""
    calls = 0

    def checkpoint() -> None:
        nonlocal calls
        calls += 1
        if calls == 60:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        compact_cp(tiny(TWO, edges=CHAIN, query={"count": 100}), checkpoint=checkpoint)
    assert calls == 60


def test_query_without_a_plan_is_fixed_out() -> None:
    """A query that no option can serve has no choices, and its copy is 0."""
    model = compact_cp(tiny(TWO, edges=CHAIN, query={"slo_latency_ms": 1.0}))
    assert model.choose == {}
    assert solved(model).value(model.served[0]) == 0


def test_rows_that_cannot_bind_are_left_out() -> None:
    """Ample SLOs and capacities leave no rows but those that tie choices together."""
    query = {"slo_latency_ms": 1000.0, "slo_cost_per_1k": 1000.0, "rate_rps": 0.001}
    model = compact_cp(tiny(TWO, edges=CHAIN, query=query))
    assert {row.name for row in model.proto.constraints} == {""}


@pytest.mark.parametrize(("objective", "hosting"), [*itertools.product(["goodput", "cost"], ["fluid", "replicas"])])
def test_a_solution_is_a_complete_hint(objective: str, hosting: str) -> None:
    """With a solution's hint fixed, the model still has a solution, of the same worth."""
    for seed in range(10):
        instance = cost_case(seed, hosting).instance
        floor = goodput_floor(instance, 0.5) if objective == "cost" else None
        model = compact_cp(instance, objective, floor)
        if cp_optimum(model) is None:
            continue
        solver = solved(model)
        solution = solution_from_cp(model, instance, solver.value)
        assert check(instance, solution) == []
        again = compact_cp(instance, objective, floor)
        hint_solution(again, instance, solution)
        fixed = cp_model.CpSolver()
        fixed.parameters.num_workers = 1
        fixed.parameters.fix_variables_to_their_hinted_value = True
        assert fixed.solve(again) == cp_model.OPTIMAL, seed
        assert fixed.objective_value == solver.objective_value


def test_hints_of_copies() -> None:
    """Some of a query's copies with different plans, in whatever order a solution lists them, are a feasible hint."""
    instance = tiny(TWO, edges=CHAIN, query={"count": 4, "rate_rps": 10.0})
    model = compact_cp(instance)
    first, second, *_ = model.index.copies[0].menu.options[0].tolist()
    model.add(model.choose[0, first] + model.choose[1, second] == 2)
    model.add(model.served[2] == 0)
    solution = solution_from_cp(model, instance, solved(model).value)
    for rows in (solution.plans.index, solution.plans.index[::-1]):
        plans = solution.plans.loc[rows].reset_index(drop=True)
        options = solution.options.assign(plan=np.argsort(rows)[solution.options["plan"]])
        listed = dataclasses.replace(solution, plans=plans, options=options)
        assert check(instance, listed) == []
        hinted = compact_cp(instance)
        hint_solution(hinted, instance, listed)
        fixed = cp_model.CpSolver()
        fixed.parameters.fix_variables_to_their_hinted_value = True
        assert fixed.solve(hinted) == cp_model.OPTIMAL
        assert sum(fixed.value(literal) for literal in hinted.served.values()) == 2


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_units_that_can_be_rented_count_under_cost(hosting: str) -> None:
    """A query too large for the units that stand has its options under cost, where more units can be rented."""
    instance = one_pool((1.0,), billing="reserved")
    queries = instance.to_frames()["queries"].assign(rate_rps=5.0)
    pools = instance.to_frames()["pools"].assign(max_units=3)
    instance = instance.replace(hosting=hosting, queries=queries, pools=pools)
    assert cp_optimum(compact_cp(instance)) == 0
    model = compact_cp(instance, "cost", goodput_floor(instance, 1.0))
    solution = solution_from_cp(model, instance, solved(model).value)
    assert solution.supply.set_index("supply")["amount"]["unit:gpus"] == 2
    assert check(instance, solution) == []


def test_sums_beyond_the_engine_are_refused() -> None:
    """What CP-SAT does not take is said when the model is built."""
    with pytest.raises(SizeLimitError, match="does not fit into a CP-SAT model"):
        compact_cp(tiny(TWO, edges=CHAIN, query={"value": 4e15, "count": 3}))


def test_a_user_can_extend_the_model_and_bring_the_answer_back() -> None:
    """A side constraint holds in the answer, which is a valid solution; another instance's model is refused."""
    instance = tiny(TWO, edges=CHAIN)
    model = compact_cp(instance)
    configuration = instance.compiled.options.configuration
    large = [literal for (_, option), literal in model.choose.items() if configuration[option] in (0, 3)]
    model.add(sum(large) == 2)
    solver = solved(model)
    solution = solution_from_cp(model, instance, solver.value)
    assert solution.options["configuration"].tolist() == ["l", "l"]
    assert check(instance, solution) == []
    other = tiny(TWO, edges=CHAIN, query={"rate_rps": 2.0})
    with pytest.raises(InputError, match="another instance"):
        solution_from_cp(model, other, solver.value)
    with pytest.raises(InputError, match="another instance"):
        hint_solution(model, other, solution)
    pd.testing.assert_frame_equal(solution.plans, pd.DataFrame({"query": ["q"], "count": [1]}), check_dtype=False)


def test_importing_the_model_does_not_import_other_libraries() -> None:
    """The model needs neither Pyomo nor, before it is built, OR-Tools."""
    code = "import sys, sloplan.models.cp_answer; sys.exit('pyomo' in sys.modules or 'ortools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
