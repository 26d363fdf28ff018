"""A small instance with hand-made figures, and a valid solution that single changes make invalid."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution

Tables = dict[str, list[dict[str, Any]]]
Options = dict[str, tuple[str, str, str]]

SEE_ON_PHONE = ("small", "phone-chip", "default")
SAY_AT_EDGE = ("short", "edge-gpu", "default")
ON_PHONE: Options = {"see": SEE_ON_PHONE, "say": SAY_AT_EDGE}
"""Per request: 32 ms, accuracy 0.72, 5,100 nano-USD; 4 ms of the phone, 1 kB up, 5 ms of the edge's GPU."""
TO_CLOUD: Options = {"see": SEE_ON_PHONE, "say": ("short", "cloud-gpu", "default")}
"""The same with `say` in the cloud: 1 kB also crosses the core link."""


def tables() -> Tables:
    """Two devices with their own chips and uplinks, an edge, a cloud, and an island without links."""
    return {
        "sites": [
            {"site": "phone", "tier": "device"},
            {"site": "watch", "tier": "device"},
            {"site": "edge", "tier": "edge"},
            {"site": "cloud", "tier": "cloud"},
            {"site": "island", "tier": "cloud"},
        ],
        "pools": [
            _pool("phone-chip", "phone", "npu", 2, scope="query"),
            _pool("watch-chip", "watch", "npu", 2, scope="query"),
            _pool("edge-gpu", "edge", "gpu", 8, price_per_unit_hour=3.6),
            _pool("cloud-gpu", "cloud", "gpu", 80),
            _pool("island-gpu", "island", "gpu", 80),
        ],
        "links": [
            _link("phone-up", "phone", "edge", scope="query", price_per_gb=0.1),
            _link("watch-up", "watch", "edge", scope="query"),
            _link("core", "edge", "cloud"),
        ],
        "operators": [
            {"operator": "see", "application": "guide", "input_kb": 1},
            {"operator": "say", "application": "guide"},
            {"operator": "hear", "application": "notes", "input_kb": 1},
        ],
        "edges": [{"from_operator": "see", "to_operator": "say"}],
        "configurations": [
            {"operator": operator, "configuration": configuration, "output_kb": 1}
            for operator, configuration in (
                ("see", "small"),
                ("see", "large"),
                ("say", "short"),
                ("say", "long"),
                ("hear", "only"),
            )
        ],
        "profiles": [
            _profile("see", "small", "npu", 10, 4),
            _profile("see", "small", "gpu", 2, 1),
            _profile("see", "large", "gpu", 4, 2, memory_gb=16),
            _profile("say", "short", "npu", 90, 60),
            _profile("say", "short", "gpu", 20, 5, share=1, memory_gb=3),
            _profile("say", "short", "gpu", 30, 5, allocation="batch", min_rate_rps=1),
            _profile("say", "long", "gpu", 40, 5),
            _profile("hear", "only", "gpu", 5, 5),
        ],
        "placement": [
            {"operator": "say", "allowed": "tier", "value": "edge"},
            {"operator": "say", "allowed": "tier", "value": "cloud"},
        ],
        "compatible": [
            {"operator": "see", "configuration": see, "other_operator": "say", "other_configuration": say}
            for see, say in (("small", "short"), ("large", "short"), ("large", "long"))
        ],
        "accuracy": [
            {"factor": "see", "operators": "see", "configurations": "small", "accuracy": 0.9},
            {"factor": "see", "operators": "see", "configurations": "large", "accuracy": 0.95},
            {"factor": "say", "operators": "say", "configurations": "short", "accuracy": 0.8},
            {"factor": "say", "operators": "say", "configurations": "long", "accuracy": 0.9},
        ],
        "queries": [
            {"query": "walk", "application": "guide", "source_site": "phone", "rate_rps": 1, "count": 2},
            {"query": "talk", "application": "notes", "source_site": "edge", "rate_rps": 1},
        ],
    }


def _pool(pool: str, site: str, hardware: str, memory_gb: float, **more: Any) -> dict[str, Any]:
    return {"pool": pool, "site": site, "hardware": hardware, "units": 1, "memory_gb": memory_gb, **more}


def _link(link: str, from_site: str, to_site: str, **more: Any) -> dict[str, Any]:
    row = {"link": link, "from_site": from_site, "to_site": to_site, "bandwidth_mbps": 8, "delay_ms": 1}
    return row | more


def _profile(
    operator: str, configuration: str, hardware: str, latency_ms: float, busy_ms: float, **more: Any
) -> dict[str, Any]:
    row = {"operator": operator, "configuration": configuration, "hardware": hardware}
    return row | {"latency_ms": latency_ms, "busy_ms": busy_ms} | more


def instance(changes: dict[tuple[str, str, str], Any] | None = None, hosting: str = "fluid") -> Instance:
    """Return the instance with some fields changed: (table, name of the row, column) -> value.

    A row's name is its first field; a profile's is operator/configuration/hardware/allocation.
    """
    changed = tables()
    for (table, name, column), value in (changes or {}).items():
        row = next(row for row in changed[table] if _row_name(table, row) == name)
        row[column] = value
    return Instance.from_frames({table: pd.DataFrame(rows) for table, rows in changed.items()}, hosting=hosting)


def _row_name(table: str, row: dict[str, Any]) -> str:
    if table != "profiles":
        return str(next(iter(row.values())))
    return f"{row['operator']}/{row['configuration']}/{row['hardware']}/{row.get('allocation', 'default')}"


Placed = list[tuple[str, tuple[str, str, str]]]


def solution(
    of: Instance, plans: list[tuple[str, int, Options | Placed]], supply: list[tuple[str, int]] | None = None
) -> Solution:
    """Return a solution from (query, count, options) and (supply, amount)."""
    rows = [
        (plan, operator, *choice)
        for plan, (_, _, options) in enumerate(plans)
        for operator, choice in (options.items() if isinstance(options, dict) else options)
    ]
    return Solution(
        of.sha256,
        pd.DataFrame([plan[:2] for plan in plans], columns=["query", "count"]).astype({"count": "int64"}),
        pd.DataFrame(rows, columns=["plan", "operator", "configuration", "pool", "allocation"]).astype(
            {"plan": "int64"}
        ),
        pd.DataFrame(supply or [], columns=["supply", "amount"]).astype({"amount": "int64"}),
    )
