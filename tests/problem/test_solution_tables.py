"""Solutions of another form than the stored one: brought into it where nothing is lost, refused otherwise."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.checking import check
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.result import Result
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from tests.one_pool import one_pool, serving


@pytest.fixture(scope="module")
def instance() -> Instance:
    """Queries worth 1, 2 and 4, of which two fit."""
    return one_pool()


@pytest.mark.parametrize("kind", ["float64", "int32", "uint64", "Int64", "object"])
def test_whole_numbers_of_any_type_are_taken(instance: Instance, kind: str) -> None:
    """Whole numbers are stored as int64, whatever type pandas gave them."""
    given = serving(instance, "q1", "q2")
    solution = replace(
        given, plans=given.plans.astype({"count": kind}), options=given.options.astype({"plan": kind}), bound=7000.0
    )
    assert (solution.plans["count"].dtype, solution.options["plan"].dtype) == (np.int64, np.int64)
    assert type(solution.bound) is int
    assert check(instance, solution) == []


@pytest.mark.parametrize(
    ("table", "column", "values", "row"),
    [
        ("plans", "count", [1, 1.9], 2),
        ("plans", "count", [math.nan, 1], 1),
        ("plans", "count", [1, math.inf], 2),
        ("plans", "count", [1.0, 2.0**63], 2),
        ("plans", "count", [1, 2**63], 2),
        ("plans", "count", ["1", 1], 1),
        ("plans", "count", [True, True], 1),
        ("plans", "count", pd.array([1, None], dtype="Int64"), 2),
        ("plans", "count", pd.to_datetime(["2020-01-01"] * 2), 1),
        ("plans", "query", ["q0", 1], 2),
        ("plans", "query", [["q0"], "q1"], 1),
        ("options", "plan", [0.4, 1.4], 1),
        ("options", "pool", ["gpus", None], 2),
    ],
)
def test_other_values_are_refused(instance: Instance, table: str, column: str, values: Any, row: int) -> None:
    """A value that is not of its column's type is refused with table, row, column and value."""
    given = serving(instance, "q1", "q2")
    changed = getattr(given, table).assign(**{column: values})
    with pytest.raises(InputError, match="wrong type of value") as caught:
        replace(given, **{table: changed})
    assert (caught.value.file, caught.value.row, caught.value.field) == (table, row, column)


@pytest.mark.parametrize(
    ("plans", "message"),
    [
        (pd.DataFrame({"query": ["q0"]}), r"plans\.count: missing column; allowed: the columns query, count"),
        (pd.DataFrame([["q0", 1, 1]], columns=["query", "count", "count"]), r"plans\.count: .*more than once"),
        ({"query": ["q0"], "count": [1]}, "not a table; allowed: a DataFrame"),
    ],
)
def test_other_tables_are_refused(instance: Instance, plans: Any, message: str) -> None:
    """A table without a column, with one twice, or of another type is refused."""
    with pytest.raises(InputError, match=message):
        Solution(instance.sha256, plans=plans)


@pytest.mark.parametrize("bound", [math.nan, math.inf, 7000.5, "7000", True])
def test_other_bounds_are_refused(instance: Instance, bound: Any) -> None:
    """A bound is a whole number or None."""
    with pytest.raises(InputError, match="bound = .*not a whole number"):
        replace(serving(instance, "q0"), bound=bound)


def test_tables_changed_in_place_are_checked_again(instance: Instance) -> None:
    """What becomes of a solution's tables after it was made is refused by the checker."""
    solution = serving(instance, "q1", "q2")
    solution.plans["count"] = [1.9, 1.0]
    with pytest.raises(InputError, match=r"plans, row 1, count = 1\.9: wrong type of value"):
        check(instance, solution)


def test_rows_are_numbered_by_their_place(instance: Instance) -> None:
    """`options` names plans by place, so a filtered table's index says nothing, in check and result alike."""
    given = serving(instance, "q1", "q2")
    run = Run(instance)
    assert run.offer(replace(given, plans=given.plans.set_index(pd.Index([7, 3])))) == []
    assert Result.of(run, method="by hand", versions={}).plans()["query"].tolist() == ["q1", "q2"]


def test_selections_of_plans_too() -> None:
    """Solutions of plan selections are held to the same form."""
    selection = PlanSelection.from_numbers(group=[0], value=[3], usage=[[4]], capacity=[10], count=[2])
    solution = SelectionSolution.from_choices(selection, np.array([0]), np.array([2]))
    assert check(selection, replace(solution, plans=solution.plans.astype({"count": float}))) == []
    with pytest.raises(InputError, match=r"plans, row 1, count = 1\.9"):
        replace(solution, plans=solution.plans.assign(count=1.9))
    solution.plans["count"] = [1.9]
    with pytest.raises(InputError, match=r"plans, row 1, count = 1\.9"):
        check(selection, solution)
