"""Plan selections through the front door: every method that lists plans, limits, starts, and what has no solution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sloplan
from sloplan.models.plans_milp import selection_milp
from sloplan.problem.errors import InputError, SizeLimitError, UnsupportedError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.solvers.engine import EngineAnswer
from sloplan.solvers.highs import Highs
from sloplan.solvers.plans_form import plans_form
from sloplan.solvers.standard_form import standard_form
from tests.one_pool import one_pool

METHODS: dict[str, dict[str, Any]] = {
    "milp-plans": {"in_process": True},
    "cp": {"in_process": True},
    "exhaustive": {},
}


def assignment() -> PlanSelection:
    """Two jobs that must be done, each by one of two machines that hold one: costs 1 or 5, and 2 or 4; best 1 + 4."""
    return PlanSelection.from_numbers(
        group=[0, 0, 1, 1],
        value=[0, 0, 0, 0],
        cost=[1, 5, 2, 4],
        usage=[[1, 0], [0, 1], [1, 0], [0, 1]],
        capacity=[1, 1],
        must=[True, True],
        objective="cost",
    )


def rented(brought: int = 2) -> PlanSelection:
    """Three copies worth 2 each, of which at least two: each unit costs 3 and holds two; a copy costs 0.5."""
    return PlanSelection.from_numbers(
        group=[0],
        value=[2],
        cost=[0.5],
        count=[3],
        usage=[[1]],
        capacity=[0],
        maximum=[2],
        price=[3],
        brought=[[brought]],
        objective="cost",
        goodput_floor=4,
    )


def knapsack() -> PlanSelection:
    """Values 1.5, 2 and 2.5 with uses 1, 2 and 2 of 3: best 1.5 + 2.5."""
    return PlanSelection.from_numbers(group=[0, 1, 2], value=[1.5, 2, 2.5], usage=[[1], [2], [2]], capacity=[3])


@pytest.mark.parametrize(("make", "best"), [(assignment, 5.0), (rented, 4.0), (knapsack, 4.0)])
@pytest.mark.parametrize("method", METHODS)
def test_optima_by_hand(method: str, make: Any, best: float) -> None:
    """Each method proves the optimum; the result is in the selection's own units and checked."""
    selection = make()
    result = sloplan.solve(selection, method, display=False, threads=1, **METHODS[method])
    assert (result.status, result.objective, result.bound, result.message) == ("optimal", best, best, None)
    assert result.objective_name == selection.objective
    assert isinstance(result.solution, SelectionSolution)
    assert sloplan.check(selection, result.solution) == []
    assert result.cost_usd_per_hour is None
    assert result.served_count == result.plans()["count"].sum()


@pytest.mark.parametrize("method", METHODS)
def test_no_solution(method: str) -> None:
    """A group that must choose, and has no plan or none that fits, makes the problem infeasible."""
    full = PlanSelection.from_numbers(group=[0], value=[1], usage=[[2]], capacity=[1], must=[True])
    empty = PlanSelection.from_numbers(
        group=[1], value=[1], usage=[[1]], capacity=[1], must=[True, False], group_name=["a", "b"]
    )
    for selection in (full, empty):
        result = sloplan.solve(selection, method, display=False, threads=1, **METHODS[method])
        assert (result.status, result.solution, result.objective) == ("infeasible", None, None)


@pytest.mark.parametrize("method", METHODS)
def test_a_start_is_never_lost(method: str) -> None:
    """A run that starts from the optimum ends with it."""
    best = sloplan.solve(knapsack(), "exhaustive", display=False).solution
    assert best is not None
    result = sloplan.solve(knapsack(), method, display=False, threads=1, initial_solution=best, **METHODS[method])
    assert (result.status, result.objective) == ("optimal", 4.0)


def test_what_is_refused() -> None:
    """Another objective than the selection's own, a start of another kind, and methods that need an instance."""
    with pytest.raises(InputError, match="has another objective; allowed: goodput"):
        sloplan.solve(knapsack(), "cp", "cost", display=False)
    with pytest.raises(UnsupportedError, match="for a plan selection: milp-plans, cp"):
        sloplan.solve(knapsack(), "milp", display=False)
    with pytest.raises(UnsupportedError, match="a plan selection has none"):
        sloplan.solve(knapsack(), "greedy", display=False)
    other = sloplan.solve(one_pool(), "exhaustive", display=False).solution
    with pytest.raises(InputError, match="is none of a plan selection"):
        sloplan.solve(knapsack(), "cp", display=False, initial_solution=other)


def test_size_limits() -> None:
    """Too many plans, or copies for exhaustive search, are one clear error."""
    with pytest.raises(SizeLimitError, match="3 plans of its queries, at most 2 are listed"):
        sloplan.solve(one_pool(), "milp-plans", display=False, plan_limit=2, in_process=True)
    with pytest.raises(SizeLimitError, match="201 copies: exhaustive search takes at most 200"):
        sloplan.solve(one_pool((1.0,), counts=[201]), "exhaustive", display=False)


@pytest.mark.parametrize("make", [assignment, rented, knapsack])
def test_arrays_equal_the_model(make: Any) -> None:
    """The arrays given to HiGHS are the rows, bounds and objective of the Pyomo model that users extend."""
    selection = make()
    direct, model = plans_form(selection), selection_milp(selection)
    modelled = standard_form(model)
    plans = len(selection.plans)
    place = {id(variable): number for number, variable in model.take.items()}
    place |= {id(variable): plans + number for number, variable in model.amount.items()}
    columns = [place[id(variable)] for variable in modelled.columns]

    def rows(form: Any, names: Any) -> list[tuple[Any, ...]]:
        dense = form.matrix.toarray()
        return sorted(
            (sorted((names[c], dense[r, c]) for c in np.flatnonzero(dense[r])), form.row_lower[r], form.row_upper[r])
            for r in range(len(dense))
        )

    assert rows(direct.form, range(plans + len(selection.supplies))) == rows(modelled, columns)
    assert direct.scale == model.objective_scale
    assert dict(zip(columns, modelled.cost.tolist(), strict=True)) == {
        column: direct.form.cost[column] for column in columns
    }
    assert modelled.upper.tolist() == direct.form.upper[columns].tolist()


def test_figures_of_rows_with_supplies_are_small() -> None:
    """A unit brings 10^11 times what a plan uses: the engine sees nothing above 8, and keeps a tighter tolerance."""
    form = plans_form(rented(brought=10**11 + 1)).form
    assert 4 < np.abs(form.matrix.data).max() <= 8
    assert (form.tolerance, plans_form(knapsack()).form.tolerance) == (1e-9, 1e-6)


@pytest.mark.parametrize("bits", [45, 49, 51, 55])
def test_figures_too_far_apart_prove_nothing_wrong(bits: int) -> None:
    """A unit that brings one, beside one that brings 2^49, must not be taken for nothing: both groups can be served."""
    selection = PlanSelection.from_numbers(
        group=[0, 1], value=[5, 1], usage=[[100, 0], [0, 1]], capacity=[0, 1], maximum=[1, 100],
        brought=[[2**bits + 1, -2], [1, 0]],
    )  # fmt: skip
    result = sloplan.solve(selection, "milp-plans", display=False, time_limit=5, threads=1)
    assert result.bound is None or result.bound >= 6
    assert result.status != "infeasible"


def test_wrong_infeasible_is_an_error_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """To choose nothing is always feasible where nobody must choose, so "infeasible" is not believed."""
    monkeypatch.setattr(Highs, "solve", lambda *_: EngineAnswer("infeasible", None, None))
    result = sloplan.solve(knapsack(), "milp-plans", display=False, in_process=True)
    assert (result.status, result.limit) == ("unknown", "engine")
    assert result.message is not None
    assert "serving nothing always is feasible" in result.message


def test_time_is_up_at_once() -> None:
    """A limit of a hundredth of a second gives a result that says so, with the bound known by then."""
    for method in ("milp-plans", "cp"):
        result = sloplan.solve(knapsack(), method, display=False, time_limit=0.01)
        assert result.limit == "time" or result.status == "optimal"
        assert result.message is None
