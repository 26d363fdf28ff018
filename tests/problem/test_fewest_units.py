"""Tests of the bill: busy time, whole reserved units, traffic, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from sloplan.problem.checker import judge
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from tests.one_pool import one_pool, serving


def bill(instance: Instance, solution: Solution) -> int:
    """Return the deployment cost in 10^-12 USD/s of a solution without violations."""
    verdict = judge(instance, solution)
    assert verdict.violations == ()
    assert verdict.objective == verdict.value_milli
    assert verdict.cost_pico is not None
    return verdict.cost_pico


def test_usage_pays_busy_time() -> None:
    """3.6 USD/h is 10^-3 USD/s: 0.4 s busy per request at 1 request/s cost 0.4 x 10^-3 USD/s each."""
    instance = one_pool()
    assert bill(instance, serving(instance, "q1", "q2")) == 2 * 400_000_000


def test_counts_multiply() -> None:
    """Every copy that is served pays."""
    instance = one_pool([1.0], counts=[1_000_000], busy_ms=0.1, units=100)
    assert bill(instance, serving(instance, "q0", counts=[900_000])) == 900_000 * 1000 * 100


def test_reserved_pays_fewest_whole_units() -> None:
    """On a reserved pool 0.8 units cost one, 1.2 units two, exactly 2.0 units two; nothing used costs nothing."""
    unit = 1_000_000_000  # ceil(3.6 x 10^12 / 3600)
    instance = one_pool([1.0] * 6, units=3, billing="reserved")
    assert bill(instance, serving(instance, "q0", "q1")) == unit
    assert bill(instance, serving(instance, "q0", "q1", "q2")) == 2 * unit
    assert bill(instance, serving(instance, "q0", "q1", "q2", "q3", "q4")) == 2 * unit
    assert bill(instance, serving(instance)) == 0


def test_price_of_a_unit_is_rounded_up() -> None:
    """1 USD/h is ceil(10^12 / 3600) per second."""
    instance = one_pool(units=1, billing="reserved", price=1.0)
    assert bill(instance, serving(instance, "q0")) == 277_777_778


def test_traffic() -> None:
    """Input sent over a priced link is paid per byte: 10 kB at 0.02 USD/GB and 1 request/s."""
    frames = one_pool(price=0.0).to_frames()
    frames["sites"] = pd.DataFrame({"site": ["cloud", "home"], "tier": ["cloud", "home"]})
    frames["links"] = pd.DataFrame(
        {
            "link": ["up"],
            "from_site": ["home"],
            "to_site": ["cloud"],
            "bandwidth_mbps": [10.0],
            "delay_ms": [1.0],
            "price_per_gb": [0.02],
        }
    )
    frames["queries"]["source_site"] = "home"
    instance = Instance.from_frames(frames)
    assert bill(instance, serving(instance, "q0")) == 1000 * 200  # 10^4 bytes x 2 x 10^-11 USD = 200 nano-USD


@pytest.mark.parametrize(
    ("share", "memory_gb", "units"), [(0.5, 10.0, 2), (0.5, 0.0, 2), (0.1, 10.0, 2), (0.1, 0.1, 1)]
)
def test_replicas_rent_the_units_they_stand_on(share: float, memory_gb: float, units: int) -> None:
    """Under replicas, whole units cover shares and memory of the replicas, whatever the load."""
    unit = 1_000_000_000
    frames = one_pool([1.0], units=4, billing="reserved").to_frames()
    frames["profiles"] = frames["profiles"].assign(share=share, memory_gb=memory_gb)
    instance = Instance.from_frames(frames, hosting="replicas")
    solution = serving(instance, "q0")
    standing = pd.DataFrame({"supply": ["gpus/detect/m/default"], "amount": [3]})
    solution = Solution(instance.sha256, plans=solution.plans, options=solution.options, supply=standing)
    # Three replicas of half a unit take 1.5 units; of 10 GB on units of 16 GB 1.875 units.
    assert bill(instance, solution) == units * unit
