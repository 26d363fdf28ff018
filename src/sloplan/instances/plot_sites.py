"""Sites grouped by likeness, so that hundreds of them can be drawn as a few boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import pandas as pd

from sloplan.problem.instance import Instance

MAX_GROUPS: Final = 4
"""Most boxes of one tier."""

_USUAL_ORDER: Final = ("device", "edge", "cloud")


class Hardware(NamedTuple):
    """Machines of one kind in a group: units at each site that has them."""

    name: str
    units: tuple[int, ...]
    query_scope: bool


class Links(NamedTuple):
    """Links between a group and the sites of a tier further up (or its own), both directions; any may be empty."""

    tier: str
    up_mbps: tuple[float, ...]
    down_mbps: tuple[float, ...]
    delay_ms: tuple[float, ...]
    query_scope: bool


@dataclass(frozen=True)
class SiteGroup:
    """Sites of one tier that are drawn as one box.

    Parameters
    ----------
    tier : str
    sites : tuple of str
    hardware : tuple of Hardware
    links : tuple of Links
        To every tier further up, in the order of the tiers.
    copies : int
        Query copies whose source is one of the sites.
    """

    tier: str
    sites: tuple[str, ...]
    hardware: tuple[Hardware, ...]
    links: tuple[Links, ...]
    copies: int


def tiers(instance: Instance) -> list[str]:
    """Return the tiers, the users' first: device, edge, cloud; others after those by how many sites they have."""
    count = instance.table("sites")["tier"].value_counts()
    usual = [tier for tier in _USUAL_ORDER if tier in count]
    return usual + sorted(set(count.index) - set(usual), key=lambda tier: (-count[tier], tier))


def group_sites(instance: Instance) -> dict[str, list[SiteGroup]]:
    """Group the sites of each tier: alike in everything if that gives few groups, else by ever less.

    Returns
    -------
    dict of tier to list of SiteGroup
        At most `MAX_GROUPS` of each, large ones first.
    """
    order, sites = tiers(instance), instance.table("sites")
    parts = _Parts(instance, order)
    grouped = {}
    for tier in order:
        names = sites.loc[sites["tier"] == tier, "site"].tolist()
        grouped[tier] = [parts.group(tier, members) for members in _alike(names, parts.likenesses())]
    return grouped


def _alike(names: Sequence[str], likenesses: Sequence[Callable[[str], Hashable]]) -> list[list[str]]:
    for likeness in likenesses:
        groups: dict[Hashable, list[str]] = {}
        for name in names:
            groups.setdefault(likeness(name), []).append(name)
        if len(groups) <= MAX_GROUPS:
            break
    return sorted(groups.values(), key=lambda members: (-len(members), members))


class _Pool(NamedTuple):
    hardware: str
    units: int
    query_scope: bool


class _End(NamedTuple):
    """A link as told of at its lower end."""

    tier: str
    up: bool
    mbps: float
    query_scope: bool
    delay_ms: float


class _Parts:
    """Pools, links and queries of every site."""

    def __init__(self, instance: Instance, order: Sequence[str]) -> None:
        self._order = order
        self._pools: dict[str, list[_Pool]] = defaultdict(list)
        pools = instance.table("pools")
        for site, hardware, units, scope in _rows(pools, "site", "hardware", "units", "scope"):
            self._pools[site].append(_Pool(hardware, units, scope == "query"))
        self._ends: dict[str, list[_End]] = defaultdict(list)
        tier_of = dict(_rows(instance.table("sites"), "site", "tier"))
        links = instance.table("links")
        for start, end, mbps, delay, scope in _rows(
            links, "from_site", "to_site", "bandwidth_mbps", "delay_ms", "scope"
        ):
            # A link is told of at its lower end, within a tier at its start.
            up = order.index(tier_of[start]) <= order.index(tier_of[end])
            lower, upper = (start, end) if up else (end, start)
            self._ends[lower].append(_End(tier_of[upper], up, mbps, scope == "query", delay))
        self._copies: dict[str, int] = defaultdict(int)
        for site, count in instance.table("queries").groupby("source_site")["count"].sum().items():
            self._copies[str(site)] = int(count)

    def likenesses(self) -> list[Callable[[str], Hashable]]:
        """What makes two sites alike, from everything to nothing."""
        return [
            lambda site: (frozenset(self._pools[site]), self._link_key(site)),
            lambda site: (self._hardware_key(site), self._link_key(site)),
            self._hardware_key,
            self._link_key,
            lambda _: None,
        ]

    def _hardware_key(self, site: str) -> Hashable:
        return frozenset((pool.hardware, pool.query_scope) for pool in self._pools[site])

    def _link_key(self, site: str) -> Hashable:
        return frozenset(end[:-1] for end in self._ends[site])  # all but the delay, which differs by distance

    def group(self, tier: str, sites: list[str]) -> SiteGroup:
        """Sum up the sites of a group."""
        return SiteGroup(
            tier=tier,
            sites=tuple(sites),
            hardware=self._hardware(sites),
            links=self._group_links(sites),
            copies=sum(self._copies[site] for site in sites),
        )

    def _hardware(self, sites: list[str]) -> tuple[Hardware, ...]:
        units: dict[tuple[str, bool], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for site in sites:
            for pool in self._pools[site]:
                units[pool.hardware, pool.query_scope][site] += pool.units
        found = [Hardware(name, tuple(at.values()), own) for (name, own), at in units.items()]
        return tuple(sorted(found, key=lambda hardware: (-len(hardware.units), hardware.name)))

    def _group_links(self, sites: list[str]) -> tuple[Links, ...]:
        ends: dict[tuple[int, bool], list[_End]] = defaultdict(list)
        for site in sites:
            for end in self._ends[site]:
                ends[self._order.index(end.tier), end.query_scope].append(end)
        return tuple(
            Links(
                tier=self._order[rank],
                up_mbps=_distinct(end.mbps for end in part if end.up),
                down_mbps=_distinct(end.mbps for end in part if not end.up),
                delay_ms=_distinct(end.delay_ms for end in part),
                query_scope=own,
            )
            for (rank, own), part in sorted(ends.items())
        )


def _rows(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(frame[column].tolist() for column in columns), strict=True)


def _distinct(figures: Iterable[float]) -> tuple[float, ...]:
    return tuple(sorted(set(figures)))
