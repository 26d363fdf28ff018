"""The table definitions: consistent in themselves, and what docs/formats.md says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sloplan.problem.schema import TABLES, Column, Kind, Table

FORMATS = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_keys_are_columns_that_are_never_missing(table: Table) -> None:
    """A row is identified by columns that always hold something, an empty text at most."""
    columns = {column.name: column for column in table.columns}
    assert len(columns) == len(table.columns)
    for name in table.key:
        column = columns[name]
        assert column.required or column.default is not None or column.kind is Kind.TEXT


def holds(column: Column) -> str:
    """Return what the documentation has to say about the values of `column`."""
    if column.kind is Kind.CHOICE:
        return " or ".join(f"`{choice}`" for choice in column.choices)
    bounds = (("above", column.above), ("at least", column.minimum), ("at most", column.maximum))
    limits = " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
    kinds = {
        Kind.ID: "name",
        Kind.IDS: "names joined by `;`",
        Kind.TEXT: "text",
        Kind.NUMBER: "number",
        Kind.INTEGER: "whole number",
    }
    return ", ".join(filter(None, (kinds[column.kind], limits)))


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_documentation_lists_every_column(table: Table) -> None:
    """docs/formats.md has each table's columns in order, with their values, defaults and keys."""
    section = re.search(rf"### {table.file}\n(.*?)(?=\n###? )", FORMATS, re.DOTALL)
    assert section is not None
    assert f"One row per {', '.join(f'`{name}`' for name in table.key)}." in section[1]
    assert ("At least one row." in section[1]) != table.may_be_empty
    rows = [[cell.strip() for cell in row.split("|")[1:4]] for row in re.findall(r"^\| `.*$", section[1], re.MULTILINE)]
    assert [row[0] for row in rows] == [f"`{column.name}`" for column in table.columns]
    for row, column in zip(rows, table.columns, strict=True):
        assert row[1] == holds(column)
        if column.required:
            assert row[2] == "must be given"
        elif column.default_from is not None:
            assert row[2] == f"`{column.default_from}`"
        elif column.default is not None:
            assert row[2] == f"`{column.default if isinstance(column.default, str) else format(column.default, 'g')}`"
