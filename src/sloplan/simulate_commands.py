"""What the command `sloplan simulate` does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from sloplan.loading import load
from sloplan.planning_headroom import best_headroom, headroom
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from sloplan.problem.storage.instance_files import save_instance
from sloplan.progress import live_look
from sloplan.reporting import percent, two_columns
from sloplan.runtime.disturbance_files import read_disturbances
from sloplan.runtime.simulation import Simulation, simulate
from sloplan.solving import solve
from sloplan.stdout import results_only_on_stdout

_SHOWN = 10  # rows of the tables of queries and stations


def simulate_instance(
    source: str,
    path: Path | None,
    method: str,
    time_limit: float,
    settings: dict[str, Any],
    disturbances: Path | None,
    *,
    as_json: bool,
) -> int:
    """Simulate a solution, or one that is made here, and print what became of it; return the exit code."""
    problem = _instance(source)
    disturbing = None if disturbances is None else read_disturbances(disturbances)
    with results_only_on_stdout() as results:
        if path is not None:
            solution: Solution | None = Solution.load(path)
        else:
            found = solve(problem, method, time_limit=time_limit, seed=settings["seed"], display=not as_json).solution
            solution = found if isinstance(found, Solution) else None
        if solution is None:
            Console(stderr=True).print(f"{method} found no solution within {time_limit:g} s: nothing to simulate")
            return 1
        clock = np.zeros(1)
        with live_look(lambda: simulation_line(clock[0], settings["horizon"]), not as_json):
            simulation = simulate(problem, solution, disturbances=disturbing, clock=clock, **settings)
        if as_json:
            results.write(json.dumps(simulation.to_dict(), ensure_ascii=False, allow_nan=False) + "\n")
            return 0
        console = Console(file=results)
        for table in _tables(simulation):
            console.print(table)
    return 0


def simulation_line(clock_s: float, horizon_s: float) -> str:
    """Return the progress line of a simulation.

    Examples
    --------
    >>> simulation_line(12.34, 60.0)
    'simulated 12.3 s of 60 s'
    """
    return f"simulated {clock_s:,.1f} s of {horizon_s:,.6g} s"


_ALWAYS: Final = frozenset({"instance", "horizon", "json"})
_SIMULATING: Final = frozenset({"warmup", "arrivals", "variation", "drop_late", "seed", "method", "time_limit"})
_PLAIN: Final = "a simulation without --online and --headroom"
_TAKEN: Final = {
    "--online clairvoyant": _ALWAYS | {"online", "disturbances"},
    "--online": _ALWAYS | {"online", "epoch", "migration", "disturbances", "journal", "plot", "time_limit", "seed"},
    "--headroom": _ALWAYS | _SIMULATING | {"headroom", "output"},
    _PLAIN: _ALWAYS | _SIMULATING | {"solution", "disturbances"},
}
"""Parameters of `sloplan simulate` that have an effect, by what is asked for."""


def refuse_what_has_no_effect(given: set[str], online: str | None) -> None:
    """Refuse arguments that would be passed over in silence.

    Parameters
    ----------
    given : set of str
        Parameters that the command line states.
    online : str, optional
        Policy.

    Raises
    ------
    InputError
        If one has no effect beside the others.
    """
    mode = "--headroom" if "headroom" in given else _PLAIN
    if online is not None:
        mode = "--online clairvoyant" if online == "clairvoyant" else "--online"
    for name in sorted(given - _TAKEN[mode]):
        field = "SOLUTION" if name == "solution" else f"--{name.replace('_', '-')}"
        raise InputError(f"has no effect with {mode}", field=field, advice="leave it out")


def try_headroom(
    source: str,
    percent_in_time: int,
    output: Path | None,
    method: str,
    time_limit: float,
    settings: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    """Print what plans with more and more headroom keep, and write the instance whose plan keeps most."""
    instance = _instance(source)
    if percent_in_time not in (95, 99):
        raise InputError("not looked at", field="--headroom", value=percent_in_time, allowed="95, 99")
    with results_only_on_stdout() as results:
        tried = headroom(instance, method, time_limit=time_limit, display=not as_json, **settings)
        best = best_headroom(instance, tried, percent_in_time)
        if output is not None:
            save_instance(best, output)
        if as_json:
            rows = [
                {name: None if np.isnan(figure) else figure for name, figure in row.items()}
                for row in tried.to_dict("records")
            ]
            results.write(json.dumps({"tried": rows, "best": best.name}, allow_nan=False) + "\n")
            return
        table = Table(*tried.columns, title=f"{instance.name}: plans with headroom, simulated without")
        for row in tried.to_dict("records"):
            table.add_row(*("-" if np.isnan(figure) else f"{figure:,.5g}" for figure in row.values()))
        console = Console(file=results)
        console.print(table)
        console.print(f"most kept with {percent_in_time}% in time: {best.name}", highlight=False)


def _instance(source: str) -> Instance:
    problem = load(source)
    if not isinstance(problem, Instance):
        raise InputError(
            "a plan selection has no queues to simulate", field="INSTANCE", value=source, allowed="an instance"
        )
    return problem


def _tables(simulation: Simulation) -> list[Table]:
    told, unit = simulation.to_dict(), simulation.goodput_milli / 1000
    lines = {
        "simulated": f"{told['horizon_s']:g} s, the first {told['warmup_s']:g} s left out",
        "requests": f"{told['requests']:,}",
        "in time": f"{told['in_time']:,}",
        "late": f"{told['late']:,}",
        "dropped": f"{told['dropped']:,}",
        "in flight at the end": f"{told['in_flight']:,}, {told['overdue']:,} of them overdue",
        "attainment": "none ended" if told["attainment"] is None else percent(told["attainment"]),
        "goodput planned": f"{unit:,.10g}",
        "goodput attained": f"{told['goodput']:,.6g}",
        "of queries with 95% in time": f"{told['goodput_kept_95']:,.6g}",
        "of queries with 99% in time": f"{told['goodput_kept_99']:,.6g}",
        "bill": f"{told['bill_usd_per_hour']:,.2f} USD/h",
    }
    return [two_columns(told["instance"], lines), _worst_queries(simulation), _busiest_stations(simulation)]


def _worst_queries(simulation: Simulation) -> Table:
    table = Table("query", "requests", "in time", "planned ms", "p50", "p95", "p99", "SLO ms", title="least attained")
    frame = simulation.queries.sort_values("attainment", kind="stable").head(_SHOWN)
    columns = ("planned_ms", "latency_ms_p50", "latency_ms_p95", "latency_ms_p99", "slo_ms")
    for row in frame.to_dict("records"):
        attained = "-" if np.isnan(row["attainment"]) else percent(row["attainment"])
        figures = [_milliseconds(row[column]) for column in columns]
        table.add_row(row["query"], f"{row['requests']:,}", attained, *figures)
    return table


def _busiest_stations(simulation: Simulation) -> Table:
    table = Table("station", "capacity", "utilization", title="busiest")
    frame = simulation.stations.sort_values("utilization", ascending=False, kind="stable").head(_SHOWN)
    for row in frame.to_dict("records"):
        table.add_row(row["station"], f"{row['capacity']:g}", percent(row["utilization"]))
    return table


def _milliseconds(figure: float) -> str:
    return "-" if np.isnan(figure) else f"{figure:,.1f}"
