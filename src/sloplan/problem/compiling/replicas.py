"""Compiles the replicas of every deployment, and the share and memory rows that they fill."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from sloplan.problem.compiled import Int, Names, Options, Rows, Sparse, Supplies, Text
from sloplan.problem.compiling.decimals import common_power_of_ten, fractions_of, int64_array
from sloplan.problem.compiling.row_places import place_in
from sloplan.problem.tables import Columns, Tables

_EMPTY: Int = np.zeros(0, dtype=np.int64)
NO_SUPPLIES = Supplies(np.zeros(0, dtype=object), _EMPTY, Sparse(np.zeros(1, dtype=np.int64), _EMPTY, _EMPTY))

_FEWER_DIGITS = "state shares and memories with fewer digits, or fewer units"


@dataclass(frozen=True)
class _Deployment:
    """One deployment with its exact figures; `index` is that of its supply and its row."""

    index: int
    profile: int
    share: Fraction
    memory_gb: Fraction


def compile_replicas(
    tables: Tables, names: Names, options: Options, option: Int, profile: Int, shared_pools: Int
) -> tuple[Supplies, Rows, Sparse]:
    """Compile the replicas of every deployment.

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array
    names : Names
    options : Options
    option, profile : (deployments,) int64
        Option of each deployment, sorted by (pool, operator, configuration, allocation), and its
        row of table `profiles`.
    shared_pools : (n,) int64

    Returns
    -------
    supplies : Supplies
        Deployment i brings its capacity to row i.
    rows : Rows
        The share rows of the shared pools, then their memory rows; they follow the deployments.
    pool_brought : Sparse
        Per pool: what one unit brings to its share and memory rows.
    """
    memory = fractions_of(tables["pools"]["memory_gb"])
    utilization = fractions_of(tables["pools"]["max_utilization"])
    units = tables["pools"]["units"].tolist()
    maximum = [0] * len(option)
    brought: list[list[tuple[int, int]]] = [[] for _ in option]
    of_unit: list[list[tuple[int, int]]] = [[] for _ in names.pools]
    share_capacity, memory_capacity = [], []
    members = _deployments_of_pools(tables["profiles"], options.pool[option], profile)
    for place, pool in enumerate(shared_pools.tolist()):
        deployments = members.get(pool, [])
        share_row, memory_row = len(option) + place, len(option) + len(shared_pools) + place
        share_scale = common_power_of_ten(one.share for one in deployments)
        memory_scale = common_power_of_ten([memory[pool], *(one.memory_gb for one in deployments)])
        unit_memory = int(memory[pool] * memory_scale)
        share_capacity.append(units[pool] * share_scale)
        memory_capacity.append(units[pool] * unit_memory)
        of_unit[pool] = [
            (row, amount) for row, amount in ((share_row, share_scale), (memory_row, unit_memory)) if amount
        ]
        for one in deployments:
            maximum[one.index] = _most_replicas(units[pool], memory[pool], one)
            entries = [
                (one.index, math.floor(10**9 * one.share * utilization[pool])),
                (share_row, -int(one.share * share_scale)),
                (memory_row, -int(one.memory_gb * memory_scale)),
            ]
            brought[one.index] = [(row, amount) for row, amount in entries if amount]

    def place_of_capacity(i: int) -> str:
        pool = int(shared_pools[i % len(shared_pools)])
        field = "share" if i < len(shared_pools) else "memory_gb"
        return _place_of_finest(tables, pool, members.get(pool, []), field)

    def place_of_pool(pool: int) -> str:
        return place_in("pools", tables["pools"], "memory_gb")(pool)

    def place_of_deployment(i: int) -> str:
        return place_in("profiles", tables["profiles"], "share", "memory_gb")(int(profile[i]))

    # The capacities are checked first: they tell best which figure has too many digits.
    rows = Rows(
        name=np.array(
            [f"{kind}:{names.pools[pool]}" for kind in ("share", "memory") for pool in shared_pools], dtype=object
        ),
        capacity=int64_array(share_capacity + memory_capacity, place_of_capacity, _FEWER_DIGITS),
    )
    supplies = Supplies(
        name=_deployment_names(names, options, option),
        maximum=int64_array(maximum, place_of_deployment, _FEWER_DIGITS),
        brought=_sparse(brought, place_of_deployment),
    )
    return supplies, rows, _sparse(of_unit, place_of_pool)


def _deployments_of_pools(profiles: Columns, pool: Int, profile: Int) -> dict[int, list[_Deployment]]:
    share = fractions_of(profiles["share"])
    memory_gb = fractions_of(profiles["memory_gb"])
    members: dict[int, list[_Deployment]] = {}
    for index, (at, row) in enumerate(zip(pool.tolist(), profile.tolist(), strict=True)):
        members.setdefault(at, []).append(_Deployment(index, row, share[row], memory_gb[row]))
    return members


def _most_replicas(units: int, memory_gb: Fraction, deployment: _Deployment) -> int:
    by_share = units / deployment.share
    if not deployment.memory_gb:
        return math.floor(by_share)
    return math.floor(min(by_share, units * memory_gb / deployment.memory_gb))


def _place_of_finest(tables: Tables, pool: int, on_pool: list[_Deployment], field: str) -> str:
    """Name a pool and the profile on it whose figure has the most digits."""
    place = place_in("pools", tables["pools"], "units", "memory_gb")(pool)
    if not on_pool:
        return place
    finest = max(on_pool, key=lambda one: (one.share if field == "share" else one.memory_gb).denominator)
    return f"{place}; {place_in('profiles', tables['profiles'], field)(finest.profile)}"


def _deployment_names(names: Names, options: Options, option: Int) -> Text:
    """Name deployments as pool/operator/configuration/allocation."""
    parts = zip(
        names.pools[options.pool[option]],
        names.operators[options.operator[option]],
        names.configurations[options.configuration[option]],
        names.allocations[options.allocation[option]],
        strict=True,
    )
    return np.array(["/".join(part) for part in parts], dtype=object)


def _sparse(rows: list[list[tuple[int, int]]], place_of_row: Callable[[int], str]) -> Sparse:
    row_of_entry = [i for i, entries in enumerate(rows) for _ in entries]
    start = np.concatenate([[0], np.cumsum([len(entries) for entries in rows], dtype=np.int64)])
    column = np.array([at for entries in rows for at, _ in entries], dtype=np.int64)
    amounts = int64_array(
        (amount for entries in rows for _, amount in entries), lambda i: place_of_row(row_of_entry[i]), _FEWER_DIGITS
    )
    return Sparse(start.astype(np.int64), column, amounts)
