"""What the selective profiler contributes to planning: the same queries, planned with profiles made in several ways.

Run as ``python benchmarks/profiled_planning.py [digits] [synthetic]``; both without a name. A workload is recorded
once in full, and profiles draw from the record: all ways see the same runs and the same seconds. A profile's tables
become an instance (`profiled_instance`), `compass` plans it, and each served query's plan is judged by the record's
figures. Prints Markdown tables: means over seeds, and least and greatest.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Final

import numpy as np
from profiled_instance import LATENCY_PERCENTILE, LOAD, Frames, instance_of, surroundings
from profiler import CONFIDENCE, NUM_ITEMS, SLOS, begin, row, say
from scipy.stats import binomtest

import sloplan as sp
from sloplan.heuristics.evaluator import PROFILING_ITEMS
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.profiling.digits import DigitsWorkload
from sloplan.profiling.instance_tables import application_tables
from sloplan.profiling.prefix_cache import PrefixCache
from sloplan.profiling.profiler import profile_workload
from sloplan.profiling.recorded import RecordedWorkload, record
from sloplan.profiling.report import DECIDED, ConfigurationProfile, PlanProfile, ProfileReport
from sloplan.profiling.synthetic import synthetic_workload

KERNELS: Final = "edge-cloud-s-1.2-tight"
NUM_QUERIES: Final = 400
RECORDS: Final = range(2)
SEEDS: Final = range(5)
MARGIN: Final = 0.02  # of accuracy, for items that were not profiled
SELECTIVE: Final = "selective, 8 strata"
RANDOM: Final = "selective, random sampling"
HIGHER: Final = f"selective, 8 strata, asked for SLOs {MARGIN:g} higher"
FIXED: Final = f"{PROFILING_ITEMS} items, all plans"
AS_MANY: Final = "as many plan runs as selective, all plans alike"
FULL: Final = "every plan on every item"

KINDS: Final = ("accuracy", "latency", "cost", "own machine")
ESTIMATE: Final = "estimate"
LOWER: Final = "lower end"
LESS: Final = f"estimate - {MARGIN:g}"
TRUE_TIMES: Final = "estimate, times of all runs"
READINGS: Final = {
    SELECTIVE: (ESTIMATE, LOWER, TRUE_TIMES),
    RANDOM: (ESTIMATE,),
    HIGHER: (LESS,),
    FIXED: (ESTIMATE, LOWER, TRUE_TIMES),
    AS_MANY: (ESTIMATE, LOWER),
    FULL: (ESTIMATE, LESS),
}
"""Profiles, and what of each is planned with."""


@dataclass(frozen=True)
class Attained:
    """What a solution is worth by other figures than it was planned with.

    Parameters
    ----------
    goodput : float
        Value of the copies that meet all their SLOs.
    served : int
        Copies.
    missed : dict of str to int
        Served copies by the SLO that they miss, "own machine" where that is overloaded; "any" of these.
    fullest : float
        Use of the fullest shared pool over what may be used of it.
    """

    goodput: float
    served: int
    missed: dict[str, int]
    fullest: float


@dataclass(frozen=True)
class Planned:
    """What profiling in one way and planning with it took, and what came of it.

    Parameters
    ----------
    plan_runs, operator_runs : int
        Runs of a plan, and of an operator, on an item.
    profiling_s : float
        The workload's seconds.
    steps : int
        Of the search for plans.
    planning_s : float
        Of processor time.
    planned : float
        Goodput.
    on_all, on_held_out : Attained
        By the accuracies of all items profiled, and of the items held out; by times of all runs.
    counted_s, counted_rows : float, int
        What `compass` counts where profiles are unknown to it.
    """

    plan_runs: int
    operator_runs: int
    profiling_s: float
    steps: int
    planning_s: float
    planned: float
    on_all: Attained
    on_held_out: Attained
    counted_s: float
    counted_rows: int

    @property
    def total_s(self) -> float:
        """Seconds of profiling and planning."""
        return self.profiling_s + self.planning_s


def main() -> None:
    """Print the tables of the workloads asked for, and what they were made with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {"digits": digits, "synthetic": synthetic}
    parser.add_argument("workloads", nargs="*", help=", ".join(parts))
    names = parser.parse_args().workloads or list(parts)
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-learn", "numba", "ortools"))
    load = os.getloadavg()[0]
    say(f"Python {platform.python_version()}, {packages}; {os.cpu_count()} cores, load average {load:.1f}")
    sp.solve(KERNELS, method="compass", threads=1, display=False)  # compiles what is compiled on first use
    for name in names:
        found = [planned for number in RECORDS for planned in planned_with_seeds(*parts[name](number))]
        print_effort(name, found)
        print_outcome(name, found)


def digits(number: int) -> tuple[RecordedWorkload, RecordedWorkload, Sequence[float]]:
    """Return the digits' record, that of the images held out, and the accuracy SLOs."""
    return record(DigitsWorkload(number)), record(DigitsWorkload(number, "held-out")), SLOS


def synthetic(number: int) -> tuple[RecordedWorkload, RecordedWorkload, Sequence[float]]:
    """Return the synthetic workload, items drawn anew from the same distribution, and the accuracy SLOs."""
    return synthetic_workload(NUM_ITEMS, number), synthetic_workload(NUM_ITEMS, number + len(RECORDS)), SLOS[:2]


def planned_with_seeds(
    everything: RecordedWorkload, held_out: RecordedWorkload, slos: Sequence[float]
) -> list[dict[tuple[str, str], Planned]]:
    """Return what each way comes to, for each seed of profiler and queries."""
    return [planned_each_way(everything, held_out, slos, NUM_QUERIES, seed) for seed in SEEDS]


def print_effort(name: str, found: Sequence[dict[tuple[str, str], Planned]]) -> None:
    """Print what every way of profiling takes, and the planning after it."""
    setting = f"{NUM_QUERIES} queries, load {LOAD:g}, {len(found)} profiles of each kind"
    columns = ["profile", "plan runs on an item", "operator runs", "profiling s", "steps", "planning s"]
    begin(f"{name}, {setting}: what it takes", [*columns, "profiling + planning, full / this"])
    for way, (reading, *_) in READINGS.items():
        each, full = ([planned[key] for planned in found] for key in ((way, reading), (FULL, ESTIMATE)))
        counts = [[one.plan_runs for one in each], [one.operator_runs for one in each]]
        row(
            [
                way,
                *(spread(count, 0) for count in counts),
                spread([one.profiling_s for one in each], 1),
                spread([one.steps for one in each], 0),
                spread([one.planning_s for one in each], 2),
                spread([best.total_s / one.total_s for one, best in zip(each, full, strict=True)], 2),
            ]
        )
    own = [planned[FULL, ESTIMATE] for planned in found]
    say(
        f"\nWhere profiles are unknown to it `compass` counts {spread([one.counted_s for one in own], 2)} s of "
        f"profiling: {PROFILING_ITEMS} requests for each of {spread([one.counted_rows for one in own], 0)} rows."
    )


def print_outcome(name: str, found: Sequence[dict[tuple[str, str], Planned]]) -> None:
    """Print what comes of planning with every way of profiling."""
    columns = ["profile", "planned with", "goodput planned", "attained", "attained / full", "served, miss an SLO"]
    columns += [f"missed: {', '.join(KINDS)}", "fullest pool"]
    begin(f"{name}: what it comes to", [*columns, *(f"{column}, held out" for column in columns[3:6])])
    for way, reading in found[0]:
        each, full = ([planned[key] for planned in found] for key in ((way, reading), (FULL, ESTIMATE)))
        on_all = judged_cells([one.on_all for one in each], [best.on_all for best in full])
        elsewhere = judged_cells([one.on_held_out for one in each], [best.on_held_out for best in full])
        kinds = (np.mean([one.on_all.missed[kind] for one in each]) for kind in KINDS)
        goodput, fullest = spread([one.planned for one in each], 0), spread([one.on_all.fullest for one in each], 3)
        row([way, reading, goodput, *on_all, ", ".join(f"{count:.1f}" for count in kinds), fullest, *elsewhere])


def judged_cells(each: Sequence[Attained], full: Sequence[Attained]) -> list[str]:
    """Return attained goodput, its ratio to the full profile's, and the share of served copies that miss an SLO."""
    return [
        spread([one.goodput for one in each], 0),
        spread([one.goodput / best.goodput for one, best in zip(each, full, strict=True)], 3),
        spread([one.missed["any"] / max(one.served, 1) for one in each], 1, percent=True),
    ]


def planned_each_way(
    everything: RecordedWorkload, held_out: RecordedWorkload, slos: Sequence[float], num_queries: int, seed: int
) -> dict[tuple[str, str], Planned]:
    """Return what each way of profiling comes to, by profile and what of it is planned with.

    Sites, pools and queries are drawn once, from the figures of all runs, and are the same for all.

    Parameters
    ----------
    everything : RecordedWorkload
        What is profiled.
    held_out : RecordedWorkload
        The same application on other items.
    slos : sequence of float
        Accuracy SLOs of the queries.
    num_queries, seed : int
    """
    reports = profiled_each_way(everything, slos, seed)
    true_tables = tables_of(reports[FULL])
    around = surroundings(true_tables, slos, num_queries, seed)
    truth = instance_of(true_tables, around)
    elsewhere = instance_of(with_accuracies(true_tables, held_out), around)
    found: dict[tuple[str, str], Planned] = {}
    for way, reading in ((way, reading) for way, readings in READINGS.items() for reading in readings):
        report = reports[way]
        instance = instance_of(tables_of(as_read(report, reading, reports[FULL])), around)
        began = time.process_time()
        # Unknown profiles change no answer, but are counted.
        result = sp.solve(instance, method="compass", seed=0, threads=1, display=False, profiles_known=False)
        planning_s = time.process_time() - began
        solution = result.solution
        assert isinstance(solution, Solution)  # serving nobody is one
        found[way, reading] = Planned(
            plan_runs=sum(plan.num_items for plan in report.plans),
            operator_runs=report.items_run,
            profiling_s=report.profiling_s,
            steps=int(result.statistics["steps"]),
            planning_s=planning_s,
            planned=result.objective or 0.0,
            on_all=attained(truth, solution),
            on_held_out=attained(elsewhere, solution),
            counted_s=result.statistics["profiling_s"],
            counted_rows=int(result.statistics["profiled"]),
        )
    return found


def profiled_each_way(everything: RecordedWorkload, slos: Sequence[float], seed: int) -> dict[str, ProfileReport]:
    """Return the profiles, by way."""
    num_items = len(everything.features)
    higher = [min(slo + MARGIN, 1.0) for slo in slos]
    selective = {
        way: profile_workload(everything, asked, confidence=CONFIDENCE, num_strata=num_strata, seed=seed)
        for way, asked, num_strata in ((SELECTIVE, slos, 8), (RANDOM, slos, 1), (HIGHER, higher, 8))
    }
    as_many = round(np.mean([plan.num_items for plan in selective[SELECTIVE].plans]))
    counts = {FIXED: min(PROFILING_ITEMS, num_items), AS_MANY: as_many, FULL: num_items}
    return selective | {way: evenly_profiled(everything, slos, count, seed) for way, count in counts.items()}


def evenly_profiled(workload: RecordedWorkload, slos: Sequence[float], num_items: int, seed: int) -> ProfileReport:
    """Profile every plan on the same items, drawn at random; what a prefix made of an item is made once.

    Intervals are those of Clopper and Pearson: scores are 0 or 1, and drawing without replacement only helps.
    """
    cache = PrefixCache(workload)
    items = np.random.default_rng(seed).permutation(len(workload.features))[:num_items]
    plans = []
    for configurations in workload.plans:
        scores = cache.scores(configurations, items)
        lower = upper = float(scores.mean())
        if num_items < len(workload.features):
            lower, upper = binomtest(int(scores.sum()), num_items).proportion_ci(CONFIDENCE)
        plans.append(PlanProfile(configurations, float(scores.mean()), lower, upper, num_items, DECIDED))
    return ProfileReport(
        workload=workload.name,
        operators=workload.operators,
        input_kb=workload.input_kb,
        configurations={
            (operator, configuration): ConfigurationProfile(seconds, float(sizes.mean()))
            for place, operator in enumerate(workload.operators)
            for configuration in workload.configurations[operator]
            for seconds, sizes in [cache.measured(place, configuration)]
        },
        plans=tuple(plans),
        slo_accuracies=tuple(slos),
        confidence=CONFIDENCE,
        seed=seed,
        num_items=len(workload.features),
        num_strata=1,
        items_run=cache.items_run,
        cache_hits=cache.cache_hits,
        profiling_s=cache.profiling_s,
    )


def as_read(report: ProfileReport, reading: str, full: ProfileReport) -> ProfileReport:
    """Return a profile with what is to be planned with in place of its estimates, or of its times."""
    if reading == LOWER:
        return replace(report, plans=tuple(replace(plan, accuracy=plan.lower) for plan in report.plans))
    if reading == LESS:
        return replace(report, plans=tuple(replace(plan, accuracy=plan.accuracy - MARGIN) for plan in report.plans))
    return replace(report, configurations=full.configurations) if reading == TRUE_TIMES else report


def tables_of(report: ProfileReport) -> Frames:
    """Return the application's tables, latencies at the percentile that instances here have."""
    return application_tables(report, latency_percentile=LATENCY_PERCENTILE)


def with_accuracies(tables: Frames, workload: RecordedWorkload) -> Frames:
    """Return the tables with the accuracies that a record of the same plans has."""
    return tables | {"accuracy": tables["accuracy"].assign(accuracy=np.maximum(workload.accuracies(), 1e-6))}


def attained(truth: sp.Instance, solution: Solution) -> Attained:
    """Judge every served query's plan by the figures of another instance of the same names.

    Parameters
    ----------
    truth : Instance
    solution : Solution
        Planned on an instance that differs in figures only.
    """
    compiled = truth.compiled
    indexed, _ = index_solution(truth, replace(solution, instance_sha256=truth.sha256, bound=None, certificate=None))
    query, count, asked = indexed.query, indexed.count, compiled.queries
    if not len(query):
        return Attained(0.0, 0, dict.fromkeys([*KINDS, "any"], 0), 0.0)
    figures = evaluate_plans(compiled, asked.template[query], indexed.choices)
    missed = {
        "accuracy": figures.accuracy_nano_nats > asked.slo_accuracy[query],
        "latency": figures.latency_us > asked.slo_latency_us[query],
        "cost": figures.cost_nano > asked.slo_cost_nano[query],
        "own machine": asked.rate_milli[query] > figures.max_rate_milli,
    }
    missed["any"] = np.logical_or.reduce(list(missed.values()))
    users = figures.usage.row_of_entry
    load = (asked.rate_milli[query] * count)[users] * figures.usage.amount
    used = np.bincount(figures.usage.column, weights=load, minlength=len(compiled.rows))
    return Attained(
        goodput=float((asked.value_milli[query] * count)[~missed["any"]].sum()) / 1000,
        served=int(count.sum()),
        missed={kind: int(count[wrong].sum()) for kind, wrong in missed.items()},
        fullest=float((used / compiled.rows.capacity).max()),
    )


def spread(values: Sequence[float], digits: int, *, percent: bool = False) -> str:
    """Return the mean of some values, and least and greatest if they differ."""
    shown = [f"{value:,.{digits}{'%' if percent else 'f'}}" for value in (np.mean(values), min(values), max(values))]
    return shown[0] if shown[1] == shown[2] else f"{shown[0]} ({shown[1]} to {shown[2]})"


if __name__ == "__main__":
    main()
