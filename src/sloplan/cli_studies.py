"""The arguments of `sloplan study`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

study_app = typer.Typer(help="Run methods on instances and compare them.", no_args_is_help=True)


@study_app.command("run")
def _run_study(
    configuration: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG",
            help="quick, proof, exact-vs-heuristic, papers-claims, ablation, anytime, scaling or published, or the "
            "path of a TOML file.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="The study's folder; study-NAME without it.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder of published files, for `published`.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Most runs at a time; as many as the cores allow without it.")
    ] = None,
) -> None:
    """Run a study, or what is left of it. Exit code 0: all runs done, 1: interrupted, 2: unusable input."""
    from sloplan import study_commands

    raise typer.Exit(study_commands.run(configuration, output, data, workers))


@study_app.command("list")
def _list_studies() -> None:
    """List the studies that come with the package."""
    from sloplan import study_commands

    study_commands.list_packaged()


@study_app.command("table")
def _study_table(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where files go; DIR/tables without it.")
    ] = None,
) -> None:
    """Print a study's tables and write them as Markdown, LaTeX and CSV."""
    from sloplan import study_commands

    study_commands.table(folder, output)


@study_app.command("figures")
def _study_figures(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where files go; DIR/figures without it.")
    ] = None,
) -> None:
    """Write a study's figures as PNG."""
    from sloplan import study_commands

    study_commands.figures(folder, output)


@study_app.command("report")
def _study_report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where it goes; DIR/report without it.")
    ] = None,
) -> None:
    """Write a page that shows a study, with a page for every run, and its figures as PNG and PDF."""
    from sloplan import study_commands

    study_commands.report(folder, output)
