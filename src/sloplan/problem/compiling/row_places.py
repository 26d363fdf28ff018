"""Names the place of a figure in an instance's tables, for messages about its size."""

from __future__ import annotations

from sloplan.problem.compiling.decimals import Locate
from sloplan.problem.schema import table
from sloplan.problem.tables import Columns


def place_in(table_name: str, columns: Columns, *fields: str) -> Locate:
    """Return a function that names row i of a table by its key, with the fields concerned.

    Parameters
    ----------
    table_name : str
        Table of the schema.
    columns : mapping of column name to array
        Its rows. They are named by key and not by number, since their order is canonical and
        need not be the file's.
    *fields : str
        Columns shown with their values.

    Returns
    -------
    callable
        Row position (from 0) to, for example, "queries.csv, query 'q1', rate_rps = 1e+300".
    """
    schema = table(table_name)

    def place(i: int) -> str:
        key = [f"{column} {columns[column][i]!r}" for column in schema.key]
        shown = [f"{field} = {columns[field][i]}" for field in fields]
        return ", ".join([schema.file, *key, *shown])

    return place
