"""HTML from the templates: what stands in every page, and tables with cells that can be sorted."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from typing import Any, Final, NamedTuple, SupportsFloat, cast

from jinja2 import Environment, PackageLoader, StrictUndefined

from sloplan.study.table import Kind, Table
from sloplan.study.table_files import UNKNOWN, shown

GENERATOR: Final = "sloplan study report"
"""Stands in every page: a folder whose index says so may be replaced by a new report."""


@dataclass(frozen=True)
class Link:
    """A link in a cell.

    Parameters
    ----------
    text : str
    target : str
        Relative to the page.
    """

    text: str
    target: str


class Cell(NamedTuple):
    """A cell.

    Parameters
    ----------
    text : str
    value : str
        What it is sorted by: a number, or text; empty where unknown.
    links : tuple of Link
        Stand in place of the text.
    fill : float
        Share of the cell that is coloured as a bar, within [0, 1]; negative: none.
    """

    text: str
    value: str
    links: tuple[Link, ...] = ()
    fill: float = -1.0


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    title : str
    group : str
        Stands above neighbouring columns that share it.
    is_text : bool
    """

    title: str
    group: str = ""
    is_text: bool = False


def cell(kind: Kind, value: object, *, links: tuple[Link, ...] = (), fill: float = -1.0) -> Cell:
    """Return a value as a cell.

    Parameters
    ----------
    kind : Kind
    value : object
    links : tuple of Link, optional
    fill : float, optional
    """
    text = shown(kind, value)
    if text == UNKNOWN:
        return Cell(text, "", links, fill)
    if kind == "text":
        return Cell(text, text.lower(), links, fill)
    number = float(cast(SupportsFloat, value))
    return Cell(text, repr(number) if math.isfinite(number) else "", links, fill)


def table_cells(table: Table) -> tuple[list[Column], list[list[Cell]]]:
    """Return a study's table as columns and cells.

    Parameters
    ----------
    table : Table
    """
    kinds = [table.kinds.get(column, "text") for column in table.frame.columns]
    columns = [Column(str(name), is_text=kind == "text") for name, kind in zip(table.frame.columns, kinds, strict=True)]
    rows = [
        [cell(kind, value) for kind, value in zip(kinds, values, strict=True)]
        for values in table.frame.itertuples(index=False)
    ]
    return columns, rows


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """Return a page.

    Parameters
    ----------
    template : str
        Name of its file.
    values : mapping
        What the template names; text is escaped.
    """
    return _environment().get_template(template).render(generator=GENERATOR, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sloplan.study.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["neighbours"] = _neighbours
    environment.filters["parts"] = _parts
    environment.filters["begins_group"] = _begins_group
    environment.filters["table_body"] = _table_body
    return environment


def _parts(name: str) -> list[str]:
    """Return the parts of a long name, after each of which a line may end."""
    return re.split(r"(?<=[,:+=/;])", name)


def _neighbours(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """Return each group of neighbouring columns with how many they are."""
    return [(group, len(list(members))) for group, members in groupby(columns, key=lambda column: column.group)]


def _begins_group(columns: Sequence[Column], place: int) -> bool:
    """Tell whether a column is the first of its group."""
    group = columns[place].group
    return bool(group) and (place == 0 or columns[place - 1].group != group)


def _table_body(rows: Sequence[Sequence[Cell]], columns: Sequence[Column]) -> str:
    """Return the rows of a table, every text escaped. A template takes too long for the thousands of cells of a page.

    What a cell is sorted by is written only where its text does not tell.
    """
    first = [_begins_group(columns, place) for place in range(len(columns))]
    lines = []
    for row in rows:
        cells = []
        for cell, column, begins in zip(row, columns, first, strict=True):
            kinds = ["text"] * column.is_text + ["first"] * begins
            told = "" if cell.text == UNKNOWN else cell.text.lower() if column.is_text else cell.text
            marks = f' class="{" ".join(kinds)}"' if kinds else ""
            marks += "" if cell.value in (told, f"{told}.0") else f' data-value="{escape(cell.value)}"'
            marks += f' style="--fill:{100 * cell.fill:.1f}%"' if cell.fill >= 0 else ""
            cells.append(f"<td{marks}>{_inner(cell, column)}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join(lines)


def _inner(cell: Cell, column: Column) -> str:
    if cell.links:
        return " ".join(f'<a href="{escape(link.target)}">{escape(link.text)}</a>' for link in cell.links)
    if column.is_text:
        return "<wbr>".join(escape(part) for part in _parts(cell.text))
    return escape(cell.text)
