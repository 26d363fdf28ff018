"""How much headroom a plan needs, so that its promises hold when requests queue.

A plan is made for a stricter instance, of which pools and links may be used less and latencies are longer, and
simulated on the instance itself. Whatever is valid there is valid here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from sloplan.progress import live_line
from sloplan.runtime.simulation import simulate
from sloplan.solving import solve

_DIGITS: Final = 9

UTILIZATIONS: Final = (1.0, 0.8, 0.6, 0.4)
LATENCIES: Final = (1.0, 1.25, 1.5, 2.0)


def with_headroom(instance: Instance, utilization: float, latency: float) -> Instance:
    """Return a stricter instance: the same names, less of every pool and link, longer latencies of operators.

    Parameters
    ----------
    instance : Instance
    utilization : float
        Factor on `max_utilization` of pools and links, above 0 and at most 1.
    latency : float
        Factor on `latency_ms` of profiles, at least 1: as if they were stated at a higher percentile.

    Raises
    ------
    InputError
        If a factor is out of its range.
    """
    if not 0 < utilization <= 1:
        raise InputError("unusable factor", field="utilization", value=utilization, allowed="above 0 and at most 1")
    if not latency >= 1:
        raise InputError("unusable factor", field="latency", value=latency, allowed="at least 1")
    pools, links, profiles = (instance.table(table) for table in ("pools", "links", "profiles"))
    return instance.replace(
        name=f"{instance.name}, headroom {utilization:g} x utilization, {latency:g} x latency",
        pools=pools.assign(max_utilization=(pools["max_utilization"] * utilization).round(_DIGITS)),
        links=links.assign(max_utilization=(links["max_utilization"] * utilization).round(_DIGITS)),
        profiles=profiles.assign(latency_ms=(profiles["latency_ms"] * latency).round(_DIGITS)),
    )


def headroom(
    instance: Instance,
    method: str = "auto",
    *,
    utilizations: Sequence[float] = UTILIZATIONS,
    latencies: Sequence[float] = LATENCIES,
    time_limit: float = 10.0,
    seed: int = 0,
    display: bool = True,
    **settings: Any,
) -> pd.DataFrame:
    """Plan with more and more headroom, and simulate each plan on the instance itself.

    Parameters
    ----------
    instance : Instance
    method : str
        That plans, for goodput.
    utilizations, latencies : sequence of float
        Factors, see `with_headroom`; every pair is tried.
    time_limit : float
        Seconds of each solve.
    seed : int
        Of solves and simulations.
    display : bool
        Show a line of progress on stderr, if that is a terminal.
    **settings
        Of `simulate`.

    Returns
    -------
    DataFrame
        A row per pair: `utilization`, `latency`, `goodput_planned`, `attainment` (of all requests), `goodput` (each
        copy counts as far as its requests ended in time), `kept_95` and `kept_99` (value of copies with as many
        percent of their requests in time); NaN where the method found nothing.

    Raises
    ------
    InputError
        If a factor is out of its range, or a setting unusable.
    """
    rows: list[dict[str, float]] = []
    pairs = list(product(utilizations, latencies))
    with live_line(display) as show:
        for utilization, latency in pairs:
            show(headroom_line(rows, len(pairs), utilization, latency))
            stricter = with_headroom(instance, utilization, latency)
            found = solve(stricter, method, time_limit=time_limit, seed=seed, display=False).solution
            row = {"utilization": utilization, "latency": latency}
            if isinstance(found, Solution):
                here = replace(found, instance_sha256=instance.sha256, bound=None, certificate=None)
                simulation = simulate(instance, here, seed=seed, **settings)
                row |= {
                    "goodput_planned": simulation.goodput_milli / 1000,
                    "attainment": np.nan if simulation.attainment is None else simulation.attainment,
                    "goodput": simulation.goodput,
                    "kept_95": simulation.kept(0.95),
                    "kept_99": simulation.kept(0.99),
                }
            rows.append(row)
    columns = ["utilization", "latency", "goodput_planned", "attainment", "goodput", "kept_95", "kept_99"]
    return pd.DataFrame(rows, columns=columns)


def headroom_line(rows: list[dict[str, float]], pairs: int, utilization: float, latency: float) -> str:
    """Return the progress line: which pair is tried, and what was kept most until now; "-" where nothing was.

    Examples
    --------
    >>> headroom_line([{"kept_95": 12.5}], 16, 0.8, 1.25)
    '2 of 16: utilization x 0.8, latency x 1.25  most kept with 95% in time 12.5'
    """
    kept = [row["kept_95"] for row in rows if "kept_95" in row]
    most = f"{max(kept):,.6g}" if kept else "-"
    return (
        f"{len(rows) + 1} of {pairs}: utilization x {utilization:g}, latency x {latency:g}  "
        f"most kept with 95% in time {most}"
    )


def best_headroom(instance: Instance, tried: pd.DataFrame, attainment: int) -> Instance:
    """Return the stricter instance whose plan kept most: what to plan on instead of the instance.

    Parameters
    ----------
    instance : Instance
    tried : DataFrame
        From `headroom`.
    attainment : {95, 99}
        Percent of the requests in time that a copy needs to count.

    Raises
    ------
    InputError
        If no plan was found with any headroom, or another percentage is asked for.
    """
    if attainment not in (95, 99):
        raise InputError("not looked at", field="attainment", value=attainment, allowed="95, 99")
    kept = tried[f"kept_{attainment}"]
    if not kept.notna().any():
        raise InputError("no plan was found with any headroom", field="headroom", advice="allow more time")
    best = tried.to_dict("records")[int(kept.argmax())]
    return with_headroom(instance, best["utilization"], best["latency"])
