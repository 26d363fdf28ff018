"""The deployment spaces that the families stand for: which sites there are and how they are joined."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import Final


@dataclass(frozen=True)
class Layout:
    """A deployment space.

    Users stand at user sites; around them stand *hubs* (edge sites, or cloud zones where there is no edge).
    Behind the hubs there are *centres*, one for several hubs, or a cloud, or both. User sites, hubs and centres
    grow as the root of the queries.

    Parameters
    ----------
    summary : str
        One line for lists and documentation.
    hub_tier : {"edge", "cloud"}
    has_cloud : bool
        A cloud stands behind the hubs.
    user_sites : float
        User sites over the root of the queries.
    users_per_hub : float
    next_hub : bool
        Users have a way of their own to the next hub too.
    centres : bool
        Hubs hang below centres of their own tier, over lines that all their users share.
    owns_device : bool
        Users have machines of their own.
    thin : bool
        Every second user site of an application has no machine of its own and reaches the cloud only.
    speeds : tuple of float
        Speeds of the users' machines by user class, in turn; 1 = as profiled.
    bursts : bool
        Queries arrive in bursts and leave.
    """

    summary: str
    hub_tier: str = "edge"
    has_cloud: bool = True
    user_sites: float = 1.0
    users_per_hub: float = 6.0
    next_hub: bool = True
    centres: bool = False
    owns_device: bool = True
    thin: bool = False
    speeds: tuple[float, ...] = (1.0, 0.75)
    bursts: bool = False


LAYOUTS: Final[dict[str, Layout]] = {
    "cloud-only": Layout(
        "every operator in a cloud zone or in the centre that several zones share",
        hub_tier="cloud", has_cloud=False, next_hub=False, centres=True, owns_device=False,
    ),
    "edge-only": Layout(
        "users' devices, edge sites and the metropolitan centres behind them, no cloud",
        has_cloud=False, next_hub=False, centres=True,
    ),
    "edge-cloud": Layout("users' devices, edge sites, a cloud behind them"),
    "mixed": Layout(
        "of each application, users with a device and edge sites beside users who reach the cloud only", thin=True
    ),
    "heterogeneous": Layout(
        "edge-cloud with devices whose speeds differ by a factor of ten", speeds=(0.25, 0.5, 1.0, 2.5)
    ),
    "city": Layout(
        "many small edge sites, metropolitan centres behind them, a cloud behind those",
        user_sites=3.0, users_per_hub=1.5, next_hub=False, centres=True,
    ),
    "burst": Layout("edge-cloud with queries that arrive in bursts and leave", bursts=True),
}  # fmt: skip

LEAST_QUERIES_PER_HUB: Final = 6.0
HUBS_PER_CENTRE: Final = 8


def default_sites(layout: Layout, queries: int, applications: int) -> int:
    """Return the number of user sites where the spec states none: at least one per application."""
    return max(applications, int(layout.user_sites * isqrt(100 * queries) / 10))


def hub_count(layout: Layout, queries: int, sites: int) -> int:
    """Return the number of hubs: by the user sites, but no more than the queries can fill."""
    by_sites = -int(-sites // layout.users_per_hub)
    return max(1, min(by_sites, int(queries / LEAST_QUERIES_PER_HUB)))


def centre_count(layout: Layout, hubs: int) -> int:
    """Return the number of centres behind some hubs."""
    return -(-hubs // HUBS_PER_CENTRE) if layout.centres else 0
