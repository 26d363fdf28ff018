"""Instances where queries compete, for tests of the method."""

from __future__ import annotations

import random
from typing import Any

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


def hard(queries: int = 150) -> Instance:
    """Return queries that keep an engine busy for longer than any test: values close to usage."""
    rng = random.Random(1)
    pools = [
        {"pool": "phone", "site": "device", "hardware": "slow", "units": 1, "memory_gb": 8, "scope": "query"},
        *(
            {
                "pool": f"server{n}",
                "site": "edge",
                "hardware": "fast",
                "units": 2,
                "memory_gb": 8,
                "speed": 1 + 0.137 * n,
            }
            for n in range(6)
        ),
    ]
    rows = [
        {"query": f"q{number:03}", "application": "app", "source_site": "device", "slo_latency_ms": 30.0,
         "rate_rps": (rate := rng.randint(40_000, 99_999) / 1000), "value": rate + rng.randint(0, 1000) / 1000}
        for number in range(queries)
    ]  # fmt: skip
    return tiny(TWO, edges=CHAIN, queries=rows, pools=pools, busy_ms=4.0)
