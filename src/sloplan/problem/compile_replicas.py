"""Compiles the replicas of every deployment, and the share and memory rows that they fill."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Int, Names, Options, Rows, Sparse, Supplies
from sloplan.problem.decimals import common_power_of_ten, fractions_of, int64_array
from sloplan.problem.row_places import place_in

_EMPTY: Int = np.zeros(0, dtype=np.int64)
NO_SUPPLIES = Supplies(np.zeros(0, dtype=object), _EMPTY, Sparse(np.zeros(1, dtype=np.int64), _EMPTY, _EMPTY))


@dataclass(frozen=True)
class _Deployment:
    """One deployment with its exact figures; `index` is that of its supply and its row."""

    index: int
    share: Fraction
    need: Fraction


def compile_replicas(
    frames: Mapping[str, pd.DataFrame], names: Names, options: Options, option: Int, profile: Int, shared_pools: Int
) -> tuple[Supplies, Rows]:
    """Compile the replicas of every deployment.

    Parameters
    ----------
    frames : mapping of str to DataFrame
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
    """
    memory = fractions_of(frames["pools"]["memory_gb"].to_numpy())
    utilization = fractions_of(frames["pools"]["max_utilization"].to_numpy())
    units = frames["pools"]["units"].tolist()
    maximum = [0] * len(option)
    brought: list[list[tuple[int, int]]] = [[] for _ in option]
    share_capacity, memory_capacity = [], []
    members = _deployments_of_pools(frames["profiles"], options.pool[option], profile)
    for place, pool in enumerate(shared_pools.tolist()):
        deployments = members.get(pool, [])
        share_row, memory_row = len(option) + place, len(option) + len(shared_pools) + place
        share_scale = common_power_of_ten(one.share for one in deployments)
        memory_scale = common_power_of_ten([memory[pool], *(one.need for one in deployments)])
        share_capacity.append(units[pool] * share_scale)
        memory_capacity.append(int(units[pool] * memory[pool] * memory_scale))
        for one in deployments:
            most = units[pool] / one.share
            if one.need:
                most = min(most, units[pool] * memory[pool] / one.need)
            maximum[one.index] = math.floor(most)
            entries = [
                (one.index, math.floor(10**9 * one.share * utilization[pool])),
                (share_row, -int(one.share * share_scale)),
                (memory_row, -int(one.need * memory_scale)),
            ]
            brought[one.index] = [(row, amount) for row, amount in entries if amount]

    def place_of_pool(i: int) -> str:
        pool = int(shared_pools[i % len(shared_pools)])
        return place_in("pools", frames["pools"], "units", "memory_gb")(pool) + " with the shares and memories on it"

    def place_of_deployment(i: int) -> str:
        return place_in("profiles", frames["profiles"], "share", "memory_gb")(int(profile[i]))

    parts = [
        listed[index[option]].tolist()
        for listed, index in (
            (names.pools, options.pool),
            (names.operators, options.operator),
            (names.configurations, options.configuration),
            (names.allocations, options.allocation),
        )
    ]
    supplies = Supplies(
        name=np.array(["/".join(part) for part in zip(*parts, strict=True)], dtype=object),
        maximum=int64_array(maximum, place_of_deployment),
        brought=_sparse(brought, place_of_deployment),
    )
    row_names = [f"{kind}:{names.pools[pool]}" for kind in ("share", "memory") for pool in shared_pools]
    capacity = int64_array(share_capacity + memory_capacity, place_of_pool)
    return supplies, Rows(np.array(row_names, dtype=object), capacity)


def _deployments_of_pools(profiles: pd.DataFrame, pool: Int, profile: Int) -> dict[int, list[_Deployment]]:
    share = fractions_of(profiles["share"].to_numpy())
    need = fractions_of(profiles["memory_gb"].to_numpy())
    members: dict[int, list[_Deployment]] = {}
    for index, (at, row) in enumerate(zip(pool.tolist(), profile.tolist(), strict=True)):
        members.setdefault(at, []).append(_Deployment(index, share[row], need[row]))
    return members


def _sparse(rows: list[list[tuple[int, int]]], place_of_row: Callable[[int], str]) -> Sparse:
    row_of_entry = [i for i, entries in enumerate(rows) for _ in entries]
    start = np.concatenate([[0], np.cumsum([len(entries) for entries in rows], dtype=np.int64)])
    column = np.array([at for entries in rows for at, _ in entries], dtype=np.int64)
    amounts = int64_array(
        (amount for entries in rows for _, amount in entries), lambda i: place_of_row(row_of_entry[i])
    )
    return Sparse(start.astype(np.int64), column, amounts)
