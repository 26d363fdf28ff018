"""Tests of what a run's page shows of a solution: places, copies, utilisation, slack."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import sloplan as sp
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from sloplan.study.report.plan_view import MOST_SITES, plan_links, plan_tiers, row_table, slack_table
from tests.one_pool import one_pool, serving


@pytest.fixture(scope="module")
def instance() -> Instance:
    """An instance of devices, edge sites and a cloud."""
    return sp.load("edge-cloud-xs-1.2-tight")


@pytest.fixture(scope="module")
def solution(instance: Instance) -> Solution:
    """A solution of it."""
    found = sp.solve(instance, method="greedy", time_limit=20, display=False).solution
    assert isinstance(found, Solution)
    return found


def test_every_operator_stands_somewhere(instance: Instance, solution: Solution) -> None:
    """Every option of every plan is on one chip of its pool, for as many copies as follow it."""
    tiers = plan_tiers(instance, solution, row_table(instance, solution, None))
    pools = {pool.name: pool for tier in tiers for site in tier.sites for pool in site.pools}
    table = solution.options.join(solution.plans["count"], on="plan")
    for pool, part in table.groupby("pool"):
        assert sum(chip.copies for chip in pools[pool].chips) == part["count"].sum()
        assert {chip.operator for chip in pools[pool].chips} == set(part["operator"])
    assert [tier.name for tier in tiers] == ["device", "edge", "cloud"]
    copies = sum(site.copies for tier in tiers for site in tier.sites)
    assert copies == instance.table("queries")["count"].sum()


def test_rows_are_as_full_as_the_plans_make_them() -> None:
    """Two of three queries of 400 ms use 80% of a unit; without prices nothing is worth anything known."""
    instance = one_pool()
    rows = row_table(instance, serving(instance, "q1", "q2"), None)
    assert rows.loc["pool:gpus", ["used", "capacity", "utilization"]].tolist() == pytest.approx([0.8, 1.0, 0.8])
    assert np.isnan(rows.loc["pool:gpus", "one_more"])
    priced = row_table(instance, serving(instance, "q1"), pd.Series({"pool:gpus": 2e-9}))
    assert priced.loc["pool:gpus", "one_more"] == pytest.approx(2.0)
    unnamed = row_table(instance, serving(instance, "q1"), pd.Series({}, dtype=float))
    assert unnamed.loc["pool:gpus", "one_more"] == 0.0


def test_slack_by_hand() -> None:
    """q1 may take 500 ms and 0.5 USD per 1,000 requests: 400 ms of a unit of 3.6 USD/h leave 20% of either."""
    instance = one_pool()
    queries = instance.table("queries").assign(
        slo_latency_ms=[np.nan, 500.0, 400.0], slo_cost_per_1k=[np.nan, 0.5, 1.0]
    )
    strict = instance.replace(queries=queries)
    table = slack_table(strict, serving(strict, "q0", "q1", "q2")).set_index("query")
    assert table.loc["q1", ["latency_slack", "cost_slack"]].tolist() == pytest.approx([0.2, 0.2])
    assert table.loc["q2", ["latency_slack", "cost_slack", "least"]].tolist() == pytest.approx([0.0, 0.6, 0.0])
    assert table.loc["q0", ["latency_slack", "accuracy_slack", "cost_slack", "least"]].isna().all()
    assert list(table.index) == ["q2", "q1", "q0"]


def test_no_slack_of_a_valid_solution_is_negative(instance: Instance, solution: Solution) -> None:
    """What the checker accepts keeps its SLOs, of accuracy up to a rounding of nano-nats."""
    table = slack_table(instance, solution)
    assert len(table) == len(solution.plans)
    assert table["least"].min() >= -1e-8


def test_links_join_what_is_drawn(instance: Instance, solution: Solution) -> None:
    """Both directions are one line, as full as the fuller one; a link of every copy's own has no utilisation."""
    rows = row_table(instance, solution, None)
    sites = set(instance.table("sites")["site"])
    links = plan_links(instance, rows, sites)
    assert len({frozenset((link.start, link.end)) for link in links}) == len(links)
    table = instance.table("links")
    own = table[table["scope"] == "query"]
    pairs = {frozenset(pair) for pair in zip(own["from_site"], own["to_site"], strict=True)}
    for link in links:
        assert math.isnan(link.utilization) == (frozenset((link.start, link.end)) in pairs)
    assert plan_links(instance, rows, {"cloud"}) == []


def test_many_sites_are_cut_to_the_busiest() -> None:
    """Of more sites than are drawn, those where something stands stay, and the others are counted."""
    instance = sp.load("mixed:queries=40,sites=30,load=2")
    found = sp.solve(instance, method="random", time_limit=20, display=False).solution
    assert isinstance(found, Solution)
    tiers = plan_tiers(instance, found, row_table(instance, found, None))
    number = instance.table("sites")["tier"].value_counts()
    for tier in tiers:
        assert len(tier.sites) == min(MOST_SITES, number[tier.name])
        assert len(tier.sites) + tier.more == number[tier.name]
    assert any(tier.more for tier in tiers)


def test_replicas_take_their_pool() -> None:
    """One replica of a model with a share of 1 fills the unit, and two queries of 400 ms use 80% of the replica."""
    instance = one_pool().replace(hosting="replicas")
    solution = sp.solve(instance, method="exhaustive", display=False).solution
    assert isinstance(solution, Solution)
    rows = row_table(instance, solution, None)
    assert rows.loc["share:gpus", "utilization"] == 1.0
    assert rows.loc["deployment:gpus/detect/m/default", "utilization"] == pytest.approx(0.8)
    [tier] = plan_tiers(instance, solution, rows)
    assert tier.sites[0].pools[0].utilization == 1.0
