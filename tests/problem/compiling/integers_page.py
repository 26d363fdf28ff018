"""Reads `docs/integers.md`: the tables of its instance and the tables of figures worked by hand."""

from __future__ import annotations

import io

import pandas as pd

from tests import worked_page

PAGE = worked_page.DOCS / "integers.md"


def instance_frames() -> dict[str, pd.DataFrame]:
    """Return the page's instance: every `name.csv` block, by table name."""
    files = worked_page.files_of(PAGE)
    return {name.removesuffix(".csv"): pd.read_csv(io.StringIO(text)) for name, text in files.items()}


def rows_under(heading: str) -> list[dict[str, str]]:
    """Return the rows of the table under a `###` heading (or `##`), each as column to cell."""
    return worked_page.rows_under(PAGE, heading)


def headings() -> list[str]:
    """Return the headings of all sections that hold a table."""
    return worked_page.headings(PAGE)
