"""The README's headline table, worked out anew from the committed rows of docs/benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from sloplan.study.folder import StudyFolder
from sloplan.study.judged import judged_frame
from sloplan.study.metrics import gap_to_certified_bound

BENCHMARKS = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"
EXACT = ("milp", "cp", "milp-plans")  # one model of everything, on an engine
RIVALS = ("compass", "greedy", "jellybean", "inferline", "random")


def rows_of(study: str) -> pd.DataFrame:
    """Return the runs of a committed study, with the gap to the best certified bound of any run."""
    frame = judged_frame(StudyFolder(BENCHMARKS / study).rows())
    return frame.assign(gap=gap_to_certified_bound(frame))


def table_lines() -> list[str]:
    """Return the lines of the table below its head."""
    return [*_proofs("xs", 6), *_proofs("s", 60), _to_the_optimum(), *_planners(), _largest()]


def measured_lines() -> list[str]:
    """Return the lines that say under which load the studies ran."""
    lines = []
    for study in ("proof", "exact-vs-heuristic", "planners", "xl"):
        load = rows_of(study)["load"]
        ends = dict.fromkeys((f"{load.min():.1f}", f"{load.max():.1f}"))
        lines.append(f"`{study}` at a load of {' to '.join(ends)}")
    return lines


def machines() -> set[str]:
    """Return processor, memory, cores and versions of all runs, as the README names them."""
    frame = pd.concat([rows_of(study) for study in ("proof", "exact-vs-heuristic", "planners", "xl")])
    packages = ("python", "highspy", "ortools", "numba")
    frame = frame[frame["outcome"] != "unsupported"]
    cores = " or ".join(map(str, sorted(set(frame["cores"]))))  # some runs were kept to one of the machine's two
    return {
        f"{row['cpu']}, {cores} cores, {row['memory_gb']:g} GB; "
        + ", ".join(f"{name} {row['versions'][name]}" for name in packages)
        for row in frame.to_dict("records")
    }


def _proofs(size: str, queries: int) -> list[str]:
    frame = rows_of("proof")
    frame = frame[frame["instance"].str.contains(f"-{size}-") & (frame["queries"] == queries)]
    proved = (frame["status"] == "optimal").groupby(frame["method"]).sum()
    seconds = frame["runtime_s"].where(frame["status"] == "optimal", frame["time_limit_s"])
    times = seconds.groupby([frame["instance"], frame["method"]]).first().unstack()
    mean = np.exp(np.log(times).mean())
    ratio = times[list(EXACT)].min(axis=1) / times["branch-and-price"]
    told = {method: f"{proved[method]} in {mean[method]:.2f} s" for method in proved.index}
    others = ", ".join(f"`{method}` {told[method]}" for method in EXACT)
    count, slower = len(ratio), int((ratio < 1).sum())
    return [
        f"| optima proved, {queries} queries, 120 s | {count} | `branch-and-price` {told['branch-and-price']} "
        f"| {others} |",
        f"| against the fastest of these three on each, {queries} queries | {count} | {_mean(ratio):.1f} times as fast "
        f"({ratio.min():.2f} to {ratio.max():.1f}) | slower on {slower} of {count} |",
    ]


def _to_the_optimum() -> str:
    frame = rows_of("exact-vs-heuristic")
    frame = frame[frame["instance"].str.contains("-s-") & ~frame["instance"].str.contains("-0.8-")]
    optimum = frame["objective"].where(frame["status"] == "optimal").groupby(frame["instance"]).max().dropna()
    gap = (1 - frame["objective"] / frame["instance"].map(optimum)).clip(lower=0.0)
    gaps, seconds = gap.groupby(frame["method"]), frame.groupby("method")["runtime_s"].median()
    shown = {
        method: f"`{method}` {_percent(of.median())} ({_percent(of.max())}) in {seconds[method]:.1f} s"
        for method, of in gaps
    }
    head = "| gap to the optimum, median (worst), 60 queries at loads of 1.2 and 2, where it is proved"
    exact = f"`branch-and-price` proves {_count(frame, optimum)} in {seconds['branch-and-price']:.1f} s"
    return f"{head} | {len(optimum)} | {exact} | {shown['compass']}, {shown['greedy']} |"


def _count(frame: pd.DataFrame, optimum: pd.Series) -> int:
    proved = frame[(frame["status"] == "optimal") & (frame["method"] == "branch-and-price")]
    return int(proved["instance"].isin(optimum.index).sum())


def _planners() -> list[str]:
    frame = rows_of("planners")
    tight = frame[~frame["instance"].str.contains("-0.8-")]
    gaps = tight.groupby(["instance", "method"])["gap"].first().unstack()
    shown = {method: f"{_percent(_mean(gaps[method]))} ({_percent(gaps[method].max())})" for method in gaps}
    others = ", ".join(f"`{method}` {shown[method]}" for method in RIVALS)
    head = f"| gap to a certified bound, mean (worst), 1,000 queries at loads of 1.2 and 2, 3 s | {len(gaps)} |"
    return [f"{head} `lagrangian` {shown['lagrangian']} | {others} |"]


def _largest() -> str:
    (row,) = rows_of("xl").to_dict("records")
    late = row["runtime_s"] - row["time_limit_s"]
    ended = f"ended {late:.1f} s late" if late > 0 else "ended in time"
    label = f"the same, {row['queries']:,} queries, {row['time_limit_s']:g} s"
    return f"| {label} | 1 | `lagrangian` {_percent(row['gap'])} | {ended} |"


def _mean(values: pd.Series) -> float:
    return float(np.exp(np.log(values).mean()))


def _percent(share: float) -> str:
    return f"{f'{100 * share:#.2g}'.rstrip('.')} %"
