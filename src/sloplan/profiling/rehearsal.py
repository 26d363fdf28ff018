"""Profiling one plan of known scores many times over: how often it errs, and how many items it takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.profiling.confidence import StratifiedConfidence
from sloplan.profiling.strata import Strata, choose_strata
from sloplan.profiling.workload import FloatArray, IntArray


@dataclass(frozen=True)
class Rehearsal:
    """What many repetitions came to.

    Parameters
    ----------
    num_items : array of int64, shape (repetitions,)
        Items drawn until the SLO was decided.
    has_missed : array of bool, shape (repetitions,)
        Whether the interval left out the true mean after any of the draws.
    is_wrong : array of bool, shape (repetitions,)
        Whether the decision was wrong.
    """

    num_items: IntArray
    has_missed: npt.NDArray[np.bool_]
    is_wrong: npt.NDArray[np.bool_]


def rehearse(
    scores: FloatArray, strata: Strata, slo_accuracy: float, *, confidence: float, repetitions: int, seed: int
) -> Rehearsal:
    """Decide again and again, from other draws each time, whether a plan reaches an accuracy SLO; stop when decided.

    Parameters
    ----------
    scores : array of float64, shape (num_items,)
        Of every item, in [0, 1]; their mean is the truth.
    strata : Strata
        Its order of items is drawn anew in each repetition.
    slo_accuracy : float
    confidence : float
    repetitions : int
        Kept side by side: memory grows with repetitions x (items + candidates).
    seed : int
    """
    rng = np.random.default_rng(seed)
    truth = scores.mean()
    drawn_scores = scores[_orders(strata, repetitions, rng)]
    ends = np.cumsum(strata.sizes)
    known = StratifiedConfidence(strata.sizes, np.array([slo_accuracy]), confidence, repetitions)
    has_missed = np.zeros(repetitions, bool)
    rows = np.arange(repetitions)
    while len(rows):
        left = known.left(rows)
        probabilities = known.probabilities(rows, left)
        chosen = choose_strata(probabilities, rng)
        found = drawn_scores[rows, ends[chosen] - left[np.arange(len(rows)), chosen]]
        known.observe(rows, chosen, found, probabilities)
        # Two sums of the same scores in other orders differ by rounding.
        has_missed[rows] |= (known.lower[rows] > truth + 1e-12) | (known.upper[rows] < truth - 1e-12)
        rows = rows[known.undecided()[rows]]
    return Rehearsal(known.drawn, has_missed, (known.lower >= slo_accuracy) != (truth >= slo_accuracy))


def _orders(strata: Strata, repetitions: int, rng: np.random.Generator) -> IntArray:
    """Return the items stratum after stratum, each stratum shuffled anew, shape (repetitions, num_items)."""
    label = np.repeat(np.arange(len(strata.sizes)), strata.sizes)
    # Random numbers in [0, 1) added to the stratum's number sort within strata only.
    orders: IntArray = strata.order[np.argsort(label + rng.random((repetitions, len(label))), axis=1)]
    return orders
