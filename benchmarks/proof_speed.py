"""How much sooner than the fastest rival `branch-and-price` proves each instance of the study `proof`.

Run as ``python benchmarks/proof_speed.py``. It reads the committed rows; a run without a proof counts as its time
limit. Printed are, by size, geometric means of times and of ratios, and where `branch-and-price` needs more than 1.5
times the fastest rival's time and 0.2 s.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from sloplan.study.folder import StudyFolder
from sloplan.study.judged import judged_frame

FOLDER: Final = Path(__file__).parents[1] / "docs" / "benchmarks" / "proof"
OURS: Final = "branch-and-price"


def main() -> None:
    """Print both sizes."""
    frame = judged_frame(StudyFolder(FOLDER).rows())
    frame["seconds"] = frame["runtime_s"].where(frame["status"] == "optimal", frame["time_limit_s"])
    for queries, part in frame.groupby("query_count"):
        seconds = part.pivot_table(index="instance", columns="method", values="seconds")
        fastest = seconds.drop(columns=OURS).min(axis=1)
        ratio, kinds = fastest / seconds[OURS], part[part["method"] == OURS]["claimed_proof"].value_counts()
        sys.stdout.write(
            f"{queries} queries, {len(seconds)} instances: "
            + ", ".join(f"{method} {_mean(seconds[method]):.2f} s" for method in seconds)
            + f"; fastest of the others {_mean(fastest):.2f} s\n"
            f"  ratio {_mean(ratio):.2f} ({ratio.min():.2f} to {ratio.max():.1f}); bounds: {kinds.to_dict()}\n"
        )
        for instance in ratio.index[seconds[OURS] > 1.5 * fastest + 0.2]:
            sys.stdout.write(f"  slower: {instance}, {seconds[OURS][instance]:.1f} s, not {fastest[instance]:.1f} s\n")


def _mean(values: pd.Series) -> float:
    return float(np.exp(np.log(values).mean()))


if __name__ == "__main__":
    main()
