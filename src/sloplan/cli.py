"""The command line's arguments; what the commands do is in `commands`, imported only when one runs."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer

from sloplan._version import __version__

EXIT_UNUSABLE_INPUT = 2

app = typer.Typer(
    help="Plan compound AI queries with latency, accuracy and cost SLOs. Every answer is checked in exact integers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
instances_app = typer.Typer(help="List, show, generate, import and export instances.", no_args_is_help=True)
app.add_typer(instances_app, name="instances")
best_known_app = typer.Typer(help="The best solutions and bounds known, checked again when used.", no_args_is_help=True)
instances_app.add_typer(best_known_app, name="best-known")

study_app = typer.Typer(help="Run methods on instances and compare them.", no_args_is_help=True)
app.add_typer(study_app, name="study")

InstanceArgument = Annotated[
    str,
    typer.Argument(metavar="INSTANCE", help="Library name, family spec (edge-cloud:queries=60,seed=3) or path."),
]


def main() -> None:
    """Run the command line; unusable input ends in one message on stderr and exit code 2."""
    from sloplan.problem.errors import SloplanError

    warnings.showwarning = _show_warning
    try:
        app(prog_name="sloplan")
    except SloplanError as error:
        _fail(str(error))
    except OSError as error:
        _fail(str(error) if error.filename is None else f"{error.filename}: {error.strerror}")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sloplan {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command("solve")
def _solve(
    instance: InstanceArgument,
    method: Annotated[str, typer.Option(help="A method that `sloplan methods` lists, or auto.")] = "auto",
    objective: Annotated[str, typer.Option(help="goodput, cost or goodput-then-cost.")] = "goodput",
    min_goodput: Annotated[float, typer.Option(help="Fraction of the servable value, for cost.")] = 1.0,
    time_limit: Annotated[float | None, typer.Option(help="Seconds; no limit without it.")] = None,
    rel_gap: Annotated[float | None, typer.Option(help="Stop at this relative gap; 0 without it.")] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    threads: Annotated[int, typer.Option(help="Most threads to use.")] = 2,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="SOLUTION.json", help="Write the solution file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress line and no table.")] = False,
) -> None:
    """Solve an instance. Exit code 0: solution found, 1: none found, 2: unusable input."""
    from sloplan import commands

    settings = {
        "method": method,
        "objective": objective,
        "min_goodput": min_goodput,
        "time_limit": time_limit,
        "rel_gap": rel_gap,
        "seed": seed,
        "threads": threads,
        "display": not quiet,
    }
    raise typer.Exit(commands.solve_instance(instance, settings, output, as_json=json, quiet=quiet))


@app.command("check")
def _check(
    instance: InstanceArgument,
    solution: Annotated[Path, typer.Argument(metavar="SOLUTION.json", help="A solution file.")],
) -> None:
    """Check a solution file and its certificate. Exit code 0: valid, 1: violations, 2: unusable input."""
    from sloplan import commands

    raise typer.Exit(commands.check_solution(instance, solution))


@app.command("explain")
def _explain(
    instance: InstanceArgument,
    query: Annotated[str, typer.Option("--query", metavar="Q", help="Name of the query.")],
    solution: Annotated[
        Path | None, typer.Argument(metavar="[SOLUTION.json]", help="A solution file; solved here without it.")
    ] = None,
    objective: Annotated[str | None, typer.Option(help="goodput or cost, without a solution file.")] = None,
    min_goodput: Annotated[float, typer.Option(help="Fraction of the servable value, for cost.")] = 1.0,
    time_limit: Annotated[float, typer.Option(help="Seconds for solving where no solution is given.")] = 10.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
) -> None:
    """Say why a query has no plan, is not served, or what its SLOs cost. Exit code 2: unusable input."""
    from sloplan import explain_commands

    explain_commands.explain_query(instance, solution, query, objective, min_goodput, time_limit, as_json=json)


@app.command("simulate")
def _simulate(
    instance: InstanceArgument,
    solution: Annotated[
        Path | None, typer.Argument(metavar="[SOLUTION.json]", help="A solution file; solved here without it.")
    ] = None,
    method: Annotated[str, typer.Option(help="Without a solution file: how to make one.")] = "auto",
    time_limit: Annotated[
        float, typer.Option(help="Seconds for solving where no solution is given; at each epoch of --online resolve.")
    ] = 10.0,
    horizon: Annotated[
        float | None, typer.Option(help="Simulated seconds: 60; with --online until the last event.")
    ] = None,
    warmup: Annotated[float, typer.Option(help="Of those, the first that count nowhere.")] = 0.0,
    arrivals: Annotated[str, typer.Option(help="poisson or periodic.")] = "poisson",
    variation: Annotated[
        float, typer.Option(help="Coefficient of variation of operators' work; 1: exponential.")
    ] = 0.0,
    drop_late: Annotated[bool, typer.Option("--drop-late", help="Give up requests that are late already.")] = False,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    headroom: Annotated[
        int | None, typer.Option(metavar="PERCENT", help="Plan with more and more headroom; 95 or 99 percent in time.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With --headroom: write the instance to plan on instead.")
    ] = None,
    online: Annotated[
        str | None,
        typer.Option(
            metavar="POLICY",
            help="Plan as queries arrive: matching, resolve, first-come, greedy, static; clairvoyant: their bound.",
        ),
    ] = None,
    epoch: Annotated[float, typer.Option(help="With --online: seconds from one epoch to the next.")] = 10.0,
    migration: Annotated[
        float, typer.Option(help="With --online: seconds for which a copy that changes its plan earns nothing.")
    ] = 1.0,
    journal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --online: write all that happens; go on from there.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="With --online: draw the timeline.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
) -> None:
    """Let requests flow through a solution's queues, or plan online. Exit code 1: no solution, 2: unusable input."""
    if online is not None:
        from sloplan import online_commands

        online_commands.plan_online(
            instance, online, epoch, horizon, migration, journal, plot, time_limit, seed, as_json=json
        )
        return
    from sloplan import simulate_commands

    settings = {
        "horizon": 60.0 if horizon is None else horizon,
        "warmup": warmup,
        "arrivals": arrivals,
        "variation": variation,
        "drop_late": drop_late,
        "seed": seed,
    }
    if headroom is not None:
        simulate_commands.try_headroom(instance, headroom, output, method, time_limit, settings, as_json=json)
        return
    raise typer.Exit(
        simulate_commands.simulate_instance(instance, solution, method, time_limit, settings, as_json=json)
    )


@app.command("profile")
def _profile(
    workload: Annotated[
        str,
        typer.Argument(metavar="WORKLOAD", help="digits, synthetic:items=500,seed=1, or a folder of recorded runs."),
    ],
    slo_accuracy: Annotated[
        list[float], typer.Option("--slo-accuracy", help="An accuracy SLO that queries have; may be repeated.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the application's tables.")],
    confidence: Annotated[float, typer.Option(help="Probability that a plan's interval holds its accuracy.")] = 0.95,
    strata: Annotated[int, typer.Option(help="Most clusters of items; 1 is random sampling.")] = 8,
    seed: Annotated[int, typer.Option(help="Random seed of clusters and draws.")] = 0,
    hardware: Annotated[str, typer.Option(help="Name of this kind of machine.")] = "cpu",
    latency_percentile: Annotated[
        float, typer.Option(help="Percentile of measured times taken as latency, as the instance states.")
    ] = 50.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
) -> None:
    """Run a workload's plans on as few items as decide their accuracy SLOs; write tables for an instance."""
    from sloplan import profile_commands

    profile_commands.profile(
        workload,
        slo_accuracy,
        output,
        confidence=confidence,
        num_strata=strata,
        seed=seed,
        hardware=hardware,
        latency_percentile=latency_percentile,
        as_json=json,
    )


@app.command("methods")
def _methods() -> None:
    """List the solution methods, built-in and installed."""
    from sloplan import commands

    commands.list_methods()


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


@study_app.command("run")
def _run_study(
    configuration: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG", help="quick, proof, anytime, scaling or published, or the path of a TOML file."
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


def _fail(message: str) -> None:
    typer.echo(f"error: {message}", err=True)
    raise SystemExit(EXIT_UNUSABLE_INPUT)


def _show_warning(message: Warning | str, *_where: object, **_more: object) -> None:
    typer.echo(f"warning: {message}", err=True)
