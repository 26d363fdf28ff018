"""What may be asked, and the plans that serve it: the query classes of a family and their menus of plans.

Queries are drawn from a fixed grid of classes: user class x rate x SLOs. All neighbourhoods of a family are
alike but for the machines that stand in them, so plans are found once for each user class, in a model
neighbourhood where every machine stands, and carried over to the sites of an instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np
import pandas as pd

from sloplan.instances.applications import application_frames
from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.parameters import FamilyParameters
from sloplan.instances.families.places import (
    CLOUD,
    Hubs,
    Pool,
    UserClass,
    UserSite,
    link_frame,
    machines,
    pool_frame,
    shared_links,
    site_frame,
)
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import cheapest
from sloplan.pricing.undominated import undominated
from sloplan.problem.compiled import Int, Queries
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import PLAN_LIMIT

QUERY_COLUMNS: Final = ("rate_rps", "slo_latency_ms", "slo_accuracy", "slo_cost_per_1k")

Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Asking:
    """All query classes of a family's user classes.

    Parameters
    ----------
    frame : DataFrame of n rows
        user_class (position), application, rate and SLOs.
    start : (user classes + 1,) int64
        Query classes of user class c are ``start[c]:start[c + 1]``.
    queries : Queries
        The same n classes compiled; their template is the user class.
    plans : PlanArrays
        Undominated plans of each user class, on the rows of the model neighbourhood.
    pool_row, line_row : dict
        Row of every shared pool and line of the model neighbourhood; its home hub is number 0.
    least_us : (n,) int64
        Least unit-time on shared pools that a plan takes, us per request; -1 where no plan serves the class.
    """

    frame: pd.DataFrame
    start: Int
    queries: Queries
    plans: PlanArrays
    pool_row: dict[Pool, int]
    line_row: dict[tuple[str, str], int]
    least_us: Int


def used_hardware(parameters: FamilyParameters, user_classes: Sequence[UserClass]) -> dict[str, set[str]]:
    """Return the hardware that may run each application, by application."""
    layout = parameters.layout
    tiers = [layout.hub_tier, *(["cloud"] if layout.has_cloud else [])]
    hardware = {name: {kind for tier in tiers for kind in machines(name, tier)} for name in parameters.applications}
    for name in parameters.applications:
        hardware[name] |= set(SETTINGS[name].own)
    for user_class in user_classes:
        if layout.owns_device and not user_class.thin:
            hardware[user_class.application].add(user_class.device)
    return hardware


def application_tables(parameters: FamilyParameters, user_classes: Sequence[UserClass]) -> Frames:
    """Return the tables of the applications, operators to accuracy, for the machines that the family uses."""
    hardware = used_hardware(parameters, user_classes)
    parts = [_frames(name, frozenset(hardware[name])) for name in parameters.applications]
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


@lru_cache(maxsize=64)
def _frames(application: str, hardware: frozenset[str]) -> Frames:
    """Return the tables of one application, which are not to be changed: instances of a family share them."""
    setting = SETTINGS[application]
    return application_frames(
        application, hardware=hardware, configurations=setting.configurations, frame_rates=setting.frame_rates
    )


def every_pool(parameters: FamilyParameters, hubs: Hubs) -> dict[Pool, float]:
    """Return every shared pool that the applications may have, with one unit-second per second each."""
    places = {hubs.layout.hub_tier: [*hubs.centres, *hubs.names]}
    if hubs.layout.has_cloud:
        places["cloud"] = [CLOUD]
    return {
        (site, kind): 1.0
        for tier, sites in places.items()
        for application in parameters.applications
        for kind in machines(application, tier)
        for site in sites
    }


def sink_site(parameters: FamilyParameters, application: str, source: str) -> str:
    """Return where results go: to the cloud, nowhere (an edge without a cloud), or back to the user."""
    if not SETTINGS[application].reports_to_cloud:
        return source
    return CLOUD if parameters.layout.has_cloud else ""


def class_frame(parameters: FamilyParameters, user_classes: Sequence[UserClass]) -> pd.DataFrame:
    """Return every query class of some user classes."""
    rows = [
        (position, user_class.application, *levels)
        for position, user_class in enumerate(user_classes)
        for levels in product(
            SETTINGS[user_class.application].rates_rps,
            SETTINGS[user_class.application].latency_ms[parameters.tightness("latency")],
            SETTINGS[user_class.application].accuracy[parameters.tightness("accuracy")],
            SETTINGS[user_class.application].cost_per_1k[parameters.tightness("cost")],
        )
    ]
    return pd.DataFrame(rows, columns=["user_class", "application", *QUERY_COLUMNS])


def ask(parameters: FamilyParameters, user_classes: Sequence[UserClass], tables: Frames, line_mbps: float) -> Asking:
    """Find the plans of every query class in the model neighbourhood.

    Parameters
    ----------
    parameters : FamilyParameters
    user_classes : sequence of UserClass
        In the order of their applications' names, as templates are.
    tables : dict of str to DataFrame
        Of the applications.
    line_mbps : float
        Rate of the shared lines.
    """
    hubs = Hubs(parameters.layout, min(1 + parameters.layout.next_hub, parameters.hubs), line_mbps)
    users = [UserSite(f"u{number:04d}", user_class, home=0) for number, user_class in enumerate(user_classes)]
    frame = class_frame(parameters, user_classes)
    names = np.array([user.name for user in users], dtype=object)
    sinks = np.array([sink_site(parameters, user.user_class.application, user.name) for user in users], dtype=object)
    queries = frame.drop(columns="user_class").assign(
        query=[f"q{number:06d}" for number in range(len(frame))],
        source_site=names[frame["user_class"]],
        sink_site=sinks[frame["user_class"]],
    )
    pools, lines = every_pool(parameters, hubs), shared_links(hubs)
    compiled = Instance.from_frames(
        tables
        | {
            "sites": site_frame(users, hubs),
            "pools": pool_frame(users, hubs, pools),
            "links": link_frame(users, hubs, dict.fromkeys(lines, 1.0)),
            "queries": queries,
        }
    ).compiled
    listed, _ = list_plans(compiled, PLAN_LIMIT, lambda _: False)
    plans = undominated(listed, compiled)
    number = {name: row for row, name in enumerate(compiled.rows.name)}
    pool_row = {pool: number[f"pool:{pool[0]}-{pool[1]}"] for pool in pools}
    line_row = {line: number[f"link:{line[0]}-to-{line[1]}"] for line in lines}
    time_price = np.zeros(len(compiled.rows))
    time_price[list(pool_row.values())] = 1.0
    time = plans.priced(time_price)
    quickest = cheapest(compiled.queries, plans.start, time, plans.needs)
    return Asking(
        frame=frame,
        start=np.searchsorted(frame["user_class"], np.arange(len(user_classes) + 1)),
        queries=compiled.queries,
        plans=plans,
        pool_row=pool_row,
        line_row=line_row,
        least_us=np.where(quickest >= 0, time[quickest], -1).astype(np.int64),
    )
