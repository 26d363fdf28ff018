"""Tables of runs for the tests of metrics.

Every column that a study records, with plain values where a test says none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

_PLAIN: dict[str, Any] = {
    "method": "milp",
    "instance": "yard",
    "objective_name": "goodput",
    "min_goodput": 1.0,
    "seed": 0,
    "threads": 2,
    "time_limit_s": 10.0,
    "outcome": "finished",
    "claimed_status": "feasible",
    "claimed_objective": np.nan,
    "claimed_bound": np.nan,
    "claimed_runtime_s": 1.0,
    "status": "feasible",
    "objective": np.nan,
    "bound": np.nan,
    "certified_bound": np.nan,
    "goodput": np.nan,
    "cost_usd_per_hour": np.nan,
    "served_count": np.nan,
    "steps": np.nan,
    "runtime_s": 1.0,
    "compile_s": 0.0,
    "best_known_objective": np.nan,
    "best_known_bound": np.nan,
}


def runs(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return a table of runs, numbered in the column `run`; instances of one name are one instance."""
    full = [{"run": number, **_PLAIN, **row} for number, row in enumerate(rows)]
    return pd.DataFrame([{"instance_sha256": f"hash of {row['instance']}", **row} for row in full])


def table_of(values: dict[str, Sequence[float]], column: str, **constant: Any) -> pd.DataFrame:
    """Return one run per method and instance: `values` gives each method's values on the instances i0, i1, ..."""
    return runs(
        *(
            {"method": method, "instance": f"i{number}", column: value, **constant}
            for method, row in values.items()
            for number, value in enumerate(row)
        )
    )


def trajectory(run: int, *points: tuple[float, float, float]) -> pd.DataFrame:
    """Return the trajectory of one run from its points (time_s, objective, bound)."""
    frame = pd.DataFrame([(run, *point) for point in points], columns=["run", "time_s", "objective", "bound"])
    return frame.astype({"run": np.int64, "time_s": np.float64, "objective": np.float64, "bound": np.float64})


def shuffled(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the same rows in another order, each with the index that it had."""
    return rows.iloc[np.random.default_rng(seed).permutation(len(rows))]
