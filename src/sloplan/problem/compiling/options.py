"""Compiles options: every (configuration, pool, allocation) that an operator may take."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sloplan.problem.compiled import Bool, Int, Names, Options, Pools
from sloplan.problem.compiling.decimals import Locate, decimals_of
from sloplan.problem.compiling.lookup import configuration_index, indices_of
from sloplan.problem.compiling.rounding import rounded
from sloplan.problem.compiling.row_places import place_in
from sloplan.problem.spans import spans
from sloplan.problem.tables import Columns, Tables

_NANO_USD_PER_BUSY_PRICE = Fraction(10, 36)
"""1 us at 1 USD/h is 10^9 / (10^6 x 3600) = 1 / 3.6 nano-USD."""


def compile_options(tables: Tables, names: Names, pools: Pools) -> tuple[Options, Int]:
    """Compile the options; their deployments are laid out later (-1 here).

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array
    names : Names
    pools : Pools

    Returns
    -------
    options : Options
    profile : (options,) int64
        Position in table `profiles` of the row that each option comes from.
    """
    profiles, pool_columns = tables["profiles"], tables["pools"]
    profile, pool = _profiles_on_pools(profiles, pool_columns)
    operator = indices_of(names.operators, profiles["operator"])[profile]
    anywhere, at_source = _placements(tables, names)
    site = pools.site[pool]
    allowed, if_source = anywhere[operator, site], at_source[operator]
    kept = np.flatnonzero(allowed | if_source)
    configuration = _configuration_of_profiles(tables)[profile]
    allocation = indices_of(names.allocations, profiles["allocation"])[profile]
    # Configurations are numbered operator by operator.
    place_in_order = (configuration * len(names.pools) + pool) * len(names.allocations) + allocation
    kept = kept[np.argsort(place_in_order[kept], kind="stable")]  # quickest where most is in order
    profile, pool = profile[kept], pool[kept]

    def place(*fields: str) -> Locate:
        of_profile, of_pool = place_in("profiles", profiles, *fields), place_in("pools", pool_columns, "speed")
        return lambda i: f"{of_profile(int(profile[i]))}; {of_pool(int(pool[i]))}"

    # Digits are told per row of a table: there are far fewer rows than options.
    speed = decimals_of(pool_columns["speed"])[pool]
    busy_us = rounded(
        "ceil",
        1000,
        decimals_of(tables["configurations"]["calls"])[configuration[kept]],
        decimals_of(profiles["busy_ms"])[profile],
        decimals_of(profiles["share"])[profile],
        over=speed,
        locate=place("busy_ms"),
    )
    cost_nano = rounded(
        "ceil",
        _NANO_USD_PER_BUSY_PRICE,
        busy_us,
        decimals_of(pool_columns["price_per_unit_hour"])[pool],
        locate=place("busy_ms"),
    )
    latency_us = rounded(
        "ceil", 1000, decimals_of(profiles["latency_ms"])[profile], over=speed, locate=place("latency_ms")
    )
    min_rate_milli = rounded(
        "nearest", 1000, decimals_of(np.nan_to_num(profiles["min_rate_rps"]))[profile], locate=place("min_rate_rps")
    )
    options = Options(
        operator=operator[kept],
        configuration=configuration[kept],
        pool=pool,
        allocation=allocation[kept],
        site=site[kept],
        latency_us=latency_us,
        busy_us=busy_us,
        cost_nano=cost_nano,
        billed_cost_nano=np.where(pools.reserved[pool], 0, cost_nano),
        min_rate_milli=min_rate_milli,
        deployment=np.full(len(kept), -1, dtype=np.int64),
        source_only=~allowed[kept],
        profile=profile,
    )
    return options, profile


def profile_item_us(tables: Tables) -> Int:
    """Return the time that one request takes on the hardware of each profile row, ceil(1000 calls latency_ms).

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array

    Returns
    -------
    (profiles,) int64
    """
    profiles = tables["profiles"]
    calls = decimals_of(tables["configurations"]["calls"])[_configuration_of_profiles(tables)]
    latency = decimals_of(profiles["latency_ms"])
    return rounded("ceil", 1000, calls, latency, locate=place_in("profiles", profiles, "latency_ms"))


def _profiles_on_pools(profiles: Columns, pools: Columns) -> tuple[Int, Int]:
    """Positions (profile row, pool row) of every pair of one hardware that fits into a unit's memory."""
    hardware = np.array(list(dict.fromkeys(pools["hardware"].tolist())), dtype=object)
    of_pool, of_profile = indices_of(hardware, pools["hardware"]), indices_of(hardware, profiles["hardware"])
    by_hardware = np.argsort(of_pool, kind="stable")
    first, end = (np.searchsorted(of_pool[by_hardware], of_profile, side) for side in ("left", "right"))
    profile = np.repeat(np.arange(len(of_profile)), end - first)
    pool = by_hardware[spans(first, end - first)]
    # Shortest decimals are ordered as their floats are, so comparing floats is exact.
    fits = profiles["memory_gb"][profile] <= pools["memory_gb"][pool]
    return profile[fits], pool[fits]


def _configuration_of_profiles(tables: Tables) -> Int:
    index = configuration_index(tables["configurations"])
    profiles = tables["profiles"]
    rows = zip(profiles["operator"].tolist(), profiles["configuration"].tolist(), strict=True)
    return np.array([index[row] for row in rows], dtype=np.int64)


def _placements(tables: Tables, names: Names) -> tuple[Bool, Bool]:
    """Where operators may stand whoever asks, (operators, sites), and which may stand at the source."""
    rules, tiers = tables["placement"], tables["sites"]["tier"]
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
