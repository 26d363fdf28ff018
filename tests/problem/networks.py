"""Instances that are all network: what tests of routes and transfers need, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.instance import Instance


class Link(NamedTuple):
    """A link of a test network."""

    link: str
    from_site: str
    to_site: str
    delay_ms: float
    scope: str = "shared"
    bandwidth_mbps: float = 8.0
    price_per_gb: float = 0.0


def network(
    sites: Sequence[str], links: Sequence[Link], given: dict[tuple[str, str], Sequence[str]] | None = None
) -> CompiledInstance:
    """Return a compiled instance with these sites, links and given routes, and one query at the first site."""
    return Instance.from_frames(network_frames(sites, links, given)).compiled


def network_frames(
    sites: Sequence[str], links: Sequence[Link], given: dict[tuple[str, str], Sequence[str]] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of `network`."""
    steps = [
        (start, end, position, link)
        for (start, end), route in (given or {}).items()
        for position, link in enumerate(route, start=1)
    ]
    return {
        "sites": pd.DataFrame({"site": sites, "tier": "edge"}),
        "pools": pd.DataFrame(
            {"pool": ["machine"], "site": sites[:1], "hardware": "cpu", "units": 1, "memory_gb": 1.0}
        ),
        "links": pd.DataFrame(links, columns=Link._fields),
        "routes": pd.DataFrame(steps, columns=["from_site", "to_site", "position", "link"]),
        "operators": pd.DataFrame({"operator": ["work"], "application": "app", "input_kb": 1.0}),
        "configurations": pd.DataFrame({"operator": ["work"], "configuration": "only", "output_kb": 1.0}),
        "profiles": pd.DataFrame(
            {"operator": ["work"], "configuration": "only", "hardware": "cpu", "latency_ms": 1.0, "busy_ms": 1.0}
        ),
        "queries": pd.DataFrame({"query": ["q"], "application": "app", "source_site": sites[:1], "rate_rps": 1.0}),
    }
