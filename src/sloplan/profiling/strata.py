"""Items grouped by their features, and the order in which each group's items are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.problem.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Strata:
    """A partition of the items.

    Parameters
    ----------
    order : array of int64, shape (num_items,)
        The items, stratum after stratum, within each in random order. Every plan draws a stratum's items in this one
        order: each plan's draws are random, and plans that share a prefix find its outputs in the cache.
    sizes : array of int64, shape (num_strata,)
        Items of each stratum, above 0.
    """

    order: IntArray
    sizes: IntArray

    def items(self, strata: IntArray, left: IntArray) -> IntArray:
        """Return the next item of each stratum named, of which `left` items are left."""
        items: IntArray = self.order[np.cumsum(self.sizes)[strata] - left]
        return items


def cluster(features: FloatArray, num_strata: int, seed: int) -> Strata:
    """Return strata by K-means on standardised features.

    Parameters
    ----------
    features : array of float64, shape (num_items, num_features)
    num_strata : int
        At least 1. There are fewer where items cannot be told apart; 1 is random sampling.
    seed : int

    Raises
    ------
    InputError
        Fewer than one stratum.
    """
    num_items = len(features)
    if num_strata < 1:
        raise InputError("number of strata", field="strata", value=num_strata, allowed="at least 1")
    labels = np.zeros(num_items, np.int64) if num_strata == 1 else _k_means(features, num_strata, seed)
    _, labels = np.unique(labels, return_inverse=True)
    shuffled = np.random.default_rng(seed).permutation(num_items)
    return Strata(shuffled[np.argsort(labels[shuffled], kind="stable")], np.bincount(labels))


def _k_means(features: FloatArray, num_strata: int, seed: int) -> IntArray:
    from sklearn.cluster import KMeans  # a second to import

    deviation = features.std(axis=0)
    standard = (features - features.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    num_clusters = min(num_strata, len(np.unique(standard, axis=0)))
    labels: IntArray = KMeans(num_clusters, n_init=4, random_state=seed).fit_predict(standard).astype(np.int64)
    return labels


def choose_strata(probabilities: FloatArray, rng: np.random.Generator) -> IntArray:
    """Return a stratum for each row of probabilities, never one of probability 0.

    Parameters
    ----------
    probabilities : array of float64, shape (num_rows, num_strata)
    rng : numpy.random.Generator
    """
    heights = np.cumsum(probabilities, axis=1)
    total = heights[:, -1]
    # A product rounded up to the total would choose a stratum beyond the last one possible.
    point = np.minimum(rng.random(len(total)) * total, np.nextafter(total, 0))
    strata: IntArray = (heights <= point[:, None]).sum(axis=1)
    return strata
