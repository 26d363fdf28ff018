"""Query classes of the edge-cloud family: what may be asked, and the least that serving it takes.

Queries are drawn from a fixed grid of classes: user class x rate x SLOs. There are some thousand,
however many queries: all that has to be known of plans is found on them, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import pandas as pd

from sloplan.instances.families.edge_cloud_places import CLOUD, UserSite
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import enumerate_plans

NONE: Final = float("nan")


@dataclass(frozen=True)
class Demand:
    """The grid of an application's queries.

    Parameters
    ----------
    rates_rps : tuple of float
    latency_ms, accuracy, cost_per_1k : dict of slo to tuple of float
        SLO levels by the family's `slo`; NaN: the query states none.
    """

    rates_rps: tuple[float, ...]
    latency_ms: dict[str, tuple[float, ...]]
    accuracy: dict[str, tuple[float, ...]]
    cost_per_1k: dict[str, tuple[float, ...]]


DEMANDS: Final[dict[str, Demand]] = {
    "vqa": Demand(
        rates_rps=(2.0, 4.0, 6.0, 8.0),
        latency_ms={"loose": (400.0, 600.0, 1000.0), "tight": (200.0, 300.0, 500.0)},
        accuracy={"loose": (0.54, 0.555, 0.57), "tight": (0.55, 0.565, 0.58)},
        cost_per_1k={"loose": (NONE, 0.2), "tight": (NONE, 0.15, 0.1)},
    ),
    "traffic-video": Demand(
        rates_rps=(1.0, 4.0, 8.0, 16.0),
        latency_ms={"loose": (200.0, 600.0, 1200.0), "tight": (100.0, 200.0, 600.0)},
        accuracy={"loose": (0.45, 0.6, 0.7), "tight": (0.55, 0.68, 0.78)},
        cost_per_1k={"loose": (NONE, 0.2), "tight": (NONE, 0.1)},
    ),
    "ar-pose": Demand(
        rates_rps=(15.0, 30.0, 60.0, 120.0),
        latency_ms={"loose": (70.0, 100.0, 150.0), "tight": (35.0, 50.0, 80.0)},
        accuracy={"loose": (0.5, 0.64, 0.72), "tight": (0.58, 0.68, 0.74)},
        cost_per_1k={"loose": (NONE,), "tight": (NONE, 0.002)},
    ),
}
"""What is asked for. A query stands for several users or cameras behind one device: people who ask questions, 1 to 16
cameras, 1 to 8 AR users at 15 frames/s."""

SLOS: Final = ("loose", "tight")
QUERY_COLUMNS: Final = ("rate_rps", "slo_latency_ms", "slo_accuracy", "slo_cost_per_1k")


@dataclass(frozen=True)
class QueryClasses:
    """All query classes of some user sites.

    Parameters
    ----------
    frame : DataFrame of n rows
        user (position of the user site), application, rate and SLOs.
    demand_us : (n,) int64
        Least unit-time on shared pools that a plan meeting SLOs and rules takes, us per request;
        -1 where no plan does.
    """

    frame: pd.DataFrame
    demand_us: Int

    def of_user(self, user: int) -> Int:
        """Return the classes of a user site."""
        return np.flatnonzero(self.frame["user"].to_numpy() == user)


def class_frame(applications: Sequence[str], slo: str) -> pd.DataFrame:
    """Return every query class of some user sites, given by their applications."""
    rows = [
        (user, application, *levels)
        for user, application in enumerate(applications)
        for levels in product(
            DEMANDS[application].rates_rps,
            DEMANDS[application].latency_ms[slo],
            DEMANDS[application].accuracy[slo],
            DEMANDS[application].cost_per_1k[slo],
        )
    ]
    return pd.DataFrame(rows, columns=["user", "application", *QUERY_COLUMNS])


def sink_site(application: str, source: str) -> str:
    """Return where an application's results go: a traffic centre in the cloud, or back to the user."""
    return CLOUD if application == "traffic-video" else source


def query_classes(frames: dict[str, pd.DataFrame], users: Sequence[UserSite], slo: str) -> QueryClasses:
    """Evaluate the query classes of some user sites.

    Parameters
    ----------
    frames : dict of str to DataFrame
        Instance tables without queries; what its shared pools hold does not matter.
    users : sequence of UserSite
    slo : {"loose", "tight"}
    """
    classes = class_frame([user.user_class.application for user in users], slo)
    queries = classes.drop(columns="user").assign(
        query=[f"{i:06d}" for i in range(len(classes))],
        source_site=[users[user].name for user in classes["user"]],
    )
    queries["sink_site"] = list(map(sink_site, queries["application"], queries["source_site"]))
    return QueryClasses(classes, least_demand(Instance.from_frames(frames | {"queries": queries}).compiled))


def least_demand(compiled: CompiledInstance) -> Int:
    """Return the least unit-time on shared pools, us per request, at which each query can be served.

    Least over the plans that meet the query's SLOs and rules, capacity aside.

    Returns
    -------
    (queries,) int64
        -1 where no plan meets them.
    """
    pool_row = np.array([name.startswith("pool:") for name in compiled.rows.name], dtype=np.int64)
    demand = np.full(len(compiled.queries.template), -1, dtype=np.int64)
    for template in range(len(compiled.templates)):
        members = np.flatnonzero(compiled.queries.template == template)
        plans = enumerate_plans(compiled, template)
        usage = plans.figures.usage
        busy = np.zeros(len(plans), dtype=np.int64)
        np.add.at(busy, usage.row_of_entry, usage.amount * pool_row[usage.column])
        found = plans.first_feasible(compiled, members, np.argsort(busy, kind="stable"))
        demand[members] = np.where(found >= 0, busy[found], -1)
    return demand
