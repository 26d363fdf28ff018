"""The studies of docs/benchmarks: tables and figures are those of the rows, and the page says what the tables say."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from sloplan.study.factor_tables import factor_tables
from sloplan.study.folder import StudyFolder
from sloplan.study.judged_study import judged_study
from sloplan.study.report.figures import OVER_TIME, study_figures
from sloplan.study.table import settings
from sloplan.study.tables import compared_frame, study_tables
from tests.worked_page import DOCS

STUDIES = sorted(path.parent for path in (DOCS / "benchmarks").glob("*/tables"))
WITH_FIGURES = [folder for folder in STUDIES if (folder / "figures").is_dir()]
PAGE = (DOCS / "benchmarks" / "README.md").read_text("utf-8")

UNSTORED = pd.DataFrame(columns=["run", "time_s", "objective", "bound"])
"""Trajectories are not in the repository, though they may be in this checkout."""


@pytest.mark.parametrize("folder", STUDIES, ids=lambda folder: folder.name)
def test_tables_are_those_of_the_rows(folder: Path) -> None:
    """Every stored table is one that is made, and holds its figures."""
    configuration, frame = judged_study(StudyFolder(folder))
    tables = study_tables(frame, UNSTORED)
    if configuration.baseline is not None:
        tables += factor_tables(frame, configuration.baseline)
    made = {table.name: table.frame for table in tables}
    stored = {path.stem: path for path in (folder / "tables").glob("*.csv")}
    assert stored.keys() <= made.keys()
    for name, path in stored.items():
        again = pd.read_csv(StringIO(made[name].to_csv(index=False)))
        pd.testing.assert_frame_equal(pd.read_csv(path), again, check_dtype=False, rtol=1e-9, obj=name)


@pytest.mark.parametrize(
    "folder", [path for path in STUDIES if (path / "figures").is_dir()], ids=lambda path: path.name
)
def test_figures_are_those_that_can_be_drawn(folder: Path) -> None:
    """All are stored that are drawn without trajectories, none is left from before, and none is large."""
    configuration, frame = judged_study(StudyFolder(folder))
    drawn = {
        f"{figure.name}{suffix}.png"
        for part, suffix, _ in settings(compared_frame(frame, UNSTORED))
        for figure in study_figures(part, UNSTORED, configuration.baseline)
        if not figure.missing and figure.name not in OVER_TIME
    }
    stored = {path.name: path.stat().st_size for path in (folder / "figures").iterdir()}
    assert stored.keys() == drawn
    assert max(stored.values()) < 120_000


def rows_of(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading of the page."""
    section = PAGE.partition(f"\n## {heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table is not None
    lines = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in table[0].splitlines()]
    return lines[2:]


def assert_stands(cell: str, *values: float) -> None:
    """Check that the numbers of a cell, percentages or not, are the values, as far as they are written out."""
    numbers = re.findall(r"[\d,]*\.?\d+", cell)
    assert len(numbers) >= len(values), cell
    scale = 100 if "%" in cell else 1
    for number, value in zip(numbers, values, strict=False):
        digits = len(number.partition(".")[2])
        assert abs(float(number.replace(",", "")) - scale * value) <= 0.51 * 10**-digits, (cell, value)


def by_size(study: str, queries: int) -> dict[str, pd.Series]:
    """Return the rows of a study's stored table by size, by method."""
    table = pd.read_csv(DOCS / "benchmarks" / study / "tables" / "sizes.csv")
    return {str(row["method"]): row for _, row in table[table["queries"] == queries].iterrows()}


def test_exact_against_heuristic_says_what_the_table_says() -> None:
    """Gaps and times of both sizes, and how many optima were proved."""
    small, large = by_size("exact-vs-heuristic", 60), by_size("exact-vs-heuristic", 1_000)
    rows = rows_of("exact-vs-heuristic")
    assert len(rows) == len(small)
    for name, *cells in rows:
        method = name.replace("`", "")
        own = small[method]
        proved = (own["proved"], own["runs"]) if "proved" in cells[0] else ()
        assert bool(proved) == bool(own["proved"])
        assert [int(n) for n in re.findall(r"(\d+) of (\d+) proved", cells[0])[:1] for n in n] == [*proved]
        for part, row in ((cells[:4], own), (cells[4:], large[method])):
            if part[0] == "too large":
                assert row["solutions"] == 0
                continue
            for cell, column in zip(part, ("gap mean", "gap median", "gap worst", "time"), strict=True):
                assert_stands(cell, row[column])


def test_ablation_says_what_the_table_says() -> None:
    """Gaps, steps and times at a thousand queries, in the order of the configuration."""
    methods = {
        "`compass`": "compass",
        "without similarity within a query": "compass without within_similarity",
        "without similarity across queries": "compass without across_similarity",
        "without decomposition of the SLO": "compass without slo_decomposition",
        "nothing handed on from source to source": "compass without group_frontiers",
        "without neighbours": "compass without neighbours",
        "without matching": "compass without matching",
        "with exact lists in place of the search": "compass, exact lists",
        "`lagrangian`, by cutting planes": "lagrangian",
        "`lagrangian`, by volume": "lagrangian by volume",
        "`lagrangian`, by subgradient": "lagrangian by subgradient",
        "`lagrangian` without rounded inequalities": "lagrangian without inequalities",
        "`lagrangian` without local search": "lagrangian without local search",
        "`column-generation`": "column-generation",
    }
    table = by_size("ablation", 1_000)
    rows = rows_of("ablation")
    assert sorted(methods[name] for name, *_ in rows) == sorted(table)
    for name, mean, worst, steps, time in rows:
        row = table[methods[name]]
        assert_stands(mean, row["gap mean"])
        assert_stands(worst, row["gap worst"])
        assert_stands(time, row["time"])
        if steps == "none":
            assert pd.isna(row["steps a query"])
        else:
            assert_stands(steps, row["steps a query"], row["fewest"], row["most"])
