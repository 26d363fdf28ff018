"""Reads a page of docs that works an instance by hand: its files, and the tables of figures under its headings."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def files_of(page: Path) -> dict[str, str]:
    """Return every file that the page shows, by name."""
    blocks = re.findall(r"^`(\w+\.(?:csv|json))`\n\n```\w+\n(.*?)```", page.read_text(encoding="utf-8"), re.M | re.S)
    assert len(dict(blocks)) == len(blocks)
    return dict(blocks)


def tables_under(page: Path, heading: str) -> list[list[dict[str, str]]]:
    """Return the tables under a heading, each row as column to cell."""
    text = page.read_text(encoding="utf-8")
    section = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    assert section is not None, f"the page has no section {heading!r}"
    tables = []
    for block in re.findall(r"(?:^\|.*\n)+", section.group(1), re.M):
        header, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        tables.append([dict(zip(header, cells, strict=True)) for cells in body])
    return tables


def rows_under(page: Path, heading: str) -> list[dict[str, str]]:
    """Return the rows of the one table under a heading."""
    (table,) = tables_under(page, heading)
    return table


def headings(page: Path) -> list[str]:
    """Return the headings of all sections that hold a table."""
    found = re.findall(r"^##+ ([^\n]+)\n(.*?)(?=^##|\Z)", page.read_text(encoding="utf-8"), re.M | re.S)
    return [heading for heading, body in found if re.search(r"^\|", body, re.M)]
