"""Measures online planning: how long an epoch takes, and what policies reach against the clairvoyant bound.

    python benchmarks/online.py latency            200 arrivals an epoch against 5,000 running queries
    python benchmarks/online.py goodput [STAY]     policies on six bursts, queries staying STAY times as long (1)

Prints Markdown tables.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import sloplan
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import ARRIVE, LEAVE, Events, events_of
from sloplan.runtime.clairvoyant import clairvoyant_bound
from sloplan.runtime.online import run_online

ARRIVALS, RUNNING, EPOCHS, EPOCH_S = 200, 5_000, 30, 10.0
QUERIES, LOAD = 12_000, 1.6
BURSTS = tuple(f"burst-s-{load}-{slo}" for load in ("0.8", "1.2", "2") for slo in ("loose", "tight"))
POLICIES = ("matching", "resolve", "greedy", "first-come", "static")
GOODPUT_EPOCH_S, RESOLVE_S = 120.0, 0.2


def show(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def churn(queries: int, seed: int) -> Events:
    """Many queries arrive at once; then at every epoch some more do, and as many leave."""
    random = np.random.default_rng(seed)
    order = random.permutation(queries)
    there = queries - ARRIVALS * EPOCHS
    arrive_s = np.concatenate([np.zeros(there), np.repeat(np.arange(1, EPOCHS + 1), ARRIVALS) * EPOCH_S - 1.0])
    leaving = random.choice(there, ARRIVALS * EPOCHS, replace=False)
    leave_s = np.repeat(np.arange(1, EPOCHS + 1), ARRIVALS) * EPOCH_S - 1.0
    times = np.concatenate([arrive_s, leave_s])
    kind = np.repeat([ARRIVE, LEAVE], [queries, len(leaving)])
    query = np.concatenate([order, order[leaving]])
    sequence = np.argsort(times, kind="stable")
    width = len(str(queries - 1))
    names = np.char.mod(f"q%0{width}d", query).astype(object)
    number = np.arange(len(times))
    return Events(number, times[sequence], kind[sequence], names[sequence], np.full(len(times), np.nan))


def latency() -> None:
    """Print planning latencies of the policies that are quick."""
    spec = f"burst:queries={QUERIES},load={LOAD},seed=1"
    instance = sloplan.load(spec)
    assert isinstance(instance, Instance)
    show(f"{spec}; {ARRIVALS} arrive and {ARRIVALS} leave at each of {EPOCHS} epochs\n")
    show("| policy | running | waiting | median s | p99 s | worst s | check, median s | first epoch s |")
    show("|---|---|---|---|---|---|---|---|")
    for policy in ("matching", "greedy", "first-come"):
        events = churn(QUERIES, 0)
        run = run_online(instance, policy, events=events, epoch=EPOCH_S, horizon=(EPOCHS + 1) * EPOCH_S)
        steady = run.epochs.iloc[1:]
        seconds = steady["planning_s"]
        running = steady["running"]
        show(
            f"| {policy} | {running.min():,} to {running.max():,} | {steady['waiting'].median():,.0f} "
            f"| {seconds.median():.3f} | {np.percentile(seconds, 99):.3f} | {seconds.max():.3f} "
            f"| {steady['check_s'].median():.3f} | {run.epochs['planning_s'].iloc[0]:.2f} |"
        )


def goodput(stay: float) -> None:
    """Print what policies reach of the clairvoyant bound."""
    show(f"stays x {stay:g}, epochs every {GOODPUT_EPOCH_S:g} s, resolve {RESOLVE_S:g} s each; part of the bound\n")
    show("| instance | bound | " + " | ".join(POLICIES) + " |")
    show("|---" * (len(POLICIES) + 2) + "|")
    reached = []
    for name in BURSTS:
        instance = sloplan.load(name)
        assert isinstance(instance, Instance)
        queries = instance.table("queries")
        instance = instance.replace(queries=queries.assign(duration_s=queries["duration_s"] * stay))
        bound = clairvoyant_bound(instance).goodput
        horizon = float(events_of(instance).time_s.max())
        runs = [
            run_online(instance, policy, epoch=GOODPUT_EPOCH_S, horizon=horizon, time_limit=RESOLVE_S).goodput
            for policy in POLICIES
        ]
        reached.append([run / bound for run in runs])
        show(f"| {name} | {bound:.6g} | " + " | ".join(f"{part:.1%}" for part in reached[-1]) + " |")
    mean = np.exp(np.log(np.array(reached)).mean(axis=0))
    show("| geometric mean | | " + " | ".join(f"{part:.1%}" for part in mean) + " |")


if __name__ == "__main__":
    began = time.monotonic()
    if sys.argv[1] == "latency":
        latency()
    else:
        goodput(float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)
    show(f"\n{time.monotonic() - began:.0f} s in all")
