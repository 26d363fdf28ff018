"""Tests of what `instances show` says, on figures worked by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from sloplan import instance_summary
from sloplan.instance_summary import summarise
from sloplan.instances import library
from sloplan.pricing.plan_lister import PlanLister
from sloplan.problem import plan_table
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.summary import summarise_selection
from sloplan.problem.servable import servable_value
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables
from tests.one_pool import one_pool


def test_sizes_and_load() -> None:
    """Three copies of 0.4 busy units load one unit 1.2 times; all have a plan that fits alone."""
    summary = summarise(one_pool())
    assert (summary.sizes["queries"], summary.sizes["query copies"], summary.sizes["templates"]) == (3, 3, 1)
    assert summary.plans_per_template == (1, 1, 1, 1)
    assert summary.combinations_log10 == (0, 0, 0, 0)
    assert summary.load == pytest.approx(1.2)
    assert summary.servable_share == 1.0
    assert [(row.name, row.capacity) for row in summary.rows] == [("pool:gpus", 10**9)]
    assert summary.rows[0].load == pytest.approx(1.2)


@pytest.mark.parametrize("name", ["city-s-1.2-tight", "mixed-s-2-loose"])
def test_load_is_the_stated_one(name: str) -> None:
    """Of a library instance, it is the load that the name states."""
    assert summarise(library.load(name)).load == pytest.approx(float(name.split("-")[2]), rel=2e-3)


def test_servable_share() -> None:
    """A query that no plan can serve alone counts in the value, but neither in the servable part nor in the load."""
    frames = one_pool([1.0, 3.0]).to_frames()
    frames["queries"]["slo_latency_ms"] = [500.0, 100.0]
    summary = summarise(Instance.from_frames(frames))
    assert summary.servable_share == 0.25
    assert summary.rows[0].load == pytest.approx(0.4)


def test_load_is_spread() -> None:
    """With two equal pools to choose from, demand spreads over both."""
    frames = one_pool([1.0] * 4).to_frames()
    frames["pools"] = pd.concat([frames["pools"], frames["pools"].assign(pool="more")], ignore_index=True)
    summary = summarise(Instance.from_frames(frames))
    assert [row.load for row in summary.rows] == pytest.approx([0.8, 0.8], abs=0.1)


def test_replicas() -> None:
    """A deployment's load is relative to the capacity shown, of its most replicas; what replicas take is unknown."""
    frames = one_pool(units=2).to_frames()
    frames["profiles"]["memory_gb"] = 1.0
    summary = summarise(Instance.from_frames(frames, hosting="replicas"))
    rows = {row.name: row for row in summary.rows}
    deployment = rows.pop("deployment:gpus/detect/m/default")
    assert (deployment.capacity, deployment.load) == (2 * 10**9, pytest.approx(0.6))
    assert {name: row.load for name, row in rows.items()} == {"share:gpus": None, "memory:gpus": None}


def test_combinations() -> None:
    """Two templates with 2 and 3 pools to choose from: logarithms of each, and of all 5 together."""
    frames = one_pool([1.0] * 4).to_frames()
    frames["sites"] = pd.DataFrame({"site": ["cloud", "home"], "tier": ["cloud", "device"]})
    pools = [frames["pools"], frames["pools"].assign(pool="more")]
    own = frames["pools"].assign(pool="own", site="home", scope="query")
    frames["pools"] = pd.concat([*pools, own], ignore_index=True)
    frames["links"] = pd.DataFrame(
        {"link": ["up", "down"], "from_site": ["home", "cloud"], "to_site": ["cloud", "home"],
         "bandwidth_mbps": [10.0, 10.0], "delay_ms": [1.0, 1.0]}
    )  # fmt: skip
    frames["queries"].loc[0, "source_site"] = "home"
    summary = summarise(Instance.from_frames(frames))
    assert summary.plans_per_template == (2, 2.5, 3, 5)
    assert summary.combinations_log10 == pytest.approx(
        (math.log10(2), (math.log10(2) + math.log10(3)) / 2, math.log10(3), math.log10(5))
    )


@pytest.mark.parametrize("seed", range(0, 24, 2))
def test_servable_share_is_that_of_the_servable_value(seed: int) -> None:
    """What the summary calls servable is what the problem does, on random instances of both hostings."""
    hosting = ("fluid", "replicas")[seed % 4 // 2]
    instance = instance_from(random_tables(seed), hosting=hosting)
    queries = instance.compiled.queries
    worth = sum(
        value * count for value, count in zip(queries.value_milli.tolist(), queries.count.tolist(), strict=True)
    )
    assert summarise(instance).servable_share == servable_value(instance.compiled) / worth


def test_plans_are_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each template is listed exactly once, and not by plain enumeration besides."""
    instance, listed = one_pool(), []
    enumerated, add = plan_table._Enumeration, PlanLister.add
    monkeypatch.setattr(plan_table, "_Enumeration", lambda *given: listed.append(given[1]) or enumerated(*given))
    monkeypatch.setattr(PlanLister, "add", lambda lister, template: listed.append(template) or add(lister, template))
    summarise(instance)
    assert listed == [0]


def test_a_plan_selection_is_summarised_too() -> None:
    """`summarise` takes a plan selection as well."""
    selection = PlanSelection.from_numbers(group=[0, 0], value=[1.5, 2], usage=[[1], [3]], capacity=[2])
    assert summarise(selection) == summarise_selection(selection)


def test_no_value() -> None:
    """A share of no value is unknown."""
    assert summarise(one_pool([0.0])).servable_share is None


def test_too_many_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where plans are too many to list, what depends on them is unknown and the reason is given."""

    def refuse(*_: object) -> None:
        raise SizeLimitError("too many")

    monkeypatch.setattr(instance_summary, "useful_plans", refuse)
    summary = summarise(one_pool())
    assert (summary.plans_per_template, summary.servable_share, summary.not_listed) == (None, None, "too many")
    assert summary.combinations_log10 == (0, 0, 0, 0)
    assert [row.load for row in summary.rows] == [None]
