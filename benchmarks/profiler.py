"""What the selective profiler's confidence is worth, what it saves, and how its figures hold on items held out.

Run as ``python benchmarks/profiler.py [coverage] [designs] [profiles] [live]``; all four without a name. Prints Markdown
tables. Seeds are fixed; the live workload's times depend on the machine.
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
from sloplan.profiling.strata import Strata, cluster
from sloplan.profiling.synthetic import synthetic_workload

CONFIDENCE = 0.95
GAPS = (-0.08, -0.04, -0.02, 0.02, 0.04, 0.08)  # of the SLO from the true accuracy
REPETITIONS = 1000
NUM_ITEMS = 2000
PLAN = ("medium", "medium")
SEEDS = range(10)
SLOS = (0.85, 0.9, 0.95)
LIVE_SEEDS = range(3)
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
    for gap in GAPS:
        means = [way(scores.mean() + gap).mean() for way in ways.values()]
        row([f"{gap:+.2f}", *(f"{mean:.0f} ({means[0] / mean:.2f})" for mean in means)])


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
    """Print what whole profiles take, each saving switched off in turn; synthetic workload, mean over seeds."""
    begin(f"whole profiles, 9 plans, {NUM_ITEMS} items, SLOs {SLOS[:2]}, mean over {len(SEEDS)} seeds",
          ["profile", "plan runs on an item", "operator runs", "from the cache", "profiling s", "wrong decisions"])  # fmt: skip
    workloads = {seed: synthetic_workload(NUM_ITEMS, seed) for seed in SEEDS}
    for name, num_strata in (("selective, 8 strata", 8), ("selective, random sampling", 1)):
        reports = [profile_workload(workloads[seed], SLOS[:2], num_strata=num_strata, seed=seed) for seed in SEEDS]
        wrong = decided = 0
        for seed, report in zip(SEEDS, reports, strict=True):
            for plan, truth in zip(report.plans, workloads[seed].accuracies(), strict=True):
                if plan.outcome == "decided":
                    decided += len(SLOS[:2])
                    wrong += sum((plan.lower >= slo) != (truth >= slo) for slo in SLOS[:2])
        plan_runs = [sum(plan.num_items for plan in report.plans) for report in reports]
        figures = [plan_runs, *([getattr(report, kind) for report in reports] for kind in ("items_run", "cache_hits"))]
        seconds = np.mean([report.profiling_s for report in reports])
        row([name, *(f"{np.mean(figure):.0f}" for figure in figures), f"{seconds:.1f}", f"{wrong} of {decided}"])
    full = [record_cost(workloads[seed]) for seed in SEEDS]
    row(["everything", 9 * NUM_ITEMS, (3 + 9) * NUM_ITEMS, 6 * NUM_ITEMS, f"{np.mean(full):.1f}", "-"])


def record_cost(workload: RecordedWorkload) -> float:
    """Return the seconds of running every plan on every item, prefixes once."""
    items = np.arange(len(workload.features))
    prefixes = {plan[:depth] for plan in workload.plans for depth in range(1, len(plan) + 1)}
    return sum(float(workload.run(prefix, items, None).seconds.sum()) for prefix in prefixes)


def live() -> None:
    """Print planned against held-out attainment of the digits: accuracy SLOs, and latency SLOs at the percentile."""
    begin("digits, profiled and planned on 800 images, measured on 497 held out",
          ["seed", "strata", "profiling s", "all plans, s", "SLO", "plan of least time", "accuracy planned",
           "all 800", "held out", f"within p{LATENCY_PERCENTILE} planned", "held out"])  # fmt: skip
    gaps: list[float] = []
    attained: list[bool] = []
    for seed in LIVE_SEEDS:
        everything, held_out = record(DigitsWorkload(seed)), record(DigitsWorkload(seed, "held-out"))
        for num_strata in (8, 1):
            report = profile_workload(
                DigitsWorkload(seed), SLOS, confidence=CONFIDENCE, num_strata=num_strata, seed=seed
            )
            times = {key: 1000 * found.seconds for key, found in report.configurations.items()}
            for slo in SLOS:
                reaching = [plan for plan in report.plans if plan.accuracy >= slo]
                if not reaching:
                    row([seed, num_strata, "", "", slo, "none reaches it", *[""] * 5])
                    continue
                keys = {plan: list(zip(report.operators, plan.configurations, strict=True)) for plan in reaching}
                best = min(reaching, key=lambda plan: sum(times[key].mean() for key in keys[plan]))
                place = everything.plans.index(best.configurations)
                # The percentiles of the operators add up to the latency that an instance plans with.
                limit_s = sum(np.percentile(times[key], LATENCY_PERCENTILE) for key in keys[best]) / 1000
                within = (held_out.latencies_s()[place] <= limit_s).mean()
                truth = held_out.accuracies()[place]
                if num_strata == 8:
                    gaps += [
                        p.accuracy - held_out.accuracies()[n] for n, p in enumerate(report.plans) if slo == SLOS[0]
                    ]
                    attained.append(truth >= slo)
                row([seed, num_strata, f"{report.profiling_s:.1f}", f"{record_cost(everything):.1f}", slo,
                     " / ".join(best.configurations), f"{best.accuracy:.4f}", f"{everything.accuracies()[place]:.4f}",
                     f"{truth:.4f}", f"{LATENCY_PERCENTILE}%", f"{within:.1%}"])  # fmt: skip
    say(f"\n{sum(attained)} of {len(attained)} plans chosen with 8 strata reach their SLO held out; over all plans the "
        f"accuracy planned less held out is {np.mean(gaps):+.4f} on average, {np.std(gaps):.4f} standard deviation\n")  # fmt: skip


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
