"""The arguments of `sloplan instances`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

InstanceArgument = Annotated[
    str,
    typer.Argument(metavar="INSTANCE", help="Library name, family spec (edge-cloud:queries=60,seed=3) or path."),
]

instances_app = typer.Typer(help="List, show, generate, import and export instances.", no_args_is_help=True)
best_known_app = typer.Typer(help="The best solutions and bounds known, checked again when used.", no_args_is_help=True)
instances_app.add_typer(best_known_app, name="best-known")


@instances_app.command("list")
def _list(
    prefix: Annotated[
        str | None, typer.Argument(metavar="PREFIX", help="Show the library names that begin so, with their specs.")
    ] = None,
) -> None:
    """List what the library holds and the families, or the library's instances whose names begin with PREFIX."""
    from sloplan import commands

    commands.list_instances(prefix)


@instances_app.command("show")
def _show(
    instance: InstanceArgument,
    rows: Annotated[int, typer.Option(min=0, help="How many coupling rows to list, the most loaded first.")] = 12,
) -> None:
    """Show sizes, how many plans there are, servable share and load per row (plan selections: tightness)."""
    from sloplan import show_commands

    show_commands.show_problem(instance, rows)


@instances_app.command("plot")
def _plot(
    instance: InstanceArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="F", help="File that ends in .png, .svg or .pdf.")],
    application: Annotated[
        str | None, typer.Option(metavar="A", help="Application to draw; the one with most query copies without it.")
    ] = None,
) -> None:
    """Draw the infrastructure of an instance and one of its applications."""
    from sloplan import show_commands

    show_commands.plot_problem(instance, application, output)


@instances_app.command("catalogue")
def _catalogue() -> None:
    """Show which operators are profiled on which machines, and how much is measured."""
    from sloplan import commands

    commands.show_catalogue()


@instances_app.command("generate")
def _generate(
    spec: Annotated[
        str, typer.Argument(metavar="SPEC", help="Family spec: edge-cloud:queries=60,seed=3, khan:groups=100,seed=3.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="PATH", help="Folder, or a zip file if it ends in .zip; plan selections: .json."
        ),
    ],
    parquet: Annotated[bool, typer.Option("--parquet", help="Write queries.parquet in place of queries.csv.")] = False,
) -> None:
    """Generate an instance (or plan selection) of a family and write it."""
    from sloplan import format_commands

    format_commands.generate_instance(spec, output, parquet=parquet)


@instances_app.command("import")
def _import(
    source: Annotated[Path, typer.Argument(metavar="F", help="A published text file, plain or gzip.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PATH", help="The plan selection's file, which ends in .json.")
    ],
    file_format: Annotated[str, typer.Option("--format", help="mmkp or gap.")],
    number: Annotated[int | None, typer.Option(help="Which problem, from 1, if the file holds several.")] = None,
) -> None:
    """Read a published multiple-choice knapsack or assignment problem and write it as a plan selection."""
    from sloplan import format_commands

    format_commands.import_selection(file_format, source, number, output)


@instances_app.command("export")
def _export(
    instance: InstanceArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="F", help="The file; cpsat: .pb or .pbtxt.")],
    file_format: Annotated[str, typer.Option("--format", help="mps, lp, cpsat or mmkp.")],
) -> None:
    """Write an instance's compact MILP (mps, lp), or its listed plans as a CP-SAT model or an MMKP text."""
    from sloplan import format_commands

    format_commands.export_instance(instance, file_format, output)


FolderOption = Annotated[
    Path | None, typer.Option("--folder", metavar="DIR", help="Where entries are kept; the package's without it.")
]


@best_known_app.command("list")
def _list_best_known(folder: FolderOption = None) -> None:
    """List what the entries claim."""
    from sloplan import best_known_commands

    best_known_commands.list_best_known(folder)


@best_known_app.command("update")
def _update_best_known(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Library name, family spec or path of the instance.")],
    solution: Annotated[Path, typer.Argument(metavar="SOLUTION.json", help="A solution file.")],
    method: Annotated[str, typer.Option(help="What found it, for the record.")] = "unknown",
    folder: FolderOption = None,
) -> None:
    """Take in a solution file whose solution, bound or certificate is better than what is known."""
    from sloplan import best_known_commands

    best_known_commands.update_best_known(name, solution, method, folder)
