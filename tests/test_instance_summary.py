"""Tests of what `instances show` says, on figures worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from sloplan import instance_summary
from sloplan.instance_summary import summarise
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.instance import Instance
from tests.one_pool import one_pool


def test_sizes_and_load() -> None:
    """Three copies of 0.4 busy units load one unit 1.2 times; all have a plan that fits alone."""
    summary = summarise(one_pool())
    assert (summary.sizes["queries"], summary.sizes["query copies"], summary.sizes["templates"]) == (3, 3, 1)
    assert summary.plans_per_template == (1,)
    assert summary.servable_share == 1.0
    assert [(row.name, row.capacity) for row in summary.rows] == [("pool:gpus", 10**9)]
    assert summary.rows[0].load == pytest.approx(1.2)


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
    """Under replicas a deployment's load is relative to what its most replicas carry."""
    summary = summarise(one_pool().replace(hosting="replicas"))
    loads = {row.name: row.load for row in summary.rows}
    assert loads["deployment:gpus/detect/m/default"] == pytest.approx(1.2)


def test_no_value() -> None:
    """A share of no value is unknown."""
    assert summarise(one_pool([0.0])).servable_share is None


def test_too_many_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where plans are too many to list, what depends on them is unknown and the reason is given."""

    def refuse(*_: object) -> None:
        raise SizeLimitError("too many")

    monkeypatch.setattr(instance_summary, "list_plans", refuse)
    summary = summarise(one_pool())
    assert (summary.plans_per_template, summary.servable_share, summary.not_listed) == (None, None, "too many")
    assert [row.load for row in summary.rows] == [None]
