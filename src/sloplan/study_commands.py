"""What the commands `sloplan study` do."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from sloplan.loading import load
from sloplan.problem.objective import find_objective
from sloplan.study.configuration import packaged_names, read_configuration
from sloplan.study.matrix import PlannedRun
from sloplan.study.rows import Row
from sloplan.study.running import run_study
from sloplan.study.time_left import TimeLeft
from sloplan.study_worker import solve_job


def run(source: str, folder: Path | None, data: Path | None, workers: int | None) -> int:
    """Run a study, or what is left of it; return the exit code."""
    configuration, text = read_configuration(source)
    target = folder or Path(f"study-{configuration.name}")
    base = Path.cwd() if source in packaged_names() else Path(source).parent
    with _Progress() as progress:
        try:
            run_study(
                configuration,
                text,
                target,
                base=base,
                load=load,
                task=solve_job,
                watcher=progress,
                data=data,
                workers=workers,
            )
        except KeyboardInterrupt:
            progress.stop()
            typer.echo(f"interrupted: {progress.summary()}; the same command goes on with the others", err=True)
            return 1
    typer.echo(f"{target}: {progress.summary()}; `sloplan study table {target}` compares them")
    return 0


class _Progress:
    """Shows how a study goes on: a bar on a terminal, else a line per run."""

    def __init__(self) -> None:
        self._bar = Progress(
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live = sys.stderr.isatty()
        self._task = TaskID(0)
        self._left = TimeLeft([], 1)
        self._done = self._all = self._before = 0
        self._not_finished = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    def begins(self, runs: list[PlannedRun], finished: int, side_by_side: int) -> None:
        """Begin to show."""
        self._all, self._before = len(runs) + finished, finished
        self._left = TimeLeft(runs, side_by_side)
        if self._live and runs:
            self._task = self._bar.add_task(self._remaining(), total=self._all, completed=finished)
            self._bar.start()
        elif finished:
            typer.echo(f"{finished} of {self._all} runs were finished before", err=True)

    def ended(self, run: PlannedRun, row: Row) -> None:
        """Show that a run has ended."""
        self._done += 1
        self._not_finished += row["outcome"] != "finished"
        self._left.ended(run, row)
        if self._live:
            self._bar.update(self._task, advance=1, description=f"{self._remaining()}  {_described(run, row)}")
        else:
            done = self._before + self._done
            typer.echo(f"{done}/{self._all}  {_described(run, row)}; {self._remaining()}", err=True)

    def summary(self) -> str:
        """Return what was done, in a few words."""
        trouble = f", {self._not_finished} of these did not finish as they should" if self._not_finished else ""
        before = f" ({self._before} before)" if self._before else ""
        return f"{self._before + self._done} of {self._all} runs done{before}{trouble}"

    def _remaining(self) -> str:
        seconds = round(self._left.seconds())
        hours, minutes = divmod(seconds // 60, 60)
        if hours:
            return f"about {hours} h {minutes} min left"
        return f"about {minutes} min {seconds % 60} s left" if minutes else f"about {seconds} s left"


def _described(run: PlannedRun, row: Row) -> str:
    if row["outcome"] != "finished":
        return f"{run.source.name}  {run.label}  {row['outcome']}"
    figure = row.get("objective")
    reached = "nothing found" if figure is None else f"{figure:,.6g} {find_objective(run.objective).label}"
    return f"{run.source.name}  {run.label}  {reached}  {row['runtime_s']:.1f} s"
