"""What the command `sloplan instances show` does."""

from __future__ import annotations

from rich.console import Console

from sloplan.instance_summary import summarise
from sloplan.loading import load
from sloplan.problem.selections.selection import PlanSelection
from sloplan.summary_tables import instance_tables, selection_tables


def show_problem(source: str, num_rows: int) -> None:
    """Print the sizes of an instance or a plan selection, and its `num_rows` most loaded rows."""
    problem, console = load(source), Console()
    if isinstance(problem, PlanSelection):
        tables = selection_tables(summarise(problem), num_rows)
    else:
        tables = instance_tables(summarise(problem), num_rows)
    for table in tables:
        console.print(table)
