"""How the time to a gap of the size of rounding, and memory, grow with the number of queries.

Run as ``python benchmarks/growth.py DIR`` on the study `scaling` with its trajectories and solutions. A basic optimum
of the linear program over plans splits at most as many queries as there are tight rows, so the target is a gap of tight
rows times the mean value of a query; tight are rows with a price in the certificate of the bound.
Printed are the time until bound and solution were that near, for every run of `lagrangian`, and by family the exponent
of the power of the number of queries that fits these times, and the memory that each query more takes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.solution import Solution
from sloplan.study.folder import StudyFolder
from sloplan.study.metrics.growth import growth_exponents

METHOD: Final = "lagrangian"


def main() -> None:
    """Print all figures of a study's folder."""
    folder = StudyFolder(Path(sys.argv[1]))
    rows = pd.DataFrame([_figures(folder, row) for row in folder.rows() if row["method"] == METHOD])
    rows = rows.sort_values(["family", "queries"])
    shown = rows[["family", "queries", "coupling_rows", "tight", "target", "gap", "seconds", "peak_memory_gb"]]
    sys.stdout.write(shown.to_string(index=False, float_format="%.4g") + "\n")
    for family, part in rows.groupby("family"):
        fit = growth_exponents(part, "seconds", size="queries").loc[METHOD]
        kilobytes = np.polyfit(part["queries"], part["peak_memory_gb"] * 1e6, 1)[0]
        sys.stdout.write(
            f"{family}: exponent {fit['exponent']:.2f} ({fit['low']:.2f} to {fit['high']:.2f}) over "
            f"{fit['problems']:.0f} sizes, {fit['left_out']:.0f} left out; {kilobytes:.1f} kB a query\n"
        )


def _figures(folder: StudyFolder, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the figures of its run; no seconds where it did not come so near."""
    solution = Solution.load(folder.solution_file(row["run"]))
    assert solution.certificate is not None
    leaf = solution.certificate["nodes"][0]
    tight = len(leaf["prices"])
    target = tight * row["certified_bound"] / row["queries"]
    steps = pd.read_csv(folder.path / "trajectories" / f"{row['run']}.csv")
    near = steps["time_s"][steps["bound"] - steps["objective"] <= target]
    return row | {
        "family": row["instance"].split(":")[0],
        "tight": tight,
        "target": target,
        "gap": row["certified_bound"] - row["objective"],
        "seconds": np.inf if near.empty else near.iloc[0],
    }


if __name__ == "__main__":
    main()
