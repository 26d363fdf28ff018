"""Instances and helpers for the tests of online planning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

import sloplan
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import Events
from sloplan.runtime.online import OnlineRun
from sloplan.runtime.planner import Planner
from sloplan.runtime.simple_policies import FirstComePolicy
from tests.one_pool import one_pool

EPOCH = 300.0


def crowded() -> Instance:
    """Return a burst of sixty queries that stay four times as long as they should: not all find room."""
    instance = sloplan.load("burst-s-2-tight")
    assert isinstance(instance, Instance)
    queries = instance.table("queries")
    return instance.replace(queries=queries.assign(duration_s=queries["duration_s"] * 4))


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
