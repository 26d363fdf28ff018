"""The page of a study: figures, tables, and links to the pages of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sloplan.study.configuration import Configuration
from sloplan.study.report.figure import Figure, Style
from sloplan.study.report.figures import study_figures
from sloplan.study.report.pages import Cell, Column, Link, cell, rendered, table_cells
from sloplan.study.report.paper_view import write_paper_figure
from sloplan.study.report.plotly_view import plotly_figure
from sloplan.study.size_table import size_table
from sloplan.study.table import Table, settings
from sloplan.study.table_files import provenance
from sloplan.study.tables import claim_table, instance_table, method_table, worst_table

_HEIGHT = 370  # pixels, with a legend of three methods; more where lines have names:
_AROUND_LINES, _LINE, _LINE_OF_DOTS = 130, 22, 3  # around all lines, of each at least, and for every method in it
_LEGEND_LINE = 26  # for each further method


def study_page(
    configuration: Configuration,
    frame: pd.DataFrame,
    trajectories: pd.DataFrame,
    styles: Mapping[str, Style],
    folder: Path,
) -> str:
    """Return the page of a study, and write the figures it offers as files.

    Parameters
    ----------
    configuration : Configuration
    frame : DataFrame
        Of `compared_frame`.
    trajectories : DataFrame
    styles : mapping of method to Style
    folder : Path
        Of the report; figures go to its folder `figures`.
    """
    from plotly.offline import get_plotlyjs  # as large as the rest of the command line: only when it is needed

    sections = [
        _section(part, suffix, title, study_figures(part, trajectories, configuration.baseline), styles, folder)
        for part, suffix, title in settings(frame)
    ]
    return rendered(
        "report.html",
        {
            "name": configuration.name,
            "description": configuration.description,
            "cards": _cards(frame),
            "sections": sections,
            "styles": styles,
            "provenance": provenance(configuration, frame).splitlines(),
            "plotly": get_plotlyjs(),
        },
    )


def _cards(frame: pd.DataFrame) -> list[tuple[str, str]]:
    instances, methods = frame["instance"].nunique(), frame["method"].nunique()
    return [
        (f"{len(frame):,}", "runs"),
        (f"{instances:,}", "instances" if instances != 1 else "instance"),
        (f"{methods:,}", "methods" if methods != 1 else "method"),
        (f"{int(frame['objective'].notna().sum()):,}", "verified solutions"),
        (f"{int((frame['status'] == 'optimal').sum()):,}", "proven optima"),
        (f"{int(frame['certified_bound'].notna().sum()):,}", "certified bounds"),
    ]


def _section(
    frame: pd.DataFrame,
    suffix: str,
    title: str,
    figures: Sequence[Figure],
    styles: Mapping[str, Style],
    folder: Path,
) -> dict[str, Any]:
    columns, rows = _instance_cells(frame, instance_table(frame, suffix, title))
    return {
        "id": suffix,
        "title": title,
        "summary": _shown(method_table(frame, suffix, title)),
        "figures": [_figure(figure, suffix, styles, folder / "figures") for figure in figures],
        "instances": {"columns": columns, "rows": rows, "notes": instance_table(frame, suffix, title).notes},
        "more": [_shown(make(frame, suffix, title)) for make in (size_table, worst_table, claim_table)],
    }


def _shown(table: Table) -> dict[str, Any]:
    columns, rows = table_cells(table)
    return {"title": table.title.partition(":")[0], "columns": columns, "rows": rows, "notes": table.notes}


def _figure(figure: Figure, suffix: str, styles: Mapping[str, Style], folder: Path) -> dict[str, Any]:
    name = f"{figure.name}{suffix}"
    shown: dict[str, Any] = {
        "id": name,
        "title": figure.title,
        "notes": figure.notes,
        "missing": figure.missing,
        "height": _height(figure),
        "files": [],
        "plot": None,
    }
    if not figure.missing:
        folder.mkdir(exist_ok=True)
        files = write_paper_figure(figure, styles, folder, name)
        shown["files"] = [Link(file.suffix[1:].upper(), f"figures/{file.name}") for file in files]
        shown["plot"] = plotly_figure(figure, styles)
    return shown


def _height(figure: Figure) -> int:
    methods = sum(bool(series.label) for series in figure.series)
    lines = _AROUND_LINES + max(_LINE, _LINE_OF_DOTS * methods) * len(figure.y.ticks)
    return max(_HEIGHT, lines) + _LEGEND_LINE * max(methods - 3, 0)


def _instance_cells(frame: pd.DataFrame, table: Table) -> tuple[list[Column], list[list[Cell]]]:
    """Return the table of instances, a method's columns below its name, its gaps linked to the pages of its runs."""
    # The worst gap is shown, so its run comes first; one without a solution is worse than any.
    by_gap = frame.sort_values("gap", ascending=False, na_position="first", kind="stable")
    runs = by_gap.groupby(["instance", "method"], sort=False)["run"].agg(list).to_dict()
    methods = list(frame["method"].drop_duplicates())
    columns, kinds = [], []
    for name in table.frame.columns:
        method, _, figure = _parted(str(name), methods)
        kind = table.kinds.get(name, "text")
        kinds.append((kind, method, figure))
        columns.append(Column(figure, method, kind == "text"))
    rows = []
    for values in table.frame.itertuples(index=False):
        instance = values[0]
        cells = []
        for (kind, method, figure), value in zip(kinds, values, strict=True):
            text = cell(kind, value).text
            links = _run_links(text, runs.get((instance, method), [])) if figure == "gap" else ()
            cells.append(cell(kind, value, links=links))
        rows.append(cells)
    return columns, rows


def _parted(column: str, methods: Sequence[str]) -> tuple[str, str, str]:
    """Return method and figure of a column such as "milp: gap"; a method's label may hold a colon."""
    for method in methods:
        if column.startswith(f"{method}: ") and column.removeprefix(f"{method}: ") in ("gap", "proved", "time"):
            return method, ": ", column.removeprefix(f"{method}: ")
    return "", "", column


def _run_links(text: str, runs: Sequence[str]) -> tuple[Link, ...]:
    """Return a link with the text to the first run, and one with a number to each further run, of another seed."""
    return tuple(
        Link(text if place == 1 else str(place), f"runs/{run}.html") for place, run in enumerate(runs, start=1)
    )
