"""The compact model admits exactly the plans that are feasible, rule by rule."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.models import compact_milp, solution_from
from sloplan.problem.checker import check
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.instance import Instance
from sloplan.solvers.highs import Highs
from sloplan.solvers.standard_form import standard_form
from tests.models.tiny_instances import CHAIN, ONE_RULE, TWO, latency_where_many_paths_meet, tiny


def feasible_plans(instance: Instance) -> tuple[set[tuple[int, ...]], int]:
    """Plans of the only query that meet every rule by exact evaluation, and the number of all plans."""
    compiled = instance.compiled
    choices = np.array(list(itertools.product(*(part.tolist() for part in compiled.template_options(0)))))
    figures, queries = evaluate_plans(compiled, 0, choices), compiled.queries
    rate = queries.rate_milli[0]
    kept = figures.placeable & (figures.min_rate_milli <= rate) & (rate <= figures.max_rate_milli)
    kept &= figures.latency_us <= queries.slo_latency_us[0]
    kept &= figures.accuracy_nano_nats <= queries.slo_accuracy[0]
    kept &= figures.cost_nano <= queries.slo_cost_nano[0]
    for plan in range(len(choices)):
        rows, amounts = figures.usage.row(plan)
        kept[plan] &= bool(np.all(rate * amounts <= compiled.rows.capacity[rows]))
    return {tuple(row) for row in choices[kept].tolist()}, len(choices)


def admitted_plans(model: Any) -> set[tuple[int, ...]]:
    """Plans of copy 0 that the model's constraints allow: each is fixed in turn and the rest solved."""
    form = standard_form(model)
    column_of = form.column_of()
    plans = set()
    for choice in model.index.copies:
        columns = [{o: column_of[id(model.choose[0, o])] for o in part.tolist()} for part in choice.menu.options]
        for plan in itertools.product(*columns):
            lower, upper = form.lower.copy(), form.upper.copy()
            for of_option, option in zip(columns, plan, strict=True):
                for other, column in of_option.items():
                    lower[column] = upper[column] = float(other == option)
            served = column_of[id(choice.served)]
            lower[served] = 1.0
            fixed = dataclasses.replace(form, lower=lower, upper=upper)
            if Highs(fixed, seed=0, threads=1, rel_gap=0.0).solve(10).ended == "optimal":
                plans.add(plan)
    return plans


@pytest.mark.parametrize("make", ONE_RULE, ids=lambda make: make.__name__)
def test_model_admits_exactly_the_feasible_plans(make: Callable[[], Instance]) -> None:
    """Of all plans, the model allows those that exact evaluation allows: some, and not all."""
    instance = make()
    expected, everything = feasible_plans(instance)
    assert 0 < len(expected) < everything
    assert admitted_plans(compact_milp(instance)) == expected


def test_many_paths_are_gathered_in_a_finish_time() -> None:
    """Where more than four paths meet before the end, a finish-time variable stands for them."""
    model = compact_milp(latency_where_many_paths_meet())
    assert len(model.finish) == 1
    assert len(model.latency) == 1


def test_copies_are_served_in_order() -> None:
    """The copies of one query are ordered; copies of different queries are not."""
    rows = [
        {"query": name, "application": "app", "source_site": "device", "rate_rps": 1.0, "count": count}
        for name, count in (("p", 2), ("q", 3))
    ]
    model = compact_milp(tiny(TWO, edges=CHAIN, queries=rows))
    assert sorted(model.copies_in_order) == [1, 3, 4]


def test_copies_beyond_the_limit_are_refused() -> None:
    """A count beyond the stated limit is a clear error that says what to do."""
    instance = tiny(TWO, edges=CHAIN, query={"count": 501})
    with pytest.raises(SizeLimitError, match=r"501 query copies.*500.*copy_limit"):
        compact_milp(instance)
    assert len(compact_milp(instance, copy_limit=501).served) == 501


def test_building_can_be_broken_off_at_every_copy() -> None:
    """Each step of the building comes to a checkpoint for each copy; what it raises ends the building there."""
    instance = tiny(TWO, edges=CHAIN, query={"count": 100, "slo_latency_ms": 30.0})

    def calls_until(last: float) -> int:
        calls = 0

        def checkpoint() -> None:
            nonlocal calls
            calls += 1
            if calls > last:
                raise TimeoutError

        with contextlib.suppress(TimeoutError):
            compact_milp(instance, checkpoint=checkpoint)
        return calls

    every = calls_until(math.inf)
    assert every > 7 * 100  # choices, compatibility, accuracy, latency, cost, capacity; some steps pass twice
    for stop in (0, 1, 150, 350, every - 1):
        assert calls_until(stop) == stop + 1


def test_query_without_a_plan_is_fixed_out() -> None:
    """A query that no option can serve has no choices, and its copy is fixed to 0."""
    model = compact_milp(tiny(TWO, edges=CHAIN, query={"slo_latency_ms": 1.0}))
    assert model.served[0].fixed
    assert len(model.choose) == 0


def test_rows_that_cannot_bind_are_left_out() -> None:
    """Ample SLOs and capacities leave no rows but those that tie choices together."""
    query = {"slo_latency_ms": 1000.0, "slo_cost_per_1k": 1000.0, "rate_rps": 0.001}
    model = compact_milp(tiny(TWO, edges=CHAIN, query=query))
    for name in ("latency", "cost", "capacity", "own_capacity", "accuracy", "together"):
        assert len(getattr(model, name)) == 0, name


def test_values_are_divided_by_their_gcd() -> None:
    """Objective coefficients are small integers; the scale brings milli-values back."""
    rows = [
        {"query": name, "application": "app", "source_site": "device", "rate_rps": 1.0, "value": value}
        for name, value in (("p", 1.5), ("q", 2.5))
    ]
    model = compact_milp(tiny(TWO, edges=CHAIN, queries=rows))
    assert model.objective_scale == 500
    assert sorted(-standard_form(model).cost[standard_form(model).cost != 0]) == [3.0, 5.0]


def test_a_user_can_extend_the_model_and_bring_the_answer_back() -> None:
    """A side constraint holds in the answer, which is a valid solution."""
    import pyomo.environ as pyo

    instance = tiny(TWO, edges=CHAIN)
    model = compact_milp(instance)
    configuration = instance.compiled.options.configuration
    large = [v for (_, option), v in model.choose.items() if configuration[option] in (0, 3)]
    model.only_large = pyo.Constraint(expr=sum(large) == 2)
    values = pyo.ComponentMap(_solved(model))
    solution = solution_from(model, instance, values)
    assert solution.options["configuration"].tolist() == ["l", "l"]
    assert check(instance, solution) == []
    for variable, value in values.items():
        variable.value = value
    pd.testing.assert_frame_equal(solution_from(model, instance).options, solution.options)


def _solved(model: Any) -> list[tuple[Any, float]]:
    form = standard_form(model)
    values = Highs(form, seed=0, threads=1, rel_gap=0.0).solve(10).values
    assert values is not None
    return list(zip(form.columns, values.tolist(), strict=True))


def test_answers_without_values_or_of_another_instance_are_refused() -> None:
    """A model that was not solved, or belongs to another instance, gives a clear error."""
    instance = tiny(TWO, edges=CHAIN)
    model = compact_milp(instance)
    with pytest.raises(InputError, match="no values"):
        solution_from(model, instance)
    with pytest.raises(InputError, match="another instance"):
        solution_from(model, tiny(TWO, edges=CHAIN, query={"rate_rps": 2.0}))


def test_importing_the_room_does_not_import_the_modelling_library() -> None:
    """`import sloplan.models` stays fast."""
    code = "import sys, sloplan.models; sys.exit('pyomo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
