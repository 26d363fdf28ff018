"""Time of pricing calls and of what comes before them: by listed plans, by label setting, and mixed.

Run as ``python benchmarks/pricing.py [--threads N] NAME...``; NAME is a library name or a family spec.

Prices begin random and change by factors that shrink, as in a method that converges. A row is one way in a process of
its own; memory is the peak of the process beyond that of loading the instance.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

import sloplan as sp
from sloplan.pricing.shard_pricer import ShardPricer

WAYS = {"listed": 10**7, "labels": 0, "listed up to 5000": 5000}
CALLS = 40
HEADER = "instance, way, threads, listed, labelled, setup s, first call s, later calls ms (median), labels, memory MB"


def main() -> None:
    """Measure every way on every instance, one process after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--way", choices=WAYS)
    arguments = parser.parse_args()
    if arguments.way:
        figures = measure(arguments.names[0], arguments.way, arguments.threads)
        sys.stdout.write(", ".join(map(str, figures)) + "\n")
        return
    sys.stdout.write(HEADER + "\n")
    for name in arguments.names:
        for way in WAYS:
            command = [sys.executable, __file__, name, "--threads", str(arguments.threads), "--way", way]
            sys.stdout.write(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            sys.stdout.flush()


def measure(name: str, way: str, threads: int) -> list[object]:
    """Return the figures of one way on one instance; kernels are compiled before."""
    warm = sp.load("edge-cloud:queries=12,seed=1").compiled
    for limit in WAYS.values():
        ShardPricer(warm, list_limit=limit).price(np.ones(len(warm.rows)))
    compiled = sp.load(name).compiled
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rng = np.random.default_rng(0)
    worth = compiled.queries.value_milli.mean() / np.maximum(compiled.rows.capacity, 1)
    prices = worth * rng.random(len(worth))
    began = time.perf_counter()
    pricer = ShardPricer(compiled, threads=threads, list_limit=WAYS[way])
    setup = time.perf_counter() - began
    times, labels = [], 0
    for call in range(CALLS):
        began = time.perf_counter()
        pricer.price(prices)
        times.append(time.perf_counter() - began)
        labels = pricer.labels if call == 0 else labels
        prices = prices * np.exp(rng.normal(0, 0.5 / (1 + call), len(worth)))
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    later = 1000 * statistics.median(times[1:])
    figures = [round(setup, 2), round(times[0], 2), round(later, 1), f"{labels} then {pricer.labels}", round(memory)]
    return [name, way, threads, len(pricer.listed), len(pricer.labelled), *figures]


if __name__ == "__main__":
    main()
