"""Sites, shared pools and links of a family's instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.instances.catalogue import network, unit_memory_gb, unit_price
from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.layouts import Layout, centre_count

CLOUD: Final = "cloud"

MAX_UTILIZATION: Final = 0.8
"""Of a shared pool about this much is used, a tenth of a unit more or less: what is left keeps queues short."""

RENTED_AT_MOST: Final = 3
"""Units of a shared pool that may be rented under the cost objective, over the units that stand there."""

LEAST_PART: Final = 1e-6
"""Of a line or a pool that hardly anybody needs, this may be used."""

LINE_RATES_MBPS: Final = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 40_000, 100_000)
"""What a shared line may be; beyond the last one, several of it."""

MBPS_PER_COPY: Final = 20.0
"""Line between hubs, or to the cloud, over the query copies of a hub: room for what they send at their largest."""

Pool = tuple[str, str]
"""Site and hardware of a shared pool."""


@dataclass(frozen=True)
class UserClass:
    """What stands at a user site and how it is connected.

    Parameters
    ----------
    application : str
    device : str
        Hardware of the user's own machine.
    access : str
        Network of the catalogue: cellular, wifi or wired.
    speed : float
        Of the machine, 1 = as profiled.
    thin : bool
        The user has no such machine and reaches the cloud only.
    """

    application: str
    device: str
    access: str
    speed: float
    thin: bool = False


@dataclass(frozen=True)
class UserSite:
    """A user site: its name, its class and the number of its home hub."""

    name: str
    user_class: UserClass
    home: int


@dataclass(frozen=True)
class Hubs:
    """The shared sites of an instance.

    Parameters
    ----------
    layout : Layout
    count : int
        Number of hubs.
    line_mbps : float
        Rate of the shared lines.
    """

    layout: Layout
    count: int
    line_mbps: float

    @property
    def names(self) -> list[str]:
        """Names of the hubs."""
        letter = "e" if self.layout.hub_tier == "edge" else "z"
        return _numbered(letter, self.count)

    @property
    def centres(self) -> list[str]:
        """Names of the centres."""
        return _numbered("c", centre_count(self.layout, self.count))

    def centre_of(self, hub: int) -> str:
        """Return the centre that a hub hangs below."""
        return self.centres[hub * len(self.centres) // self.count]

    def by_centre(self, amount: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return amounts by hub, shape (hubs,), summed by centre, shape (centres,)."""
        centre = np.arange(self.count) * len(self.centres) // self.count
        return np.bincount(centre, weights=amount, minlength=len(self.centres)).astype(np.float64)

    def reached(self, home: int) -> list[int]:
        """Return the hubs to which users at a home hub have ways of their own, the home hub first."""
        return list(dict.fromkeys([home, (home + self.layout.next_hub) % self.count]))


def _numbered(letter: str, count: int) -> list[str]:
    width = max(3, len(str(count)))
    return [f"{letter}{number:0{width}d}" for number in range(count)]


def line_rate_mbps(needed_mbps: float) -> float:
    """Return the smallest line of a usual rate that carries a traffic."""
    largest = LINE_RATES_MBPS[-1]
    several = largest * ceil(needed_mbps / largest)
    return float(next((line for line in LINE_RATES_MBPS if line >= needed_mbps), several))


def site_frame(users: Sequence[UserSite], hubs: Hubs) -> pd.DataFrame:
    """Return the `sites` table."""
    rows = [(CLOUD, "cloud")] if hubs.layout.has_cloud else []
    rows += [(name, hubs.layout.hub_tier) for name in (*hubs.centres, *hubs.names)]
    rows += [(user.name, "device") for user in users]
    return pd.DataFrame(rows, columns=["site", "tier"])


def machines(application: str, tier: str) -> dict[str, float]:
    """Return the machines that serve an application at a tier, with their parts of the capacity."""
    setting = SETTINGS[application]
    return setting.edge if tier == "edge" else setting.cloud


def pool_frame(users: Sequence[UserSite], hubs: Hubs, capacity: dict[Pool, float]) -> pd.DataFrame:
    """Return the `pools` table.

    Parameters
    ----------
    users : sequence of UserSite
    hubs : Hubs
    capacity : dict of pool to float
        Unit-seconds per second of every shared pool. Units are whole, at least one; what a unit may be
        used for then meets the capacity to five digits.
    """
    tier = hubs.layout.hub_tier
    shared = []
    for (site, hardware), seconds in capacity.items():
        units = max(1, ceil(seconds / MAX_UTILIZATION - 0.1))
        used = _short(seconds / units)
        price = unit_price(hardware, CLOUD if site == CLOUD else tier)
        shared.append((site, hardware, units, 1.0, used, price, "reserved", units * RENTED_AT_MOST, "shared"))
    own = [
        (user.name, hardware, 1, speed, 1.0, unit_price(hardware, "device"), "usage", 1, "query")
        for user in users
        for hardware, speed in _own_machines(user.user_class, hubs.layout)
    ]
    columns = ["site", "hardware", "units", "speed", "max_utilization", "price_per_unit_hour", "billing"]
    frame = pd.DataFrame(shared + own, columns=[*columns, "max_units", "scope"])
    memory = {hardware: unit_memory_gb(hardware) for hardware in frame["hardware"].unique()}
    return frame.assign(
        pool=frame["site"] + "-" + frame["hardware"],
        memory_gb=frame["hardware"].map(memory),
        origin="catalogue: hardware and prices; units, utilization and speed: this family",
    )


def _short(part: float) -> float:
    """Return a decimal of five digits, not 0: nothing hangs on a machine's last digit."""
    return max(float(f"{part:.5g}"), LEAST_PART)


def _own_machines(user_class: UserClass, layout: Layout) -> list[tuple[str, float]]:
    own = [(hardware, 1.0) for hardware in SETTINGS[user_class.application].own]
    return own + ([(user_class.device, user_class.speed)] if layout.owns_device and not user_class.thin else [])


def shared_links(hubs: Hubs) -> list[tuple[str, str]]:
    """Return the (from, to) of every shared line: from hubs to their centres, from these or the hubs to the cloud."""
    pairs = [(name, hubs.centre_of(number)) for number, name in enumerate(hubs.names) if hubs.centres]
    return pairs + [(name, CLOUD) for name in (hubs.centres or hubs.names) if hubs.layout.has_cloud]


def link_frame(users: Sequence[UserSite], hubs: Hubs, carried: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Return the `links` table.

    A user has ways of its own to its home hub and, where the layout says so, to the next one, and ways back
    from all that it reaches. Results are small, so ways back are never contended.

    Parameters
    ----------
    users : sequence of UserSite
    hubs : Hubs
    carried : dict of (from site, to site) to float
        Capacity of every shared line, Mbit/s, at most its rate: its `max_utilization` meets it to five digits.
    """
    layout, names = hubs.layout, hubs.names
    to_cloud, next_hub = network("edge-cloud", "delay_ms"), network("neighbour-edge", "delay_ms")
    # Zones are in the cloud already: to reach them costs what reaching a cloud does.
    before, to_centre = (0.0, next_hub) if layout.hub_tier == "edge" else (to_cloud, network("cloud-cloud", "delay_ms"))
    inland = 0.0 if layout.hub_tier == "edge" else network("cloud-cloud", "price_per_gb")
    outward = 0.0 if layout.hub_tier == "edge" else network("cloud-user", "price_per_gb")
    rows = []
    for (start, end), mbps in carried.items():
        delay, price = (to_cloud, network("edge-cloud", "price_per_gb")) if end == CLOUD else (to_centre, inland)
        used = _short(mbps / hubs.line_mbps)
        rows.append((start, end, hubs.line_mbps, delay, price, "shared", used))
    behind = to_centre if layout.centres else 0.0
    for user in users:
        access = user.user_class.access
        delay, up, down = (network(access, quantity) for quantity in ("delay_ms", "uplink_mbps", "downlink_mbps"))
        reached = [] if user.user_class.thin else hubs.reached(user.home)
        for place, number in enumerate(reached):
            way = delay + before + (next_hub if place else 0.0)
            rows.append((user.name, names[number], up, way, 0.0, "query", 1.0))
            rows.append((names[number], user.name, down, way, outward, "query", 1.0))
        if layout.centres and reached:
            centre = hubs.centre_of(user.home)
            rows.append((centre, user.name, down, delay + before + to_centre, outward, "query", 1.0))
        if user.user_class.thin:
            rows.append((user.name, CLOUD, up, delay + to_cloud, 0.0, "query", 1.0))
        if layout.has_cloud:
            price = network("cloud-user", "price_per_gb")
            rows.append((CLOUD, user.name, down, delay + behind + to_cloud, price, "query", 1.0))
    columns = ["from_site", "to_site", "bandwidth_mbps", "delay_ms", "price_per_gb", "scope", "max_utilization"]
    frame = pd.DataFrame(rows, columns=columns)
    shared = "catalogue: networks; bandwidth and utilization: this family"
    return frame.assign(
        link=frame["from_site"] + "-to-" + frame["to_site"],
        delay_ms=frame["delay_ms"].round(3),
        origin=np.where(frame["scope"] == "query", "catalogue: networks", shared),
    )
