"""Rules of pools, links and given routes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.errors import InputError
from sloplan.problem.validation.columns import first_true


def check_infrastructure(frames: Mapping[str, pd.DataFrame]) -> None:
    """Check billing of query-scope pools, the ends of links, and given routes.

    Raises
    ------
    InputError
        Names the first breach.
    """
    pools, links = frames["pools"], frames["links"]
    row = first_true(((pools["scope"] == "query") & (pools["billing"] == "reserved")).to_numpy())
    if row is not None:
        raise InputError(
            "a pool of scope 'query' is billed by usage",
            file="pools.csv",
            row=row + 1,
            field="billing",
            value="reserved",
            allowed="usage",
            advice="set billing to usage, or scope to shared",
        )
    row = first_true((links["from_site"] == links["to_site"]).to_numpy())
    if row is not None:
        raise InputError(
            "link from a site to itself",
            file="links.csv",
            row=row + 1,
            field="to_site",
            value=links["to_site"].iloc[row],
            allowed="another site than from_site",
            advice="drop the row: a site reaches itself free",
        )
    _check_routes(frames["routes"], links)


def _check_routes(routes: pd.DataFrame, links: pd.DataFrame) -> None:
    """Check that each route's links, by position, lead step by step from its first to its last site."""
    row = first_true((routes["from_site"] == routes["to_site"]).to_numpy())
    if row is not None:
        raise _route_error(
            "route from a site to itself", row, "to_site", routes, "another site", "drop it: that way is free"
        )
    ordered = routes.sort_values(["from_site", "to_site", "position"], kind="stable")
    position = ordered["position"].to_numpy()
    same = (ordered[["from_site", "to_site"]] == ordered[["from_site", "to_site"]].shift()).all(axis=1).to_numpy()
    last = np.append(~same[1:], True)[: len(same)]
    expected = np.where(same, np.roll(position, 1) + 1, 1)
    used = indices_of(links["link"].to_numpy(), ordered["link"])
    starts, ends = links["from_site"].to_numpy()[used], links["to_site"].to_numpy()[used]
    here = np.where(same, np.roll(ends, 1), ordered["from_site"].to_numpy())
    again = ordered.duplicated(["from_site", "to_site", "link"]).to_numpy()
    faults = (
        (position != expected, "position", "gap or repeat in the route's positions", "1, 2, 3 ... in each route"),
        (starts != here, "link", "link that does not start where the route stands", "a link that goes on from there"),
        (last & (ends != ordered["to_site"].to_numpy()), "link", "route that ends elsewhere", "a link into to_site"),
        (again, "link", "link passed twice", "each link once in a route"),
    )
    for bad, field, problem, allowed in faults:
        if (place := first_true(bad)) is not None:
            raise _route_error(problem, int(ordered.index[place]), field, routes, allowed, "correct the route")


def _route_error(problem: str, row: int, field: str, routes: pd.DataFrame, allowed: str, advice: str) -> InputError:
    value = routes[field].iloc[row]
    start, end = routes["from_site"].iloc[row], routes["to_site"].iloc[row]
    return InputError(
        f"{problem} (route from {start} to {end})",
        file="routes.csv",
        row=row + 1,
        field=field,
        value=value.item() if isinstance(value, np.generic) else value,
        allowed=allowed,
        advice=advice,
    )
