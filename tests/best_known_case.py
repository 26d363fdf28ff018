"""Solutions, bounds and certificates of `one_pool`, whose optimum is 6 of 7 value/s."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from tests.one_pool import serving

WEAK: dict[str, Any] = {"objective": "goodput", "denominator": 1, "nodes": [{"prices": {}}]}
"""Proves 7,000: everything is served."""

STRONG: dict[str, Any] = {
    "objective": "goodput",
    "denominator": 2**30,
    "nodes": [{"prices": {"pool:gpus": round(2.5e-6 * 2**30)}}],
}
"""Proves 6,000: at this price the unit is worth 2,500, and queries keep 0, 1,000 and 3,000."""


def optimal(instance: Instance, *, bound: int | None = None, certificate: dict[str, Any] | None = None) -> Solution:
    """Return the solution of value 6,000."""
    return replace(serving(instance, "q1", "q2"), bound=bound, certificate=certificate)


def worse(instance: Instance, *, bound: int | None = None, certificate: dict[str, Any] | None = None) -> Solution:
    """Return a solution of value 4,000."""
    return replace(serving(instance, "q2"), bound=bound, certificate=certificate)
