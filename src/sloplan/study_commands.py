"""What the commands `sloplan study` do."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table as RichTable
from rich.text import Text

from sloplan.loading import load
from sloplan.problem.objective import find_objective
from sloplan.study.configuration import packaged_names, read_configuration
from sloplan.study.factor_tables import factor_tables
from sloplan.study.folder import StudyFolder
from sloplan.study.judged_study import judged_study
from sloplan.study.matrix import PlannedRun
from sloplan.study.report.figure_files import write_figures
from sloplan.study.report.report import write_report
from sloplan.study.rows import Row
from sloplan.study.running import run_study
from sloplan.study.table import Table
from sloplan.study.table_files import provenance, shown_frame, write_tables
from sloplan.study.tables import study_tables
from sloplan.study.time_left import TimeLeft
from sloplan.study_worker import solve_job

_WIDEST = 1000  # characters of a table on a terminal


def list_packaged() -> None:
    """Print the configurations that come with the package, each with its question."""
    shown = RichTable(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    shown.add_column("study", no_wrap=True)
    shown.add_column("question")
    shown.add_column("seconds a run", justify="right")
    shown.add_column("threads", justify="right")
    for name in packaged_names():
        configuration, _ = read_configuration(name)
        shown.add_row(
            name,
            Text(" ".join(configuration.description.split())),
            ", ".join(f"{limit:g}" for limit in configuration.time_limits),
            ", ".join(map(str, configuration.threads)),
        )
    Console().print(shown)


def run(source: str, folder: Path | None, data: Path | None, workers: int | None) -> int:
    """Run a study, or what is left of it; return the exit code."""
    configuration, text = read_configuration(source)
    target = folder or Path(f"study-{configuration.name}")
    base = Path.cwd() if source in packaged_names() else Path(source).parent
    with _ended_as_by_ctrl_c(), _Progress() as progress:
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


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Have what ends a study from outside, a batch system or a closed terminal, end its runs with all they started."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    chosen = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]  # nohup's choice stays
    for number in chosen:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in chosen:
            signal.signal(number, signal.SIG_DFL)


class _Progress:
    """Shows how a study goes on: a bar on a terminal, else a line per run."""

    def __init__(self) -> None:
        self._bar = Progress(
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False),
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
        if self._bar.live.is_started:
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
    # A plan selection has an objective and units of its own, and no cost in USD.
    unit = "" if row.get("cost_usd_per_hour") is None else f" {find_objective(run.objective).label}"
    reached = "nothing found" if figure is None else f"{figure:,.6g}{unit}"
    return f"{run.source.name}  {run.label}  {reached}  {row['runtime_s']:.1f} s"


def table(folder: Path, output: Path | None) -> None:
    """Print a study's tables and write their files."""
    study = StudyFolder(folder)
    configuration, frame = judged_study(study)
    tables = study_tables(frame, study.trajectories())
    if configuration.baseline is not None:
        tables += factor_tables(frame, configuration.baseline)
    source = provenance(configuration, frame)
    target = output or folder / "tables"
    written = write_tables(tables, target, source)
    console = Console()
    for made in tables:
        screen = _on_screen(made)
        # A table that is too wide for the terminal keeps its width: cut or folded figures are of no use.
        wide = Measurement.get(console, console.options.update(width=_WIDEST), screen).maximum
        Console(width=max(console.width, wide)).print(screen)
        console.print(Text(made.notes, style="dim"), end="\n\n")
    console.print(Text(source))
    typer.echo(f"{len(written)} files in {target}")


def figures(folder: Path, output: Path | None) -> None:
    """Write a study's figures, and say which are not drawn and why."""
    written, missing = write_figures(StudyFolder(folder), output)
    for path in written:
        typer.echo(path)
    for name, why in missing.items():
        typer.echo(f"{name} is not drawn: {why}")


def report(folder: Path, output: Path | None) -> None:
    """Write a study's report."""
    page = write_report(StudyFolder(folder), load, output)
    typer.echo(f"{page}: open it in a browser; figures for papers are in {page.parent / 'figures'}")


def _on_screen(made: Table) -> RichTable:
    screen = RichTable(
        title=Text(made.title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
    )
    frame = shown_frame(made)
    for column in frame.columns:
        text = made.kinds.get(column, "text") == "text"
        screen.add_column(Text(column.replace(" ", "\n")), justify="left" if text else "right", no_wrap=True)
    for values in frame.itertuples(index=False):
        screen.add_row(*(Text(value) for value in values))
    return screen
