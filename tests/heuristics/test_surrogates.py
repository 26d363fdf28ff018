"""Gaussian processes side by side, against scikit-learn's one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from sloplan.heuristics.surrogates import (
    LENGTHS,
    NOISE,
    expected_improvement,
    likeliest_length,
    most_promising,
    posterior,
    standardised,
)

KNOBS, POINTS, SEEN = 4, 30, 7


def case(seed: int):
    """Three processes over random knobs: one-hot knobs, seen points, distances and observations."""
    random = np.random.default_rng(seed)
    knobs = random.integers(0, 3, (3, POINTS, KNOBS))
    seen = np.stack([random.permutation(POINTS)[:SEEN] for _ in range(3)])
    there = np.take_along_axis(knobs, seen[:, :, None], axis=1)
    distances = (there[:, :, None, :] != knobs[:, None, :, :]).sum(axis=3)
    one_hot = (knobs[..., None] == np.arange(3)).reshape(3, POINTS, -1).astype(np.float64)
    return one_hot, seen, distances, random.standard_normal((3, SEEN))


@pytest.mark.parametrize("seed", range(3))
def test_posterior_is_that_of_scikit_learn(seed: int) -> None:
    """Mean and variance at every point, and the likeliest length, are those of processes fitted one by one."""
    one_hot, seen, distances, observed = case(seed)
    length = np.array(LENGTHS)
    mean, variance = posterior(seen, distances, observed, length)
    likeliest = likeliest_length(seen, distances, observed)
    for place in range(3):
        fitted = {
            at: GaussianProcessRegressor(RBF(np.sqrt(at)), alpha=NOISE, optimizer=None).fit(
                one_hot[place, seen[place]], observed[place]
            )
            for at in LENGTHS
        }
        expected, deviation = fitted[LENGTHS[place]].predict(one_hot[place], return_std=True)
        assert mean[place] == pytest.approx(expected, abs=1e-8)
        assert variance[place] == pytest.approx(deviation**2, abs=1e-8)
        assert likeliest[place] == max(LENGTHS, key=lambda at: fitted[at].log_marginal_likelihood_value_)


def test_expected_improvement() -> None:
    """It is the mean of what exceeds the best, as integrating says."""
    mean, variance = np.array([[0.3, -1.0, 2.0]]), np.array([[0.5, 1.0, 0.01]])
    x = np.linspace(-12, 12, 200_001)
    expected = [
        np.trapezoid(np.maximum(x - 0.7, 0) * norm.pdf(x, m, np.sqrt(v)), x)
        for m, v in zip(mean[0], variance[0], strict=True)
    ]
    assert expected_improvement(mean, variance, np.array([0.7]))[0] == pytest.approx(expected, abs=1e-6)


def test_ranks_count() -> None:
    """However far off, an outlier counts for its rank."""
    one, other = standardised(np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3e9]]))
    assert one == pytest.approx(other)
    assert one == pytest.approx([norm.ppf(1 / 6), 0.0, norm.ppf(5 / 6)])


def test_the_whole_space_is_looked_at() -> None:
    """The point chosen is the best of all that are not excluded; what is excluded is not chosen."""
    _, seen, distances, observed = case(5)
    values = standardised(observed)
    mean, variance = posterior(seen, distances, values, likeliest_length(seen, distances, values))
    excluded = np.zeros((3, POINTS), dtype=np.bool_)
    np.put_along_axis(excluded, seen, True, axis=1)
    improvement = np.where(excluded, -np.inf, expected_improvement(mean, variance, values.max(axis=1)))
    chosen = most_promising(seen, distances, observed, excluded)
    assert np.array_equal(chosen, improvement.argmax(axis=1))
    excluded[np.arange(3), chosen] = True
    assert (most_promising(seen, distances, observed, excluded) != chosen).all()
