"""Instances where queries compete, for tests of the method."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd

from sloplan.problem.instance import Instance
from tests.models.tiny_instances import CHAIN, TWO, tiny


def contended(queries: int = 3, seed: int = 0, **further: Any) -> Instance:
    """Return queries that cannot all be served: their devices are too slow, the server too small.

    With the default figures the server has room for some of the queries only.
    """
    rng = random.Random(seed)
    rows = [
        {"query": f"q{number:03}", "application": "app", "source_site": "device",
         "rate_rps": float(rng.randint(20, 70)), "value": float(rng.randint(1, 9)), "slo_latency_ms": 30.0}
        | further
        for number in range(queries)
    ]  # fmt: skip
    return tiny(TWO, edges=CHAIN, queries=rows, busy_ms=4.0)


def hard(queries: int = 200, machines: int = 10) -> Instance:
    """Return a multidimensional knapsack that keeps an engine busy for hours, though solutions are found at once.

    Each query loads every machine, all of which carry half of the queries, and its value follows
    its load: the hard class of P. C. Chu and J. E. Beasley, "A genetic algorithm for the
    multidimensional knapsack problem", Journal of Heuristics 4 (1998), 63-86.
    """
    rng = random.Random(1)
    loads = [[rng.randint(1, 1000) for _ in range(machines)] for _ in range(queries)]  # us per request
    half = [sum(load[machine] for load in loads) // 2 for machine in range(machines)]
    each = [(query, machine) for query in range(queries) for machine in range(machines)]
    tables = {
        "sites": [{"site": "here", "tier": "device"}],
        "pools": [
            {"pool": f"m{machine}", "site": "here", "hardware": f"h{machine}", "units": usage // 100, "memory_gb": 8}
            for machine, usage in enumerate(half)
        ],
        "operators": [
            {"operator": f"o{query}-{machine}", "application": f"a{query}", "input_kb": 0.0} for query, machine in each
        ],
        "configurations": [
            {"operator": f"o{query}-{machine}", "configuration": "only", "output_kb": 0.0} for query, machine in each
        ],
        "profiles": [
            {"operator": f"o{query}-{machine}", "configuration": "only", "hardware": f"h{machine}",
             "latency_ms": 1.0, "busy_ms": loads[query][machine] / 1000}
            for query, machine in each
        ],
        "queries": [
            {"query": f"q{query}", "application": f"a{query}", "source_site": "here", "rate_rps": 10_000.0,
             "value": float(sum(load) // machines + rng.randint(0, 500))}
            for query, load in enumerate(loads)
        ],
    }  # fmt: skip
    return Instance.from_frames({name: pd.DataFrame(rows) for name, rows in tables.items()})
