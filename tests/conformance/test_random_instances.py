"""The random instances meet what they are for: every feature, reproducibly, and none too large."""

from __future__ import annotations

from collections import Counter
from itertools import count, islice

import pytest

from tests.conformance.cases import random_case
from tests.conformance.features import FEATURES, features
from tests.conformance.random_instances import is_contended, random_tables
from tests.conformance.seeds import ANY_SEEDS, CONTENDED_SEEDS, SEEDS

FEWEST = 5
"""Instances that must have each feature."""


def test_every_feature_occurs() -> None:
    """Each feature of the problem, ties included, occurs in several of the seeds that the methods solve."""
    counts = Counter(
        feature for seed in SEEDS for feature in features(random_case(seed).plain, random_case(seed).optimum)
    )
    rare = {feature: counts[feature] for feature in FEATURES if counts[feature] < FEWEST}
    assert rare == {}


def test_a_seed_always_gives_the_same_instance() -> None:
    """The tables depend on the seed alone, and different seeds differ."""
    assert random_tables(7) == random_tables(7)
    assert random_tables(7) != random_tables(8)


@pytest.mark.slow
def test_contended_seeds_are_found_again() -> None:
    """The stored seeds are the first contended ones: nobody picked them by how a method fares."""
    found = islice(filter(is_contended, count(ANY_SEEDS.stop)), len(CONTENDED_SEEDS))
    assert tuple(found) == CONTENDED_SEEDS
