"""Whether the integers of every moment fit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import sloplan
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import Events, events_of, with_disturbances
from sloplan.runtime.online import run_online
from sloplan.runtime.worst_moment import refuse_too_much
from tests.runtime.online_cases import disturbed

NAME = "burst-xs-2-tight"


def instance() -> Instance:
    """Return six queries."""
    found = sloplan.load(NAME)
    assert isinstance(found, Instance)
    return found


def changing(instance: Instance, *rows: tuple[str, str, float]) -> Events:
    """Return the arrivals, and changes of (kind, subject, amount) one after another."""
    frame = pd.DataFrame([(1000.0 + place, *row) for place, row in enumerate(rows)])
    return with_disturbances(events_of(instance), frame.set_axis(["time_s", "kind", "subject", "amount"], axis=1))


def test_what_is_too_much_together_is_refused_before_there_is_a_journal(tmp_path: Path) -> None:
    """A rate and wrong profiles, each allowed, whose product no 64-bit integer holds: no run, and no journal."""
    case, journal = instance(), tmp_path / "journal.jsonl"
    operator, query = case.table("operators")["operator"].iloc[0], case.table("queries")["query"].iloc[1]
    events = changing(case, ("profile", operator, 1e6), ("rate", query, 1e6))
    with pytest.raises(InputError, match="events, amount: too much together: .*64-bit"):
        run_online(case, "greedy", events=events, epoch=200.0, journal=journal)
    assert list(tmp_path.iterdir()) == []
    for alone in (("profile", operator, 1e6), ("rate", query, 1e6)):
        refuse_too_much(case, changing(case, alone))


def test_capacities_may_be_too_much() -> None:
    """Units, or a link's bandwidth, that fit as they are and not times their factor."""
    case = instance()
    pools, links = case.table("pools"), case.table("links")
    large = case.replace(pools=pools.assign(units=10**9), links=links.assign(bandwidth_mbps=1e9))
    for kind, subject in (("units", pools["pool"].iloc[0]), ("bandwidth", links["link"].iloc[2])):
        refuse_too_much(large, changing(large, (kind, subject, 1.0)))
        with pytest.raises(InputError, match="too much together"):
            refuse_too_much(large, changing(large, (kind, subject, 1e6)))


def test_slow_pools_make_work_longer() -> None:
    """A rate and wrong profiles that fit do not where all pools are slow, too, though at another time."""
    case = instance()
    operator, query = case.table("operators")["operator"].iloc[0], case.table("queries")["query"].iloc[1]
    long = ("profile", operator, 1e4), ("rate", query, 1e5)
    slow = [("speed", pool, 1e-4) for pool in case.table("pools")["pool"]]
    refuse_too_much(case, changing(case, *long))
    with pytest.raises(InputError, match="too much together"):
        refuse_too_much(case, changing(case, *long, *slow))


def test_what_stands_before_a_change_counts() -> None:
    """A rate that falls, or pools that get quicker, are no help: until then they were not."""
    case = instance()
    operator, query = case.table("operators")["operator"].iloc[0], case.table("queries")["query"].iloc[1]
    wrong, fast, slow = ("profile", operator, 1e6), ("rate", query, 1e6), ("rate", query, 1.0)
    quicker = [("speed", pool, 1e6) for pool in case.table("pools")["pool"]]
    queries = case.table("queries")
    rates = queries["rate_rps"].where(queries["query"] != query, 1e6)
    stated = case.replace(queries=queries.assign(rate_rps=rates))
    for given, rows in ((case, (fast, slow, wrong)), (case, (wrong, fast, *quicker)), (stated, (slow, wrong))):
        with pytest.raises(InputError, match="too much together"):
            refuse_too_much(given, changing(given, *rows))


def test_what_happens_is_let_through() -> None:
    """Arrivals alone, ordinary disturbances and strangers are no reason to refuse."""
    case, events = disturbed()
    refuse_too_much(case, events)
    refuse_too_much(case, events_of(case))
    refuse_too_much(case, changing(case, ("units", "nowhere", 1e6), ("rate", "nobody", 1e6)))
