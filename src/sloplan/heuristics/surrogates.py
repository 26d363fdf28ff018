"""Gaussian processes over knobs, thousands side by side: the surrogates of Bayesian optimisation.

Knobs are categories. The kernel is ``exp(-(knobs that differ) / length)``: the squared exponential on one-hot knobs, as
their squared distance is twice the number that differs. Library implementations fit one process at a time, which
takes longer than all that is done with it here; a test compares this one with scikit-learn's.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

LENGTHS: Final = (1.0, 2.0, 4.0)
"""Lengths of the kernel that are tried; the likeliest counts."""

NOISE: Final = 1e-4
"""Variance of an observation beside that of the process, which is 1."""


def posterior(seen: Int, distances: Int, observed: Float, length: Float) -> tuple[Float, Float]:
    """Return mean and variance of some processes at all of their points.

    Parameters
    ----------
    seen : (b, n) int64
        Points of each process that were observed.
    distances : (b, n, m) int64
        Knobs in which each observed point and each point differ.
    observed : (b, n) float64
        What was observed, of mean 0 and variance 1 beforehand.
    length : (b,) float64
        Of each kernel.

    Returns
    -------
    mean, variance : (b, m) float64
    """
    cross = np.exp(-distances / length[:, None, None])
    among = np.take_along_axis(cross, seen[:, None, :], axis=2) + NOISE * np.eye(seen.shape[1])
    solved = np.linalg.solve(among, np.concatenate([observed[:, :, None], cross], axis=2))
    mean = np.einsum("bnm,bn->bm", cross, solved[:, :, 0])
    variance = 1.0 - np.einsum("bnm,bnm->bm", cross, solved[:, :, 1:])
    return mean, np.maximum(variance, 0.0)


def likeliest_length(seen: Int, distances: Int, observed: Float) -> Float:
    """Return the length of `LENGTHS` under which each process's observations are likeliest, shape (b,)."""
    among = np.take_along_axis(distances, seen[:, None, :], axis=2)
    likelihood = []
    for length in LENGTHS:
        factor = np.linalg.cholesky(np.exp(-among / length) + NOISE * np.eye(seen.shape[1]))
        white = np.linalg.solve(factor, observed[:, :, None])[:, :, 0]
        spread = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        likelihood.append(-0.5 * np.sum(white**2, axis=1) - spread)
    return np.array(LENGTHS)[np.argmax(likelihood, axis=0)]


def expected_improvement(mean: Float, variance: Float, best: Float) -> Float:
    """Return by how much each point is expected to be above the best observation.

    Parameters
    ----------
    mean, variance : (b, m) float64
    best : (b,) float64
    """
    deviation = np.sqrt(np.maximum(variance, 1e-12))
    ahead = mean - best[:, None]
    at = ahead / deviation
    return np.asarray(ahead * ndtr(at) + deviation * np.exp(-0.5 * at**2) / np.sqrt(2 * np.pi))


def standardised(values: Float) -> Float:
    """Return the normal quantiles of the ranks of each row: no outlier counts for more than its rank.

    Parameters
    ----------
    values : (b, n) float64
        Equal values have ranks in their order.
    """
    ranks = np.argsort(np.argsort(values, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(ndtri((ranks + 0.5) / values.shape[1]))


def most_promising(seen: Int, distances: Int, values: Float, excluded: Bool) -> Int:
    """Return the point of greatest expected improvement among all points of each process, shape (b,).

    Parameters
    ----------
    seen : (b, n) int64
    distances : (b, n, m) int64
    values : (b, n) float64
        What was observed there, on any scale.
    excluded : (b, m) bool
        Points that are not to be chosen; one at least is left to each process.
    """
    observed = standardised(values)
    mean, variance = posterior(seen, distances, observed, likeliest_length(seen, distances, observed))
    improvement = expected_improvement(mean, variance, observed.max(axis=1))
    return np.argmax(np.where(excluded, -np.inf, improvement), axis=1).astype(np.int64)
