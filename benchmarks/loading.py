"""Time and memory of loading, building and compiling an instance, step by step.

Run as ``python benchmarks/loading.py SPEC_OR_FOLDER [SPEC_OR_FOLDER ...]``. The instance is saved to a
temporary folder first. Printed are, with versions:

- reading: pandas' `read_csv` with default options on each of its tables (what the others are compared with);
- loading, and loading and compiling, from the folder;
- building from frames, hashing and compiling, each once in a process of its own, with the most memory that the
  process held until then.

The first three run in turn in one process, caches warm: medians of nine, the least beside them. Imports are left out.
"""

from __future__ import annotations

import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

import sloplan as sp

RUNS: Final = 9
LONG: Final = 100_000
"""Queries from which on an instance is only built from frames: its text would take long to write."""


def in_turn(steps: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Return the seconds of every run of every step, after a first one that is left out."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for run in range(RUNS + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if run:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def report_folder(folder: Path) -> None:
    """Print how loading and compiling a stored instance compares with reading its tables."""
    tables = sorted(folder.glob("*.csv"))
    seconds = in_turn(
        {
            "reading": lambda: [pd.read_csv(table) for table in tables],
            "loading": lambda: sp.load(folder),
            "loading and compiling": lambda: sp.load(folder).compiled,
        }
    )
    for name, runs in seconds.items():
        ratio = statistics.median(run / base for run, base in zip(runs, seconds["reading"], strict=True))
        figures = f"median {1000 * statistics.median(runs):8.1f} ms, least {1000 * min(runs):8.1f} ms"
        sys.stdout.write(f"  {name:24s} {figures}, {ratio:5.2f} x reading\n")


def report_building(frames: Path) -> None:
    """Print what building an instance from stored frames takes; meant for a process of its own."""

    def show(step: str, start: float) -> None:
        seconds, peak_gb = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        sys.stdout.write(f"  {step:24s} {seconds:8.2f} s, peak so far {peak_gb:.2f} GB\n")

    start = time.perf_counter()
    with frames.open("rb") as file:
        tables = pickle.load(file)
    show("reading the frames", start)
    start = time.perf_counter()
    instance = sp.Instance.from_frames(tables)
    show("building from frames", start)
    start = time.perf_counter()
    instance.sha256  # noqa: B018
    show("hashing", start)
    start = time.perf_counter()
    instance.compiled  # noqa: B018
    show("compiling", start)


def report(source: str) -> None:
    """Print the figures of one instance."""
    instance = sp.load(source)
    frames = instance.to_frames()
    sys.stdout.write(f"{source}: {len(frames['queries']):,} queries, {sum(map(len, frames.values())):,} rows in all\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as temporary:
        stored = Path(temporary) / "frames.pickle"
        with stored.open("wb") as file:
            pickle.dump(frames, file, protocol=5)
        if len(frames["queries"]) < LONG:
            instance.save(Path(temporary) / "instance")
            report_folder(Path(temporary) / "instance")
            sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "--build", str(stored)], check=True)


def main() -> None:
    """Print the figures of every instance named, or those of a process that builds one."""
    if sys.argv[1:2] == ["--build"]:
        report_building(Path(sys.argv[2]))
        return
    python = ".".join(map(str, sys.version_info[:3]))
    versions = {"Python": python, "sloplan": sp.__version__, "pandas": pd.__version__, "numpy": np.__version__}
    sys.stdout.write(", ".join(f"{name} {version}" for name, version in versions.items()) + "\n")
    for source in sys.argv[1:] or ["edge-cloud:queries=10000,seed=3"]:
        report(source)


if __name__ == "__main__":
    main()
