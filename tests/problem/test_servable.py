"""What could be served if no query competed with another: exact ties and one step beyond them."""

from __future__ import annotations

import pandas as pd
import pytest

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.instance import Instance
from sloplan.problem.servable import servable_value
from tests.one_pool import one_pool


def two_operators(*, busy_ms: float, share: float = 1.0, memory_gb: float = 0.0, hosting: str) -> CompiledInstance:
    """Return one query of value 4 and 1 request/s through two operators on one unit of 16 GB."""
    frames = one_pool([4.0], busy_ms=busy_ms).to_frames()
    for table in ("operators", "configurations", "profiles"):
        frames[table] = pd.concat([frames[table], frames[table].assign(operator="track")], ignore_index=True)
    frames["operators"]["input_kb"] = [10.0, float("nan")]
    frames["edges"] = pd.DataFrame({"from_operator": ["detect"], "to_operator": ["track"]})
    frames["profiles"] = frames["profiles"].assign(share=share, memory_gb=memory_gb)
    return Instance.from_frames(frames, hosting=hosting).compiled


@pytest.mark.parametrize(("busy_ms", "value"), [(500.0, 4000), (500.001, 0)])
def test_fluid(busy_ms: float, value: int) -> None:
    """Both operators together may fill the unit, and not more."""
    assert servable_value(two_operators(busy_ms=busy_ms, hosting="fluid")) == value


@pytest.mark.parametrize(
    ("figures", "value"),
    [
        ({"share": 0.5}, 4000),  # a replica of each fills the unit
        ({"share": 0.51}, 0),  # either fits alone, not both
        ({"share": 0.5, "memory_gb": 8.0}, 4000),
        ({"share": 0.5, "memory_gb": 8.1}, 0),
        ({"share": 0.25, "busy_ms": 1000.0}, 4000),  # one replica of each carries just this rate
        ({"share": 0.25, "busy_ms": 2000.0}, 4000),  # two of each fill the unit
        ({"share": 0.25, "busy_ms": 2000.1}, 0),  # three of each do not fit
    ],
)
def test_replicas(figures: dict[str, float], value: int) -> None:
    """The fewest whole replicas that carry the rate must fit together in shares and memory."""
    assert servable_value(two_operators(**{"busy_ms": 100.0, **figures}, hosting="replicas")) == value
