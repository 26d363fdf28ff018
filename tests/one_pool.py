"""The smallest instance worth solving: one machine, one operator, queries that compete for it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution


def one_pool(
    values: Sequence[float] = (1.0, 2.0, 4.0),
    *,
    counts: Sequence[int] | None = None,
    busy_ms: float = 400.0,
    units: int = 1,
    billing: str = "usage",
    price: float = 3.6,
    name: str = "one-pool",
) -> Instance:
    """Return queries q0, q1, ... of 1 request/s that each keep a unit busy for `busy_ms`.

    With 400 ms, two of them fit on one unit.
    """
    queries = len(values)
    return Instance.from_frames(
        {
            "sites": pd.DataFrame({"site": ["cloud"], "tier": ["cloud"]}),
            "pools": pd.DataFrame(
                {
                    "pool": ["gpus"],
                    "site": ["cloud"],
                    "hardware": ["gpu"],
                    "units": [units],
                    "memory_gb": [16.0],
                    "billing": [billing],
                    "price_per_unit_hour": [price],
                }
            ),
            "operators": pd.DataFrame({"operator": ["detect"], "application": ["video"], "input_kb": [10.0]}),
            "configurations": pd.DataFrame({"operator": ["detect"], "configuration": ["m"], "output_kb": [1.0]}),
            "profiles": pd.DataFrame(
                {
                    "operator": ["detect"],
                    "configuration": ["m"],
                    "hardware": ["gpu"],
                    "latency_ms": [busy_ms],
                    "busy_ms": [busy_ms],
                }
            ),
            "queries": pd.DataFrame(
                {
                    "query": [f"q{i}" for i in range(queries)],
                    "application": ["video"] * queries,
                    "source_site": ["cloud"] * queries,
                    "rate_rps": [1.0] * queries,
                    "value": list(values),
                    "count": list(counts or [1] * queries),
                }
            ),
        },
        name=name,
    )


def serving(instance: Instance, *queries: str, counts: Sequence[int] | None = None) -> Solution:
    """Return the solution of a `one_pool` instance that serves these queries."""
    plans = range(len(queries))
    return Solution(
        instance.sha256,
        plans=pd.DataFrame({"query": list(queries), "count": list(counts or [1] * len(queries))}),
        options=pd.DataFrame(
            {
                "plan": list(plans),
                "operator": ["detect" for _ in plans],
                "configuration": ["m" for _ in plans],
                "pool": ["gpus" for _ in plans],
                "allocation": ["default" for _ in plans],
            }
        ),
    )
