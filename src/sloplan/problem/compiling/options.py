"""Compiles options: every (configuration, pool, allocation) that an operator may take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Bool, Int, Names, Options, Pools
from sloplan.problem.compiling.decimals import Locate, exact
from sloplan.problem.compiling.lookup import configuration_index, indices_of
from sloplan.problem.compiling.row_places import place_in

_NANO_USD_PER_BUSY_PRICE = Fraction(10, 36)
"""1 us at 1 USD/h is 10^9 / (10^6 x 3600) = 1 / 3.6 nano-USD."""


def compile_options(frames: Mapping[str, pd.DataFrame], names: Names, pools: Pools) -> tuple[Options, Int]:
    """Compile the options; their deployments are laid out later (-1 here).

    Parameters
    ----------
    frames : mapping of str to DataFrame
    names : Names
    pools : Pools

    Returns
    -------
    options : Options
    profile : (options,) int64
        Position in table `profiles` of the row that each option comes from.
    """
    profiles, pool_frame = frames["profiles"], frames["pools"]
    profile, pool = _profiles_on_pools(profiles, pool_frame)
    operator = indices_of(names.operators, profiles["operator"])[profile]
    anywhere, at_source = _placements(frames, names)
    site = pools.site[pool]
    allowed, if_source = anywhere[operator, site], at_source[operator]
    kept = np.flatnonzero(allowed | if_source)
    configuration = _configuration_of_profiles(frames)[profile]
    allocation = indices_of(names.allocations, profiles["allocation"])[profile]
    kept = kept[np.lexsort((allocation[kept], pool[kept], configuration[kept], operator[kept]))]
    profile, pool = profile[kept], pool[kept]

    def place(*fields: str) -> Locate:
        of_profile, of_pool = place_in("profiles", profiles, *fields), place_in("pools", pool_frame, "speed")
        return lambda i: f"{of_profile(int(profile[i]))}; {of_pool(int(pool[i]))}"

    speed = pool_frame["speed"].to_numpy()[pool]
    busy_us = exact(
        lambda calls, busy, share, speed: math.ceil(1000 * calls * busy * share / speed),
        frames["configurations"]["calls"].to_numpy()[configuration[kept]],
        profiles["busy_ms"].to_numpy()[profile],
        profiles["share"].to_numpy()[profile],
        speed,
        locate=place("busy_ms"),
    )
    cost_nano = exact(
        lambda busy, price: math.ceil(busy * price * _NANO_USD_PER_BUSY_PRICE),
        busy_us,
        pool_frame["price_per_unit_hour"].to_numpy()[pool],
        locate=place("busy_ms"),
    )
    options = Options(
        operator=operator[kept],
        configuration=configuration[kept],
        pool=pool,
        allocation=allocation[kept],
        site=site[kept],
        latency_us=exact(
            lambda latency, speed: math.ceil(1000 * latency / speed),
            profiles["latency_ms"].to_numpy()[profile],
            speed,
            locate=place("latency_ms"),
        ),
        busy_us=busy_us,
        cost_nano=cost_nano,
        billed_cost_nano=np.where(pools.reserved[pool], 0, cost_nano),
        min_rate_milli=exact(
            lambda rate: math.floor(1000 * rate + Fraction(1, 2)),
            profiles["min_rate_rps"].fillna(0.0).to_numpy()[profile],
            locate=place("min_rate_rps"),
        ),
        deployment=np.full(len(kept), -1, dtype=np.int64),
        source_only=~allowed[kept],
    )
    return options, profile


def _profiles_on_pools(profiles: pd.DataFrame, pools: pd.DataFrame) -> tuple[Int, Int]:
    """Positions (profile row, pool row) of every pair of one hardware that fits into a unit's memory."""
    pairs = pd.merge(
        pd.DataFrame({"hardware": profiles["hardware"], "profile": np.arange(len(profiles), dtype=np.int64)}),
        pd.DataFrame({"hardware": pools["hardware"], "pool": np.arange(len(pools), dtype=np.int64)}),
        on="hardware",
    )
    profile, pool = pairs["profile"].to_numpy(), pairs["pool"].to_numpy()
    # Shortest decimals are ordered as their floats are, so comparing floats is exact.
    fits = profiles["memory_gb"].to_numpy()[profile] <= pools["memory_gb"].to_numpy()[pool]
    return profile[fits], pool[fits]


def _configuration_of_profiles(frames: Mapping[str, pd.DataFrame]) -> Int:
    index = configuration_index(frames["configurations"])
    rows = zip(frames["profiles"]["operator"], frames["profiles"]["configuration"], strict=True)
    return np.array([index[row] for row in rows], dtype=np.int64)


def _placements(frames: Mapping[str, pd.DataFrame], names: Names) -> tuple[Bool, Bool]:
    """Where operators may stand whoever asks, (operators, sites), and which may stand at the source."""
    rules, tiers = frames["placement"], frames["sites"]["tier"].to_numpy()
    anywhere = np.ones((len(names.operators), len(names.sites)), dtype=np.bool_)
    at_source = np.zeros(len(names.operators), dtype=np.bool_)
    operators = indices_of(names.operators, rules["operator"])
    anywhere[operators] = False
    for operator, allowed, value in zip(operators.tolist(), rules["allowed"], rules["value"], strict=True):
        if allowed == "source":
            at_source[operator] = True
        else:
            anywhere[operator] |= (tiers if allowed == "tier" else names.sites) == value
    return anywhere, at_source
