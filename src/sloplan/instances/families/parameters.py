"""The parameters of a family, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.layouts import LAYOUTS, Layout, default_sites, hub_count
from sloplan.problem.errors import InputError

MOST_QUERIES: Final = 10_000_000
MOST_COPIES: Final = 1_000_000
MOST_SITES: Final = 100_000
LEAST_LOAD: Final = 0.01
MOST_LOAD: Final = 100.0
TIGHTNESS: Final = ("loose", "tight")
HOSTINGS: Final = ("fluid", "replicas")


@dataclass(frozen=True)
class FamilyParameters:
    """What a spec states.

    Parameters
    ----------
    family : str
        One of `LAYOUTS`.
    queries : int
        Rows of the table of queries.
    copies : int
        Identical copies that each query stands for.
    sites : int
        Number of user sites; 0: by the root of `queries`.
    load : float
        Smallest factor on all shared capacities at which everybody who has a plan can be served, plans mixed.
    slo : {"loose", "tight"}
        Tightness of the SLOs.
    slo_latency, slo_accuracy, slo_cost : {"", "loose", "tight"}
        Tightness of one dimension; "": as `slo`.
    hosting : {"fluid", "replicas"}
    seed : int
    applications : tuple of str
    """

    family: str
    queries: int = 60
    copies: int = 1
    sites: int = 0
    load: float = 1.2
    slo: str = "tight"
    slo_latency: str = ""
    slo_accuracy: str = ""
    slo_cost: str = ""
    hosting: str = "fluid"
    seed: int = 0
    applications: tuple[str, ...] = tuple(SETTINGS)

    def __post_init__(self) -> None:
        self._require("family", ", ".join(LAYOUTS), self.family in LAYOUTS)
        known = f"some of {', '.join(SETTINGS)}, each once"
        self._require("applications", known, len(self.applications) == len(set(self.applications)) > 0)
        self._require("applications", known, set(self.applications) <= set(SETTINGS))
        self._require("queries", f"1 to {MOST_QUERIES}", 1 <= self.queries <= MOST_QUERIES)
        self._require("copies", f"1 to {MOST_COPIES}", 1 <= self.copies <= MOST_COPIES)
        fewest = len(self.applications)
        sites = f"{fewest} (one per application) to {MOST_SITES}"
        self._require("sites", sites, self.sites == 0 or fewest <= self.sites <= MOST_SITES)
        self._require("load", f"{LEAST_LOAD:g} to {MOST_LOAD:g}", LEAST_LOAD <= self.load <= MOST_LOAD)
        self._require("slo", " or ".join(TIGHTNESS), self.slo in TIGHTNESS)
        for dimension in ("slo_latency", "slo_accuracy", "slo_cost"):
            allowed = f"{' or '.join(TIGHTNESS)}, or left out: as slo"
            self._require(dimension, allowed, getattr(self, dimension) in ("", *TIGHTNESS))
        self._require("hosting", " or ".join(HOSTINGS), self.hosting in HOSTINGS)
        self._require("seed", "0 or more", self.seed >= 0)

    def _require(self, field: str, allowed: str, holds: bool) -> None:
        if not holds:
            value = getattr(self, field)
            raise InputError("bad parameter", field=field, value=value, allowed=allowed, advice="correct it")

    @property
    def layout(self) -> Layout:
        """The family's deployment space."""
        return LAYOUTS[self.family]

    @property
    def user_sites(self) -> int:
        """Number of user sites, the default worked out."""
        return self.sites or default_sites(self.layout, self.queries, len(self.applications))

    @property
    def hubs(self) -> int:
        """Number of hubs."""
        return hub_count(self.layout, self.queries, self.user_sites)

    def tightness(self, dimension: str) -> str:
        """Return the tightness of one dimension: latency, accuracy or cost."""
        return getattr(self, f"slo_{dimension}") or self.slo
