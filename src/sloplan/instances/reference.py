"""The reference set: the instances on which methods are compared, fixed before any method was tuned on them.

Seven families x load x SLO tightness, seed 0, at four sizes, and very large instances of two families. Seed 1
of the same specs is for confirmation, never for tuning. Nothing is left out because of a result.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

from sloplan.instances.families.layouts import LAYOUTS
from sloplan.instances.families.parameters import TIGHTNESS

SIZES: Final[dict[str, int]] = {"xs": 6, "s": 60, "m": 1_000, "l": 10_000, "xl": 100_000, "xxl": 1_000_000}
"""Queries of each size."""

STORED_SIZES: Final = ("xs", "s")
"""Sizes that are stored with the package; the others are generated when they are asked for."""

GRID_SIZES: Final = ("xs", "s", "m", "l")
LOADS: Final = ("0.8", "1.2", "2")
LARGE_FAMILIES: Final = ("mixed", "city")

XS_APPLICATIONS: Final = "traffic-video+ar-pose"
"""Six queries of all six applications would not meet anywhere: these two share machines."""

COPIES: Final = 100
"""Of the instance whose counts stand for 10^8 queries."""


@dataclass(frozen=True)
class ReferenceInstance:
    """An instance of the reference set.

    Parameters
    ----------
    name : str
        family-size-load-slo.
    family, size, load, slo : str
    spec : str
    """

    name: str
    family: str
    size: str
    load: str
    slo: str
    spec: str

    @property
    def is_stored(self) -> bool:
        """Whether the instance is stored with the package."""
        return self.size in STORED_SIZES


def _instance(family: str, size: str, load: str, slo: str, *, copies: int = 1) -> ReferenceInstance:
    spec = f"{family}:queries={SIZES[size]},load={load},slo={slo},seed=0"
    spec += f",applications={XS_APPLICATIONS}" if size == "xs" else ""
    spec += f",copies={copies}" if copies > 1 else ""
    name = f"{family}-{size}-{load}-{slo}" + (f"-x{copies}" if copies > 1 else "")
    return ReferenceInstance(name, family, size, load, slo, spec)


REFERENCE: Final[tuple[ReferenceInstance, ...]] = (
    *(_instance(family, size, load, slo) for size, family, load, slo in product(GRID_SIZES, LAYOUTS, LOADS, TIGHTNESS)),
    *(_instance(family, size, "1.2", "tight") for size, family in product(("xl", "xxl"), LARGE_FAMILIES)),
    _instance("mixed", "xxl", "1.2", "tight", copies=COPIES),
)
