"""Sites, pools and links of the edge-cloud family.

What is a choice of this family, not a published figure, stands here in one place: which machines
stand where and how an application's capacity is split over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
        ("edge", "jellybean-cpu-3"): 0.25,
        ("edge", "jellybean-cpu-5"): 0.35,
        ("cloud", "jellybean-cpu-6"): 0.15,
        ("cloud", "jellybean-gpu-1"): 0.25,
    },
    "traffic-video": {
        ("edge", "xeon-gold-5117"): 0.3,
        ("edge", "t4"): 0.3,
        ("cloud", "t4"): 0.1,
        ("cloud", "v100"): 0.15,
        ("cloud", "a100"): 0.15,
    },
    "ar-pose": {
        ("edge", "core-i7-11700"): 0.3,
        ("edge", "gtx-1660-ti"): 0.3,
        ("edge", "t4"): 0.15,
        ("cloud", "t4"): 0.1,
        ("cloud", "a100"): 0.15,
    },
}
"""How the capacity for an application is split over (tier, hardware); the edge's part over its sites."""

CAMERA: Final[dict[str, str]] = {"traffic-video": "camera"}
"""A second machine of the user's own, where the application needs one."""

MOST_UTILIZATION: Final = 0.9
BACKHAUL_LINE_MBPS: Final = 1000.0


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


def shared_pools(applications: Sequence[str], edges: int) -> list[tuple[str, str, str]]:
    """Return (tier, site, hardware) of every shared pool that an application uses."""
    kinds = dict.fromkeys(kind for application in applications for kind in SHARES[application])
    places = {"edge": [edge_name(e) for e in range(edges)], "cloud": [CLOUD]}
    return [(tier, site, hardware) for tier, hardware in kinds for site in places[tier]]


def pool_frame(
    users: Sequence[UserSite], applications: Sequence[str], edges: int, capacity: dict[str, float] | None
) -> pd.DataFrame:
    """Return the `pools` table.

    Parameters
    ----------
    users : sequence of UserSite
    applications : sequence of str
    edges : int
    capacity : dict of application to unit-seconds per second, optional
        How much capacity is there for each application; without it, one unit in each pool.
    """
    rows = []
    for tier, site, hardware in shared_pools(applications, edges):
        units, utilization = 1, MOST_UTILIZATION
        if capacity is not None:
            share = sum(capacity[a] * SHARES[a].get((tier, hardware), 0.0) for a in applications)
            units, utilization = sized(share / (edges if tier == "edge" else 1))
        rows.append((site, hardware, units, 1.0, utilization, unit_price(hardware, tier), "shared"))
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


def sized(capacity: float) -> tuple[int, float]:
    """Return the units and the utilisation that bring a capacity, given in units.

    The utilisation carries what is left of whole units, at most `MOST_UTILIZATION` and on a grid
    of 1/1000, so that small instances meet the asked load too.
    """
    units = max(1, -int(-capacity // MOST_UTILIZATION))
    return units, min(MOST_UTILIZATION, max(0.001, round(capacity / units, 3)))


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
        What a backhaul carries: lines of `BACKHAUL_LINE_MBPS`, the utilisation holding the rest.
    """
    to_cloud, next_edge = network("edge-cloud", "delay_ms"), network("neighbour-edge", "delay_ms")
    lines, utilization = sized(backhaul_mbps / BACKHAUL_LINE_MBPS)
    backhaul = (lines * BACKHAUL_LINE_MBPS, to_cloud, network("edge-cloud", "price_per_gb"), "shared", utilization)
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
