"""How results are shown: one JSON object, or one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sloplan.problem.objective import COST, GOODPUT

if TYPE_CHECKING:
    from rich.table import Table

    from sloplan.problem.result import Result


def result_as_json(result: Result) -> dict[str, Any]:
    """Return the object that `sloplan solve --json` prints; what is unknown is None."""
    return {
        "instance": result.instance,
        "instance_sha256": result.instance_sha256,
        "method": result.method,
        "objective_name": result.objective_name,
        "objective_value": result.objective,
        "status": result.status,
        "limit": result.limit,
        "proof": result.proof,
        "goodput": result.goodput,
        "bound": result.bound,
        "certified_bound": result.certified_bound,
        "gap": result.gap,
        "cost_usd_per_hour": result.cost_usd_per_hour,
        "served_count": result.served_count,
        "query_count": result.query_count,
        "verified": result.verified,
        "runtime_s": result.runtime,
        "compile_s": result.compile_time,
        "engine_start_s": result.engine_start_time,
        "time_to_best_s": result.time_to_best,
        "statistics": dict(result.statistics),
        "seed": result.seed,
        "threads": result.threads,
        "versions": dict(result.versions),
        "method_reason": result.method_reason,
    }


def result_table(result: Result) -> Table:
    """Return the table that ends `sloplan solve`; "-" stands for what is unknown."""
    unit = result.unit
    lines = {
        "method": result.method if result.method_reason is None else f"{result.method} (auto: {result.method_reason})",
        "status": result.status if result.limit is None else f"{result.status} (stopped: {result.limit})",
        result.objective_name: _figure(result.objective, unit),
        "bound": _figure(result.bound, unit) + ("" if result.proof is None else f" (proof: {result.proof})"),
        "certified bound": _figure(result.certified_bound, unit),
        "gap": percent(result.gap),
        **_goodput_line(result),
        "served": f"{_count(result.served_count)} of {result.query_count:,} query copies",
        "cost": _figure(result.cost_usd_per_hour, "USD/h"),
        "verified": "yes" if result.verified else "-",
        "runtime": f"{_seconds(result.runtime)}, best after {_seconds(result.time_to_best)}",
        **_engine_start_line(result),
        "kernel compilation": _seconds(result.compile_time),
        "seed, threads": f"{result.seed}, {result.threads}",
    }
    return two_columns(result.instance, lines)


def _goodput_line(result: Result) -> dict[str, str]:
    """The goodput beside a cost; a plan selection's value has no unit."""
    if result.objective_name == GOODPUT.name:
        return {}
    return {"goodput": _figure(result.goodput, GOODPUT.label if result.unit == COST.label else "value")}


def _engine_start_line(result: Result) -> dict[str, str]:
    """How long an engine took to start, where nothing was found: on a busy machine that may be most of the limit."""
    if result.objective is not None or result.engine_start_time is None:
        return {}
    return {"engine start": _seconds(result.engine_start_time)}


def two_columns(title: str, lines: dict[str, str]) -> Table:
    """Return a table of names and values; nothing is cut or read as markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines.items():
        table.add_row(name, Text(value))
    return table


def _figure(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:,.6g} {unit}"


def percent(share: float | None) -> str:
    """Return a share as a percentage; "-" stands for unknown."""
    # Three digits, however small: only a gap of exactly nothing may look like it.
    return "-" if share is None else f"{100 * share:.3g}%"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
