"""How fast are requests simulated: a million through four operators with a link before each.

    python benchmarks/simulation.py [--requests N] [--runs N]

Stations are loaded to 80%, work is exponential. Compilation is reported apart.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time

import numba
import numpy as np

from sloplan.runtime.network_run import Behaviour, run_network
from sloplan.runtime.queue_network import Changes, QueueNetwork, Streams, Tasks

OPERATORS = 4
LOAD = 0.8
RATE = 1000.0  # requests/s


def chain() -> QueueNetwork:
    """Return a stream whose requests cross a link and are worked on, four times."""
    tasks = 2 * OPERATORS
    number = np.arange(tasks, dtype=np.int64)
    return QueueNetwork(
        Streams(
            rate_rps=np.array([RATE]),
            copies=np.array([1]),
            deadline_s=np.array([0.2]),
            first_task=np.array([0, tasks]),
            first_own=np.array([tasks]),
            own_width=np.array([0]),
        ),
        Tasks(
            station=number,
            work_s=np.full(tasks, LOAD / RATE),
            share=np.ones(tasks),
            delay_s=np.where(number % 2 == 0, 0.005, 0.0),  # the link's
            is_steady=number % 2 == 0,
            batch=np.ones(tasks, dtype=np.int64),
            kind=number,
            before=np.minimum(number, 1),
            first_after=np.minimum(np.arange(tasks + 1), tasks - 1).astype(np.int64),
            after=number[1:],
        ),
        np.ones(tasks),
        Changes.none(),
    )


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    network, began = chain(), time.perf_counter()
    run_network(network, Behaviour(1.0, variation=1.0))
    compiled = time.perf_counter() - began
    seconds = []
    for seed in range(asked.runs):
        began = time.perf_counter()
        happened = run_network(network, Behaviour(asked.requests / RATE, variation=1.0, seed=seed))
        seconds.append(time.perf_counter() - began)
    counts = np.bincount(happened.fate, minlength=4)
    lines = (
        f"Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}; "
        f"load {os.getloadavg()[0]:.1f}",
        f"{len(happened.fate):,} requests, {OPERATORS} operators and as many links, {happened.num_events:,} events",
        f"in time {counts[0]:,}, late {counts[1]:,}, dropped {counts[2]:,}, in flight {counts[3]:,} (seed {seed})",
        f"seconds, {asked.runs} runs: median {statistics.median(seconds):.2f}, least {min(seconds):.2f}, most "
        f"{max(seconds):.2f}; the first call, with compilation or its cache, {compiled:.1f}",
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
