"""Tests of gaps to what is known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sloplan.problem.errors import InputError
from sloplan.problem.objective import GOODPUT, relative_gap
from sloplan.study.metrics import (
    best_certified_bounds,
    best_known_objectives,
    gap_to_best_known,
    gap_to_certified_bound,
    gap_to_optimum,
    relative_gaps,
)
from tests.study.metrics.runs import runs, shuffled

UNKNOWN = math.nan


def test_relative_gaps_by_hand() -> None:
    """|100 - 95| / 100 = 0.05; |0 - 0.002| / 0.001 = 2 (guarded by the unit); unknown stays unknown, never 0."""
    gaps = relative_gaps([95.0, 0.002, UNKNOWN, 95.0, 95.0], [100.0, 0.0, 100.0, UNKNOWN, math.inf], 0.001)
    assert gaps[:2] == pytest.approx([0.05, 2.0])
    assert np.isnan(gaps[2:]).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_relative_gaps_are_those_of_results(objective: int, bound: int) -> None:
    """In user units the gap is that of the exact integers, which results report."""
    gap = relative_gaps(GOODPUT.in_user_units(objective), GOODPUT.in_user_units(bound), 0.001)
    assert float(gap) == pytest.approx(relative_gap(objective, bound), rel=1e-9, abs=1e-12)


def test_bound_is_the_tightest_of_all_methods_and_the_stored_one() -> None:
    """Goodput: the least of 12, 11 and the stored 11.5 is 11, and the gap of 10 to it 1/11; of 8, 3/11."""
    rows = runs(
        {"method": "milp", "objective": 10.0, "certified_bound": 12.0, "best_known_bound": 11.5},
        {"method": "greedy", "objective": 8.0, "certified_bound": 11.0, "best_known_bound": 11.5},
        {"method": "compass", "best_known_bound": 11.5},
    )
    assert best_certified_bounds(rows).tolist() == [11.0] * 3
    gaps = gap_to_certified_bound(rows)
    assert gaps.tolist()[:2] == pytest.approx([1 / 11, 3 / 11])
    assert math.isnan(gaps[2])
    stored = best_certified_bounds(rows.assign(best_known_bound=10.5))
    assert stored.tolist() == [10.5] * 3


@pytest.mark.parametrize("objective_name", ["cost", "goodput-then-cost"])
def test_costs_have_lower_bounds(objective_name: str) -> None:
    """Costs have the opposite sense.

    The greatest of 4 and 5 is the tightest, the least of 6 and 8 the best; gaps |5 - 6| / 5 and |6 - 8| / 6.
    """
    rows = runs(
        {"objective_name": objective_name, "objective": 6.0, "certified_bound": 4.0, "best_known_bound": 5.0},
        {"objective_name": objective_name, "objective": 8.0, "best_known_objective": 7.0},
    )
    assert best_certified_bounds(rows).tolist() == [5.0, 5.0]
    assert best_known_objectives(rows).tolist() == [6.0, 6.0]
    assert gap_to_certified_bound(rows).tolist() == pytest.approx([1 / 5, 3 / 5])
    assert gap_to_best_known(rows).tolist() == pytest.approx([0.0, 2 / 6])


def test_best_known_is_the_stored_one_or_a_better_one_found() -> None:
    """Goodput: stored 9, found 10 and 8: gaps 0 and 2/10; with 20 stored, 10/20 and 12/20."""
    rows = runs({"objective": 10.0, "best_known_objective": 9.0}, {"objective": 8.0, "best_known_objective": 9.0})
    assert gap_to_best_known(rows).tolist() == pytest.approx([0.0, 0.2])
    assert gap_to_best_known(rows.assign(best_known_objective=20.0)).tolist() == pytest.approx([0.5, 0.6])


def test_problems_are_kept_apart() -> None:
    """Another instance, objective or goodput floor is another problem.

    Without a floor given runs still belong together.
    """
    rows = runs(
        {"objective": 10.0},
        {"objective": 8.0, "instance": "harbour"},
        {"objective": 5.0, "objective_name": "cost", "min_goodput": 0.5},
        {"objective": 6.0, "objective_name": "cost", "min_goodput": 0.9},
        {"objective": 9.0, "min_goodput": None},
        {"objective": 7.0, "min_goodput": None},
        {"objective": 3.0, "min_goodput": None, "instance": "harbour"},
    )
    assert best_known_objectives(rows).tolist() == [10.0, 8.0, 5.0, 6.0, 9.0, 9.0, 3.0]


def test_nothing_known_is_nan() -> None:
    """Without bounds and solutions both gaps are NaN, not 0."""
    rows = runs({}, {"objective": 3.0, "instance": "harbour"})
    assert gap_to_certified_bound(rows).isna().all()
    assert gap_to_best_known(rows).isna().tolist() == [True, False]


def test_no_rows_no_gaps() -> None:
    """An empty selection gives an empty series."""
    rows = runs({"objective": 1.0}).iloc[:0]
    assert len(gap_to_certified_bound(rows)) == len(gap_to_best_known(rows)) == 0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(0, 10**6))
def test_order_of_rows_changes_nothing(values: list[int], seed: int) -> None:
    """Every run keeps its gap when the rows are permuted, under its own index."""
    rows = runs(*({"objective": value / 1, "certified_bound": 60.0 + value} for value in values))
    for metric in (gap_to_certified_bound, gap_to_best_known):
        pd.testing.assert_series_equal(metric(shuffled(rows, seed)).sort_index(), metric(rows))


def test_an_objective_beyond_a_certified_bound_is_refused() -> None:
    """A verified 11 under a certified bound of 10 cannot be: the row is named."""
    rows = runs({"objective": 9.0, "certified_bound": 10.0}, {"objective": 11.0})
    with pytest.raises(InputError, match=r"rows, row 2, objective = .*11.0.*: beyond a certified bound"):
        gap_to_certified_bound(rows)


def test_a_missing_column_is_named() -> None:
    """Without the column with the bound, the error names it."""
    with pytest.raises(InputError, match="rows, certified_bound: missing column; the table has "):
        gap_to_certified_bound(runs({}).drop(columns="certified_bound"))


def test_text_in_a_column_of_numbers_is_refused() -> None:
    """A word where a number should be names the row."""
    rows = runs({"objective": 1.0}, {"objective": "none"})
    with pytest.raises(InputError, match="rows, row 2, objective = 'none': not a number; allowed: a number, or NaN"):
        gap_to_best_known(rows)


def test_an_unknown_objective_is_refused() -> None:
    """An objective that Sloplan does not have has no sense."""
    with pytest.raises(InputError, match="rows, row 1, objective_name = 'speed': unknown objective; allowed: goodput"):
        best_known_objectives(runs({"objective_name": "speed"}))


def test_gap_to_the_optimum_where_it_is_proved() -> None:
    """Where a run proved 10, the gap of 9 is 1/10, not 3/12; where none did, it is the one to the bound."""
    rows = runs(
        {"instance": "yard", "method": "milp", "objective": 10.0, "status": "optimal", "certified_bound": 12.0},
        {"instance": "yard", "method": "greedy", "objective": 9.0},
        {"instance": "harbour", "method": "milp", "certified_bound": 12.0},
        {"instance": "harbour", "method": "greedy", "objective": 9.0},
        {"instance": "quay", "method": "greedy", "objective": 9.0},
    )
    for order in (rows, shuffled(rows, 1)):
        gaps = gap_to_optimum(order).reindex(rows.index)
        assert gaps.tolist() == pytest.approx([0.0, 0.1, UNKNOWN, 0.25, UNKNOWN], nan_ok=True)
