"""What the command `sloplan profile` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from sloplan.instances.spec_text import stated_parameters, whole
from sloplan.problem.errors import InputError
from sloplan.problem.storage.atomic import write_files
from sloplan.problem.storage.csv_tables import write_csv_table
from sloplan.profiling.digits import DigitsWorkload
from sloplan.profiling.instance_tables import application_tables
from sloplan.profiling.profiler import profile_workload
from sloplan.profiling.recorded_files import load_recorded
from sloplan.profiling.report import ProfileReport
from sloplan.profiling.synthetic import synthetic_workload
from sloplan.profiling.workload import Workload
from sloplan.versions import installed_versions

_TABLES: Final = ("operators", "edges", "configurations", "profiles", "accuracy")
_WIDEST: Final = 1000  # characters of a table on a terminal


def profile(
    workload: str,
    slo_accuracies: Sequence[float],
    output: Path,
    *,
    confidence: float,
    num_strata: int,
    seed: int,
    hardware: str,
    latency_percentile: float,
    as_json: bool,
) -> None:
    """Profile a workload, write the tables of its application, report."""
    _refuse_occupied(output)
    report = profile_workload(
        _workload(workload), slo_accuracies, confidence=confidence, num_strata=num_strata, seed=seed
    )
    frames = application_tables(report, hardware=hardware, latency_percentile=latency_percentile)
    _write(frames, output)
    if as_json:
        typer.echo(json.dumps(_as_json(report, output), ensure_ascii=False, allow_nan=False))
        return
    shown, console = _table(report), Console()
    # A table that is too wide for the terminal keeps its width: cut names are of no use.
    wide = Measurement.get(console, console.options.update(width=_WIDEST), shown).maximum
    Console(width=max(console.width, wide)).print(shown)
    typer.echo(_summary(report))
    typer.echo(f"{output}: {', '.join(f'{name}.csv' for name in _TABLES)}")


def _workload(text: str) -> Workload:
    """Return the workload of a spec, or that recorded in a folder."""
    name = text.partition(":")[0]
    if name == "digits":
        return DigitsWorkload(**stated_parameters(text, {"seed": _seed}))
    if name == "synthetic":
        given = stated_parameters(text, {"items": whole, "seed": _seed})
        return synthetic_workload(**{"num_items" if key == "items" else key: value for key, value in given.items()})
    if not Path(text).is_dir():
        raise InputError(
            "no workload",
            field="WORKLOAD",
            value=text,
            allowed="digits:seed=1, synthetic:items=500,seed=1, or a folder of items.csv and runs.csv",
            advice="name one of them",
        )
    return load_recorded(text)


def _seed(name: str, text: str) -> int:
    seed = whole(name, text)
    if not 0 <= seed < 2**32:
        allowed = "from 0 to 4294967295"
        raise InputError("no seed", field=name, value=seed, allowed=allowed, advice="correct the spec")
    return seed


def _refuse_occupied(output: Path) -> None:
    """Say before a long run that its tables could not be written, or would replace others' tables."""
    if not output.parent.is_dir() or (output.exists() and not output.is_dir()):
        raise InputError(
            "the tables cannot be written there",
            field="--output",
            value=str(output),
            allowed="a folder, new or empty, in a folder that exists",
        )
    names = {f"{name}.csv" for name in _TABLES}
    others = sorted(path.name for path in output.iterdir() if path.name not in names) if output.exists() else []
    if others:
        raise InputError(
            f"the folder holds other files: {', '.join(others[:3])}",
            field="--output",
            value=str(output),
            allowed="a folder that is new or holds nothing but earlier tables of this command",
            advice="write the tables elsewhere, then add their rows to the instance's",
        )


def _write(frames: dict[str, pd.DataFrame], output: Path) -> None:
    """Write the tables; none appears before all are complete."""
    output.mkdir(exist_ok=True)
    contents = {output / f"{name}.csv": write_csv_table(frames[name]) for name in _TABLES}
    write_files({path: partial(_write_content, content) for path, content in contents.items()})


def _write_content(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _table(report: ProfileReport) -> Table:
    shown = Table(*report.operators, "accuracy", "interval", "items", "outcome", title=report.workload)
    for plan in report.plans:
        interval = f"{plan.lower:.4f} to {plan.upper:.4f}"
        shown.add_row(*plan.configurations, f"{plan.accuracy:.4f}", interval, f"{plan.num_items:,}", plan.outcome)
    return shown


def _summary(report: ProfileReport) -> str:
    return (
        f"{len(report.plans)} plans of {report.configurations_profiled} configurations, {report.num_items:,} items in "
        f"{report.num_strata} strata: {report.items_run:,} runs of an operator on an item, {report.cache_hits:,} taken "
        f"from the cache, {report.profiling_s:.3g} s of profiling"
    )


def _as_json(report: ProfileReport, output: Path) -> dict[str, Any]:
    return {
        "workload": report.workload,
        "slo_accuracies": list(report.slo_accuracies),
        "confidence": report.confidence,
        "seed": report.seed,
        "num_items": report.num_items,
        "num_strata": report.num_strata,
        "configurations_profiled": report.configurations_profiled,
        "items_run": report.items_run,
        "cache_hits": report.cache_hits,
        "profiling_s": report.profiling_s,
        "plans": report.plan_frame().to_dict(orient="records"),
        "output": str(output),
        "versions": installed_versions(),
    }
