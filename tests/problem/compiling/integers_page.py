"""Reads `docs/integers.md`: the tables of its instance and the tables of figures worked by hand."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd

PAGE = Path(__file__).parents[3] / "docs" / "integers.md"


def instance_frames() -> dict[str, pd.DataFrame]:
    """Return the page's instance: every `name.csv` block, by table name."""
    blocks = re.findall(r"^`(\w+)\.csv`\n\n```csv\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return {name: pd.read_csv(io.StringIO(text)) for name, text in blocks}


def rows_under(heading: str) -> list[dict[str, str]]:
    """Return the rows of the table under a `###` heading (or `##`), each as column to cell."""
    text = PAGE.read_text(encoding="utf-8")
    section = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    assert section is not None, f"the page has no section {heading!r}"
    lines = [line for line in section.group(1).splitlines() if line.startswith("|")]
    header, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(header, cells, strict=True)) for cells in body]


def headings() -> list[str]:
    """Return the headings of all sections that hold a table."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^##+ ([^\n]+)\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    return [heading for heading, body in found if re.search(r"^\|", body, re.M)]
