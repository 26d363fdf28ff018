"""A million queries: what `lagrangian` reaches, and where the time goes.

Run as ``python benchmarks/largest.py [--seconds S] [--threads N] [NAME]``; NAME is `mixed-xxl-1.2-tight` unless
another is given. Printed are the seconds of each stage before the method's clock starts, bound, answer and certified
gap, how they came to be over time, peak memory, and the functions in which this thread spent the most time.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import pstats
import resource
import sys
import time
from typing import Final

import sloplan as sp

FUNCTIONS: Final = 25
STEPS: Final = 12


def main() -> None:
    """Load, compile, solve, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", default="mixed-xxl-1.2-tight")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    began = time.monotonic()
    instance = sp.load(arguments.name)
    loaded = time.monotonic()
    queries = int(instance.compiled.queries.count.sum())
    compiled = time.monotonic()
    sys.stdout.write(f"{arguments.name}: {queries:,} queries, {len(instance.compiled.rows)} rows\n")
    sys.stdout.write(f"loaded in {loaded - began:.1f} s, compiled in {compiled - loaded:.1f} s\n")
    with cProfile.Profile() as profile:
        result = sp.solve(
            instance, "lagrangian", time_limit=arguments.seconds, threads=arguments.threads, display=False
        )
    sys.stdout.write(f"solved in {time.monotonic() - compiled:.1f} s by the clock, {result.runtime:.1f} s of its own\n")
    sys.stdout.write(
        f"{result.status}, goodput {result.objective}, bound {result.bound}, certified {result.certified_bound}\n"
    )
    if result.objective is not None and result.bound is not None:
        sys.stdout.write(f"gap {(result.bound - result.objective) / result.bound:.4%}; message: {result.message}\n")
    steps = result.trajectory
    for step in steps[:: max(1, len(steps) // STEPS)]:
        sys.stdout.write(f"{step.time_s:8.1f} s: goodput {step.objective}, bound {step.bound}\n")
    sys.stdout.write(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB\n")
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("cumulative").print_stats("sloplan", FUNCTIONS)
    sys.stdout.write(text.getvalue())


if __name__ == "__main__":
    main()
