"""Tests of how summaries are printed: aggregated, with the rows that matter most."""

from __future__ import annotations

import io

from rich.console import Console

from sloplan.instance_summary import InstanceSummary, RowLoad
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.summary import summarise_selection
from sloplan.problem.spread import Spread
from sloplan.summary_tables import instance_tables, selection_tables

ROWS = (
    *(RowLoad(f"pool:p{i}", 1000, i / 10) for i in range(30)),
    RowLoad("link:up", 2000, 0.5),
    RowLoad("share:x", 3, None),
)


def summary(**changes: object) -> InstanceSummary:
    """Return a summary with 30 pool rows, one link row and one of unknown load."""
    fields: dict[str, object] = {
        "name": "large", "sha256": "0" * 64, "hosting": "fluid", "description": "",
        "sizes": {"queries": 12345}, "plans_per_template": Spread(3, 4.5, 6, 9),
        "combinations_log10": Spread(1.0, 2.0, 3.0, 3.01), "servable_share": 0.5, "rows": ROWS, "not_listed": None,
        "load": None,
    }  # fmt: skip
    return InstanceSummary(**(fields | changes))  # type: ignore[arg-type]


def printed(tables: list) -> str:
    """Return what is printed, 120 columns wide, with single spaces."""
    file = io.StringIO()
    console = Console(file=file, width=120)
    for table in tables:
        console.print(table)
    return " ".join(file.getvalue().split())


def test_sizes() -> None:
    """Counts, combinations as powers of ten, spread of plans, servable share."""
    shown = printed(instance_tables(summary(), 12))
    for text in (
        "12,345",
        "10^1.0 to 10^3.0, median 10^2.0; 10^3.0 in all; before SLOs",
        "3 to 6, median 4.5; 9 in all",
        "50% of the value",
    ):
        assert text in shown
    assert "│ load │" not in shown


def test_rows_are_aggregated() -> None:
    """Each kind has a line with its count and loads; the highest loads are listed, the rest counted."""
    shown = printed(instance_tables(summary(), 2))
    assert "│ pool │ 30 │ 0.000 │ 1.450 │ 2.900 │ 19 │" in shown
    assert "│ link │ 1 │ 0.500 │ 0.500 │ 0.500 │ 0 │" in shown
    assert "│ share │ 1 │ - │ - │ - │ - │" in shown
    listed = [f"pool:p{i}" for i in range(30) if f"pool:p{i} " in shown]
    assert listed == ["pool:p28", "pool:p29"]
    assert "30 more not shown (--rows N lists N)" in shown


def test_all_rows() -> None:
    """With as many rows as there are, nothing is said of more."""
    shown = printed(instance_tables(summary(), len(ROWS)))
    assert "share:x" in shown
    assert "more not shown" not in shown


def test_what_is_unknown_is_a_dash() -> None:
    """Where plans are too many to list the reason is printed, and nothing is invented."""
    shown = printed(instance_tables(summary(plans_per_template=None, servable_share=None, not_listed="too many"), 0))
    assert "│ plans per template │ - │ │ plans not listed │ too many │ │ servable │ - │" in " ".join(shown.split())


def test_load_is_shown_if_known() -> None:
    """The load of an instance has its line once it was worked out."""
    assert "│ load │ 1.25 (least factor" in printed(instance_tables(summary(load=1.25), 0))


def test_selection() -> None:
    """Rows of a plan selection, the tightest first."""
    selection = PlanSelection.from_numbers(
        group=[0, 0, 1], value=[1.5, 2, 1], usage=[[1, 2], [3, 0], [0, 4]], capacity=[10, 2], row_name=["gpu", "link"]
    )
    shown = printed(selection_tables(summarise_selection(selection), 1))
    for text in (
        "│ plans per group │ 1 to 2, median 1.5; 3 in all │",
        "│ greatest value │ 3 (whether",
        "1 more not shown",
    ):
        assert text in shown
    assert "│ link │ 2 │ 0.333 │ 0.000 │" in shown
    assert "│ gpu" not in shown
