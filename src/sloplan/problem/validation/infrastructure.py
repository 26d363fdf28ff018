"""Rules of pools, links and given routes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.errors import InputError
from sloplan.problem.tables import Columns, Tables, num_rows
from sloplan.problem.validation.columns import first_true


def check_infrastructure(tables: Tables) -> None:
    """Check billing of query-scope pools, the ends of links, and given routes.

    Raises
    ------
    InputError
        Names the first breach.
    """
    pools, links = tables["pools"], tables["links"]
    row = first_true((pools["scope"] == "query") & (pools["billing"] == "reserved"))
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
    row = first_true(links["from_site"] == links["to_site"])
    if row is not None:
        raise InputError(
            "link from a site to itself",
            file="links.csv",
            row=row + 1,
            field="to_site",
            value=links["to_site"][row],
            allowed="another site than from_site",
            advice="drop the row: a site reaches itself free",
        )
    _check_routes(tables["routes"], links)


def _check_routes(routes: Columns, links: Columns) -> None:
    """Check that each route's links, by position, lead step by step from its first to its last site."""
    if not num_rows(routes):
        return
    row = first_true(routes["from_site"] == routes["to_site"])
    if row is not None:
        raise _route_error(
            "route from a site to itself", row, "to_site", routes, "another site", "drop it: that way is free"
        )
    rows = list(zip(*(routes[name].tolist() for name in ("from_site", "to_site", "position")), strict=True))
    order = np.array(sorted(range(len(rows)), key=rows.__getitem__), dtype=np.int64)
    from_site, to_site, position, link = (routes[name][order] for name in ("from_site", "to_site", "position", "link"))
    same = np.append(False, (from_site[1:] == from_site[:-1]) & (to_site[1:] == to_site[:-1]))
    last = np.append(~same[1:], True)
    expected = np.where(same, np.roll(position, 1) + 1, 1)
    used = indices_of(links["link"], link)
    starts, ends = links["from_site"][used], links["to_site"][used]
    here = np.where(same, np.roll(ends, 1), from_site)
    again = pd.DataFrame({"from": from_site, "to": to_site, "link": link}).duplicated().to_numpy()
    faults = (
        (position != expected, "position", "gap or repeat in the route's positions", "1, 2, 3 ... in each route"),
        (starts != here, "link", "link that does not start where the route stands", "a link that goes on from there"),
        (last & (ends != to_site), "link", "route that ends elsewhere", "a link into to_site"),
        (again, "link", "link passed twice", "each link once in a route"),
    )
    for bad, field, problem, allowed in faults:
        if (place := first_true(bad)) is not None:
            raise _route_error(problem, int(order[place]), field, routes, allowed, "correct the route")


def _route_error(problem: str, row: int, field: str, routes: Columns, allowed: str, advice: str) -> InputError:
    value = routes[field][row]
    start, end = routes["from_site"][row], routes["to_site"][row]
    return InputError(
        f"{problem} (route from {start} to {end})",
        file="routes.csv",
        row=row + 1,
        field=field,
        value=value.item() if isinstance(value, np.generic) else value,
        allowed=allowed,
        advice=advice,
    )
