"""Headroom: stricter instances, and plans of theirs that are valid on the instance itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sloplan
from sloplan import planning_headroom
from sloplan.planning_headroom import best_headroom
from sloplan.problem.errors import InputError
from tests import command_line

NAME = "edge-cloud-xs-1.2-tight"


@pytest.fixture(scope="module")
def instance() -> sloplan.Instance:
    """A small instance."""
    found = sloplan.load(NAME)
    assert isinstance(found, sloplan.Instance)
    return found


def test_a_stricter_instance(instance: sloplan.Instance) -> None:
    """Capacities shrink and latencies grow by the factors, and nothing else changes."""
    stricter = sloplan.with_headroom(instance, 0.5, 2.0)
    changed = {"pools": "max_utilization", "links": "max_utilization", "profiles": "latency_ms"}
    for table, frame in instance.to_frames().items():
        found = stricter.table(table)
        if table in changed:
            factor = 2.0 if table == "profiles" else 0.5
            np.testing.assert_allclose(found[changed[table]], frame[changed[table]] * factor, rtol=1e-6)
            found, frame = found.drop(columns=changed[table]), frame.drop(columns=changed[table])
        assert found.equals(frame)


def test_more_headroom_plans_less_and_keeps_its_promises_better(instance: sloplan.Instance) -> None:
    """What is planned shrinks with the headroom; every plan is valid on the instance itself, or it would be refused."""
    tried = sloplan.headroom(
        instance, "greedy", utilizations=(1.0, 0.3), latencies=(1.0, 1.5), horizon=60.0, variation=0.5
    )
    assert len(tried) == 4
    planned = tried.set_index(["utilization", "latency"])["goodput_planned"]
    assert planned[1.0, 1.0] == planned.max() > planned[0.3, 1.5] == planned.min()
    attained = tried.set_index(["utilization", "latency"])["attainment"]
    assert attained[0.3, 1.5] >= attained[1.0, 1.0]
    assert np.all(tried["kept_99"] <= tried["kept_95"])
    best = tried.loc[tried["kept_95"].idxmax()]
    chosen = best_headroom(instance, tried, 95)
    assert chosen.sha256 == sloplan.with_headroom(instance, best["utilization"], best["latency"]).sha256


def test_the_command_writes_the_instance_to_plan_on(instance: sloplan.Instance, tmp_path: Path) -> None:
    """What it writes can be loaded, and is the headroom that it names."""
    target = tmp_path / "stricter"
    arguments = ["--headroom", "95", "--method", "greedy", "--horizon", "20", "--json", "-o", str(target)]
    told = json.loads(command_line.sloplan("simulate", NAME, *arguments).stdout)
    written = sloplan.load(str(target))
    assert written.name == told["best"]
    assert len(told["tried"]) == 16


@pytest.mark.parametrize(("utilization", "latency"), [(0.0, 1.0), (1.1, 1.0), (1.0, 0.9), (float("nan"), 1.0)])
def test_factors_out_of_range(instance: sloplan.Instance, utilization: float, latency: float) -> None:
    """They are refused, with what is allowed."""
    with pytest.raises(InputError, match="unusable factor"):
        sloplan.with_headroom(instance, utilization, latency)


def test_other_percentages_are_not_looked_at(instance: sloplan.Instance) -> None:
    """95 and 99 are."""
    tried = sloplan.headroom(instance, "greedy", utilizations=(1.0,), latencies=(1.0,), horizon=10.0)
    with pytest.raises(InputError, match="95, 99"):
        best_headroom(instance, tried, 90)


def test_the_progress_line(instance: sloplan.Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pair is told of before it is tried, with what was kept most; on no terminal nothing is shown."""
    lines: list[str] = []

    @contextmanager
    def noted(display: bool) -> Iterator[Callable[[str], None]]:
        yield lines.append if display else lambda _: None

    monkeypatch.setattr(planning_headroom, "live_line", noted)
    asked: dict[str, Any] = {"utilizations": (1.0, 0.4), "latencies": (1.0,), "horizon": 20.0}
    tried = sloplan.headroom(instance, "greedy", **asked)
    assert lines == [
        "1 of 2: utilization x 1, latency x 1  most kept with 95% in time -",
        f"2 of 2: utilization x 0.4, latency x 1  most kept with 95% in time {tried['kept_95'][0]:,.6g}",
    ]
    sloplan.headroom(instance, "greedy", display=False, **asked)
    assert len(lines) == 2
