"""How much stands where: shared capacities that meet a stated load.

1. Every application gets the units that the least time of its queries asks for, split over its machines by
   the shares of `applications` and over hubs and centres by what is asked for near them; each site of the outermost
   level (cloud, or centres) has every machine at least once.
2. All queries that have a plan are served, each by what others use least next to these first capacities
   (`pricing.balanced`): capacities become what that mixture of plans uses, as where machines were bought for what is
   asked; what nobody uses is not built.
3. The smallest factor on them at which a mixture serves everybody is at most 1, for this mixture does. From below it
   is bounded by the fullest row that those who use it cannot avoid, often 1 too, and by row prices: to serve everybody
   at the cheapest plans costs at least so much, and all capacities together are worth so much. If the bounds do not
   meet, up to `ROWS_FOR_LP` rows the LP itself is solved; beyond, it would take longer than all else. There the upper
   end, at which the balanced mixture serves everybody, stands for the factor (where the LP was solved all the same, it
   was near that end), and the lower end says how far off it may be. Capacities are multiplied by the factor over the
   stated load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.instances.families.asking import Asking
from sloplan.instances.families.parameters import FamilyParameters
from sloplan.instances.families.places import CLOUD, MAX_UTILIZATION, Hubs, Pool, machines
from sloplan.pricing.balanced import Balanced, balance, cheapest_use
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import unavoidable
from sloplan.problem.compiled import Int, Queries

Float = npt.NDArray[np.float64]

ROWS_FOR_LP: Final = 100
"""Most shared rows for which the LP of the load is solved."""

TOLERANCE: Final = 1e-7
"""Relative distance of the LP's value and bound: engines agree on the factor to more digits than `FACTOR_DIGITS`."""

FACTOR_DIGITS: Final = 4
"""Decimals of the factor: what an engine or a machine does to later ones does not reach the instance."""

LOAD_DIGITS: Final = 6
"""Decimals of the factors by which the load is stated, for the same reason."""

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


def first_pools(parameters: FamilyParameters, hubs: Hubs, demand: dict[str, Float]) -> dict[Pool, float]:
    """Return the shared pools with their first capacities.

    Parameters
    ----------
    parameters : FamilyParameters
    hubs : Hubs
    demand : dict of application to (hubs + 1,) float64
        Unit-seconds per second that its queries need at least, by home hub; last, those of users who reach no hub.

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
        near = seconds[:-1] if seconds[:-1].any() else np.ones(hubs.count)
        weight = {"hubs": near, "centres": hubs.by_centre(near), "cloud": np.ones(1)}
        kinds = {level: machines(application, "cloud" if level == "cloud" else layout.hub_tier) for level in parts}
        asked = apportioned(
            max(1, round(float(seconds.sum()) / MAX_UTILIZATION)),
            np.array([part * share for level, part in parts.items() for share in kinds[level].values()]),
        )
        first = 0
        for level, shares in kinds.items():
            counts = asked[first : first + len(shares)]
            first += len(shares)
            placed = spread(counts, weight[level])
            if level == outermost:
                # Of the outermost level everybody can make use, whatever else stands near them.
                placed = np.maximum(placed, 1)
            for place, kind in np.argwhere(placed).tolist():
                pool = sites[level][place], list(shares)[kind]
                units[pool] = units.get(pool, 0) + int(placed[place, kind])
    return {pool: count * MAX_UTILIZATION for pool, count in sorted(units.items())}


def apportioned(total: int, weight: Float) -> Int:
    """Split whole units by weights, shape (n,), the largest remainders rounded up, the first of equals first."""
    ideal = total * weight / weight.sum()
    whole = ideal.astype(np.int64)
    by_remainder = np.argsort(whole - ideal, kind="stable")
    whole[by_remainder[: total - int(whole.sum())]] += 1
    return whole


def spread(counts: Int, weight: Float) -> Int:
    """Split the units of several kinds of machine over places by weight, kinds mixed at every place.

    Parameters
    ----------
    counts : (kinds,) int64
    weight : (places,) float64

    Returns
    -------
    (places, kinds) int64
    """
    place = np.repeat(np.arange(len(weight)), apportioned(int(counts.sum()), weight))
    # Each kind comes at even distances, so that neighbouring places have different ones.
    distance = np.concatenate([(np.arange(count) + 0.5) / count for count in counts.tolist()])
    kind = np.repeat(np.arange(len(counts)), counts)[np.argsort(distance, kind="stable")]
    placed = np.zeros((len(weight), len(counts)), dtype=np.int64)
    np.add.at(placed, (place, kind), 1)
    return placed


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
    if not use.any():  # all are served by machines of their own: the first capacities stand, with nothing to load them
        return Capacities(pools, lines, least_load=0.0, most_load=0.0)
    least, most = _factor(plans, queries, balanced)
    factor = round(most, FACTOR_DIGITS)
    held = use * factor / load
    seconds = dict(zip(pools, (held[: len(pools)] / 1e9).tolist(), strict=True))
    return Capacities(
        pools={pool: used for pool, used in seconds.items() if used > 0},
        lines=dict(zip(lines, (held[len(pools) :] / MILLI_BYTES_PER_MBPS).tolist(), strict=True)),
        least_load=load * least / factor,
        most_load=load * most / factor,
    )


def _factor(plans: PlanArrays, queries: Queries, balanced: Balanced) -> tuple[float, float]:
    """Return between which figures the smallest factor on a balanced use lies that serves everybody."""
    use, prices = balanced.use, balanced.prices
    certain = unavoidable(queries, plans.start, plans.needs, plans.usage, len(use))
    fullest = float(np.divide(certain, use, out=np.zeros(len(use)), where=use > 0).max())
    cheapest = cheapest_use(plans, queries, prices)
    least, most = max(fullest, float(prices @ cheapest) / float(prices @ use)), 1.0
    if round(least, LOAD_DIGITS) < 1 and np.count_nonzero(use) <= ROWS_FOR_LP:
        from sloplan.pricing.relaxation import smallest_factor  # SciPy's optimisers: not on every `load`

        relaxed = smallest_factor(plans, queries, use, first_prices=prices, tolerance=TOLERANCE)
        least, most = relaxed.bound, relaxed.value
    return round(least, LOAD_DIGITS), round(most, LOAD_DIGITS)


def demand_by_application(asking: Asking, drawn: Int, hub: Int, parameters: FamilyParameters) -> dict[str, Float]:
    """Return the unit-seconds per second that each application's queries need at least, by hub.

    Parameters
    ----------
    asking : Asking
    drawn : (queries,) int64
        Query class of each query.
    hub : (queries,) int64
        Home hub of its user; the number of hubs where the user reaches none.
    parameters : FamilyParameters

    Returns
    -------
    dict of application to (hubs + 1,) float64
    """
    need = asking.queries.rate_milli * np.maximum(asking.least_us, 0) * (parameters.copies / 1e9)
    application = asking.frame["application"].to_numpy()
    demand = {}
    for name in dict.fromkeys(application):
        weight = np.where(application == name, need, 0.0)[drawn]
        demand[name] = np.bincount(hub, weights=weight, minlength=parameters.hubs + 1).astype(np.float64)
    return demand
