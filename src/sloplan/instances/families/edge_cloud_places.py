"""Sites, pools and links of the edge-cloud family.

What is a choice of this family, not a published figure, stands here in one place: which machines
stand where and how an application's capacity is split over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
import pandas as pd

from sloplan.instances.catalogue import network, unit_memory_gb, unit_price

CLOUD: Final = "cloud"


@dataclass(frozen=True)
class UserClass:
    """A class of user sites: what stands there and how it is connected.

    Parameters
    ----------
    application : str
    device : str
        Hardware of the user's own machine.
    speed : float
        Its speed, 1 = as profiled.
    access : str
        Network of the catalogue: cellular, wifi or wired.
    """

    application: str
    device: str
    speed: float
    access: str


USER_CLASSES: Final = (
    UserClass("vqa", "jellybean-cpu-1", 1.0, "wifi"),
    UserClass("vqa", "jellybean-cpu-2", 1.0, "wired"),
    UserClass("vqa", "jellybean-cpu-2", 0.75, "cellular"),
    UserClass("vqa", "jellybean-cpu-1", 0.75, "wired"),
    UserClass("traffic-video", "jetson-orin-nano", 1.0, "wired"),
    UserClass("traffic-video", "raspberry-pi-5", 1.0, "wired"),
    UserClass("traffic-video", "core-i7-10750h", 1.0, "wifi"),
    UserClass("traffic-video", "jetson-orin-nx", 0.75, "wifi"),
    UserClass("ar-pose", "snapdragon-865", 1.0, "wifi"),
    UserClass("ar-pose", "galaxy-s24", 1.0, "cellular"),
    UserClass("ar-pose", "snapdragon-865", 0.75, "cellular"),
    UserClass("ar-pose", "snapdragon-865", 0.6, "wifi"),
)

SHARES: Final[dict[str, dict[tuple[str, str], float]]] = {
    "vqa": {
        ("cloud", "jellybean-gpu-1"): 0.4,
        ("edge", "jellybean-cpu-5"): 0.3,
        ("edge", "jellybean-cpu-3"): 0.2,
        ("cloud", "jellybean-cpu-6"): 0.1,
    },
    "traffic-video": {
        ("edge", "t4"): 0.35,
        ("edge", "xeon-gold-5117"): 0.25,
        ("cloud", "t4"): 0.15,
        ("cloud", "v100"): 0.15,
        ("cloud", "a100"): 0.1,
    },
    "ar-pose": {
        ("edge", "gtx-1660-ti"): 0.4,
        ("edge", "core-i7-11700"): 0.2,
        ("edge", "t4"): 0.2,
        ("cloud", "a100"): 0.1,
        ("cloud", "t4"): 0.1,
    },
}
"""How the capacity for an application is split over (tier, hardware); the edge's part over its sites.

Every machine listed is in some plan that meets the SLOs of some query, under either `slo`.
"""

CAMERA: Final[dict[str, str]] = {"traffic-video": "camera"}
"""A second machine of the user's own, where the application needs one."""

MAX_UTILIZATION: Final = 0.8
"""Of every shared pool and backhaul: what is left keeps queues short."""

LINE_RATES_MBPS: Final = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 40_000, 100_000)
"""What a backhaul may be; beyond the last one, several of it."""

Pool = tuple[str, str, str]
"""Tier, site and hardware of a shared pool."""


def edge_name(number: int) -> str:
    """Return the name of an edge site."""
    return f"e{number:03d}"


@dataclass(frozen=True)
class UserSite:
    """One user site: its name, class and nearest edge site."""

    name: str
    user_class: UserClass
    home: int


def site_frame(users: Sequence[UserSite], edges: int) -> pd.DataFrame:
    """Return the `sites` table."""
    rows = [(CLOUD, "cloud"), *((edge_name(e), "edge") for e in range(edges)), *((u.name, "device") for u in users)]
    return pd.DataFrame(rows, columns=["site", "tier"])


def every_pool(applications: Sequence[str], edges: int) -> dict[Pool, int]:
    """Return every shared pool that the applications may have, with one unit each."""
    kinds = dict.fromkeys(kind for application in applications for kind in SHARES[application])
    places = {"edge": [edge_name(e) for e in range(edges)], "cloud": [CLOUD]}
    return {(tier, site, hardware): 1 for tier, hardware in kinds for site in places[tier]}


def whole_units(capacity: dict[str, float], edges: int) -> dict[Pool, int]:
    """Return the shared pools with the whole units that bring some capacity, at least one per application.

    Each application's units are split by `SHARES`, the largest remainders rounded up, and those at
    the edge over its sites in turn. A pool without a unit is left out.

    Parameters
    ----------
    capacity : dict of application to unit-seconds per second
    edges : int
    """
    units = dict.fromkeys(every_pool(tuple(capacity), edges), 0)
    for application, seconds in capacity.items():
        shares = SHARES[application]
        asked = max(1, round(seconds / MAX_UTILIZATION))
        of_kind = {kind: int(asked * share) for kind, share in shares.items()}
        by_remainder = sorted(shares, key=lambda kind: of_kind[kind] - asked * shares[kind])
        for kind in by_remainder[: asked - sum(of_kind.values())]:
            of_kind[kind] += 1
        turn = 0
        for (tier, hardware), count in of_kind.items():
            sites = [edge_name((turn + e) % edges) for e in range(edges)] if tier == "edge" else [CLOUD]
            for number, site in enumerate(sites):
                units[tier, site, hardware] += count // len(sites) + (number < count % len(sites))
            turn += count if tier == "edge" else 0
    return {pool: count for pool, count in units.items() if count}


def pool_frame(users: Sequence[UserSite], shared: dict[Pool, int]) -> pd.DataFrame:
    """Return the `pools` table.

    Parameters
    ----------
    users : sequence of UserSite
    shared : dict of pool to units
        As `whole_units` returns it.
    """
    rows = [
        (site, hardware, units, 1.0, MAX_UTILIZATION, unit_price(hardware, tier), "shared")
        for (tier, site, hardware), units in shared.items()
    ]
    for user in users:
        application = user.user_class.application
        own = [(user.user_class.device, user.user_class.speed)]
        own += [(CAMERA[application], 1.0)] if application in CAMERA else []
        rows += [(user.name, hw, 1, speed, 1.0, unit_price(hw, "device"), "query") for hw, speed in own]
    columns = ["site", "hardware", "units", "speed", "max_utilization", "price_per_unit_hour", "scope"]
    frame = pd.DataFrame(rows, columns=columns)
    memory = {hardware: unit_memory_gb(hardware) for hardware in frame["hardware"].unique()}
    return frame.assign(
        pool=frame["site"] + "-" + frame["hardware"],
        memory_gb=frame["hardware"].map(memory),
        origin="catalogue: hardware and prices; units and speed: this family",
    )


def line_rate_mbps(needed_mbps: float) -> float:
    """Return the smallest line that carries a traffic at `MAX_UTILIZATION`."""
    rate = needed_mbps / MAX_UTILIZATION
    largest = LINE_RATES_MBPS[-1]
    return float(next((line for line in LINE_RATES_MBPS if line >= rate), largest * ceil(rate / largest)))


def link_frame(users: Sequence[UserSite], edges: int, backhaul_mbps: float) -> pd.DataFrame:
    """Return the `links` table.

    A user has its own up and down links to its nearest edge site and to the next one, and a down
    link from the cloud. What an edge site sends to the cloud shares that site's backhaul. Results
    are small, so ways back are each user's own and never contended.

    Parameters
    ----------
    users : sequence of UserSite
    edges : int
    backhaul_mbps : float
        Bandwidth of each backhaul.
    """
    to_cloud, next_edge = network("edge-cloud", "delay_ms"), network("neighbour-edge", "delay_ms")
    backhaul = (backhaul_mbps, to_cloud, network("edge-cloud", "price_per_gb"), "shared", MAX_UTILIZATION)
    rows = [(edge_name(e), CLOUD, *backhaul) for e in range(edges)]
    for user in users:
        access = user.user_class.access
        delay, up, down = (network(access, q) for q in ("delay_ms", "uplink_mbps", "downlink_mbps"))
        near = [(user.home, delay)]
        near += [((user.home + 1) % edges, delay + next_edge)] if edges > 1 else []
        for edge, way in near:
            rows.append((user.name, edge_name(edge), up, way, 0.0, "query", 1.0))
            rows.append((edge_name(edge), user.name, down, way, 0.0, "query", 1.0))
        rows.append((CLOUD, user.name, down, delay + to_cloud, network("cloud-user", "price_per_gb"), "query", 1.0))
    columns = ["from_site", "to_site", "bandwidth_mbps", "delay_ms", "price_per_gb", "scope", "max_utilization"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        link=frame["from_site"] + "-to-" + frame["to_site"],
        delay_ms=frame["delay_ms"].round(3),
        origin=np.where(
            frame["scope"] == "query", "catalogue: networks", "catalogue: networks; bandwidth: this family"
        ),
    )
