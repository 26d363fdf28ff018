"""The family `edge-cloud`: users with devices of their own, edge sites, a cloud.

A user site is a device class in a neighbourhood: every query from it owns a copy of its machine
and of its links (``scope: query``). Each user site reaches its nearest edge site and the next one;
what an edge site sends on to the cloud shares its backhaul. Machines at edge and cloud are shared
by all. Figures of models, machines and networks are the catalogue's.

**Load** is the plain ratio of demand to capacity, both in unit-seconds per second on shared pools:

- the demand of a query is its rate times the least unit-time on shared pools that any plan takes
  that meets its SLOs and rules, were all the family's machines there and backhauls the slowest; a
  query that its own device can serve demands nothing, and one without such a plan is left out;
- capacity is units x max_utilization over all shared pools.

At a load above 1 some queries that could each be served alone must go unserved. Since the least
demand is that of the fastest machines and capacity is split over slow ones too, pools run full at
smaller loads already. Units are whole, with at least one for each application, and a backhaul is a
line of a usual rate: in small instances the load is met roughly. The load reached is in the
instance's description.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import Final

import numpy as np
import pandas as pd

from sloplan.instances.applications import application_frames
from sloplan.instances.families.draws import Draws
from sloplan.instances.families.edge_cloud_places import (
    CAMERA,
    MAX_UTILIZATION,
    SHARES,
    USER_CLASSES,
    Pool,
    UserSite,
    every_pool,
    line_rate_mbps,
    link_frame,
    pool_frame,
    site_frame,
    whole_units,
)
from sloplan.instances.families.edge_cloud_queries import SLOS, QueryClasses, query_classes, sink_site
from sloplan.problem.compiled import Int
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance

NAME: Final = "edge-cloud"
APPLICATIONS: Final = ("vqa", "traffic-video", "ar-pose")
"""The applications that the family has user classes and machines for."""
MOST_QUERIES: Final = 10_000_000
MOST_SITES: Final = 100_000
LEAST_LOAD: Final = 0.01
MOST_LOAD: Final = 100.0
MOST_USERS_PER_EDGE: Final = 6
LEAST_QUERIES_PER_EDGE: Final = 20

FRAME_RATES: Final = (10.0, 5.0)
CONFIGURATIONS: Final = {
    "video-stream": tuple(
        f"{quality}-{rate:g}fps"
        for quality in ("1920px-q20", "1920px-q30", "1280px-q20", "1280px-q30", "960px-q30")
        for rate in FRAME_RATES
    ),
    "video-detect": (
        "yolo11n-640",
        "yolo11m-640",
        "yolo11x-640",
        "yolov8m-640",
        "yolov5s-640",
        "yolov5x6-1280",
        "picodet-m-416",
        "picodet-l-640",
    ),
}
"""What the family takes of the catalogue where it holds more than plain enumeration likes."""

OUT_OF_REACH_PERCENT: Final = 5
"""Queries in 100 drawn without asking whether any plan meets their SLOs."""

VALUES: Final = (5.0, 10.0, 20.0, 40.0)
STATED_VALUES_PERCENT: Final = 50
"""Queries in 100 that state a value; the others are worth their rate."""

BACKHAUL_PART: Final = 0.04
"""Backhaul over what all sources send at their largest, at load 1."""


@dataclass(frozen=True)
class EdgeCloud:
    """Parameters of the family.

    Parameters
    ----------
    queries : int
        Number of queries.
    sites : int
        Number of user sites; 0: about the square root of `queries`, at least one per application.
    load : float
        Demand over capacity of the shared pools; see the module's docstring.
    slo : {"loose", "tight"}
    seed : int
    applications : tuple of str
    """

    queries: int = 40
    sites: int = 0
    load: float = 1.2
    slo: str = "tight"
    seed: int = 0
    applications: tuple[str, ...] = APPLICATIONS

    def __post_init__(self) -> None:
        applications = f"some of {', '.join(APPLICATIONS)}, each once"
        self._require("applications", applications, len(self.applications) == len(set(self.applications)) > 0)
        self._require("applications", applications, set(self.applications) <= set(APPLICATIONS))
        self._require("queries", f"1 to {MOST_QUERIES}", 1 <= self.queries <= MOST_QUERIES)
        fewest = len(self.applications)
        sites = f"{fewest} (one per application) to {MOST_SITES}"
        self._require("sites", sites, self.sites == 0 or fewest <= self.sites <= MOST_SITES)
        self._require("load", f"{LEAST_LOAD:g} to {MOST_LOAD:g}", LEAST_LOAD <= self.load <= MOST_LOAD)
        self._require("slo", " or ".join(SLOS), self.slo in SLOS)
        self._require("seed", "0 or more", self.seed >= 0)

    def _require(self, field: str, allowed: str, holds: bool) -> None:
        if not holds:
            value = getattr(self, field)
            raise InputError("bad parameter", field=field, value=value, allowed=allowed, advice="correct it")

    @property
    def user_sites(self) -> int:
        """Number of user sites, the default worked out."""
        return self.sites or max(len(self.applications), isqrt(self.queries))

    @property
    def edge_sites(self) -> int:
        """Number of edge sites: one for every six user sites, rounded up, but no more than queries can fill."""
        return max(1, min(-(-self.user_sites // MOST_USERS_PER_EDGE), self.queries // LEAST_QUERIES_PER_EDGE))


def generate(parameters: EdgeCloud, name: str) -> Instance:
    """Return an instance of the family; the same parameters give the same bytes.

    Parameters
    ----------
    parameters : EdgeCloud
    name : str
        Name of the instance.

    Returns
    -------
    Instance
    """
    random = Draws(parameters.seed)
    users = _users(parameters, random)
    classes = _classes(parameters)
    user, drawn = _draws(parameters, users, classes, random)
    demand = _demand(parameters, classes, drawn)
    capacity = {application: seconds / parameters.load for application, seconds in demand.items()}
    shared = whole_units(capacity, parameters.edge_sites)
    frames = _frames(parameters, users, parameters.edge_sites, shared)
    backhaul = line_rate_mbps(_backhaul_mbps(parameters, frames, classes, drawn))
    frames["links"] = link_frame(users, parameters.edge_sites, backhaul)
    frames["queries"] = _queries(users, classes, user, drawn, random)
    description = _description(parameters.load, sum(demand.values()), sum(shared.values()) * MAX_UTILIZATION)
    return Instance.from_frames(frames, name=name, description=description)


def _users(parameters: EdgeCloud, random: Draws) -> list[UserSite]:
    """Take the applications in turn, and each one's user classes in a drawn order."""
    orders = {}
    for application in parameters.applications:
        of_application = [c for c in USER_CLASSES if c.application == application]
        orders[application] = [of_application[i] for i in random.order(len(of_application))]
    width = max(3, len(str(parameters.user_sites)))
    count = len(parameters.applications)
    homes = random.below(parameters.edge_sites, parameters.user_sites).tolist()
    users = []
    for number, home in enumerate(homes):
        order = orders[parameters.applications[number % count]]
        users.append(UserSite(f"u{number:0{width}d}", order[number // count % len(order)], home))
    return users


def _frames(
    parameters: EdgeCloud, users: list[UserSite], edges: int, shared: dict[Pool, int]
) -> dict[str, pd.DataFrame]:
    """Return all tables but queries; a backhaul has the smallest line."""
    parts = [
        application_frames(
            application,
            hardware={
                *(hardware for _, hardware in SHARES[application]),
                *(user.user_class.device for user in users),
                *([CAMERA[application]] if application in CAMERA else []),
            },
            configurations=CONFIGURATIONS,
            frame_rates=FRAME_RATES,
        )
        for application in parameters.applications
    ]
    frames = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    frames["sites"] = site_frame(users, edges)
    frames["pools"] = pool_frame(users, shared)
    frames["links"] = link_frame(users, edges, backhaul_mbps=line_rate_mbps(0.0))
    return frames


def _classes(parameters: EdgeCloud) -> QueryClasses:
    """Evaluate the query classes of one user site of each class; all neighbourhoods are alike."""
    known = [c for c in USER_CLASSES if c.application in parameters.applications]
    users = [UserSite(f"u{number:03d}", user_class, home=0) for number, user_class in enumerate(known)]
    edges = min(2, parameters.edge_sites)
    pools = every_pool(parameters.applications, edges)
    return query_classes(_frames(parameters, users, edges, pools), users, parameters.slo)


def _draws(parameters: EdgeCloud, users: list[UserSite], classes: QueryClasses, random: Draws) -> tuple[Int, Int]:
    """Draw a user site and a query class for every query."""
    known = [c for c in USER_CLASSES if c.application in parameters.applications]
    kind = np.array([known.index(user.user_class) for user in users], dtype=np.int64)
    user = random.below(len(users), parameters.queries)
    anything = random.chance(OUT_OF_REACH_PERCENT, parameters.queries)
    drawn = np.empty(parameters.queries, dtype=np.int64)
    for number in range(len(known)):
        of_kind = classes.of_user(number)
        within_reach = of_kind[classes.demand_us[of_kind] >= 0]
        for choices, wanted in ((of_kind, anything), (within_reach, ~anything)):
            members = np.flatnonzero(wanted & (kind[user] == number))
            drawn[members] = choices[random.below(len(choices), len(members))]
    return user, drawn


def _demand(parameters: EdgeCloud, classes: QueryClasses, drawn: Int) -> dict[str, float]:
    """Return the unit-seconds per second that each application's queries need at least."""
    rate_milli = np.rint(classes.frame["rate_rps"].to_numpy() * 1000).astype(np.int64)
    need = rate_milli[drawn] * np.maximum(classes.demand_us[drawn], 0)
    application = classes.frame["application"].to_numpy()[drawn]
    return {name: int(need[application == name].sum()) / 10**9 for name in parameters.applications}


def _backhaul_mbps(parameters: EdgeCloud, frames: dict[str, pd.DataFrame], classes: QueryClasses, drawn: Int) -> float:
    """Return what each backhaul carries: a part of what all sources send, over the load."""
    largest = frames["configurations"].groupby("operator")["output_kb"].max()
    operators = frames["operators"]
    roots = operators[operators["input_kb"].notna()]
    # A stream's operator takes no input from the network: what it sends counts.
    sent = roots["input_kb"].where(roots["input_kb"] > 0, roots["operator"].map(largest))
    kb = sent.groupby(roots["application"]).sum()
    # Summed in whole numbers: the order of a floating-point sum may differ from machine to machine.
    bytes_per_request = {application: round(1000 * float(total)) for application, total in kb.items()}
    queries_of = np.bincount(drawn, minlength=len(classes.frame)).tolist()
    rate_milli = np.rint(classes.frame["rate_rps"].to_numpy() * 1000).astype(np.int64).tolist()
    parts = zip(queries_of, rate_milli, classes.frame["application"], strict=True)
    sent_milli = sum(count * rate * bytes_per_request[application] for count, rate, application in parts)
    return BACKHAUL_PART * (sent_milli * 8 / 10**9) / parameters.edge_sites / parameters.load


def _queries(users: list[UserSite], classes: QueryClasses, user: Int, drawn: Int, random: Draws) -> pd.DataFrame:
    source = np.array([u.name for u in users], dtype=object)
    sink = np.array([sink_site(u.user_class.application, u.name) for u in users], dtype=object)
    width = max(3, len(str(len(drawn))))
    frame = classes.frame.iloc[drawn].drop(columns="user").reset_index(drop=True)
    value = np.array(VALUES)[random.below(len(VALUES), len(drawn))]
    states_value = random.chance(STATED_VALUES_PERCENT, len(drawn))
    return frame.assign(
        query=[f"q{number:0{width}d}" for number in range(len(drawn))],
        source_site=source[user],
        sink_site=sink[user],
        value=np.where(states_value, value, np.nan),
    )


def _description(asked: float, demand: float, capacity: float) -> str:
    return (
        f"load {demand / capacity:.3f} of {asked:g} asked: "
        f"demand {demand:.3f}, capacity {capacity:.1f} unit-seconds per second on shared pools"
    )
