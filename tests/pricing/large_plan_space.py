"""An instance with far more plans than enumeration lists: eight operators of thirty options each."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import pandas as pd

from sloplan.problem.instance import Instance

OPERATORS = tuple("abcdefgh")
EDGES = (
    ("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e"), ("d", "f"), ("e", "g"), ("f", "g"), ("g", "h"),
)  # fmt: skip
SITES = ("phone", "kiosk", "tower", "hall", "cloud")
CONFIGURATIONS = 6


def large_instance(seed: int, num_queries: int = 30) -> Instance:
    """Return the instance of `seed`: 30 ** 8 plans, forks and joins, five sites, SLOs that bind."""
    rng = Random(seed)
    tables: dict[str, list[dict[str, Any]]] = {
        "sites": [{"site": site, "tier": "device" if site == "phone" else "edge"} for site in SITES],
        "pools": [
            {
                "pool": f"{site}-pool", "site": site, "hardware": "gpu", "units": 1 if site == "phone" else 4,
                "memory_gb": 64, "speed": 0.4 + 0.4 * index, "price_per_unit_hour": 0.5 * index,
                "scope": "query" if site == "phone" else "shared",
            }
            for index, site in enumerate(SITES)
        ],
        "links": [
            {
                "link": f"{start}-{end}", "from_site": start, "to_site": end,
                "bandwidth_mbps": rng.choice((20, 50, 200)),
                "delay_ms": rng.choice((1, 3, 8)), "scope": "query" if "phone" in (start, end) else "shared",
            }
            for start, end in itertools.permutations(SITES, 2)
        ],
        "operators": [
            {"operator": operator, "application": "video", "input_kb": 80 if operator == "a" else None}
            for operator in OPERATORS
        ],
        "edges": [{"from_operator": start, "to_operator": end} for start, end in EDGES],
    }  # fmt: skip
    tables["configurations"], tables["profiles"], tables["accuracy"] = [], [], []
    for operator, size in itertools.product(OPERATORS, range(CONFIGURATIONS)):
        name = {"operator": operator, "configuration": f"v{size}"}
        tables["configurations"].append({**name, "output_kb": rng.choice((2, 10, 40))})
        busy = (size + 1) * rng.choice((2, 3, 4))
        tables["profiles"].append({**name, "hardware": "gpu", "latency_ms": 1.2 * busy, "busy_ms": busy})
        tables["accuracy"].append(
            {
                "factor": operator, "operators": operator, "configurations": f"v{size}",
                "accuracy": round(0.9 + 0.018 * size + rng.random() * 0.008, 4),
            }
        )  # fmt: skip
    tables["queries"] = [
        {
            "query": f"q{index:02}", "application": "video", "source_site": "phone", "rate_rps": rng.choice((2, 8, 20)),
            "slo_latency_ms": rng.choice((150, 200, 300)), "slo_accuracy": rng.choice((0.6, 0.7, 0.8)),
        }
        for index in range(num_queries)
    ]  # fmt: skip
    return Instance.from_frames({name: pd.DataFrame(rows) for name, rows in tables.items()})
