"""The models of a plan selection: MILP and CP-SAT have the optimum that trying everything finds."""

from __future__ import annotations

import numpy as np
import pytest

import sloplan as sp
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.selections.selection import PlanSelection
from tests.engines import cp_optimum, highs_optimum_of_model
from tests.problem.selections.random_selections import brute_forced_optimum, random_selection


@pytest.mark.parametrize("objective", ["goodput", "cost"])
def test_optima(objective: str) -> None:
    """Counts, groups that must, supplies, floors and decimals: both models reach the brute-forced optimum."""
    infeasible = 0
    for seed in range(24):
        selection = random_selection(seed, objective=objective, supplies=seed % 3)
        expected = brute_forced_optimum(selection)
        infeasible += expected is None
        model = sp.models.selection_milp(selection)
        found = highs_optimum_of_model(model)
        assert (None if found is None else round(found * model.objective_scale)) == expected, seed
        assert cp_optimum(sp.models.selection_cp(selection)) == expected, seed
    assert 0 < infeasible < 16


def test_variables_are_small_where_they_can_be() -> None:
    """A group of one copy has booleans, a group of several integers, supplies integers up to their maximum."""
    selection = PlanSelection.from_numbers(
        group=[0, 1], value=[1, 2], usage=[[1], [1]], capacity=[9], count=[1, 4], maximum=[7], brought=[[1]]
    )
    model = sp.models.selection_milp(selection)
    assert model.take[0].is_binary()
    assert (model.take[1].is_integer(), model.take[1].bounds) == (True, (0, 4))
    assert (model.amount[0].is_integer(), model.amount[0].bounds) == (True, (0, 7))
    domains = [list(variable.domain) for variable in sp.models.selection_cp(selection).proto.variables]
    assert domains == [[0, 1], [0, 4], [0, 7]]


def test_names_in_the_cp_model() -> None:
    """Variables are named by group and plan, supplies and rows by their names."""
    selection = PlanSelection.from_numbers(
        group=[0, 0], value=[1, 2], usage=[[1], [1]], capacity=[9], maximum=[7], brought=[[1]],
        group_name=["q"], plan_name=["a", "b"], supply_name=["unit"], row_name=["gpu"],
    )  # fmt: skip
    proto = sp.models.selection_cp(selection).proto
    assert [variable.name for variable in proto.variables] == ["q/a", "q/b", "unit"]
    assert [constraint.name for constraint in proto.constraints] == ["", "gpu"]


def test_what_cp_sat_cannot_sum_is_refused() -> None:
    """Sums beyond what CP-SAT takes are a clear error, not a model that it calls invalid."""
    large = 2**61
    value = [large, large - 1, large - 2, large - 3, large - 4]
    selection = PlanSelection.from_numbers(group=[0] * 5, value=value, usage=np.zeros((5, 0)), capacity=[])
    with pytest.raises(SizeLimitError, match="does not fit into a CP-SAT model"):
        sp.models.selection_cp(selection)


def test_an_instance_has_the_optimum_of_its_listed_plans() -> None:
    """The compact MILP solves an instance to the value that both models find on its listed plans."""
    instance = sp.load("edge-cloud:queries=8,seed=3")
    selection = PlanSelection.from_instance(instance)
    solved = sp.solve(instance, method="milp", display=False, in_process=True).exact.objective
    model = sp.models.selection_milp(selection)
    assert round(highs_optimum_of_model(model) * model.objective_scale) == solved
    assert cp_optimum(sp.models.selection_cp(selection)) == solved
