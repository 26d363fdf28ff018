"""What the queries of a template ask for, in few classes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sloplan.pricing.demands import Demands
from sloplan.problem.compiled import NO_LIMIT
from tests.one_pool import one_pool


def demands(slos: list[float | None], most: list[int]) -> Demands:
    """Demands of queries with the given latency SLOs."""
    instance = one_pool(values=tuple(1.0 for _ in slos))
    queries = instance.to_frames()["queries"].assign(slo_latency_ms=slos)
    compiled = instance.from_frames({**instance.to_frames(), "queries": pd.DataFrame(queries)}).compiled
    return Demands.of(compiled, 0, np.zeros(0, dtype=np.int64), most)


def test_limits_that_no_plan_passes_make_no_difference() -> None:
    """SLOs at and above the slowest plan are one class with no SLO; below it, each is its own."""
    found = demands([5.0, 7.0, 20.0, None, 7.0], [20_000, 0, 0, 0])
    assert found.latency
    assert not found.rate
    assert not found.active.any()
    assert found.allowed[found.of_query, 0].tolist() == [5_000, 7_000, 20_000, 20_000, 7_000]
    assert len(found.allowed) == 3


def test_without_limits_all_queries_are_one_class() -> None:
    """Nothing limits anything: one class, no active figure."""
    found = demands([None, 50.0], [20_000, 0, NO_LIMIT - 1, 0])
    assert not found.latency
    assert len(found.allowed) == 1
    assert not found.active.any()


def test_own_machines_and_least_rates_limit() -> None:
    """A load limits where rate x load may pass the capacity, a least rate where some query is slower."""
    instance = one_pool(values=(1.0, 1.0))
    compiled = instance.compiled
    capacity = np.array([10_000_000, 10**12])
    found = Demands.of(compiled, 0, capacity, [0, 1001, 0, 0, 10_001, 10_000])
    assert found.rate
    assert found.active.tolist() == [False, False, True, False]
    assert found.allowed.tolist() == [[0, 1000, 10_000]]  # floor(10^7 / 1000)
