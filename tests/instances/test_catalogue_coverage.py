"""What the catalogue covers, counted."""

from __future__ import annotations

import pandas as pd
import pytest

from sloplan.instances import catalogue, catalogue_coverage
from sloplan.instances.catalogue_coverage import coverage, coverage_grid, coverage_totals, mark_counts
from sloplan.problem.errors import InputError


def test_parts_add_up() -> None:
    """The three marks of a cell add up to its configurations, and no pair is counted twice."""
    counts = coverage()
    assert list(counts) == ["application", "operator", "hardware", "configurations", "measured", "derived", "assumed"]
    assert (counts["configurations"] == counts[list(catalogue.MARKS)].sum(axis=1)).all()
    pairs = catalogue.table("profiles")[["application", "operator", "configuration", "hardware"]].drop_duplicates()
    assert counts["configurations"].sum() == len(pairs)
    assert not counts.duplicated(["application", "operator", "hardware"]).any()


def test_best_allocation_counts() -> None:
    """A configuration measured at batch 1 is measured, though its batch of 32 is derived."""
    counts = coverage().set_index(["operator", "hardware"])
    detectors = counts.loc[("video-detect", "v100")]
    assert list(detectors[["configurations", *catalogue.MARKS]]) == [6, 6, 0, 0]


def test_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows stand in the order of applications, operators and machines in the catalogue, not of the profiles."""
    ordinary = coverage()
    assert list(dict.fromkeys(ordinary["application"])) == list(catalogue.applications())
    monkeypatch.setattr(catalogue_coverage, "table", lambda name: catalogue.table(name)[::-1].reset_index(drop=True))
    assert not coverage().equals(ordinary)
    backwards = {"profiles": catalogue.table("profiles")[::-1].reset_index(drop=True)}
    monkeypatch.setattr(catalogue_coverage, "table", lambda name: backwards.get(name, catalogue.table(name)))
    pd.testing.assert_frame_equal(coverage(), ordinary)


def test_grid() -> None:
    """Machines by operators, with what is measured, and totals in the last row and column."""
    grid = coverage_grid("ar-pose").set_index("hardware")
    assert list(grid) == ["pose-person", "pose-keypoints", "runs"]
    assert list(grid.loc["gtx-1660-ti"]) == ["2d", "4m", "2 of 2"]
    assert list(grid.loc["t4"]) == ["1a", "5m", "2 of 2"]
    assert list(grid.loc["configurations"]) == ["3", "14", ""]
    assert grid.index[-1] == "configurations"


def test_document_questions_run_everywhere() -> None:
    """Two phones, a T4 and an A100 run every operator of document-qa."""
    runs = coverage_grid("document-qa").set_index("hardware")["runs"]
    assert {machine for machine, number in runs.items() if number == "6 of 6"} == {
        "galaxy-s24",
        "galaxy-s25",
        "t4",
        "a100",
    }


def test_unknown_application() -> None:
    """The message names the applications."""
    with pytest.raises(InputError, match="'poses': no such application; allowed: vqa, traffic-video"):
        coverage_grid("poses")


def test_counts_of_rows() -> None:
    """Every row of every table is counted once, and the last row is the sum."""
    counts = mark_counts().set_index("table")
    assert list(counts.index) == [*catalogue.TABLES, "all"]
    for name in catalogue.TABLES:
        assert counts.loc[name].sum() == len(catalogue.table(name))
    assert (counts.loc["all"] == counts.drop("all").sum()).all()


def test_totals_in_words() -> None:
    """The line below a table says how many pairs there are and how they are known."""
    assert coverage_totals("vqa") == "72 pairs of configuration and machine: 72 measured, 0 derived, 0 assumed"
