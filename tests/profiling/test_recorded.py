"""Recorded and synthetic workloads."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.problem.errors import InputError
from sloplan.profiling.recorded import record
from sloplan.profiling.synthetic import synthetic_workload
from tests.profiling.small_workload import Counted, small_workload


def test_a_record_is_what_was_run() -> None:
    """Recording runs every prefix on every item once, and looks the same figures up later."""
    workload = Counted(small_workload(30))
    recorded = record(workload)
    assert len(workload.runs) == len(set(workload.runs)) == (2 + 4) * 30
    for plan in recorded.plans:
        for depth in (1, 2):
            told, looked_up = (one.run(plan[:depth], np.arange(30), None) for one in (small_workload(30), recorded))
            assert told.seconds.tolist() == looked_up.seconds.tolist()
            assert told.output_kb.tolist() == looked_up.output_kb.tolist()
    assert recorded.accuracies().tolist() == small_workload(30).accuracies().tolist()
    assert recorded.latencies_s()[0] == pytest.approx(0.012)


def test_synthetic_workload_is_as_described() -> None:
    """Larger configurations are more accurate and slower; the same seed gives the same table."""
    workload, again, other = (synthetic_workload(3000, seed) for seed in (1, 1, 2))
    assert workload.accuracies().tolist() == again.accuracies().tolist() != other.accuracies().tolist()
    accuracy = dict(zip(workload.plans, workload.accuracies(), strict=True))
    latency = dict(zip(workload.plans, workload.latencies_s().mean(axis=1), strict=True))
    for better, worse in ((("large", "large"), ("medium", "large")), (("medium", "medium"), ("medium", "small"))):
        assert accuracy[better] > accuracy[worse]
        assert latency[better] > latency[worse]
    assert latency["small", "small"] == pytest.approx(0.007, rel=0.02)


def test_synthetic_workload_has_items() -> None:
    """A workload without items is refused."""
    with pytest.raises(InputError, match="items = 0"):
        synthetic_workload(0)
