"""Arrivals and lengths of stay of the family burst."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.instances.catalogue import measurement, rule
from sloplan.instances.families.bursts import LENGTHS, TRACE, bursts
from sloplan.instances.families.draws import Draws
from tests.instances.families.family_cases import FAMILIES, SMALL, family


@pytest.mark.parametrize("name", FAMILIES)
def test_only_burst_states_arrivals(name: str) -> None:
    """Queries of burst arrive and leave, those of the others are there all the time."""
    queries = family(SMALL[name]).table("queries")
    for column in ("arrival_s", "duration_s"):
        if name == "burst":
            assert queries[column].notna().all()
        else:
            assert column not in queries or queries[column].isna().all()


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    """Arrivals and stays of many queries."""
    return bursts(100_000, Draws(5))


def test_whole_milliseconds_within_the_trace(drawn: dict[str, np.ndarray]) -> None:
    """Times are whole milliseconds; arrivals fall within the trace's span, stays are positive."""
    for times in drawn.values():
        assert np.array_equal(times, np.rint(times * 1000) / 1000)
    span = measurement(f"{TRACE}.arrivals_span_s")
    assert drawn["arrival_s"].min() >= 0
    assert span - 120 <= drawn["arrival_s"].max() < span
    assert drawn["duration_s"].min() > 0


def test_arrivals_come_in_bursts(drawn: dict[str, np.ndarray]) -> None:
    """The fullest minute holds far more arrivals than a usual one, as in the trace."""
    per_minute = np.bincount((drawn["arrival_s"] // 60).astype(np.int64))
    peak, median = (measurement(f"{TRACE}.arrivals_per_minute_p{percent}") for percent in (90, 50))
    assert peak > 3 * median
    assert per_minute.max() > 3 * np.median(per_minute)


@pytest.mark.parametrize("percent", [10, 25, 50, 75, 90, 99])
def test_stays_follow_the_measured_tokens(drawn: dict[str, np.ndarray], percent: int) -> None:
    """Percentiles of the stays are those of the tokens that the trace generates, times the rule's seconds."""
    expected = measurement(f"{LENGTHS}.generated_tokens_p{percent}") * rule("stay_s_per_token")
    assert np.percentile(drawn["duration_s"], percent) == pytest.approx(expected, rel=0.05)


def test_same_seed_same_times() -> None:
    """Times follow from the seed."""
    first, again, other = (bursts(50, Draws(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not any(np.array_equal(first[name], other[name]) for name in first)
