"""Instances and helpers for the tests of online planning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

import sloplan
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import Events, events_of, tier_loses_units, with_disturbances
from sloplan.runtime.online import OnlineRun
from sloplan.runtime.planner import Planner
from sloplan.runtime.simple_policies import FirstComePolicy
from tests.one_pool import one_pool

EPOCH = 300.0

SLOW_LINK, SLOWER_S, FASTER_S = "e000-to-cloud", 4000.0, 5500.0
"""Of `disturbed`: falls to a tenth of its bandwidth, and recovers."""

HORIZON = 6300.0
"""By which all that `disturbed` tells of has happened."""


def crowded() -> Instance:
    """Return a burst of sixty queries that stay four times as long as they should: not all find room."""
    instance = sloplan.load("burst-s-2-tight")
    assert isinstance(instance, Instance)
    queries = instance.table("queries")
    return instance.replace(queries=queries.assign(duration_s=queries["duration_s"] * 4))


def disturbed() -> tuple[Instance, Events]:
    """Return a crowded burst in which everything changes: units of a tier, a link, a device, profiles, rates."""
    instance = crowded()
    queries = instance.table("queries")
    early = queries[queries["arrival_s"] < 2000.0].nlargest(8, "duration_s")["query"].tolist()
    faster = [(2450.0 + 30.0 * place, "rate", query, 7.0) for place, query in enumerate(early)]
    rows = [
        *faster,
        *((time + 900.0, kind, query, 3.0) for time, kind, query, _ in faster),
        (SLOWER_S, "bandwidth", SLOW_LINK, 0.1),
        (FASTER_S, "bandwidth", SLOW_LINK, 1.0),
        (3000.0, "profile", "", 1.0),
        (3100.0, "speed", "cloud-a100", 0.8),
        (3100.0, "profile", instance.table("operators")["operator"].iloc[0], 1.2),
    ]
    disturbances = pd.concat(
        [
            tier_loses_units(instance, "cloud", 2500.0, 0.5),
            tier_loses_units(instance, "cloud", 5000.0, 1.0),
            pd.DataFrame(rows, columns=["time_s", "kind", "subject", "amount"]),
        ]
    )
    return instance, with_disturbances(events_of(instance), disturbances)


def arriving(values: Sequence[float], arrival_s: Sequence[float], duration_s: Sequence[float], **pool: Any) -> Instance:
    """Return queries q0, q1, ... that come and go; two of them fit on a unit."""
    instance = one_pool(values, **pool)
    queries = instance.table("queries")
    return instance.replace(queries=queries.assign(arrival_s=arrival_s, duration_s=duration_s))


def events(*rows: tuple[float, str, str] | tuple[float, str, str, float], first: int = 0) -> Events:
    """Return events of (time, kind, subject, amount), numbered from `first`."""
    frame = pd.DataFrame([(*row, None)[:4] for row in rows], columns=["time_s", "kind", "subject", "amount"])
    frame["amount"] = frame["amount"].astype(float)
    return Events.from_frame(frame.assign(number=range(first, first + len(rows))))


def planner_of(instance: Instance, **settings: Any) -> Planner:
    """Return a planner that serves who comes first."""
    return Planner(instance, FirstComePolicy(), **settings)


def nothing_is_lost(run: OnlineRun) -> None:
    """Every query that arrived is in the books once, and its copies are all accounted for."""
    books = run.queries
    assert books["query"].is_unique
    assert (books["copies"] == books[["running", "waiting", "served", "lost"]].sum(axis=1)).all()
    assert ((books["lost"] > 0) == (books["reason"] != "")).all()
    assert (run.used <= 1).all()
    assert "decision refused" not in set(run.reports["what"])
