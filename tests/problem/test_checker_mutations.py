"""The checker names each rule that a solution breaks, breaks nothing exactly at a limit, and one unit beyond does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from sloplan.problem.checker import check, judge
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from tests.problem.checker_case import (
    ON_PHONE,
    SAY_AT_EDGE,
    SEE_ON_PHONE,
    TO_CLOUD,
    Options,
    Placed,
    instance,
    solution,
)

Change = dict[tuple[str, str, str], Any]
Plans = list[tuple[str, int, Options | Placed]]

BOTH = ON_PHONE | {"see": ("small", "edge-gpu", "default")}
BATCHED = ON_PHONE | {"say": ("short", "edge-gpu", "batch")}
HEAR = {"hear": ("only", "edge-gpu", "default")}


def _rules(of: Instance, checked: Solution) -> set[str]:
    return {violation.rule for violation in check(of, checked)}


@pytest.mark.parametrize("plans", [[], [("walk", 2, ON_PHONE)], [("walk", 1, ON_PHONE), ("walk", 1, TO_CLOUD)]])
def test_valid_solutions_pass(plans: Plans) -> None:
    """Nobody served, all copies on one plan, and copies on different plans: each is worth its copies."""
    of = instance()
    assert check(of, solution(of, plans)) == []
    assert judge(of, solution(of, plans)).value_milli == 1000 * sum(count for _, count, _ in plans)


@pytest.mark.parametrize(
    ("rule", "plans"),
    [
        ("query", [("nobody", 1, ON_PHONE)]),
        ("count", [("walk", 3, ON_PHONE)]),
        ("count", [("walk", 2, ON_PHONE), ("walk", 1, TO_CLOUD)]),
        ("count", [("walk", 0, ON_PHONE)]),
        ("count", [("walk", -1, ON_PHONE)]),
        ("operator", [("walk", 1, {"see": SEE_ON_PHONE})]),
        ("operator", [("walk", 1, {})]),
        ("operator", [("walk", 1, [("see", SEE_ON_PHONE), ("say", SAY_AT_EDGE), ("say", SAY_AT_EDGE)])]),
        ("operator", [("walk", 1, [("see", SEE_ON_PHONE), ("say", SAY_AT_EDGE), ("say", TO_CLOUD["say"])])]),
        ("operator", [("walk", 1, ON_PHONE | HEAR)]),
        ("operator", [("talk", 1, ON_PHONE)]),
        ("operator", [("walk", 1, ON_PHONE | {"sing": SAY_AT_EDGE})]),
        ("pool", [("walk", 1, ON_PHONE | {"say": ("short", "moon-gpu", "default")})]),
        ("profile", [("walk", 1, ON_PHONE | {"see": ("large", "phone-chip", "default")})]),
        ("profile", [("walk", 1, ON_PHONE | {"see": ("huge", "phone-chip", "default")})]),
        ("profile", [("walk", 1, ON_PHONE | {"see": ("small", "phone-chip", "batch")})]),
        ("profile", [("walk", 1, ON_PHONE | {"see": ("small", "phone-chip", "unheard-of")})]),
        ("profile", [("walk", 1, ON_PHONE | {"see": ("short", "edge-gpu", "default")})]),  # configuration of `say`
        ("memory", [("walk", 1, ON_PHONE | {"see": ("large", "edge-gpu", "default")})]),
        ("placement", [("walk", 1, ON_PHONE | {"say": ("short", "phone-chip", "default")})]),
        ("compatibility", [("walk", 1, ON_PHONE | {"say": ("long", "edge-gpu", "default")})]),
        ("route", [("walk", 1, ON_PHONE | {"say": ("short", "island-gpu", "default")})]),
        ("route", [("walk", 1, ON_PHONE | {"see": ("small", "cloud-gpu", "default")})]),  # no way back to the edge
    ],
)
def test_a_plan_that_breaks_one_rule(rule: str, plans: Plans) -> None:
    """That rule is named and no other, whether or not a valid plan stands beside."""
    of = instance()
    assert _rules(of, solution(of, plans)) == {rule}
    if rule != "count":
        assert _rules(of, solution(of, [("walk", 1, ON_PHONE), *plans])) == {rule}


def test_another_users_pool() -> None:
    """A query-scope pool serves its own site's queries only, even where a way leads to it."""
    changes = {("links", "watch-up", "from_site"): "phone", ("links", "watch-up", "to_site"): "watch"}
    of = instance(changes | {("links", "phone-up", "from_site"): "watch", ("links", "phone-up", "scope"): "shared"})
    borrowed = ON_PHONE | {"see": ("small", "watch-chip", "default")}
    assert _rules(of, solution(of, [("walk", 1, borrowed)])) == {"ownership"}


def test_a_place_reserved_to_the_source() -> None:
    """An operator that may stand only at the source is refused at another site, and passes at its own."""
    of = instance(
        {
            ("placement", "say", "allowed"): "source",
            ("placement", "say", "value"): "",
            ("queries", "talk", "application"): "guide",
        }
    )
    own_edge = {"see": ("small", "edge-gpu", "default"), "say": SAY_AT_EDGE}
    assert _rules(of, solution(of, [("talk", 1, own_edge)])) == set()
    assert _rules(of, solution(of, [("walk", 1, ON_PHONE)])) == {"ownership"}


@pytest.mark.parametrize(
    ("rule", "plans", "field", "at_limit", "beyond"),
    [
        ("latency", [("walk", 1, ON_PHONE)], ("queries", "walk", "slo_latency_ms"), 32, 31.999),
        ("accuracy", [("walk", 1, ON_PHONE)], ("queries", "walk", "slo_accuracy"), 0.72, 0.720001),
        ("cost", [("walk", 1, ON_PHONE)], ("queries", "walk", "slo_cost_per_1k"), 0.0051, 0.005099),
        ("min_rate", [("walk", 1, BATCHED)], ("queries", "walk", "rate_rps"), 1, 0.999),
        # One copy: 1 request/s x 4 ms of the phone; 1 kB/s of 1 MB/s on its uplink.
        ("own_pool", [("walk", 2, ON_PHONE)], ("pools", "phone-chip", "max_utilization"), 0.004, 0.003999999),
        ("own_link", [("walk", 2, ON_PHONE)], ("links", "phone-up", "max_utilization"), 0.001, 0.000999999),
        # Two copies: 10 ms of the edge's GPU per second; 2 kB/s over the core link.
        ("capacity", [("walk", 2, ON_PHONE)], ("pools", "edge-gpu", "max_utilization"), 0.01, 0.009999999),
        ("capacity", [("walk", 2, TO_CLOUD)], ("links", "core", "max_utilization"), 0.002, 0.001999999),
        # The same row used by two applications and by two operators of one plan: 5 + 1 + 5 ms.
        (
            "capacity",
            [("walk", 1, BOTH), ("talk", 1, HEAR)],
            ("pools", "edge-gpu", "max_utilization"),
            0.011,
            0.010999999,
        ),
        ("count", [("walk", 2, ON_PHONE)], ("queries", "walk", "count"), 2, 1),
        ("memory", [("walk", 1, ON_PHONE)], ("pools", "edge-gpu", "memory_gb"), 3, 2.999),
        ("capacity", [("walk", 1, ON_PHONE)], ("pools", "edge-gpu", "units"), 1, 0),
    ],
)
def test_limits(rule: str, plans: Plans, field: tuple[str, str, str], at_limit: float, beyond: float) -> None:
    """A solution exactly at a limit passes; the smallest step beyond breaks that rule and no other."""
    of = instance({field: at_limit})
    assert _rules(of, solution(of, plans)) == set()
    of = instance({field: beyond})
    assert _rules(of, solution(of, plans)) == {rule}


def test_a_violation_says_what_and_by_how_much() -> None:
    """Subject, amount and limit of a row one unit over, in compiled units."""
    of = instance({("pools", "edge-gpu", "max_utilization"): 0.009999999})
    (violation,) = check(of, solution(of, [("walk", 2, ON_PHONE)]))
    assert (violation.subject, violation.amount, violation.limit) == ("row 'pool:edge-gpu'", 10_000_000, 9_999_999)


def test_all_violations_are_listed() -> None:
    """One broken rule hides no other: a late plan, an unknown query and a full row are all named."""
    of = instance({("queries", "walk", "slo_latency_ms"): 1, ("pools", "edge-gpu", "max_utilization"): 0.001})
    assert _rules(of, solution(of, [("walk", 1, ON_PHONE), ("nobody", 1, ON_PHONE)])) == {
        "latency",
        "query",
        "capacity",
    }


def test_options_of_no_plan() -> None:
    """An option row that belongs to no listed plan is refused."""
    of = instance()
    valid = solution(of, [("walk", 1, ON_PHONE)])
    stray = valid.options.iloc[[0]].assign(plan=7)
    assert _rules(of, replace(valid, options=pd.concat([valid.options, stray], ignore_index=True))) == {"format"}


def test_the_hash_of_another_instance() -> None:
    """A solution of another instance is refused, however well its plans would do here."""
    of, other = instance(), instance({("queries", "talk", "value"): 3})
    assert _rules(of, solution(other, [("walk", 1, ON_PHONE)])) == {"instance"}


def test_a_stored_bound_below_the_solution() -> None:
    """A claimed bound may be met exactly, but not exceeded."""
    of = instance()
    valid = solution(of, [("walk", 2, ON_PHONE)])
    assert _rules(of, replace(valid, bound=2000)) == set()
    assert _rules(of, replace(valid, bound=1999)) == {"bound"}


SAY = "edge-gpu/say/short/default"
SAY_BATCHED = "edge-gpu/say/short/batch"
SEE = "edge-gpu/see/small/default"
HALF_SHARE: Change = {("profiles", "say/short/gpu/default", "share"): 0.5}


def _replicas(supply: list[tuple[str, int]], changes: Change, plans: Plans | None = None) -> set[str]:
    of = instance(HALF_SHARE | changes, hosting="replicas")
    return _rules(of, solution(of, [("walk", 2, ON_PHONE)] if plans is None else plans, supply))


def test_too_few_replicas() -> None:
    """A replica of half a unit at 0.005 brings 2.5 ms per second: two copies of 2.5 ms need two."""
    utilization: Change = {("pools", "edge-gpu", "max_utilization"): 0.005}
    assert _replicas([(SAY, 2)], utilization) == set()
    assert _replicas([(SAY, 1)], utilization) == {"capacity"}
    assert _replicas([], utilization) == {"capacity"}
    assert _replicas([(SAY_BATCHED, 1)], {}) == {"capacity"}  # another deployment does not help


def test_share_row() -> None:
    """Replicas of two deployments may fill the unit exactly, and not more."""
    share = ("profiles", "see/small/gpu/default", "share")
    assert _replicas([(SAY, 1), (SEE, 1)], {share: 0.5}) == set()
    assert _replicas([(SAY, 1), (SEE, 1)], {share: 0.500001}) == {"capacity"}


def test_memory_row() -> None:
    """The models of all replicas must fit in the units' memory: 3 + 5 of 8 GB do."""
    share: Change = {("profiles", "see/small/gpu/default", "share"): 0.1}
    memory = ("profiles", "see/small/gpu/default", "memory_gb")
    assert _replicas([(SAY, 1), (SEE, 1)], share | {memory: 5}) == set()
    assert _replicas([(SAY, 1), (SEE, 1)], share | {memory: 5.001}) == {"capacity"}


def test_maximum_of_a_deployment() -> None:
    """More replicas than the units hold: the supply's maximum is named, beside the row that it stands for."""
    assert _replicas([(SAY, 2)], {}) == set()
    assert _replicas([(SAY, 3)], {}) == {"supply", "capacity"}


def test_negative_supply() -> None:
    """A negative number of replicas is refused, though it would free share and memory."""
    assert "supply" in _replicas([(SAY, 1), (SEE, -1)], {})


@pytest.mark.parametrize("supply", [[("moon/say/short/default", 1)], [(SAY, 1), (SAY, 1)]])
def test_unknown_and_repeated_supply(supply: list[tuple[str, int]]) -> None:
    """A deployment must exist and be listed once."""
    assert _replicas(supply, {}, plans=[]) == {"supply"}


def test_supply_under_fluid_hosting() -> None:
    """Without replicas nothing can be supplied."""
    of = instance()
    assert _rules(of, solution(of, [("walk", 1, ON_PHONE)], [(SAY, 1)])) == {"supply"}
