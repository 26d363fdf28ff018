"""Sites, machines and queries around a profiled application: an instance at a stated load, from its tables.

Every user has a slow device that costs nothing, reaches an edge site within milliseconds, where machines are dear, and
the cloud within some ten, where they are fast and cheap. What a query asks for is what some plan offers at its site,
none of those quicker being cheaper, and a little more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

import numpy as np
import pandas as pd

from sloplan.instances.families.capacities import meet_load
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import COST, LATENCY, MAX_RATE, NANO_NATS
from sloplan.problem.compiled import Int
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import PLAN_LIMIT

LATENCY_PERCENTILE: Final = 95
LOAD: Final = 1.2
USERS: Final = 12
EDGES: Final = ("edge-0", "edge-1")
CLOUD: Final = "cloud"
SPEEDS: Final = {"device": 0.1, "edge": 1.0, "cloud": 2.0}
USD_PER_HOUR: Final = {"device": 0.0, "edge": 7.2, "cloud": 3.6}  # 1 nano-USD/us and more: finer is rounded
DELAY_MS: Final = {"edge": 2.0, "cloud": 12.0}  # from a device, one way
BANDWIDTH_MBPS: Final = 50.0
MAX_UTILIZATION: Final = 0.8
SHARES: Final = (0.02, 0.05, 0.1, 0.2)  # of a machine as profiled that a query keeps busy, at the mean plan
VALUES: Final = (5.0, 10.0, 20.0, 40.0)
SLACKS: Final = (1.02, 1.1, 1.3, 2.0)  # SLO over the figure of the plan drawn
COST_SLO_SHARE: Final = 0.5  # of queries that have one

Frames = dict[str, pd.DataFrame]


def surroundings(tables: Frames, slo_accuracies: Sequence[float], num_queries: int, seed: int) -> Frames:
    """Return sites, pools, links and queries for an application, such that the load is `LOAD`.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Of the application, its figures taken as true.
    slo_accuracies : sequence of float
        Accuracy SLOs that are drawn; each is reached by some plan.
    num_queries : int
    seed : int
    """
    rng = np.random.default_rng(seed)
    devices = [f"device-{number:02}" for number in range(USERS)]
    edge_of = {device: EDGES[number % len(EDGES)] for number, device in enumerate(devices)}
    frames = {
        "sites": pd.DataFrame(
            {
                "site": [*devices, *EDGES, CLOUD],
                "tier": ["device"] * USERS + ["edge"] * len(EDGES) + ["cloud"],
            }
        ),
        "links": _links(edge_of),
    }
    first = dict.fromkeys((*EDGES, CLOUD), 1.0)
    probes = _probes(tables, devices, slo_accuracies)
    offered = instance_of(tables, frames | {"pools": _pools(devices, first), "queries": probes})
    frames["queries"] = _drawn(offered, probes, _mean_busy_s(tables), num_queries, rng)
    asked = instance_of(tables, frames | {"pools": _pools(devices, first)}).compiled
    plans, _ = list_plans(asked, PLAN_LIMIT, lambda _: False)
    seconds = float(frames["queries"]["rate_rps"].sum()) * _mean_busy_s(tables) / len(first)
    rows = [(name.removeprefix("pool:"), "cpu") for name in asked.rows.name]
    held = meet_load(LOAD, plans, asked.queries, dict.fromkeys(rows, seconds), {}).pools
    return frames | {"pools": _pools(devices, {site: held[site, "cpu"] for site, _ in rows if (site, "cpu") in held})}


def instance_of(tables: Frames, around: Frames, name: str = "profiled") -> Instance:
    """Return the instance of an application's tables and what stands around it."""
    return Instance.from_frames(tables | around, name=name, latency_percentile=f"p{LATENCY_PERCENTILE}")


def _links(edge_of: Mapping[str, str]) -> pd.DataFrame:
    """Return a link of every device's own to its edge site and to the cloud, and back."""
    ends = [
        (device, site, tier) for device, edge in edge_of.items() for site, tier in ((edge, "edge"), (CLOUD, "cloud"))
    ]
    both = [*ends, *((site, device, tier) for device, site, tier in ends)]
    return pd.DataFrame(
        {
            "link": [f"{start}-to-{end}" for start, end, _ in both],
            "from_site": [start for start, _, _ in both],
            "to_site": [end for _, end, _ in both],
            "bandwidth_mbps": BANDWIDTH_MBPS,
            "delay_ms": [DELAY_MS[tier] for _, _, tier in both],
            "scope": "query",
        }
    )


def _pools(devices: Sequence[str], shared: Mapping[str, float]) -> pd.DataFrame:
    """Return a machine for every device, and at the other sites so many that unit-seconds per second can be used."""
    sites = [*devices, *shared]
    tiers = ["device"] * len(devices) + ["cloud" if site == CLOUD else "edge" for site in shared]
    units = [1] * len(devices) + [max(1, int(np.ceil(held / MAX_UTILIZATION))) for held in shared.values()]
    usable = [MAX_UTILIZATION] * len(devices)
    usable += [held / number for held, number in zip(shared.values(), units[len(devices) :], strict=True)]
    return pd.DataFrame(
        {
            "pool": sites,
            "site": sites,
            "hardware": "cpu",
            "units": units,
            "speed": [SPEEDS[tier] for tier in tiers],
            "memory_gb": 1.0,
            "max_utilization": usable,
            "price_per_unit_hour": [USD_PER_HOUR[tier] for tier in tiers],
            "scope": ["query" if tier == "device" else "shared" for tier in tiers],
        }
    )


def _probes(tables: Frames, devices: Sequence[str], slo_accuracies: Sequence[float]) -> pd.DataFrame:
    """Return a query for each device and accuracy SLO that asks for nothing else."""
    kinds = list(product(devices, slo_accuracies))
    return pd.DataFrame(
        {
            "query": [f"{device} {slo}" for device, slo in kinds],
            "application": tables["operators"]["application"][0],
            "source_site": [device for device, _ in kinds],
            "sink_site": [device for device, _ in kinds],
            "rate_rps": 1.0,
            "slo_accuracy": [slo for _, slo in kinds],
        }
    )


def _drawn(
    offered: Instance, probes: pd.DataFrame, busy_s: float, num_queries: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw queries: a probe, a rate, a value, and latency and cost SLOs of a plan that could serve it."""
    compiled = offered.compiled
    plans, _ = list_plans(compiled, PLAN_LIMIT, lambda _: False)
    number_of = {name: number for number, name in enumerate(compiled.names.queries)}
    rows = []
    for number in range(num_queries):
        probe = probes.iloc[int(rng.integers(len(probes)))]
        query = number_of[probe["query"]]
        rate = round(float(rng.choice(SHARES)) / busy_s, 3)
        best = _undominated(
            plans, int(compiled.queries.template[query]), int(compiled.queries.slo_accuracy[query]), rate
        )
        latency_us, cost_nano = plans.needs[best[int(rng.integers(len(best)))], [LATENCY, COST]]
        rows.append(
            {
                **probe,
                "query": f"q{number:04}",
                "rate_rps": rate,
                "value": float(rng.choice(VALUES)),
                "slo_latency_ms": round(float(latency_us * rng.choice(SLACKS)) / 1000, 3),
                "slo_cost_per_1k": float(np.ceil(cost_nano * rng.choice(SLACKS))) / 1e6,
            }
        )
        if rng.random() >= COST_SLO_SHARE:
            rows[-1]["slo_cost_per_1k"] = np.nan
    return pd.DataFrame(rows)


def _undominated(plans: PlanArrays, template: int, slo_nano_nats: int, rate_rps: float) -> Int:
    """Return the plans that reach an accuracy SLO at a rate, but those than which another is quicker and as cheap."""
    number = np.arange(plans.start[template], plans.start[template + 1])
    needs = plans.needs[number]
    is_open = (needs[:, NANO_NATS] <= slo_nano_nats) & (needs[:, MAX_RATE] <= -rate_rps * 1000)
    number, needs = number[is_open], needs[is_open]
    order = np.lexsort((needs[:, COST], needs[:, LATENCY]))
    cost = needs[order, COST]
    cheaper = np.concatenate([[True], cost[1:] < np.minimum.accumulate(cost)[:-1]])
    return number[order[cheaper]]


def _mean_busy_s(tables: Frames) -> float:
    """Return the mean seconds of a plan: over operators, the means of their configurations added up."""
    return float(tables["profiles"].groupby("operator")["busy_ms"].mean().sum()) / 1000
