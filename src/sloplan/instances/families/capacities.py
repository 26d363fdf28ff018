"""How much stands where: shared capacities that meet a stated load.

1. Every application gets the units that the least time of its queries asks for, split over its machines by
   the shares of `applications`; the outermost level (cloud, or centres) has every machine at least once.
2. All queries that have a plan are served, each by what others use least next to these first capacities
   (`pricing.balanced`): capacities become what that mixture of plans uses, as where machines were bought for what is
   asked; what nobody uses is not built.
3. The smallest factor on them at which a mixture serves everybody is at most 1, for this mixture does. Below it is
   bounded by row prices: to serve everybody at the cheapest plans costs at least so much, and all capacities
   together are worth so much. Up to `ROWS_FOR_LP` rows the LP itself is solved; beyond, where it takes minutes, the
   middle of the bounds stands for it. Capacities are multiplied by the factor over the stated load.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.instances.families.asking import Asking
from sloplan.instances.families.parameters import FamilyParameters
from sloplan.instances.families.places import CLOUD, MAX_UTILIZATION, Hubs, Pool, machines
from sloplan.pricing.balanced import balance, cheapest_use
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.relaxation import smallest_factor
from sloplan.problem.compiled import Queries

Float = npt.NDArray[np.float64]

ROWS_FOR_LP: Final = 100
"""Most shared rows for which the LP of the load is solved."""

TOLERANCE: Final = 1e-7
"""Relative distance of the LP's value and bound: engines agree on the factor to more digits than `FACTOR_DIGITS`."""

FACTOR_DIGITS: Final = 4
"""Decimals of the factor: what an engine or a machine does to later ones does not reach the instance."""

ROUNDS: Final = 60
"""In which plans are balanced."""

LINE_PART: Final = 0.04
"""First capacity of a line over what its hub's query copies send at their largest."""

MILLI_BYTES_PER_MBPS: Final = 125_000_000.0
"""Traffic rows are in thousandths of a byte per second."""

LEVEL_PARTS: Final[dict[tuple[bool, bool], dict[str, float]]] = {
    (False, True): {"hubs": 0.6, "cloud": 0.4},
    (True, True): {"hubs": 0.45, "centres": 0.25, "cloud": 0.3},
    (True, False): {"hubs": 0.6, "centres": 0.4},
}
"""Parts of the first capacity by level, for layouts with (centres, a cloud)."""


def first_pools(parameters: FamilyParameters, hubs: Hubs, demand: dict[str, float]) -> dict[Pool, float]:
    """Return the shared pools with their first capacities.

    Parameters
    ----------
    parameters : FamilyParameters
    hubs : Hubs
    demand : dict of application to float
        Unit-seconds per second that its queries need at least.

    Returns
    -------
    dict of pool to float
        Unit-seconds per second.
    """
    layout = parameters.layout
    parts = LEVEL_PARTS[layout.centres, layout.has_cloud]
    sites = {"hubs": hubs.names, "centres": hubs.centres, "cloud": [CLOUD]}
    outermost = list(parts)[-1]
    units: dict[Pool, int] = {}
    for application, seconds in demand.items():
        shares = {
            (level, hardware): part * share
            for level, part in parts.items()
            for hardware, share in machines(application, "cloud" if level == "cloud" else layout.hub_tier).items()
        }
        asked = max(1, round(seconds / MAX_UTILIZATION))
        turn = 0
        for (level, hardware), count in _apportioned(asked, shares).items():
            places = sites[level]
            # Of the outermost level everybody can make use, whatever else stands near them.
            count = max(count, len(places)) if level == outermost else count
            for number in range(len(places)):
                site = places[(turn + number) % len(places)]
                own = count // len(places) + (number < count % len(places))
                if own:
                    units[site, hardware] = units.get((site, hardware), 0) + own
            turn += count
    return {pool: count * MAX_UTILIZATION for pool, count in sorted(units.items())}


def _apportioned(total: int, shares: dict[tuple[str, str], float]) -> dict[tuple[str, str], int]:
    """Split whole units by shares, the largest remainders rounded up."""
    whole = {kind: int(total * share) for kind, share in shares.items()}
    by_remainder = sorted(shares, key=lambda kind: whole[kind] - total * shares[kind])
    for kind in by_remainder[: total - sum(whole.values())]:
        whole[kind] += 1
    return whole


@dataclass(frozen=True)
class Capacities:
    """Shared capacities that meet a load.

    Parameters
    ----------
    pools : dict of pool to float
        Unit-seconds per second.
    lines : dict of (from site, to site) to float
        Mbit/s.
    least_load, most_load : float
        Between which the load lies.
    """

    pools: dict[Pool, float]
    lines: dict[tuple[str, str], float]
    least_load: float
    most_load: float


def meet_load(
    load: float,
    plans: PlanArrays,
    queries: Queries,
    pools: dict[Pool, float],
    lines: dict[tuple[str, str], float],
) -> Capacities:
    """Return capacities at which the load is the stated one.

    Parameters
    ----------
    load : float
    plans : PlanArrays
        Of every user site, on the rows of pools and lines in this order.
    queries : Queries
        By user site.
    pools, lines : dict
        First capacities.
    """
    held = np.concatenate([np.array(list(pools.values())) * 1e9, np.array(list(lines.values())) * MILLI_BYTES_PER_MBPS])
    balanced = balance(plans, queries, held, ROUNDS)
    use = balanced.use
    if np.count_nonzero(use) <= ROWS_FOR_LP:
        relaxed = smallest_factor(plans, queries, use, first_prices=balanced.prices, tolerance=TOLERANCE)
        least, most = relaxed.bound, relaxed.value
    else:
        cheapest = cheapest_use(plans, queries, balanced.prices)
        least, most = float(balanced.prices @ cheapest) / float(balanced.prices @ use), 1.0
    middle = round(sqrt(least * most), FACTOR_DIGITS)
    held = use * middle / load
    seconds = dict(zip(pools, (held[: len(pools)] / 1e9).tolist(), strict=True))
    return Capacities(
        pools={pool: used for pool, used in seconds.items() if used > 0},
        lines=dict(zip(lines, (held[len(pools) :] / MILLI_BYTES_PER_MBPS).tolist(), strict=True)),
        least_load=load * least / middle,
        most_load=load * most / middle,
    )


def demand_by_application(asking: Asking, copies: Float) -> dict[str, float]:
    """Return the unit-seconds per second that each application's queries need at least.

    Parameters
    ----------
    asking : Asking
    copies : (query classes,) float64
        Query copies of each class.
    """
    need = asking.queries.rate_milli * np.maximum(asking.least_us, 0) * copies / 1e9
    application = asking.frame["application"].to_numpy()
    return {name: float(need[application == name].sum()) for name in dict.fromkeys(application)}
