"""Instances of the families: the same parameters give the same bytes, on any machine."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.asking import Asking, Frames, application_tables, ask, sink_site
from sloplan.instances.families.bursts import bursts
from sloplan.instances.families.capacities import LINE_PART, Capacities, demand_by_application, first_pools, meet_load
from sloplan.instances.families.draws import MOST, Draws
from sloplan.instances.families.neighbourhoods import shared_rows, site_plans
from sloplan.instances.families.parameters import FamilyParameters
from sloplan.instances.families.places import (
    MBPS_PER_COPY,
    Hubs,
    UserClass,
    UserSite,
    line_rate_mbps,
    link_frame,
    pool_frame,
    shared_links,
    site_frame,
)
from sloplan.problem.compiled import Int, Queries
from sloplan.problem.instance import Instance

Float = npt.NDArray[np.float64]

OUT_OF_REACH_PERCENT: Final = 5
"""Queries in 100 drawn without asking whether any plan meets their SLOs."""

VALUES: Final = (5.0, 10.0, 20.0, 40.0)
STATED_VALUES_PERCENT: Final = 50
"""Queries in 100 that state a value; the others are worth their rate."""


def generate(parameters: FamilyParameters, name: str) -> Instance:
    """Return an instance of a family.

    Parameters
    ----------
    parameters : FamilyParameters
    name : str
        Name of the instance.

    Returns
    -------
    Instance
    """
    copies_per_hub = parameters.queries * parameters.copies / parameters.hubs
    needed_mbps = MBPS_PER_COPY * copies_per_hub
    while True:
        # How fast a line is decides which plans are in time, so it is known before what it must carry.
        hubs = Hubs(parameters.layout, parameters.hubs, line_rate_mbps(needed_mbps))
        frames, capacities = _built(parameters, hubs, first_line_mbps=LINE_PART * MBPS_PER_COPY * copies_per_hub)
        needed_mbps = max(capacities.lines.values())
        if needed_mbps <= hubs.line_mbps:
            break
    return Instance.from_frames(
        frames, name=name, hosting=parameters.hosting, description=_description(parameters, capacities)
    )


def _built(parameters: FamilyParameters, hubs: Hubs, first_line_mbps: float) -> tuple[Frames, Capacities]:
    """Return the tables at a rate of the shared lines, and the capacities, which may ask for more than that."""
    random = Draws(parameters.seed, parameters.family)
    user_classes = user_classes_of(parameters)
    tables = application_tables(parameters, user_classes)
    asking = ask(parameters, user_classes, tables, hubs.line_mbps)
    users, class_of_user = _users(parameters, user_classes, asking, random)
    user, drawn = _draws(parameters, class_of_user, asking, random)
    values = _values(parameters, random)
    extra = bursts(parameters.queries, random) if parameters.layout.bursts else {}

    hub = np.array([hubs.count if one.user_class.thin else one.home for one in users])
    pools = first_pools(parameters, hubs, demand_by_application(asking, drawn, hub[user], parameters))
    lines = dict.fromkeys(shared_links(hubs), first_line_mbps)
    plans = site_plans(asking, users, class_of_user, hubs, shared_rows(list(pools), list(lines)))
    capacities = meet_load(parameters.load, plans, _grouped(parameters, asking, user, drawn), pools, lines)
    frames = tables | {
        "sites": site_frame(users, hubs),
        "pools": pool_frame(users, hubs, capacities.pools),
        "links": link_frame(users, hubs, capacities.lines),
        "queries": _query_frame(parameters, users, asking, user, drawn).assign(value=values, **extra),
    }
    return frames, capacities


def _description(parameters: FamilyParameters, capacities: Capacities) -> str:
    least, most = capacities.least_load, capacities.most_load
    reached = f"{least:.4g}"
    if reached != f"{most:.4g}":
        ends = [_rounded(least, ROUND_FLOOR), _rounded(most, ROUND_CEILING)]
        reached = " to ".join(ends)
    return f"load {reached} of {parameters.load:g} asked"


def _rounded(load: float, rounding: str) -> str:
    """Return a load in four digits; a float's own noise moves it nowhere."""
    return f"{float(Context(prec=4, rounding=rounding).create_decimal(f'{load:.9f}')):g}"


def user_classes_of(parameters: FamilyParameters) -> list[UserClass]:
    """Return the classes that user sites may have, by application, thin ones beside the others."""
    layout = parameters.layout
    user_classes = []
    for name in sorted(parameters.applications):
        devices = SETTINGS[name].devices
        for number in range(max(len(devices), len(layout.speeds))):
            device, access = devices[number % len(devices)]
            kind = UserClass(name, device, access, layout.speeds[number % len(layout.speeds)])
            user_classes += [replace(kind, thin=thin) for thin in (False, True)[: 1 + layout.thin]]
    return user_classes


def _users(
    parameters: FamilyParameters, user_classes: list[UserClass], asking: Asking, random: Draws
) -> tuple[list[UserSite], Int]:
    """Give every user site a class and a home hub.

    Applications take turns, and so do the classes of each in a drawn order, thin ones every second time. A
    class none of whose queries any plan can serve has no site, unless all of its application are so.

    Returns
    -------
    list of UserSite
    (user sites,) int64
        Position of each user site's class.
    """
    useful = [bool((asking.least_us[start:end] >= 0).any()) for start, end in pairwise(asking.start.tolist())]
    turns = {}
    for name in parameters.applications:
        own = [number for number, kind in enumerate(user_classes) if kind.application == name]
        own = [number for number in own if useful[number]] or own
        own = [own[place] for place in random.order(len(own))]
        kinds = [[number for number in own if user_classes[number].thin == thin] for thin in (False, True)]
        longest = max(map(len, kinds))
        turns[name] = [kind[turn % len(kind)] for turn in range(longest) for kind in kinds if kind]
    homes = np.argsort(random.below(MOST, parameters.user_sites), kind="stable") % parameters.hubs
    width = max(3, len(str(parameters.user_sites)))
    users, class_of_user = [], []
    for number, home in enumerate(homes.tolist()):
        turn, place = divmod(number, len(parameters.applications))
        order = turns[parameters.applications[place]]
        class_of_user.append(order[turn % len(order)])
        users.append(UserSite(f"u{number:0{width}d}", user_classes[class_of_user[-1]], home))
    return users, np.array(class_of_user, dtype=np.int64)


def _draws(parameters: FamilyParameters, class_of_user: Int, asking: Asking, random: Draws) -> tuple[Int, Int]:
    """Draw a user site and a query class for every query."""
    user = random.below(len(class_of_user), parameters.queries)
    anything = random.chance(OUT_OF_REACH_PERCENT, parameters.queries)
    drawn = np.empty(parameters.queries, dtype=np.int64)
    for number in range(len(asking.start) - 1):
        all_of = np.arange(asking.start[number], asking.start[number + 1])
        within_reach = all_of[asking.least_us[all_of] >= 0]
        for choices, wanted in ((all_of, anything), (within_reach if len(within_reach) else all_of, ~anything)):
            members = np.flatnonzero(wanted & (class_of_user[user] == number))
            drawn[members] = choices[random.below(len(choices), len(members))]
    return user, drawn


def _values(parameters: FamilyParameters, random: Draws) -> Float:
    value = np.array(VALUES)[random.below(len(VALUES), parameters.queries)]
    return np.where(random.chance(STATED_VALUES_PERCENT, parameters.queries), value, np.nan)


def _grouped(parameters: FamilyParameters, asking: Asking, user: Int, drawn: Int) -> Queries:
    """Return the queries with alike ones of a user site counted together; a user site is a template."""
    classes = len(asking.frame)
    group, number = np.unique(user * classes + drawn, return_counts=True)
    site, of_class = np.divmod(group, classes)
    own = asking.queries
    return Queries(
        template=site,
        rate_milli=own.rate_milli[of_class],
        value_milli=own.value_milli[of_class],
        count=number * parameters.copies,
        slo_latency_us=own.slo_latency_us[of_class],
        slo_accuracy=own.slo_accuracy[of_class],
        slo_cost_nano=own.slo_cost_nano[of_class],
    )


def _query_frame(
    parameters: FamilyParameters, users: list[UserSite], asking: Asking, user: Int, drawn: Int
) -> pd.DataFrame:
    source = np.array([one.name for one in users], dtype=object)
    sink = np.array([sink_site(parameters, one.user_class.application, one.name) for one in users], dtype=object)
    width = max(3, len(str(parameters.queries)))
    frame = asking.frame.drop(columns="user_class").iloc[drawn].reset_index(drop=True)
    return frame.assign(
        query=np.char.mod(f"q%0{width}d", np.arange(parameters.queries)).astype(object),
        source_site=source[user],
        sink_site=sink[user],
        count=parameters.copies,
    )
