"""The command line's arguments; what the commands do is in `commands`, imported only when one runs."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer

from sloplan._version import __version__
from sloplan.cli_instances import InstanceArgument, instances_app
from sloplan.cli_studies import study_app

EXIT_UNUSABLE_INPUT = 2

app = typer.Typer(
    help="Plan compound AI queries with latency, accuracy and cost SLOs. Every answer is checked in exact integers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(instances_app, name="instances")
app.add_typer(study_app, name="study")


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
        Path | None, typer.Argument(metavar="SOLUTION.json", help="A solution file; solved here without it.")
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
    context: typer.Context,
    instance: InstanceArgument,
    solution: Annotated[
        Path | None, typer.Argument(metavar="SOLUTION.json", help="A solution file; solved here without it.")
    ] = None,
    method: Annotated[str, typer.Option(help="Without a solution file: how to make one.")] = "auto",
    time_limit: Annotated[
        float | None,
        typer.Option(help="Seconds for solving where no solution is given: 10; at each epoch of --online resolve: 1."),
    ] = None,
    horizon: Annotated[
        float | None, typer.Option(help="Simulated seconds: 60; with --online until the last event.")
    ] = None,
    warmup: Annotated[float, typer.Option(help="Of those, the first that count nowhere.")] = 0.0,
    arrivals: Annotated[str, typer.Option(help="poisson or periodic.")] = "poisson",
    variation: Annotated[
        float, typer.Option(help="Coefficient of variation of operators' work; 1: exponential.")
    ] = 0.0,
    drop_late: Annotated[bool, typer.Option("--drop-late", help="Give up requests that are late already.")] = False,
    disturbances: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV: time_s, kind, subject, amount of what fails, slows or changes meanwhile."
        ),
    ] = None,
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
    from sloplan import simulate_commands

    sources = {name: context.get_parameter_source(name) for name in context.params}
    given = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    simulate_commands.refuse_what_has_no_effect(given, online)
    if online is not None:
        from sloplan import online_commands

        each = 1.0 if time_limit is None else time_limit
        online_commands.plan_online(
            instance, online, epoch, horizon, migration, disturbances, journal, plot, each, seed, as_json=json
        )
        return
    time_limit = 10.0 if time_limit is None else time_limit
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
        simulate_commands.simulate_instance(
            instance, solution, method, time_limit, settings, disturbances, as_json=json
        )
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


def _fail(message: str) -> None:
    typer.echo(f"error: {message}", err=True)
    raise SystemExit(EXIT_UNUSABLE_INPUT)


def _show_warning(message: Warning | str, *_where: object, **_more: object) -> None:
    typer.echo(f"warning: {message}", err=True)
