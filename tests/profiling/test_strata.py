"""Strata by K-means, and drawing among them."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.problem.errors import InputError
from sloplan.profiling.strata import choose_strata, cluster


def test_clusters_that_are_apart_are_found() -> None:
    """Items around three points become three strata, each of one point's items, in random order."""
    point = np.repeat([0, 1, 2], 50)
    features = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])[point] + np.random.default_rng(0).normal(size=(150, 2))
    strata = cluster(features, 3, seed=1)
    assert strata.sizes.tolist() == [50, 50, 50]
    groups = np.split(strata.order, [50, 100])
    assert sorted(len(set(point[group])) for group in groups) == [1, 1, 1]
    assert sorted(strata.order) == list(range(150))
    assert any((np.diff(group) < 0).any() for group in groups)


def test_fewer_distinct_items_than_strata() -> None:
    """Items that cannot be told apart, and a feature that is constant, leave fewer strata, none of them empty."""
    strata = cluster(np.array([[1.0, 2.0]] * 5 + [[1.0, 3.0]] * 4), 8, seed=0)
    assert sorted(strata.sizes) == [4, 5]


def test_one_seed_one_answer() -> None:
    """Strata follow from features and seed."""
    features = np.random.default_rng(2).normal(size=(60, 2))
    first, again, other = (cluster(features, 4, seed) for seed in (3, 3, 4))
    assert first.order.tolist() == again.order.tolist() != other.order.tolist()


def test_no_strata_are_refused() -> None:
    """There is at least one stratum."""
    with pytest.raises(InputError, match="strata = 0: number of strata; allowed: at least 1"):
        cluster(np.zeros((3, 1)), 0, seed=0)


def test_items_of_a_stratum_come_in_order() -> None:
    """With all items left a stratum's first item is next, with one left its last."""
    strata = cluster(np.repeat([[0.0], [5.0]], 3, axis=0), 2, seed=0)
    assert strata.items(np.array([0, 1]), np.array([3, 1])).tolist() == [strata.order[0], strata.order[5]]


def test_choices_follow_probabilities() -> None:
    """Strata are chosen as often as stated, those of probability 0 never."""
    rows = np.tile([0.0, 0.25, 0.0, 0.75, 0.0], (20_000, 1))
    share = np.bincount(choose_strata(rows, np.random.default_rng(0)), minlength=5) / 20_000
    assert share[[0, 2, 4]].tolist() == [0, 0, 0]
    assert share[1] == pytest.approx(0.25, abs=0.015)
