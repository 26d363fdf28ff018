"""The planner, event by event: figures worked out by hand, and everything that is not as it should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.problem.checker import check
from sloplan.runtime import matching_policy, state
from sloplan.runtime.arrivals import events_of, tier_loses_units, with_disturbances
from sloplan.runtime.matching_policy import MatchingPolicy
from sloplan.runtime.online import run_online
from sloplan.runtime.placements import Placements
from sloplan.runtime.planner import Epoch, Planner
from sloplan.runtime.policy import Decision, Situation
from tests.one_pool import one_pool
from tests.runtime.online_cases import EPOCH, crowded, events, planner_of

STEADY = (1.0, 2.0, 4.0)  # values; two of the three fit


def reports(planner: Planner) -> list[str]:
    """Return what was reported."""
    return planner.state.books.reports["what"].tolist()


def test_value_counts_from_the_epoch_to_the_leaving() -> None:
    """Who comes first runs from the epoch at 10 s on, value 1 until 14 s, value 2 on and on; then value 4 has room."""
    planner = planner_of(one_pool(STEADY))
    planner.take(events((1.0, "arrive", "q0"), (2.0, "arrive", "q1"), (3.0, "arrive", "q2")))
    assert planner.plan(10.0).value_milli == 3000
    planner.take(events((14.0, "leave", "q0"), first=3))
    epoch = planner.plan(20.0)
    assert planner.state.served_value == 1000 * 4 + 2000 * 10
    assert (epoch.value_milli, epoch.started, epoch.running, epoch.waiting) == (6000, 1, 2, 0)
    assert check(planner.state.world.instance, planner.solution) == []
    planner.close(21.0)
    assert planner.state.served_value == 24_000 + 6000
    books = planner.state.books.frame(planner.state.names).set_index("query")
    assert books["status"].to_dict() == {"q0": "left", "q1": "running", "q2": "running"}
    assert books["served"].to_dict() == {"q0": 1, "q1": 0, "q2": 0}


def test_who_leaves_while_waiting_is_lost_with_its_reason() -> None:
    """Not served, served and left, and without any plan: each with its reason."""
    instance = one_pool(STEADY)
    impossible = instance.table("queries").assign(slo_latency_ms=[None, None, 1.0])
    planner = planner_of(instance.replace(queries=impossible))
    planner.take(events((0.0, "arrive", "q0"), (0.0, "arrive", "q2")))
    assert planner.plan(1.0).unservable == 1
    planner.take(
        events((2.0, "arrive", "q1"), (3.0, "leave", "q1"), (3.0, "leave", "q2"), (3.0, "leave", "q0"), first=2)
    )
    planner.close(4.0)
    books = planner.state.books.frame(planner.state.names).set_index("query")
    assert books["reason"].to_dict() == {"q0": "", "q1": "left while waiting", "q2": "no plan could serve it"}


def test_lost_units_release_what_is_worth_least() -> None:
    """Half of two units go: copies of value 1 and 2 stop, those of 4 and 8 go on unmoved; nobody is overbooked."""
    planner = planner_of(one_pool((1.0, 8.0, 2.0, 4.0), units=2))
    planner.take(events(*((0.0, "arrive", f"q{i}") for i in range(4))))
    assert planner.plan(0.0).running == 4
    planner.take(events((5.0, "units", "gpus", 0.5), first=4))
    epoch = planner.plan(10.0)
    assert planner.state.served_value == 15_000 * 5  # until the next epoch nobody on the crowded pool counts
    assert (epoch.stopped, epoch.moved, epoch.unneeded, epoch.running, epoch.waiting) == (2, 0, 0, 2, 2)
    assert epoch.used.max() <= 1
    books = planner.state.books.frame(planner.state.names).set_index("query")
    assert books["interrupted"].to_dict() == {"q0": 1, "q1": 0, "q2": 1, "q3": 0}
    planner.take(events((11.0, "units", "gpus", 1.0), first=5))
    assert planner.plan(20.0).running == 4
    assert check(planner.state.world.instance, planner.solution) == []


def test_wrong_profiles_and_rates_make_plans_invalid_at_once() -> None:
    """A latency SLO that is missed from 5 s on does not count from then on; nor does a rate that overloads the pool."""
    instance = one_pool((1.0, 2.0))
    planner = planner_of(instance.replace(queries=instance.table("queries").assign(slo_latency_ms=500.0)))
    planner.take(events((0.0, "arrive", "q0"), (0.0, "arrive", "q1")))
    planner.plan(0.0)
    planner.take(events((5.0, "profile", "detect", 1.25), first=2))
    assert planner.plan(10.0).running == 2  # 500 ms: just in time, and two of 500 ms fill the unit
    planner.take(events((12.0, "profile", "detect", 1.26), (14.0, "profile", "detect", 1.0), first=3))
    planner.plan(20.0)
    assert planner.state.served_value == 3000 * (12 + 6)
    planner.take(events((25.0, "rate", "q0", 2.0), first=5))
    epoch = planner.plan(30.0)
    assert planner.state.served_value == 3000 * (12 + 6 + 5)
    assert (epoch.running, epoch.stopped) == (1, 1)


def test_events_that_are_not_as_they_should_be_are_reported() -> None:
    """Duplicates, strangers, what comes twice or too late: in the reports, and nothing else changes."""
    planner = planner_of(one_pool(STEADY))
    planner.take(events((1.0, "arrive", "q0"), (1.5, "arrive", "q0"), (2.0, "leave", "q1"), (2.0, "leave", "nobody")))
    planner.take(events((1.0, "arrive", "q0")))
    planner.take(
        events((3.0, "arrive", "stranger"), (3.0, "units", "tpus", 0.5), (4.0, "rate", "nobody", 1.0), first=4)
    )
    assert planner.plan(10.0).running == 1
    assert sorted(reports(planner)) == [
        "arrived twice",
        "duplicate event",
        "left before it arrived",
        "unknown pool",
        "unknown query",
        "unknown query arrived",
        "unknown query left",
    ]
    planner.take(events((11.0, "leave", "q0"), (12.0, "leave", "q0"), first=10))
    planner.plan(20.0)
    planner.take(events((21.0, "arrive", "q0"), first=12))
    assert planner.plan(30.0).running == 0
    assert reports(planner)[-2:] == ["left twice", "arrived after it had left"]


def test_events_out_of_order() -> None:
    """A leaving delivered before its arrival ends that; an older disturbance does not undo a newer one."""
    planner = planner_of(one_pool(STEADY))
    planner.take(events((5.0, "leave", "q0"), (6.0, "units", "gpus", 0.0)))
    planner.plan(10.0)
    planner.take(events((4.0, "arrive", "q0"), (3.0, "units", "gpus", 1.0), (8.0, "arrive", "q1"), first=2))
    epoch = planner.plan(20.0)
    assert (epoch.running, epoch.unservable) == (0, 1)
    books = planner.state.books.frame(planner.state.names).set_index("query")
    assert (books.loc["q0", "status"], books.loc["q0", "lost"]) == ("left", 1)
    assert reports(planner) == ["left before it arrived", "late event", "late event", "late event", "out of date"]


def test_a_leaving_from_before_the_arrival_hides_none_that_counts() -> None:
    """Between two epochs a query leaves too early, arrives and leaves; or both leavings are delivered first."""
    planner = planner_of(one_pool(STEADY))
    planner.take(events((0.0, "arrive", "q1"), (1.0, "leave", "q0"), (2.0, "arrive", "q0"), (3.0, "leave", "q0")))
    planner.take(events((4.0, "leave", "q2"), first=4))
    planner.plan(5.0)
    planner.take(events((1.0, "leave", "q2"), first=5))
    planner.plan(6.0)
    planner.take(events((2.0, "arrive", "q2"), first=6))
    planner.plan(10.0)
    books = planner.state.books.frame(planner.state.names).set_index("query")
    assert books["status"].to_dict() == {"q0": "left", "q1": "running", "q2": "left"}
    assert books["left_s"].to_dict() == pytest.approx({"q0": 3.0, "q1": np.nan, "q2": 4.0}, nan_ok=True)


def test_clock_jumps() -> None:
    """Where the clock goes back, time stands still; a jump ahead counts as the time that it is."""
    planner = planner_of(one_pool(STEADY), epoch_s=10.0)
    planner.take(events((0.0, "arrive", "q0")))
    planner.plan(10.0)
    assert planner.plan(3.0).time_s == 10.0
    assert planner.state.served_value == 0.0
    planner.take(events((99.0, "leave", "q0"), first=1))  # from the future
    planner.plan(60.0)
    assert planner.state.served_value == 1000 * 50
    assert reports(planner) == ["clock went back", "clock jumped ahead", "event of the future"]
    assert planner.state.books.phase.tolist() == [2, 0, 0]


def test_what_the_checker_refuses_is_not_done() -> None:
    """A policy that overbooks, or serves who is not there, is refused and reported; who runs goes on."""

    class Reckless:
        name = "reckless"

        def __init__(self, query: list[int]) -> None:
            self._query = query

        def decide(self, situation: Situation) -> Decision:
            query = np.array(self._query)
            return Decision(Placements.merged(query, np.zeros_like(query), np.ones_like(query)))

    for query in ([0, 1, 2], [0, 1, 1]):
        planner = Planner(one_pool(STEADY), Reckless(query))
        planner.take(events((0.0, "arrive", "q0"), (0.0, "arrive", "q1")))
        assert planner.plan(1.0).running == 0
        assert reports(planner) == ["decision refused"]


def test_rates_that_change_between_epochs_are_booked_at_their_times() -> None:
    """Three to a unit from 2 s on: none counts until q0 leaves at 4 s; at 6 s q1 is too fast for its SLO of a rate.

    Of changes delivered out of order the newest stays, and older ones are reported.
    """
    planner = planner_of(one_pool((1.0, 2.0)))
    planner.take(events((0.0, "arrive", "q0"), (0.0, "arrive", "q1")))
    planner.plan(0.0)
    planner.take(
        events(
            (2.0, "rate", "q0", 2.0),
            (4.0, "leave", "q0"),
            (6.0, "rate", "q1", 9.0),
            (7.0, "rate", "q1", 2.5),
            (7.0, "rate", "nobody", 2.5),
            first=2,
        )
    )
    epoch = planner.plan(10.0)
    assert planner.state.served_value == 3000 * 2 + 2000 * (2 + 3)
    assert (epoch.running, epoch.value_milli) == (1, 2000)
    assert planner.state.world.rate_milli.tolist() == [2000, 2500]
    planner.take(events((9.0, "rate", "q1", 2.0), (5.0, "rate", "q1", 1.0), first=7))
    planner.plan(20.0)
    planner.take(events((8.0, "rate", "q1", 1.0), first=9))
    planner.plan(30.0)
    assert planner.state.world.rate_milli.tolist() == [2000, 2000]
    assert [what for what in reports(planner) if what != "late event"] == [
        "unknown query",
        "out of date",
        "out of date",
    ]


@pytest.mark.parametrize("rate", [0.5, 2.0, 9.0])
def test_rates_that_no_query_had_find_their_plans(rate: float) -> None:
    """At 6 requests/s only a batch fits on the unit; at less it does not fill, and at more it still fits."""
    instance = one_pool((1.0,))
    profiles = instance.table("profiles")
    batch = profiles.assign(allocation="batch-8", busy_ms=100.0, min_rate_rps=5.0)
    instance = instance.replace(
        queries=instance.table("queries").assign(rate_rps=6.0),
        profiles=pd.concat([profiles, batch], ignore_index=True),
    )
    planner = planner_of(instance)
    planner.take(events((0.0, "arrive", "q0")))
    assert planner.plan(1.0).running == 1
    planner.take(events((2.0, "rate", "q0", rate), first=1))
    epoch = planner.plan(10.0)
    assert (epoch.running, epoch.moved) == (1, int(rate < 5))


def test_many_rate_changes_are_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a hundred of them come to is summed up once for an epoch, and lists are made anew once."""
    summed: list[object] = []
    once = state.served_value

    def counted(*arguments: Any) -> float:
        summed.append(arguments)
        return once(*arguments)

    planner = planner_of(one_pool((1.0,) * 50))
    planner.take(events(*((0.0, "arrive", f"q{place}") for place in range(50))))
    planner.plan(1.0)
    monkeypatch.setattr(state, "served_value", counted)
    rows = [(2.0 + place / 50, "rate", f"q{place % 50}", 1.0 + place / 100) for place in range(100)]
    planner.take(events(*rows, first=50))
    planner.plan(10.0)
    assert len(summed) == 1
    place = planner.state.world.find([f"q{place}" for place in range(50)])
    assert planner.state.world.rate_milli[place].tolist() == [1500 + 10 * place for place in range(50)]


@pytest.mark.parametrize("migration_s", [0.0, 2.0])
def test_moving_costs(migration_s: float) -> None:
    """A copy that changes its plan loses its value for the stated time."""

    class Mover:
        name = "mover"

        def decide(self, situation: Situation) -> Decision:
            plan = int(situation.state.clock_s // 10) % len(situation.plans)
            return Decision(Placements(np.array([0]), np.array([plan]), np.array([1])))

    instance = one_pool((4.0,))
    pools = instance.table("pools")
    both = pd.concat([pools, pools.assign(pool="other")], ignore_index=True)
    planner = Planner(instance.replace(pools=both), Mover(), migration_s=migration_s)
    planner.take(events((0.0, "arrive", "q0")))
    planner.plan(0.0)
    epoch = planner.plan(10.0)
    assert (epoch.moved, epoch.unneeded) == (1, 1)
    assert planner.state.served_value == 4000 * (10 - migration_s)


def test_changes_at_one_moment_list_plans_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tier that loses units changes many pools at once, and all plans are listed anew once for them all."""
    instance = crowded()
    tier = instance.table("sites").set_index("site").loc[instance.table("pools")["site"].iloc[0], "tier"]
    pools = instance.table("pools")
    further = pd.DataFrame({"time_s": 2.5 * EPOCH, "kind": "speed", "subject": pools["pool"], "amount": 0.9})
    lost = tier_loses_units(instance, str(tier), 2.5 * EPOCH, 0.5)
    listed: list[object] = []
    made = state.KnownPlans.__init__

    def counted(self: state.KnownPlans, *arguments: Any) -> None:
        listed.append(arguments)
        made(self, *arguments)

    monkeypatch.setattr(state.KnownPlans, "__init__", counted)
    events = with_disturbances(events_of(instance), pd.concat([lost, further]))
    run_online(instance, "greedy", epoch=EPOCH, events=events)
    assert len(pools) > 2
    assert len(listed) == 2  # at the beginning, and then


def test_prices_are_kept_from_epoch_to_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the pool is crowded, bidding begins at the prices that the epoch before came to."""
    begun = []
    once = matching_policy.bid

    def noted(market: Any, rounds: int, asked: Any) -> Any:
        begun.append(asked.price.copy())
        return once(market, rounds, asked)

    monkeypatch.setattr(matching_policy, "bid", noted)
    planner = Planner(one_pool((1.0, 2.0, 4.0, 8.0)), MatchingPolicy())
    planner.take(events(*((0.0, "arrive", f"q{place}") for place in range(4))))
    planner.plan(0.0)
    assert planner.state.prices is not None
    kept = planner.state.prices.copy()
    assert kept.max() > 0.0 == begun[0].max()
    planner.plan(10.0)
    assert begun[1].tolist() == kept.tolist()


def swapped_for(migration: float) -> tuple[Planner, Placements, Epoch]:
    """Plan for two of little value and one elsewhere, then for one of much value; return what ran in between too."""
    instance = one_pool((1.0, 1.5, 5.0, 4.0), units=1)
    pools = instance.table("pools")
    both = pd.concat([pools, pools.assign(pool="other", hardware="gpu")], ignore_index=True)
    planner = Planner(instance.replace(pools=both), MatchingPolicy(), migration_s=migration)
    planner.take(events(*((0.0, "arrive", f"q{place}") for place in (0, 1, 3)), (0.0, "rate", "q3", 2.4)))
    planner.plan(0.0)
    before = planner.state.running
    planner.take(events((5.0, "arrive", "q2"), (5.0, "rate", "q2", 2.4), first=4))
    return planner, before, planner.plan(10.0)


def test_who_waits_finds_room_by_swaps_that_move_nobody_idly() -> None:
    """Two of little value leave for one of much, which no single one makes room for; a copy elsewhere stays put."""
    planner, before, epoch = swapped_for(migration=1.0)
    runs = planner.state.running
    assert planner.state.names[runs.query].tolist() == ["q2", "q3"]
    assert runs.plan[-1] == before.plan[-1]
    assert (epoch.stopped, epoch.moved, epoch.unneeded) == (2, 0, 2)


def test_swaps_that_do_not_pay_are_not_made() -> None:
    """Where moving costs more than the newcomer is worth over a stay, everybody goes on as they were."""
    planner, before, epoch = swapped_for(migration=1e6)
    runs = planner.state.running
    assert (runs.query.tolist(), runs.plan.tolist()) == (before.query.tolist(), before.plan.tolist())
    assert (epoch.stopped, epoch.moved, epoch.unneeded) == (0, 0, 0)
