"""What a row of a study says of its run: the columns, and those that do not come from the method."""

from __future__ import annotations

import datetime
import json
import math
from typing import Any, Final

import numpy as np

from sloplan.problem.objective import find_objective
from sloplan.study.machine import code_commit, machine_facts, machine_load
from sloplan.study.matrix import PlannedRun
from sloplan.study.rows import Row
from sloplan.study.supervision import Ending

FORMAT_VERSION: Final = 1

_MESSAGE_LENGTH: Final = 500

COLUMNS: Final[dict[str, str]] = {
    "format_version": "of this row",
    "run": "name of the run: follows from what was run; trajectory, solution and printed text are files of that name",
    "method": "label of the method",
    "method_name": "its name in `sloplan methods`",
    "options": "the method's own options, JSON",
    "instance": "library name, spec or path",
    "instance_sha256": "content hash of what was run on",
    "objective_name": "goodput, cost or goodput-then-cost; of a plan selection its own",
    "unit": "user units of the objective per integer base unit",
    "min_goodput": "least goodput as a fraction of servable, for cost",
    "seed": "random seed",
    "threads": "most threads; the run was held to as many cores",
    "time_limit_s": "seconds that the method was given",
    "memory_limit_gb": "most memory with all its processes, 10^9 bytes",
    "query_count": "query copies",
    "queries": "rows of the table of queries (groups of a plan selection)",
    "coupling_rows": "shared rows",
    "servable_share": "of the value of all copies, what could be served alone (reference set)",
    "tight_pools": "pools with a price in the linear relaxation (reference set)",
    "tight_links": "links with a price there (reference set)",
    "outcome": (
        "finished; unsupported: the method refused the problem; unreadable: the instance could not be read; raised, "
        "exited, crashed: so its process ended; timeout, memory: it passed that limit and was ended"
    ),
    "message": "what went wrong, in one line",
    "claimed_status": "as the method's result says",
    "claimed_limit": "why it stopped, as its result says",
    "claimed_proof": "what its bound rests on, as its result says",
    "claimed_objective": "objective of its result, user units",
    "claimed_bound": "bound of its result, user units",
    "claimed_bound_exact": "the same in integer base units",
    "claimed_certified_bound": "certified bound of its result, user units",
    "claimed_runtime_s": "runtime of its result",
    "claimed_compile_s": "kernel compilation of its result",
    "claimed_time_to_best_s": "when it found its solution, as its result says",
    "steps": "search steps of a method that searches plans, as its result says",
    "profiled": "distinct profile rows that it measured, as its result says",
    "profiling_s": "seconds of measuring them, from the workload's own figures, as its result says",
    "verified": "whether the checker accepts its solution; empty without one",
    "refusal": "the first thing that is wrong with its solution or certificate",
    "objective": "of the solution, worked out by the checker, user units; empty unless it is valid",
    "objective_exact": "the same in integer base units",
    "certified_bound": "what its certificate was found to prove, user units",
    "certified_bound_exact": "the same in integer base units",
    "goodput": "of the solution, value/s",
    "cost_usd_per_hour": "deployment cost of the solution",
    "served_count": "query copies that the solution serves",
    "best_known_objective": "of the best solution in the package, checked again for this study, user units",
    "best_known_objective_exact": "the same in integer base units",
    "best_known_bound": "the best certified bound in the package, verified again, user units",
    "best_known_bound_exact": "the same in integer base units",
    "runtime_s": "seconds of the method, measured from outside its process, kernel compilation left out",
    "compile_s": "seconds in which kernels were compiled or loaded, measured by the harness",
    "start_s": "from asking for the process to the start of the method: fork, handing over the instance",
    "check_s": "the harness's check of solution and certificate",
    "process_s": "the process from start to end",
    "overhead_s": "all that the run took beyond runtime and compilation, the check included",
    "prepare_s": "reading or generating the instance and compiling it, once for all of its runs that follow each other",
    "list_s": "listing the instance's plans to verify certificates, once for all of its runs; empty without one",
    "peak_memory_gb": "largest sum of its processes' resident memory, seen ten times a second",
    "started": "when, UTC",
    "load": "the machine's load average of the minute before",
    "cpu": "processor",
    "cores": "cores that the study could use",
    "memory_gb": "the machine's memory",
    "system": "operating system",
    "commit": "of the source, + if files differ from it; empty without a checkout",
    "versions": "of Sloplan, Python and the packages that figures depend on",
}
"""Name to meaning. An empty value is an unknown."""


def identity(run: PlannedRun) -> Row:
    """Return what is run."""
    return {
        "format_version": FORMAT_VERSION,
        "run": run.key,
        "method": run.label,
        "method_name": run.method,
        "options": json.dumps(dict(run.options), sort_keys=True),
        "instance": run.source.name,
        "objective_name": run.objective,
        "min_goodput": run.min_goodput,
        "seed": run.seed,
        "threads": run.threads,
        "time_limit_s": run.time_limit,
        "memory_limit_gb": run.memory_gb,
    }


def circumstances() -> Row:
    """Return when, where and with what code a run starts."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {"started": now, "load": machine_load(), **machine_facts(), "commit": code_commit()}


def ending_columns(ending: Ending) -> Row:
    """Return how the process of a run ended and what it used."""
    return {
        "outcome": ending.outcome,
        "message": ending.message,
        "start_s": ending.start_s,
        "runtime_s": ending.runtime_s,
        "compile_s": ending.compile_s,
        "process_s": ending.process_s,
        "peak_memory_gb": ending.peak_memory_bytes / 1e9,
    }


def complete(row: Row) -> Row:
    """Return a row with every column in its order, None where there is nothing, and seconds to four decimals.

    Part of it is a method's word: whatever that is, the row can be written. Numbers become Python's, those that are
    not finite unknown, and texts what a file can hold, messages in one line.
    """
    unknown = row.keys() - COLUMNS.keys()
    assert not unknown, f"columns without a meaning: {unknown}"
    unit = find_objective(row["objective_name"]).in_user_units
    for figure in ("best_known_objective", "best_known_bound"):
        row[figure] = unit(row.get(f"{figure}_exact"))
    return {column: _plain(column, row.get(column)) for column in COLUMNS}


def _plain(column: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return None if not math.isfinite(value) else round(value, 4) if column.endswith("_s") else value
    if isinstance(value, dict):
        return {str(name): _plain(name, inner) for name, inner in value.items()}
    text = str(value).encode(errors="backslashreplace").decode()
    return " ".join(text.split())[:_MESSAGE_LENGTH] if column in ("message", "refusal") else text
