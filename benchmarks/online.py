"""Measures online planning: how long an epoch takes, and what policies reach against the clairvoyant bound.

    python benchmarks/online.py latency                    200 arrivals an epoch against 5,000 running queries: where
                                                           nearly all find room, many wait, rates change
    python benchmarks/online.py goodput [STAY [SPREAD]]    policies on six bursts
    python benchmarks/online.py disturbances               policies on a crowded burst with each kind of disturbance

Queries stay STAY times as long as they state (1), and are worth their rate times a factor that is lognormal with
standard deviation SPREAD of its logarithm, if that is given; otherwise what they state.

Prints Markdown tables.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial

import numpy as np
import pandas as pd

import sloplan
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import ARRIVE, LEAVE, RATE, Events, events_of, tier_loses_units, with_disturbances
from sloplan.runtime.clairvoyant import clairvoyant_bound
from sloplan.runtime.online import OnlineRun, run_online
from sloplan.versions import installed_versions

ARRIVALS, RUNNING, EPOCHS, EPOCH_S = 200, 5_000, 30, 10.0
QUERIES = 12_000
REGIMES = ((1.6, 0), (2.4, 0), (2.4, 200))
"""Loads, and how many of those who are there change their rate at each epoch."""
BURSTS = tuple(f"burst-s-{load}-{slo}" for load in ("0.8", "1.2", "2") for slo in ("loose", "tight"))
POLICIES = ("matching", "resolve", "greedy", "first-come", "static")
GOODPUT_EPOCH_S, RESOLVE_S = 240.0, 1.0
DISTURBED, DISTURBED_STAY, DISTURBED_SPREAD = "burst-s-2-tight", 4.0, 1.0
FROM, UNTIL = 0.1, 0.3
"""Parts of the horizon between which disturbances last: most queries are there then."""


def show(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def churn(queries: int, changes: int, seed: int) -> Events:
    """Many queries arrive at once; then at every epoch some more do, as many leave, and some change their rate."""
    random = np.random.default_rng(seed)
    order = random.permutation(queries)
    there = queries - ARRIVALS * EPOCHS
    arrive_s = np.concatenate([np.zeros(there), np.repeat(np.arange(1, EPOCHS + 1), ARRIVALS) * EPOCH_S - 1.0])
    leaving = random.choice(there, ARRIVALS * EPOCHS, replace=False)
    leave_s = np.repeat(np.arange(1, EPOCHS + 1), ARRIVALS) * EPOCH_S - 1.0
    change_s = np.repeat(np.arange(1, EPOCHS + 1), changes) * EPOCH_S - 0.5
    changing = random.integers(0, there, len(change_s))
    times = np.concatenate([arrive_s, leave_s, change_s])
    kind = np.repeat([ARRIVE, LEAVE, RATE], [queries, len(leaving), len(changing)])
    query = np.concatenate([order, order[leaving], order[changing]])
    sequence = np.argsort(times, kind="stable")
    width = len(str(queries - 1))
    names = np.char.mod(f"q%0{width}d", query).astype(object)
    rate = np.full(len(times), np.nan)
    rate[len(times) - len(changing) :] = random.uniform(1.0, 30.0, len(changing))
    return Events(np.arange(len(times)), times[sequence], kind[sequence], names[sequence], rate[sequence])


def latency() -> None:
    """Print planning latencies of the policies that are quick."""
    show(f"{QUERIES:,} queries; {ARRIVALS} arrive and {ARRIVALS} leave at each of {EPOCHS} epochs\n")
    show(
        "| load | rates changed | policy | running | waiting | median s | p99 s | worst s | check, median s | first s |"
    )
    show("|---" * 10 + "|")
    for load, changes in REGIMES:
        instance = sloplan.load(f"burst:queries={QUERIES},load={load:g},seed=1")
        assert isinstance(instance, Instance)
        events = churn(QUERIES, changes, 0)
        for policy in ("matching", "greedy", "first-come"):
            run = run_online(instance, policy, events=events, epoch=EPOCH_S, horizon=(EPOCHS + 1) * EPOCH_S)
            steady = run.epochs.iloc[1:]
            seconds, running = steady["planning_s"], steady["running"]
            show(
                f"| {load:g} | {changes} | {policy} | {running.min():,} to {running.max():,} "
                f"| {steady['waiting'].median():,.0f} | {seconds.median():.3f} | {np.percentile(seconds, 99):.3f} "
                f"| {seconds.max():.3f} | {steady['check_s'].median():.3f} | {run.epochs['planning_s'].iloc[0]:.2f} |"
            )


def crowded(name: str, stay: float, spread: float | None) -> Instance:
    """Return a burst whose queries stay longer and, if a spread is given, are worth other values."""
    instance = sloplan.load(name)
    assert isinstance(instance, Instance)
    queries = instance.table("queries")
    queries = queries.assign(duration_s=queries["duration_s"] * stay)
    if spread is not None:
        factor = np.random.default_rng(0).lognormal(0.0, spread, len(queries))
        queries = queries.assign(value=np.maximum((queries["rate_rps"] * factor).round(3), 0.001))
    return instance.replace(queries=queries)


def goodput(stay: float, spread: float | None) -> None:
    """Print what policies reach of the clairvoyant bound."""
    values = "as stated" if spread is None else f"rate x lognormal({spread:g})"
    show(f"stays x {stay:g}, values {values}, epochs every {GOODPUT_EPOCH_S:g} s, resolve {RESOLVE_S:g} s each\n")
    show("| instance | bound | " + " | ".join(POLICIES) + " |")
    show("|---" * (len(POLICIES) + 2) + "|")
    reached = []
    for name in BURSTS:
        instance = crowded(name, stay, spread)
        bound = clairvoyant_bound(instance).goodput
        run = partial(planned, instance, events_of(instance))
        reached.append([run(policy).goodput / bound for policy in POLICIES])
        show(f"| {name} | {bound:.6g} | " + " | ".join(f"{part:.1%}" for part in reached[-1]) + " |")
    mean = np.exp(np.log(np.array(reached)).mean(axis=0))
    show("| geometric mean | | " + " | ".join(f"{part:.1%}" for part in mean) + " |")


def planned(instance: Instance, events: Events, policy: str) -> OnlineRun:
    """Run a policy until the last event."""
    horizon = float(events.time_s.max())
    return run_online(instance, policy, events=events, epoch=GOODPUT_EPOCH_S, horizon=horizon, time_limit=RESOLVE_S)


def bursting(events: Events, begin_s: float, end_s: float) -> Events:
    """Let all who arrive between two times arrive at the first, and leave as much earlier."""
    is_early = (events.kind == ARRIVE) & (events.time_s >= begin_s) & (events.time_s < end_s)
    earlier = dict(zip(events.subject[is_early].tolist(), (events.time_s[is_early] - begin_s).tolist(), strict=True))
    by = np.array([earlier.get(subject, 0.0) for subject in events.subject.tolist()])
    moved = Events(events.number, events.time_s - by, events.kind, events.subject, events.amount)
    return moved.taken(np.argsort(moved.time_s, kind="stable"))


def changing(kind: str, subjects: pd.Series, steps: list[tuple[float, float]]) -> pd.DataFrame:
    """Return the disturbance that gives each subject a factor at each of some times."""
    return pd.concat(
        [pd.DataFrame({"time_s": at, "kind": kind, "subject": subjects, "amount": factor}) for at, factor in steps]
    )


def kinds_of_disturbance(instance: Instance) -> dict[str, Events]:
    """Return the events of an instance with each kind of disturbance among them, by its name."""
    events = events_of(instance)
    horizon = float(events.time_s.max())
    begin, end = FROM * horizon, UNTIL * horizon
    sites, links = instance.table("sites").set_index("site")["tier"], instance.table("links")
    pools, operators = instance.table("pools"), instance.table("operators")["operator"]
    devices = pools.loc[pools["site"].map(sites) == "device", "pool"]
    drift = [(begin + place * (end - begin) / 4, 1.0 - 0.1 * (place + 1)) for place in range(4)]
    disturbances = {
        "the cloud loses half its units": pd.concat(
            [tier_loses_units(instance, "cloud", begin, 0.5), tier_loses_units(instance, "cloud", end, 1.0)]
        ),
        "all shared links at 10 %": changing(
            "bandwidth", links.loc[links["scope"] == "shared", "link"], [(begin, 0.1), (end, 1.0)]
        ),
        "devices drift to 60 % of their speed": changing("speed", devices, [*drift, (end, 1.0)]),
        "profiles were wrong by 1.5": changing("profile", operators, [(begin, 1.5)]),
    }
    return {
        "none": events,
        **{name: with_disturbances(events, one) for name, one in disturbances.items()},
        "arrivals burst": bursting(events, begin, end),
    }


def disturbances() -> None:
    """Print what policies reach, and whom they move, where something goes wrong."""
    instance = crowded(DISTURBED, DISTURBED_STAY, DISTURBED_SPREAD)
    show(f"{DISTURBED}, stays x {DISTURBED_STAY:g}, values rate x lognormal({DISTURBED_SPREAD:g}), epochs every")
    show(f"{GOODPUT_EPOCH_S:g} s, resolve {RESOLVE_S:g} s each; {UNTIL - FROM:.0%} of the horizon is disturbed\n")
    show("| disturbance | bound | policy | goodput | of the bound | moved, stopped | without need | given up |")
    show("|" + "---|" * 8)
    latency = {policy: [0.0] for policy in POLICIES}
    for name, events in kinds_of_disturbance(instance).items():
        bound = clairvoyant_bound(instance, events=events).goodput
        for policy in POLICIES:
            run = planned(instance, events, policy)
            told, books = run.to_dict(), run.queries
            assert (books["copies"] == books[["running", "waiting", "served", "lost"]].sum(axis=1)).all()
            assert "decision refused" not in told["reports"]
            latency[policy].append(float(told["planning_s_max"]))
            given_up = int(books.loc[books["reason"] == "interrupted and not served again", "lost"].sum())
            show(
                f"| {name} | {bound:.5g} | {policy} | {run.goodput:.5g} | {run.goodput / bound:.1%} "
                f"| {told['moved']}, {told['interrupted']} | {told['unneeded']} | {given_up} |"
            )
    show("\nworst epoch, s: " + ", ".join(f"{policy} {max(seconds):.2f}" for policy, seconds in latency.items()))


if __name__ == "__main__":
    began = time.monotonic()
    if sys.argv[1] == "latency":
        latency()
    elif sys.argv[1] == "disturbances":
        disturbances()
    else:
        goodput(float(sys.argv[2]) if len(sys.argv) > 2 else 1.0, float(sys.argv[3]) if len(sys.argv) > 3 else None)
    versions = installed_versions()
    stated = ", ".join(f"{name} {versions[name]}" for name in ("sloplan", "python", "numpy", "numba", "highspy"))
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    show(f"\n{time.monotonic() - began:.0f} s in all; {os.cpu_count()} cores, load {load}; {stated}")
