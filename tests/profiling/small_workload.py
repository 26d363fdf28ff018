"""A small recorded workload, and a count of what is run of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.profiling.recorded import RecordedWorkload
from sloplan.profiling.workload import Configurations, IntArray, Ran

CONFIGURATIONS = {"shrink": ("little", "much"), "answer": ("large", "small")}
SHARES_RIGHT = {("little", "large"): 0.98, ("little", "small"): 0.8, ("much", "large"): 0.9, ("much", "small"): 0.5}
TIMES_MS = {"little": 2.0, "much": 1.0, "large": 10.0, "small": 4.0}


def small_workload(num_items: int = 200, seed: int = 0) -> RecordedWorkload:
    """Return two operators of two configurations; the share of right answers of each plan is as stated."""
    rng = np.random.default_rng(seed)
    scores = np.array([np.arange(num_items) < share * num_items for share in SHARES_RIGHT.values()], float)
    scores = scores[:, rng.permutation(num_items)]
    times = np.array([[TIMES_MS[name] / 1000 for name in plan] for plan in SHARES_RIGHT])
    seconds = np.repeat(times[:, None, :], num_items, axis=1)
    output_kb = np.broadcast_to([5.0, 0.5], seconds.shape)
    features = np.stack([scores.mean(axis=0), rng.random(num_items)], axis=1)
    return RecordedWorkload("small", CONFIGURATIONS, features, scores, seconds, output_kb, 20.0)


class Counted:
    """A workload that notes every run of an operator on an item."""

    def __init__(self, workload: RecordedWorkload) -> None:
        self._workload = workload
        self.runs: list[tuple[Configurations, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._workload, name)

    def run(self, configurations: Configurations, items: IntArray, inputs: npt.NDArray[Any] | None) -> Ran:
        """Run and note."""
        self.runs += [(configurations, int(item)) for item in items]
        return self._workload.run(configurations, items, inputs)


def write_small(folder: Path, num_items: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write `items.csv` and `runs.csv` of the small workload; return them as frames."""
    workload = small_workload(num_items)
    names = [f"i{item:03}" for item in range(num_items)]
    items = pd.DataFrame({"item": names, "input_kb": 20.0, "first": workload.features[:, 0]})
    parts = []
    for plan in workload.plans:
        last = workload.run(plan, np.arange(num_items), None)
        first = workload.run(plan[:1], np.arange(num_items), None)
        parts.append(
            pd.DataFrame(
                {
                    "item": names,
                    "shrink": plan[0],
                    "shrink_ms": 1000 * first.seconds,
                    "shrink_kb": first.output_kb,
                    "answer": plan[1],
                    "answer_ms": 1000 * last.seconds,
                    "answer_kb": last.output_kb,
                    "score": last.scores,
                }
            )
        )
    runs = pd.concat(parts, ignore_index=True)
    folder.mkdir(exist_ok=True)
    items.to_csv(folder / "items.csv", index=False)
    runs.to_csv(folder / "runs.csv", index=False)
    return items, runs
