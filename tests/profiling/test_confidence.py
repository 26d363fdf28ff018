"""The confidence sequence: coverage under early stopping, exactness at the end, and what it rests on."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sloplan.profiling.confidence import StratifiedConfidence
from sloplan.profiling.rehearsal import Rehearsal, rehearse
from sloplan.profiling.strata import Strata, cluster
from sloplan.profiling.synthetic import synthetic_workload

CONFIDENCE = 0.9


def _rehearsed(repetitions: int, gap: float, num_strata: int, num_items: int = 600) -> Rehearsal:
    """Decide an SLO that is off by `gap` on a plan of the synthetic workload."""
    workload = synthetic_workload(num_items, seed=5)
    scores = workload.run(("medium", "medium"), np.arange(num_items), None).scores
    assert scores is not None
    strata = cluster(workload.features, num_strata, seed=5)
    return rehearse(scores, strata, scores.mean() + gap, confidence=CONFIDENCE, repetitions=repetitions, seed=7)


def _hold(found: Rehearsal, repetitions: int) -> None:
    """Miss rate and wrong decisions are at most nominal, with three standard errors for chance."""
    most = (1 - CONFIDENCE) + 3 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / repetitions)
    assert found.has_missed.mean() <= most
    assert found.is_wrong.mean() <= most


@pytest.mark.parametrize(("gap", "num_strata"), [(0.03, 8), (-0.05, 8), (-0.03, 1)])
def test_coverage_under_early_stopping(gap: float, num_strata: int) -> None:
    """In 200 repetitions, looked at after every draw and stopped when decided, intervals hold the truth as stated."""
    _hold(_rehearsed(200, gap, num_strata), 200)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("gap", "num_strata"), list(product([-0.06, -0.02, 0.02, 0.05], [1, 4, 16])))
def test_coverage_in_a_thousand(gap: float, num_strata: int) -> None:
    """In 1,000 repetitions too, near to and far from the SLO, with few strata and many."""
    _hold(_rehearsed(1000, gap, num_strata), 1000)


def test_coverage_of_lopsided_strata() -> None:
    """A stratum of a few items with all the failures, which draws by deviation see late, does not break coverage."""
    scores = np.r_[np.ones(500), np.zeros(10), np.ones(90)]
    strata = Strata(np.arange(600), np.array([500, 10, 90]))
    found = rehearse(scores, strata, 0.99, confidence=CONFIDENCE, repetitions=200, seed=1)
    _hold(found, 200)


def test_strata_save_items() -> None:
    """Strata that tell difficulty decide with fewer items than random sampling at the same confidence."""
    stratified, random = (_rehearsed(100, -0.05, number, 2000).num_items.mean() for number in (8, 1))
    assert stratified < 0.9 * random


def test_the_step_has_the_mean_as_its_expectation() -> None:
    """Summed over every possible draw by its probability, capital against the true mean keeps its expectation.

    That is what Ville's inequality needs; checked after each of several draws, with scores of two values.
    """
    scores = [np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0, 1.0])]
    sizes = np.array([3, 5])
    truth = float(np.concatenate(scores).mean())
    rng = np.random.default_rng(3)
    known = StratifiedConfidence(sizes, np.array([truth]), 0.99, 1)
    row, place = np.array([0]), int(np.searchsorted(known._grid, truth))
    left = [list(values) for values in scores]
    for _ in range(6):
        probabilities = known.probabilities(row, known.left(row))
        expected_above = expected_below = 0.0
        for stratum, values in enumerate(left):
            for score in values:
                other = _copy(known)
                other.observe(row, np.array([stratum]), np.array([score]), probabilities)
                chance = probabilities[0, stratum] / len(values)
                expected_above += chance * other._above[0, :, place]
                expected_below += chance * other._below[0, :, place]
        assert expected_above == pytest.approx(known._above[0, :, place])
        assert expected_below == pytest.approx(known._below[0, :, place])
        stratum = int(rng.choice(2, p=probabilities[0]))
        known.observe(row, np.array([stratum]), np.array([left[stratum].pop()]), probabilities)


def _copy(known: StratifiedConfidence) -> StratifiedConfidence:
    copied = StratifiedConfidence.__new__(StratifiedConfidence)
    copied.__dict__ = {
        name: value.copy() if isinstance(value, np.ndarray) else value for name, value in known.__dict__.items()
    }
    return copied


def test_all_items_give_the_exact_mean() -> None:
    """Once every item is drawn the interval is the mean, and a level that equals it is reached."""
    scores = np.array([0.0, 0.0, 1.0, 1.0, 0.25, 0.75, 1.0, 1.0])
    known = StratifiedConfidence(np.array([4, 4]), np.array([scores.mean()]), 0.95, 1)
    row = np.array([0])
    for item in range(8):
        assert known.undecided()[0]
        probabilities = known.probabilities(row, known.left(row))
        known.observe(row, np.array([item // 4]), scores[item : item + 1], probabilities)
    assert known.lower[0] == known.upper[0] == known.estimate()[0] == scores.mean()
    assert not known.undecided()[0]


def test_probabilities() -> None:
    """Draws go to items left x deviation for the most part; no stratum with items starves, an empty one gets none."""
    known = StratifiedConfidence(np.array([100, 100, 2]), np.array([0.5]), 0.95, 1)
    row = np.array([0])
    for number in range(30):
        for stratum, score in ((0, float(number % 2)), (1, 1.0)):
            known.observe(row, np.array([stratum]), np.array([score]), known.probabilities(row, known.left(row)))
    left = known.left(row).copy()
    left[0, 2] = 0
    varied, constant, empty = known.probabilities(row, left)[0]
    assert varied > 2 * constant > 0
    assert constant >= 0.3 * 0.5 - 1e-12
    assert empty == 0


def test_plans_are_kept_apart() -> None:
    """What one plan draws changes nothing of another."""
    known = StratifiedConfidence(np.array([20]), np.array([0.5]), 0.9, 2)
    for _ in range(15):
        known.observe(np.array([1]), np.array([0]), np.array([1.0]), np.ones((1, 1)))
    assert (known.lower[0], known.upper[0]) == (0, 1)
    assert known.lower[1] > 0.5
    assert known.drawn.tolist() == [0, 15]
