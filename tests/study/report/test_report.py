"""Tests of a whole report: its numbers are those of rows and metrics, and what is not at hand is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sloplan.loading import load
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.study.folder import StudyFolder
from sloplan.study.judged import judged_frame
from sloplan.study.report.at_hand import AtHand
from sloplan.study.report.figures import study_figures
from sloplan.study.report.report import write_report
from sloplan.study.table import Table
from sloplan.study.tables import compared_frame, study_tables
from tests.study.plain_rows import plain_row
from tests.study.report.case import TRAJECTORIES, Page, rows_by_hand, study_with_solutions, write_study

PLACES = ("methods", "instances", "sizes", "worst", "claims")
"""The tables of the page, in their order."""

pytestmark = pytest.mark.timeout(300)  # every report draws its figures as files


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the rows by hand, which have neither instances nor solutions beside them."""
    study = write_study(tmp_path_factory.mktemp("study") / "study", rows_by_hand(), TRAJECTORIES)
    return write_report(study, load).parent


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A study with instances and solutions beside its rows."""
    return study_with_solutions(tmp_path_factory.mktemp("solutions"))


@pytest.fixture(scope="module")
def report(study: StudyFolder) -> Path:
    """Its report."""
    return write_report(study, load).parent


@pytest.fixture
def without_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the figures for papers, which take most of a report's time."""
    monkeypatch.setattr("sloplan.study.report.report_page.write_paper_figure", lambda *_: [])


def sort_values(table: Table) -> list[list[float | str]]:
    """Return what a table's cells are to be sorted by, an empty text where unknown."""
    rows = []
    for values in table.frame.itertuples(index=False):
        cells = zip(table.frame.columns, values, strict=True)
        known = [
            ("" if pd.isna(value) else float(value)) if column in table.kinds else str(value or "-").lower()
            for column, value in cells
        ]
        rows.append(["" if value == "-" else value for value in known])
    return rows


@pytest.mark.parametrize("name", PLACES)
def test_tables_hold_the_metrics(by_hand: Path, name: str) -> None:
    """Every cell is sorted by the number that `study_tables` works out from the rows, and shows it."""
    frame = judged_frame(rows_by_hand()).sort_values("method", key=lambda method: method != "milp", kind="stable")
    [table] = [table for table in study_tables(frame, TRAJECTORIES) if table.name == name]
    shown = [
        ["" if value == "" else float(value) if column in table.kinds else value for column, (_, value) in cells]
        for row in Page(by_hand / "index.html").tables[PLACES.index(name)]
        if row
        for cells in [list(zip(table.frame.columns, row, strict=True))]
    ]
    assert shown == sort_values(table)


def test_plots_hold_the_figures(by_hand: Path) -> None:
    """What plotly draws are the series of `study_figures`, and every figure stands beside them as PNG and PDF."""
    frame = compared_frame(judged_frame(rows_by_hand()), TRAJECTORIES)
    plots = Page(by_hand / "index.html").plots
    figures = study_figures(frame, TRAJECTORIES)
    figures = [figure for figure in figures if not figure.missing]
    assert set(plots) == {figure.name for figure in figures}
    for figure in figures:
        traces = plots[figure.name]["data"]
        drawn = {
            (trace["legendgroup"], tuple(trace.get("customdata", trace["x"])), tuple(trace["y"])) for trace in traces
        }
        assert drawn == {(one.method, tuple(one.x.tolist()), tuple(one.y.tolist())) for one in figure.series}
        assert (by_hand / "figures" / f"{figure.name}.png").read_bytes().startswith(b"\x89PNG")
        assert (by_hand / "figures" / f"{figure.name}.pdf").read_bytes().startswith(b"%PDF")


def test_a_method_has_one_colour(by_hand: Path) -> None:
    """In every figure a method has the same colour, and no other method has it."""
    colors: dict[str, set[str]] = {}
    for plot in Page(by_hand / "index.html").plots.values():
        for trace in plot["data"]:
            if trace.get("marker", {}).get("symbol") == "line-ns":  # a median's bar is as dark for all
                continue
            colors.setdefault(trace["legendgroup"], set()).add((trace.get("line") or trace.get("marker"))["color"])
    assert {method: len(found) for method, found in colors.items()} == {"milp": 1, "greedy": 1}
    assert not colors["milp"] & colors["greedy"]


def test_works_offline(report: Path) -> None:
    """Nothing is fetched: every link leads to a file of the report, and no script, style or picture is elsewhere."""
    for file in (report / "index.html", *(report / "runs").iterdir()):
        links = Page(file).links
        assert links
        assert all((file.parent / link).is_file() for link in links), links
        text = file.read_text()
        assert " src=" not in text.replace("<!--", "").split("</style>")[-1].split("<body>")[-1]
        assert "<link rel=" not in text.replace('<link rel="icon" href="data:,">', "")
    assert (report / "index.html").read_text().count("plotly.js v") == 1


def test_a_page_for_every_run(report: Path, study: StudyFolder) -> None:
    """Every run has its page, and the table of instances leads there."""
    runs = {f"runs/{row['run']}.html" for row in study.rows()}
    assert {link for link in Page(report / "index.html").links if link.startswith("runs/")} == runs
    assert len(runs) == 4


def test_a_run_by_hand(report: Path) -> None:
    """Milp on one-pool serves q1 and q2: the pool is used for 800 of 1,000 ms, and one more unit is worth 2.5."""
    page = Page(report / "runs" / "milp-one.html")
    rows, slack = ([[text for text, _ in line] for line in table if line] for table in page.tables)
    assert rows == [["pool:gpus", "0.8", "1", "unit", "80%", "2.5"]]
    assert slack == [[query, "1", "400", "-", "-", "1", "-", "-", "0.4", "-", "-"] for query in ("q1", "q2")]
    assert "the run's own certificate" in page.text
    for part in ("detect", "80% used", "2 of 3", "6 value/s", "6.5 value/s", "7.69%"):
        assert part in page.text, part


def test_prices_of_another_run(report: Path) -> None:
    """Greedy certified nothing: its page has the prices of milp on the same instance, and says whose they are."""
    page = Page(report / "runs" / "greedy-two.html")
    [line] = [line for line in page.tables[0] if line]
    assert [line[4][0], line[5][0]] == ["40%", "2.5"]
    assert "the certificate of milp" in page.text


def test_missing_data_is_said(by_hand: Path) -> None:
    """Without a solution at hand a run's page has its figures, and says why it has no plan."""
    page = Page(by_hand / "runs" / "milp-small.html")
    assert "Not drawn: The run's solution is not stored beside the rows." in page.text
    assert not page.tables
    assert "10 value/s" in page.text
    nothing = Page(by_hand / "runs" / "milp-large.html")
    assert "Not drawn: The run has no verified solution." in nothing.text


@pytest.mark.usefixtures("without_files")
def test_an_instance_that_is_gone(study: StudyFolder, tmp_path: Path) -> None:
    """Without the instance, and with another one under its name, the page says so."""
    for name in ("one-pool.zip", "two-pool.zip"):
        (study.path.parent / name).rename(study.path.parent / f"{name}.away")
    (study.path.parent / "two-pool.zip").write_bytes((study.path.parent / "one-pool.zip.away").read_bytes())
    try:
        page = write_report(study, load, tmp_path / "report")
    finally:
        for name in ("one-pool.zip", "two-pool.zip"):
            (study.path.parent / f"{name}.away").replace(study.path.parent / name)
    texts = {row["instance"]: Page(page.parent / "runs" / f"{row['run']}.html").text for row in study.rows()}
    assert "The instance is not at hand" in texts["one-pool.zip"]
    assert "has changed since the run" in texts["two-pool.zip"]


def test_an_instance_under_another_hosting(study: StudyFolder) -> None:
    """It is read as its name says: nobody takes the instance of that file for a changed one."""
    row = next(row for row in study.rows() if row["verified"])
    stored = load(str(study.path.parent / row["instance"]))
    assert isinstance(stored, Instance)
    under = stored.replace(hosting="replicas")
    found = AtHand(study, load).instance(
        row | {"instance": f"{row['instance']} (replicas)", "instance_sha256": under.sha256}
    )
    assert isinstance(found, Instance)
    assert found.hosting == "replicas"


@pytest.mark.usefixtures("without_files")
def test_names_are_only_text(tmp_path: Path) -> None:
    """What a row says is text, whatever it looks like."""
    evil = "</script><b>bold</b>"
    rows = [plain_row("a", value=5000, bound=5000, instance=evil, message=evil)]
    page = write_report(write_study(tmp_path / "study", rows), load)
    for file in (page, page.parent / "runs" / "a.html"):
        assert evil not in file.read_text()
        assert evil in Page(file).text or file == page


@pytest.mark.usefixtures("without_files")
def test_two_settings(tmp_path: Path) -> None:
    """Runs with another limit have figures and tables of their own."""
    rows = [plain_row("a", value=5000), plain_row("b", value=6000, time_limit_s=60.0, threads=2)]
    page = write_report(write_study(tmp_path / "study", rows), load)
    read = Page(page)
    assert "goodput, 10 s, 1 thread" in read.text
    assert "goodput, 60 s, 2 threads" in read.text
    assert {"gap-over-time-1", "gap-over-time-2"} <= set(read.plots)
    assert len(read.tables) == 10


@pytest.mark.usefixtures("without_files")
def test_seeds_have_links_of_their_own(tmp_path: Path) -> None:
    """Each seed's run is linked from its method's gap."""
    rows = [plain_row(name, value=5000, seed=seed) for seed, name in enumerate(("a", "b", "c"))]
    page = Page(write_report(write_study(tmp_path / "study", rows), load))
    assert [link for link in page.links if link.startswith("runs")] == [f"runs/{name}.html" for name in "abc"]


def test_equal_rows_give_equal_files(tmp_path: Path) -> None:
    """A report made again is the same, byte for byte."""
    study = write_study(tmp_path / "study", rows_by_hand(), TRAJECTORIES)
    first, second = (write_report(study, load, tmp_path / name).parent for name in ("first", "second"))
    for file in first.rglob("*.*"):
        assert file.read_bytes() == (second / file.relative_to(first)).read_bytes(), file.name


def test_a_study_without_rows(tmp_path: Path) -> None:
    """It says how the study begins, and nothing is written."""
    study = write_study(tmp_path / "study", [])
    with pytest.raises(InputError, match="the study has no rows yet"):
        write_report(study, load)
    assert not (study.path / "report").exists()


def test_values_are_plain_numbers(by_hand: Path) -> None:
    """What plotly reads is JSON without NaN."""
    for plot in Page(by_hand / "index.html").plots.values():
        json.dumps(plot, allow_nan=False)
        assert all(np.isfinite(trace["x"]).all() and np.isfinite(trace["y"]).all() for trace in plot["data"])
