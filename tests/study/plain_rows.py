"""Rows of a study with plain values where a test says none."""

from __future__ import annotations

from typing import Any

from sloplan.study.row import COLUMNS
from sloplan.study.rows import Row

_PLAIN: Row = {
    "format_version": 1,
    "method": "milp",
    "method_name": "milp",
    "options": "{}",
    "instance": "tiny",
    "instance_sha256": "a" * 64,
    "objective_name": "goodput",
    "unit": 0.001,
    "min_goodput": 1.0,
    "seed": 0,
    "threads": 1,
    "time_limit_s": 10.0,
    "memory_limit_gb": 4.0,
    "query_count": 3,
    "queries": 3,
    "coupling_rows": 1,
    "outcome": "finished",
    "runtime_s": 1.0,
    "claimed_runtime_s": 1.0,
    "compile_s": 0.0,
    "started": "2026-01-31T12:00:00+00:00",
    "load": 0.5,
    "cpu": "a processor",
    "cores": 2,
    "memory_gb": 24.0,
    "system": "Linux",
    "versions": {"sloplan": "0.1.0", "python": "3.12.1"},
}


def plain_row(run: str, **more: Any) -> Row:
    """Return a row; a given `value` or `bound`, in thousandths, is claimed and verified alike."""
    value, bound = more.pop("value", None), more.pop("bound", None)
    row = dict.fromkeys(COLUMNS) | _PLAIN | {"run": run}
    if value is not None:
        row |= {"verified": True, "objective_exact": value, "objective": value / 1000, "goodput": value / 1000}
        row |= {"claimed_objective": value / 1000, "claimed_status": "feasible"}
    if bound is not None:
        row |= {"claimed_bound_exact": bound, "claimed_bound": bound / 1000}
    row |= more
    unknown = row.keys() - COLUMNS.keys()
    assert not unknown
    return row
