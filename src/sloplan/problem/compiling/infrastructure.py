"""Compiles pools, links and given routes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int, Links, Names, Pools, Sparse
from sloplan.problem.compiling.decimals import common_power_of_ten, fractions_of, int64_array
from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.compiling.rounding import rounded
from sloplan.problem.compiling.row_places import place_in
from sloplan.problem.tables import Columns, num_rows


def compile_pools(columns: Columns, names: Names) -> Pools:
    """Compile the pools; their rows are laid out later (-1 here, and nothing brought to any).

    Parameters
    ----------
    columns : mapping of column name to array
        Table `pools`.
    names : Names

    Returns
    -------
    Pools
    """
    units = columns["units"]
    unit_capacity = rounded(
        "floor",
        10**9,
        columns["max_utilization"],
        locate=place_in("pools", columns, "max_utilization"),
    )
    none = np.zeros(0, dtype=np.int64)
    return Pools(
        site=indices_of(names.sites, columns["site"]),
        units=units,
        max_units=columns["max_units"],
        capacity=rounded(
            "floor",
            1,
            units,
            unit_capacity,
            locate=place_in("pools", columns, "units", "max_utilization"),
        ),
        query_scope=(columns["scope"] == "query"),
        reserved=(columns["billing"] == "reserved"),
        row=np.full(num_rows(columns), -1, dtype=np.int64),
        unit_capacity=unit_capacity,
        unit_price_pico=rounded(
            "ceil",
            Fraction(10**12, 3600),
            columns["price_per_unit_hour"],
            locate=place_in("pools", columns, "price_per_unit_hour"),
        ),
        brought=Sparse(np.zeros(num_rows(columns) + 1, dtype=np.int64), none, none),
    )


def compile_links(columns: Columns, names: Names) -> Links:
    """Compile the links; their rows are laid out later (-1 here).

    Parameters
    ----------
    columns : mapping of column name to array
        Table `links`.
    names : Names

    Returns
    -------
    Links
    """
    bandwidth_num, bandwidth_den = _numerators_and_denominators(columns, "bandwidth_mbps")
    price_num, price_den = _numerators_and_denominators(columns, "price_per_gb")
    return Links(
        from_site=indices_of(names.sites, columns["from_site"]),
        to_site=indices_of(names.sites, columns["to_site"]),
        delay_us=rounded("ceil", 1000, columns["delay_ms"], locate=place_in("links", columns, "delay_ms")),
        capacity=rounded(
            "floor",
            125_000_000,
            columns["bandwidth_mbps"],
            columns["max_utilization"],
            locate=place_in("links", columns, "bandwidth_mbps", "max_utilization"),
        ),
        query_scope=(columns["scope"] == "query"),
        row=np.full(num_rows(columns), -1, dtype=np.int64),
        bandwidth_num=bandwidth_num,
        bandwidth_den=bandwidth_den,
        price_num=price_num,
        price_den=price_den,
    )


def _numerators_and_denominators(columns: Columns, field: str) -> tuple[Int, Int]:
    figures = columns[field]
    distinct, first, which = np.unique(figures, return_index=True, return_inverse=True)
    values, place = fractions_of(distinct), place_in("links", columns, field)
    numerators = int64_array((value.numerator for value in values), lambda i: place(int(first[i])))
    denominators = int64_array((value.denominator for value in values), lambda i: place(int(first[i])))
    return numerators[which], denominators[which]


def link_delay_ranks(columns: Columns) -> npt.NDArray[np.object_]:
    """Return every link's delay, scaled by one power of ten that makes all of them whole.

    Parameters
    ----------
    columns : mapping of column name to array
        Table `links`.

    Returns
    -------
    (links,) object
        Python ints: delays of 17 digits and different size need not fit into int64.
    """
    distinct, which = np.unique(columns["delay_ms"], return_inverse=True)
    delays = fractions_of(distinct)
    unit = common_power_of_ten(delays)
    ranks = np.empty(len(delays), dtype=object)
    ranks[:] = [int(delay * unit) for delay in delays]
    return ranks[which]


def given_routes(columns: Columns, names: Names) -> dict[tuple[int, int], tuple[int, ...]]:
    """Return the routes that the instance fixes.

    Parameters
    ----------
    columns : mapping of column name to array
        Table `routes`, sorted by sites and position.
    names : Names

    Returns
    -------
    dict
        (from site, to site) to link indices.
    """
    from_site = indices_of(names.sites, columns["from_site"]).tolist()
    to_site = indices_of(names.sites, columns["to_site"]).tolist()
    link = indices_of(names.links, columns["link"]).tolist()
    routes: dict[tuple[int, int], tuple[int, ...]] = {}
    for start, end, step in zip(from_site, to_site, link, strict=True):
        routes[start, end] = (*routes.get((start, end), ()), step)
    return routes
