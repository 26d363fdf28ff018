"""Tables of what the catalogue covers, for `sloplan instances catalogue`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sloplan.instances.catalogue import applications
from sloplan.instances.catalogue_coverage import coverage_grid, coverage_totals, mark_counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from rich.table import Table
    from rich.text import Text


def coverage_tables() -> Iterator[Table | Text]:
    """Yield a table of machines by operators for each application, then one of all marks, each with a line below."""
    from rich.text import Text

    for application in applications():
        yield _table(application, coverage_grid(application), totals="configurations")
        yield Text(f"{coverage_totals(application)}\n")
    yield _table("rows", mark_counts(), totals="all")
    yield Text("m measured, d derived, a assumed: the best of a configuration's allocations on that machine")


def _table(title: str, frame: pd.DataFrame, totals: str) -> Table:
    """Return a frame as a table that needs little width; nothing in it is cut."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number, column in enumerate(frame):
        table.add_column(Text(str(column)), overflow="fold", justify="left" if number == 0 else "right")
    for row in frame.itertuples(index=False):
        if row[0] == totals:
            table.add_section()
        table.add_row(*(Text(str(cell)) for cell in row))
    return table
