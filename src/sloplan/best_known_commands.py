"""What the commands `sloplan instances best-known` do."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sloplan.best_known_update import Outcome, update
from sloplan.instances import library
from sloplan.instances.best_known import FOLDER
from sloplan.instances.best_known_index import Entry, read_index
from sloplan.loading import load
from sloplan.problem.errors import UnsupportedError
from sloplan.problem.objective import find_objective
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.solution import Solution
from sloplan.reporting import percent

LONGEST_NAME = max(map(len, library.names()))


def list_best_known(folder: Path | None) -> None:
    """Print what the entries claim, a table per objective."""
    entries = read_index(folder or FOLDER)
    for name in sorted({entry.objective for entry in entries}):
        title = f"{name}, {find_objective(name).label}; computed again when used"
        table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        # Holds a library name, in one line, or a spec; both are copied: never cut.
        longest = max(len(entry.instance) for entry in entries)
        table.add_column("instance", overflow="fold", no_wrap=longest <= LONGEST_NAME)
        for figure in ("value", "bound", "gap"):
            table.add_column(figure, justify="right", no_wrap=True)
        table.add_column("solution, bound by", overflow="fold")
        for entry in entries:
            if entry.objective == name:
                value, bound, _, gap = _figures(entry)
                table.add_row(escape(entry.instance), value, bound, gap, escape(_methods(entry)))
        Console().print(table)
    if not entries:
        typer.echo("no entries")


def update_best_known(source: str, path: Path, method: str, folder: Path | None) -> None:
    """Update the entry of an instance from a solution file and say what became better."""
    instance = load(source)
    if isinstance(instance, PlanSelection):
        raise UnsupportedError(f"{source}: a plan selection; best-known solutions are kept of instances only")
    outcome = update(instance, Solution.load(path), method=method, folder=folder)
    typer.echo(_told(outcome))
    if outcome.message is not None:
        typer.echo(f"note: {outcome.message}", err=True)


def _told(outcome: Outcome) -> str:
    entry = outcome.entry
    if entry is None:  # no file holds a bound alone
        return "no entry"
    value, bound, certified, gap = _figures(entry)
    what = f"better: {', '.join(outcome.changed)}" if outcome.changed else "unchanged: nothing here is better"
    unit = find_objective(entry.objective).label
    return f"{what}\n{entry.instance}: {value} {unit}, bound {bound}, certified {certified}, gap {gap}, {entry.status}"


def _figures(entry: Entry) -> tuple[str, str, str, str]:
    unit = find_objective(entry.objective).in_user_units
    figures = (unit(entry.value), unit(entry.bound), unit(entry.certified_bound))
    value, bound, certified = ("-" if figure is None else f"{figure:,.10g}" for figure in figures)
    return value, bound, certified, percent(entry.gap)


def _methods(entry: Entry) -> str:
    bounded = "-" if entry.bounded is None else f"{entry.bounded.method} ({entry.proof})"
    return f"{entry.found.method}, {bounded}"
