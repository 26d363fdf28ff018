"""Tests of what the summary of a plan selection says, on figures worked by hand."""

from __future__ import annotations

import pytest

from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.summary import RowTightness, summarise_selection
from sloplan.problem.spread import Spread


def test_worked_example() -> None:
    """Two copies that must choose between using (1, 2) and (3, 0), one that may take (0, 4)."""
    selection = PlanSelection.from_numbers(
        group=[0, 0, 1],
        value=[1.5, 2, 1],
        usage=[[1, 2], [3, 0], [0, 4]],
        capacity=[3, 10],
        count=[2, 1],
        must=[True, False],
        row_name=["gpu", "link"],
    )
    summary = summarise_selection(selection)
    assert dict(summary.sizes) == {
        "groups": 2, "copies": 3, "copies that must choose": 2, "copies that may choose": 1,
        "plans": 3, "rows": 2, "supplies": 0, "usage entries": 4,
    }  # fmt: skip
    assert summary.plans_per_group == Spread(1, 1.5, 2, 3)
    assert (summary.greatest_value, summary.goodput_floor, summary.objective) == (5.0, None, "goodput")
    # gpu: at most 2 x 3, at least 2 x 1 of 3. link: at most 2 x 2 + 4, at least nothing of 10.
    assert summary.rows == (RowTightness("gpu", 3, 0.5, 2 / 3), RowTightness("link", 10, 10 / 8, 0.0))


def test_decimals_are_in_the_users_units() -> None:
    """Scaled figures are shown as they were given."""
    selection = PlanSelection.from_numbers(group=[0], value=[0.25], usage=[[0.5]], capacity=[0.75])
    summary = summarise_selection(selection)
    assert (summary.greatest_value, summary.rows[0].capacity, summary.rows[0].tightness) == (0.25, 0.75, 1.5)


def test_supplies() -> None:
    """What the most supplies bring counts as capacity; rows that they take from are unknown, unused ones too."""
    selection = PlanSelection.from_numbers(
        group=[0], value=[1], usage=[[4, 0, 0]], capacity=[0, 4, 1], maximum=[2], brought=[[10, -1, 0]]
    )
    rows = summarise_selection(selection).rows
    assert [(row.capacity, row.tightness, row.least) for row in rows] == [
        (20, 5.0, 0.0),
        (4, None, None),
        (1, None, None),
    ]


def test_nothing() -> None:
    """A row that nobody may use has no tightness; no figures have no spread."""
    selection = PlanSelection.from_numbers(group=[0], value=[1], usage=[[0]], capacity=[0])
    assert summarise_selection(selection).rows[0].tightness is None
    assert Spread.of([]) is None


@pytest.mark.parametrize("amount", [2**40, 3])
def test_large_figures_are_exact(amount: int) -> None:
    """Sums beyond what a float holds are those of integers."""
    assert Spread.of([2**53 + 1, amount]) == Spread(amount, (2**53 + 1 + amount) / 2, 2**53 + 1, 2**53 + 1 + amount)
