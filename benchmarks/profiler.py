"""What the selective profiler's confidence is worth, what it saves, and how its figures hold on items held out.

Run as ``python benchmarks/profiler.py [coverage] [designs] [profiles] [live]``; all four without a name. Prints
Markdown tables. Seeds are fixed; the live workload's times depend on the machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version

import numpy as np

from sloplan.profiling.confidence import StratifiedConfidence
from sloplan.profiling.digits import DigitsWorkload
from sloplan.profiling.profiler import profile_workload
from sloplan.profiling.recorded import RecordedWorkload, record
from sloplan.profiling.rehearsal import rehearse
from sloplan.profiling.report import PlanProfile, ProfileReport
from sloplan.profiling.strata import Strata, cluster
from sloplan.profiling.synthetic import synthetic_workload

CONFIDENCE = 0.95
GAPS = (-0.08, -0.04, -0.02, 0.02, 0.04, 0.08)  # of the SLO from the true accuracy
REPETITIONS = 1000
NUM_ITEMS = 2000
PLAN = ("medium", "medium")
SEEDS = range(10)
SLOS = (0.85, 0.9, 0.95)
LIVE_SEEDS = range(2)
LATENCY_PERCENTILE = 95


def main() -> None:
    """Print the tables asked for, and what they were made with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = {"coverage": coverage, "designs": designs, "profiles": profiles, "live": live}
    parser.add_argument("parts", nargs="*", help=", ".join(parts))
    names = parser.parse_args().parts or list(parts)
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-learn"))
    load = os.getloadavg()[0]
    say(f"Python {platform.python_version()}, {packages}; {os.cpu_count()} cores, load average {load:.1f}\n")
    for name in names:
        parts[name]()


def coverage() -> None:
    """Print how often intervals and decisions err, and the items they take, with strata and without."""
    scores, features = one_plan()
    begin(f"coverage, {REPETITIONS} repetitions, nominal {1 - CONFIDENCE:.0%} at most",
          ["SLO - accuracy", "strata", "interval missed", "wrong decisions", "items, mean", "items, 90%"])  # fmt: skip
    for gap in GAPS:
        for num_strata in (1, 8):
            found = rehearse(
                scores,
                cluster(features, num_strata, seed=0),
                scores.mean() + gap,
                confidence=CONFIDENCE,
                repetitions=REPETITIONS,
                seed=1,
            )
            items = found.num_items
            errors = [f"{found.has_missed.mean():.1%}", f"{found.is_wrong.mean():.1%}"]
            row([f"{gap:+.2f}", num_strata, *errors, f"{items.mean():.0f}", f"{np.quantile(items, 0.9):.0f}"])


def designs() -> None:
    """Print the items that ways of deciding take, as a ratio to random sampling."""
    scores, features = one_plan()
    strata = cluster(features, 8, seed=0)
    repetitions = 200
    ways: dict[str, Callable[[float], np.ndarray]] = {
        "random": lambda slo: rehearsed(scores, cluster(features, 1, seed=0), slo, repetitions),
        "one martingale over strata": lambda slo: rehearsed(scores, strata, slo, repetitions),
        "union over strata": lambda slo: union_over_strata(scores, strata, slo, repetitions),
    }
    begin(f"designs, {repetitions} repetitions, {NUM_ITEMS} items: mean items (random sampling's / these)",
          ["SLO - accuracy", *ways])  # fmt: skip
    groups = np.split(scores[strata.order], np.cumsum(strata.sizes)[:-1])
    best = (strata.sizes / len(scores) @ [group.std() for group in groups]) ** 2 / scores.var()
    for gap in GAPS:
        means = [way(scores.mean() + gap).mean() for way in ways.values()]
        row([f"{gap:+.2f}", *(f"{mean:.0f} ({means[0] / mean:.2f})" for mean in means)])
    say(f"\nWith replacement, perfect allocation over these strata leaves {best:.3f} of random sampling's variance.")


def rehearsed(scores: np.ndarray, strata: Strata, slo: float, repetitions: int) -> np.ndarray:
    """Return the items that the profiler's own sequence takes."""
    return rehearse(scores, strata, slo, confidence=CONFIDENCE, repetitions=repetitions, seed=1).num_items


def union_over_strata(scores: np.ndarray, strata: Strata, slo: float, repetitions: int) -> np.ndarray:
    """Return the items taken with a betting sequence per stratum, each at its share of the error, then added up.

    Draws go to the stratum whose interval, weighted by size, is widest: better here than items left x deviation.
    """
    rng = np.random.default_rng(1)
    num_strata, num_items = len(strata.sizes), len(scores)
    each = 1 - (1 - CONFIDENCE) / num_strata
    grids = np.arange(0, 1, 0.002)  # finer than an SLO's gap, as intervals are added up
    known = [StratifiedConfidence(np.array([size]), grids, each, repetitions) for size in strata.sizes]
    weights = strata.sizes / num_items
    groups = np.split(scores[strata.order], np.cumsum(strata.sizes)[:-1])
    shuffled = [rng.permuted(np.tile(group, (repetitions, 1)), axis=1) for group in groups]
    drawn = np.zeros((repetitions, num_strata), np.int64)
    rows = np.arange(repetitions)
    while len(rows):
        lower = np.stack([sequence.lower for sequence in known], axis=1)[rows]
        upper = np.stack([sequence.upper for sequence in known], axis=1)[rows]
        is_open = (lower @ weights < slo) & (upper @ weights >= slo) & (drawn[rows] < strata.sizes).any(axis=1)
        rows, width = rows[is_open], (weights * (upper - lower))[is_open]
        chosen = np.where(drawn[rows] < strata.sizes, width, -1.0).argmax(axis=1)
        for stratum, sequence in enumerate(known):
            these = rows[chosen == stratum]
            if len(these):
                sequence.observe(
                    these,
                    np.zeros(len(these), np.int64),
                    shuffled[stratum][these, drawn[these, stratum]],
                    np.ones((len(these), 1)),
                )
                drawn[these, stratum] += 1
    return drawn.sum(axis=1)


def profiles() -> None:
    """Print what whole profiles of the synthetic workload take, as means over seeds."""
    slos = SLOS[:2]
    columns = ["profile", "plan runs on an item", "operator runs", "from the cache", "profiling s", "wrong decisions"]
    begin(f"whole profiles, 9 plans, {NUM_ITEMS} items, SLOs {slos}, mean over {len(SEEDS)} seeds", columns)
    workloads = [synthetic_workload(NUM_ITEMS, seed) for seed in SEEDS]
    for name, num_strata in (("selective, 8 strata", 8), ("selective, random sampling", 1)):
        reports = [
            profile_workload(workload, slos, num_strata=num_strata, seed=seed)
            for seed, workload in zip(SEEDS, workloads, strict=True)
        ]
        wrong = [
            (plan.lower >= slo) != (truth >= slo)
            for workload, report in zip(workloads, reports, strict=True)
            for plan, truth in zip(report.plans, workload.accuracies(), strict=True)
            for slo in slos
            if plan.outcome == "decided"
        ]
        plan_runs = [sum(plan.num_items for plan in report.plans) for report in reports]
        counts = [plan_runs, *([getattr(report, kind) for report in reports] for kind in ("items_run", "cache_hits"))]
        seconds = np.mean([report.profiling_s for report in reports])
        means = [f"{np.mean(count):.0f}" for count in counts]
        row([name, *means, f"{seconds:.1f}", f"{sum(wrong)} of {len(wrong)}"])
    seconds = np.mean([record_cost(workload) for workload in workloads])
    row(["every plan on every item", 9 * NUM_ITEMS, 12 * NUM_ITEMS, 6 * NUM_ITEMS, f"{seconds:.1f}", "-"])


def record_cost(workload: RecordedWorkload) -> float:
    """Return the seconds of running every plan on every item, prefixes once."""
    items = np.arange(len(workload.features))
    prefixes = {plan[:depth] for plan in workload.plans for depth in range(1, len(plan) + 1)}
    return sum(float(workload.run(prefix, items, None).seconds.sum()) for prefix in prefixes)


def live() -> None:
    """Print planned against held-out attainment of the digits: accuracy SLOs, and latencies at the percentile.

    Every plan is really run on every image, once; profiles draw from those runs, so that all ways see the same times.
    """
    columns = ["seed", "strata", "SLO", "plan of least time", "accuracy planned", "all 800", "held out"]
    begin("digits, profiled and planned on 800 images, measured on 497 held out", [*columns, "in time, held out"])
    notes = []
    attained: dict[int, list[bool]] = {8: [], 1: []}
    for seed in LIVE_SEEDS:
        everything, held_out = record(DigitsWorkload(seed)), record(DigitsWorkload(seed, "held-out"))
        for num_strata in attained:
            report = profile_workload(everything, SLOS, confidence=CONFIDENCE, num_strata=num_strata, seed=seed)
            for slo in SLOS:
                number = least_time(report, slo)
                if number is None:
                    row([seed, num_strata, slo, "none reaches it", *["-"] * 4])
                    continue
                plan, truth = report.plans[number], held_out.accuracies()[number]
                attained[num_strata].append(bool(truth >= slo))
                in_time = (held_out.latencies_s()[number] <= planned_latency_s(report, plan)).mean()
                accuracies = [f"{value:.4f}" for value in (plan.accuracy, everything.accuracies()[number], truth)]
                row([seed, num_strata, slo, " / ".join(plan.configurations), *accuracies, f"{in_time:.1%}"])
            notes.append(live_note(report, everything, held_out))
    say("\n" + "\n".join(notes))
    for num_strata, reached in attained.items():
        say(f"{num_strata} strata: {sum(reached)} of {len(reached)} plans reach their SLO on the images held out")


def live_note(report: ProfileReport, everything: RecordedWorkload, held_out: RecordedWorkload) -> str:
    """Return what a live profile took, and how its figures compare over all plans, in one line."""
    planned = np.array([plan.accuracy for plan in report.plans])
    known = [plan.lower - 1e-9 <= truth <= plan.upper + 1e-9
             for plan, truth in zip(report.plans, everything.accuracies(), strict=True)]  # fmt: skip
    gap = planned - held_out.accuracies()
    reached = [bool(held_out.accuracies()[number] >= slo) for slo in SLOS for number in np.flatnonzero(planned >= slo)]
    return (
        f"seed {report.seed}, {report.num_strata} strata: {report.items_run} operator runs, {report.cache_hits} from "
        f"the cache, {report.profiling_s:.1f} s (every plan on every item: {record_cost(everything):.1f} s); "
        f"{sum(known)} of {len(known)} intervals hold; "
        f"of {len(reached)} SLOs of plans planned as reached {sum(reached)} are, held out; "
        f"planned less held out {gap.mean():+.4f} on average, "
        f"deviation {gap.std():.4f}; accuracy on the 800 less held out "
        f"{(everything.accuracies() - held_out.accuracies()).mean():+.4f}"
    )


def least_time(report: ProfileReport, slo: float) -> int | None:
    """Return the number of the plan of least mean time whose accuracy reaches the SLO, None if none does."""
    reaching = [number for number, plan in enumerate(report.plans) if plan.accuracy >= slo]
    return min(reaching, key=lambda number: sum(t.mean() for t in times(report, report.plans[number])), default=None)


def planned_latency_s(report: ProfileReport, plan: PlanProfile) -> float:
    """Return the latency that an instance plans with: the operators' percentiles added up."""
    return float(sum(np.percentile(seconds, LATENCY_PERCENTILE) for seconds in times(report, plan)))


def times(report: ProfileReport, plan: PlanProfile) -> list[np.ndarray]:
    """Return the seconds measured of each of a plan's operators."""
    keys = zip(report.operators, plan.configurations, strict=True)
    return [report.configurations[key].seconds for key in keys]


def one_plan() -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of a plan of the synthetic workload, and the items' features."""
    workload = synthetic_workload(NUM_ITEMS, seed=0)
    scores = workload.run(PLAN, np.arange(NUM_ITEMS), None).scores
    assert scores is not None
    return scores, workload.features


def begin(title: str, columns: list[str]) -> None:
    """Begin a table."""
    say(f"\n{title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def row(cells: Iterable[object]) -> None:
    """Print a row of a table."""
    say(f"| {' | '.join(map(str, cells))} |")


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
