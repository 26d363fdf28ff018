"""Lays out the coupling rows and, under `replicas`, the supplies that bring capacity to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import Int, Links, Names, Options, Pools, Rows, Sparse, Supplies
from sloplan.problem.compiling.replicas import NO_SUPPLIES, compile_replicas
from sloplan.problem.tables import Tables


@dataclass(frozen=True)
class RowLayout:
    """Coupling rows and which of them pools, links and options load.

    Parameters
    ----------
    rows : Rows
    supplies : Supplies
    pool_row, link_row : int64 arrays
        Busy row per pool, traffic row per link; -1 without one.
    pool_brought : Sparse
        Per pool: what one unit brings to each row.
    option_deployment : (options,) int64
        Supply (and row) of each option's deployment; -1 without one.
    """

    rows: Rows
    supplies: Supplies
    pool_row: Int
    link_row: Int
    pool_brought: Sparse
    option_deployment: Int


def compile_rows(
    tables: Tables,
    names: Names,
    options: Options,
    option_profile: Int,
    pools: Pools,
    links: Links,
    hosting: str,
) -> RowLayout:
    """Lay out the coupling rows of shared pools and links.

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array
    names : Names
    options : Options
    option_profile : (options,) int64
        Row of table `profiles` behind each option.
    pools : Pools
    links : Links
    hosting : {"fluid", "replicas"}

    Returns
    -------
    RowLayout
        Pools come first (`fluid`), or deployments, then shares, then memories (`replicas`);
        links come last.
    """
    shared_pools = np.flatnonzero(~pools.query_scope)
    shared_links = np.flatnonzero(~links.query_scope)
    pool_row = np.full(len(names.pools), -1, dtype=np.int64)
    option_deployment = np.full(len(options.operator), -1, dtype=np.int64)
    capacities: list[int]
    if hosting == "fluid":
        pool_row[shared_pools] = np.arange(len(shared_pools))
        row_names = [f"pool:{name}" for name in names.pools[shared_pools]]
        capacities = pools.capacity[shared_pools].tolist()
        start = np.concatenate([[0], np.cumsum(~pools.query_scope, dtype=np.int64)])
        pool_brought = Sparse(start, pool_row[shared_pools], pools.unit_capacity[shared_pools])
        supplies = NO_SUPPLIES
    else:
        option = np.flatnonzero(~pools.query_scope[options.pool])
        keys = (options.allocation, options.configuration, options.operator, options.pool)
        option = option[np.lexsort(tuple(key[option] for key in keys))]
        option_deployment[option] = np.arange(len(option))
        supplies, unit_rows, pool_brought = compile_replicas(
            tables, names, options, option, option_profile[option], shared_pools
        )
        row_names = [f"deployment:{name}" for name in supplies.name] + unit_rows.name.tolist()
        capacities = [0] * len(option) + unit_rows.capacity.tolist()
    link_row = np.full(len(names.links), -1, dtype=np.int64)
    link_row[shared_links] = len(row_names) + np.arange(len(shared_links))
    row_names += [f"link:{name}" for name in names.links[shared_links]]
    capacities += links.capacity[shared_links].tolist()
    rows = Rows(np.array(row_names, dtype=object), np.array(capacities, dtype=np.int64))
    return RowLayout(rows, supplies, pool_row, link_row, pool_brought, option_deployment)
