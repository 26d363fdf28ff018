"""What the commands `sloplan instances show` and `plot` do."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from sloplan.instance_summary import summarise
from sloplan.instances.plot import plot_instance, refuse_unknown_suffix, save_figure
from sloplan.loading import load
from sloplan.problem.errors import UnsupportedError
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


def plot_problem(source: str, application: str | None, output: Path) -> None:
    """Draw an instance and one of its applications into a file."""
    refuse_unknown_suffix(output)
    problem = load(source)
    if isinstance(problem, PlanSelection):
        raise UnsupportedError(f"{source}: a plan selection, which has neither sites nor operators to draw")
    save_figure(plot_instance(problem, application), output)
    typer.echo(f"{output}: {problem.name}")
