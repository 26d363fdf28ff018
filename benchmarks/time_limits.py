"""How well time limits are kept: wall time of `sp.solve` against its limit.

Run as ``python benchmarks/time_limits.py``; prints one line per case, with the median and the worst of
five runs. Compiling of instance and kernels is left out, starting the engine's process is not.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Final

import sloplan as sp

CASES: Final = [
    ("edge-cloud:queries=200,seed=1", "milp", 0.5),
    ("edge-cloud:queries=200,seed=1", "milp", 8.0),
    ("edge-cloud:queries=500,seed=1", "milp", 3.0),
    ("edge-cloud:queries=10000,seed=1", "greedy", 2.0),
]
RUNS: Final = 5


def overruns(spec: str, method: str, limit: float) -> list[float]:
    """Return by how many seconds each run passed its limit (negative: it ended before)."""
    instance = sp.load(spec)
    instance.compiled  # noqa: B018 - compiling the instance is not the method's time
    passed = []
    for _ in range(RUNS):
        start = time.perf_counter()
        result = sp.solve(instance, method=method, time_limit=limit, display=False)
        passed.append(time.perf_counter() - start - result.compile_time - limit)
    return passed


def main() -> None:
    """Print a line per case."""
    for spec, method, limit in CASES:
        passed = overruns(spec, method, limit)
        figures = f"median {statistics.median(passed):+.2f} s, worst {max(passed):+.2f} s"
        sys.stdout.write(f"{method:8s} {limit:5.1f} s  {spec:34s} beyond the limit: {figures}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
