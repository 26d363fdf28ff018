"""Compiles pools, links and given routes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.problem.compiled import Int, Links, Names, Pools, Sparse
from sloplan.problem.compiling.decimals import common_power_of_ten, exact, fractions_of, int64_array
from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.compiling.row_places import place_in


def compile_pools(frame: pd.DataFrame, names: Names) -> Pools:
    """Compile the pools; their rows are laid out later (-1 here, and nothing brought to any).

    Parameters
    ----------
    frame : DataFrame
        Table `pools`.
    names : Names

    Returns
    -------
    Pools
    """
    units = frame["units"].to_numpy(dtype=np.int64)
    unit_capacity = exact(
        lambda utilization: math.floor(10**9 * utilization),
        frame["max_utilization"].to_numpy(),
        locate=place_in("pools", frame, "max_utilization"),
    )
    none = np.zeros(0, dtype=np.int64)
    return Pools(
        site=indices_of(names.sites, frame["site"]),
        units=units,
        max_units=frame["max_units"].to_numpy(dtype=np.int64),
        capacity=exact(
            lambda units, of_unit: int(units * of_unit),
            units,
            unit_capacity,
            locate=place_in("pools", frame, "units", "max_utilization"),
        ),
        query_scope=(frame["scope"] == "query").to_numpy(dtype=np.bool_),
        reserved=(frame["billing"] == "reserved").to_numpy(dtype=np.bool_),
        row=np.full(len(frame), -1, dtype=np.int64),
        unit_capacity=unit_capacity,
        unit_price_pico=exact(
            lambda price: math.ceil(price * 10**12 / 3600),
            frame["price_per_unit_hour"].to_numpy(),
            locate=place_in("pools", frame, "price_per_unit_hour"),
        ),
        brought=Sparse(np.zeros(len(frame) + 1, dtype=np.int64), none, none),
    )


def compile_links(frame: pd.DataFrame, names: Names) -> Links:
    """Compile the links; their rows are laid out later (-1 here).

    Parameters
    ----------
    frame : DataFrame
        Table `links`.
    names : Names

    Returns
    -------
    Links
    """
    bandwidth = frame["bandwidth_mbps"].to_numpy()
    bandwidth_num, bandwidth_den = _numerators_and_denominators(frame, "bandwidth_mbps")
    price_num, price_den = _numerators_and_denominators(frame, "price_per_gb")
    return Links(
        from_site=indices_of(names.sites, frame["from_site"]),
        to_site=indices_of(names.sites, frame["to_site"]),
        delay_us=exact(
            lambda delay: math.ceil(1000 * delay),
            frame["delay_ms"].to_numpy(),
            locate=place_in("links", frame, "delay_ms"),
        ),
        capacity=exact(
            lambda bandwidth, utilization: math.floor(125_000_000 * bandwidth * utilization),
            bandwidth,
            frame["max_utilization"].to_numpy(),
            locate=place_in("links", frame, "bandwidth_mbps", "max_utilization"),
        ),
        query_scope=(frame["scope"] == "query").to_numpy(dtype=np.bool_),
        row=np.full(len(frame), -1, dtype=np.int64),
        bandwidth_num=bandwidth_num,
        bandwidth_den=bandwidth_den,
        price_num=price_num,
        price_den=price_den,
    )


def _numerators_and_denominators(frame: pd.DataFrame, field: str) -> tuple[Int, Int]:
    values = fractions_of(frame[field].to_numpy())
    place = place_in("links", frame, field)
    return (
        int64_array((value.numerator for value in values), place),
        int64_array((value.denominator for value in values), place),
    )


def link_delay_ranks(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return every link's delay, scaled by one power of ten that makes all of them whole.

    Parameters
    ----------
    frame : DataFrame
        Table `links`.

    Returns
    -------
    (links,) object
        Python ints: delays of 17 digits and different size need not fit into int64.
    """
    delays = fractions_of(frame["delay_ms"].to_numpy())
    unit = common_power_of_ten(delays)
    ranks = np.empty(len(delays), dtype=object)
    ranks[:] = [int(delay * unit) for delay in delays]
    return ranks


def given_routes(frame: pd.DataFrame, names: Names) -> dict[tuple[int, int], tuple[int, ...]]:
    """Return the routes that the instance fixes.

    Parameters
    ----------
    frame : DataFrame
        Table `routes`, sorted by sites and position.
    names : Names

    Returns
    -------
    dict
        (from site, to site) to link indices.
    """
    from_site = indices_of(names.sites, frame["from_site"]).tolist()
    to_site = indices_of(names.sites, frame["to_site"]).tolist()
    link = indices_of(names.links, frame["link"]).tolist()
    routes: dict[tuple[int, int], tuple[int, ...]] = {}
    for start, end, step in zip(from_site, to_site, link, strict=True):
        routes[start, end] = (*routes.get((start, end), ()), step)
    return routes
