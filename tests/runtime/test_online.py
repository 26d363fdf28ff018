"""Whole runs: every policy below the clairvoyant bound, faults survived with books in order, the same again by seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sloplan
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import events_of
from sloplan.runtime.clairvoyant import clairvoyant_bound
from sloplan.runtime.matching_policy import MatchingPolicy
from sloplan.runtime.online import OnlineRun, run_online
from sloplan.runtime.policy import Decision, Situation
from tests.runtime.online_cases import (
    EPOCH,
    FASTER_S,
    HORIZON,
    SLOW_LINK,
    SLOWER_S,
    arriving,
    crowded,
    disturbed,
    nothing_is_lost,
)

QUICK = ("matching", "first-come", "greedy", "static")


def same(one: OnlineRun, other: OnlineRun) -> None:
    """Two runs came to the same, but for how long they computed."""
    assert one.goodput == other.goodput
    pd.testing.assert_frame_equal(one.queries, other.queries)
    pd.testing.assert_frame_equal(one.reports, other.reports)
    measured = ["planning_s", "check_s"]
    pd.testing.assert_frame_equal(one.epochs.drop(columns=measured), other.epochs.drop(columns=measured))
    np.testing.assert_array_equal(one.used, other.used)
    np.testing.assert_array_equal(one.prices, other.prices)


def test_no_policy_passes_the_clairvoyant_bound() -> None:
    """On a crowded burst all policies stay below it, and it is not far above the best; the books are in order."""
    instance = crowded()
    bound = clairvoyant_bound(instance)
    goodput = {}
    for policy in QUICK:
        run = run_online(instance, policy, epoch=EPOCH)
        nothing_is_lost(run)
        goodput[policy] = run.goodput
    assert max(goodput.values()) <= bound.goodput
    assert goodput["matching"] == max(goodput.values())
    assert goodput["matching"] > 0.7 * bound.goodput


@pytest.mark.parametrize(("name", "part"), [("burst-xs-0.8-tight", 0.9), ("burst-xs-2-loose", 0.5)])
def test_bound_of_small_bursts(name: str, part: float) -> None:
    """An epoch at every event wastes no time: the bound is passed by nobody, and nearly met where all find room."""
    instance = sloplan.load(name)
    assert isinstance(instance, Instance)
    bound = clairvoyant_bound(instance)
    goodput = [run_online(instance, policy, epoch=None).goodput for policy in QUICK]
    assert max(goodput) <= bound.goodput
    assert goodput[0] > part * bound.goodput


def test_bound_by_hand() -> None:
    """Values 1, 2 and 4 on a pool for two: 3 until 10 s, 6 until 20 s, 1 until 30 s; blocks end elsewhere."""
    instance = arriving((1.0, 2.0, 4.0), (0.0, 0.0, 10.0), (30.0, 20.0, 10.0))
    run = run_online(instance, "matching", epoch=None, migration=0.0)
    assert run.goodput == pytest.approx((30 + 60 + 10) / 30)
    bound = clairvoyant_bound(instance)
    assert run.goodput <= bound.goodput < 1.1 * run.goodput


def test_resolve() -> None:
    """Decomposition on the whole state does not pass the bound either, and stays within capacity."""
    instance = arriving((1.0, 2.0, 4.0), (0.0, 0.0, 10.0), (30.0, 20.0, 10.0))
    run = run_online(instance, "resolve", epoch=10.0, time_limit=0.5)
    nothing_is_lost(run)
    assert 0 < run.goodput <= clairvoyant_bound(instance).goodput


@pytest.mark.parametrize("policy", ["matching", "static"])
def test_faults(policy: str) -> None:
    """Half a tier's units lost, a link at a tenth: nothing is lost or overbooked, the bound still holds."""
    instance, events = disturbed()
    run = run_online(instance, policy, events=events, epoch=EPOCH)
    nothing_is_lost(run)
    assert run.reports["what"].tolist() == ["unknown operator"]
    assert run.goodput < clairvoyant_bound(instance, events=events).goodput
    before, after = (run.epochs["time_s"] == time for time in (2400.0, 2700.0))
    assert run.epochs.loc[after, "value"].item() < run.epochs.loc[before, "value"].item()


def test_a_link_that_slows_carries_no_more_than_it_can() -> None:
    """Bytes are counted by the instance's own figures: more than a tenth crosses before, and at no epoch meanwhile."""
    instance, events = disturbed()
    row = instance.compiled.rows.name.tolist().index(f"link:{SLOW_LINK}")
    capacity = int(instance.compiled.rows.capacity[row])
    crossing: dict[float, int] = {}

    class Watched(MatchingPolicy):
        def decide(self, situation: Situation) -> Decision:
            decision = super().decide(situation)
            used = decision.running.used(situation.plans, situation.rate_milli, len(situation.left))
            crossing[situation.state.clock_s] = int(used[row])
            return decision

    run = run_online(instance, Watched(), events=events, epoch=EPOCH, horizon=HORIZON)
    assert "decision refused" not in set(run.reports["what"])
    slow = [bytes_per_s for time, bytes_per_s in crossing.items() if SLOWER_S <= time < FASTER_S]
    assert len(slow) == 5
    assert max(slow) <= capacity // 10 < crossing[3900.0]
    assert crossing[6000.0] > capacity // 10


def test_disorder_changes_no_book() -> None:
    """Every event delivered twice, some later than others: no query is lost, and every duplicate is reported."""
    instance = crowded()
    events = events_of(instance)
    random = np.random.default_rng(0)
    late = np.argsort(events.time_s + random.uniform(0.0, 50.0, len(events)), kind="stable")
    disorder = events.taken(np.repeat(late, 2))
    run = run_online(instance, "matching", events=disorder, epoch=EPOCH, horizon=float(events.time_s.max()))
    nothing_is_lost(run)
    assert len(run.queries) == 60
    assert (run.reports["what"] == "duplicate event").sum() == len(events)


def test_a_seed_repeats_a_run() -> None:
    """Two runs of a seed are the same, with faults in them."""
    instance, events = disturbed()
    same(*(run_online(instance, "matching", events=events, epoch=EPOCH, seed=3) for _ in range(2)))


@pytest.mark.parametrize(
    ("argument", "value"),
    [("epoch", 0.0), ("horizon", float("nan")), ("migration", -1.0), ("time_limit", 0), ("policy", "hope")],
)
def test_unusable_arguments(argument: str, value: Any) -> None:
    """They are named with what is allowed."""
    with pytest.raises(InputError, match=f"{argument}.*allowed"):
        run_online(arriving((1.0,), (0.0,), (1.0,)), **{argument: value})


def test_the_bound_needs_order() -> None:
    """Events out of order, or twice, are refused."""
    instance = arriving((1.0, 2.0), (0.0, 1.0), (2.0, 3.0))
    events = events_of(instance)
    for wrong in (events.taken(slice(None, None, -1)), replace(events, number=events.number * 0)):
        with pytest.raises(InputError, match="order of their times"):
            clairvoyant_bound(instance, events=wrong)
