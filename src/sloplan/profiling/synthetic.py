"""A made-up workload whose accuracies are known."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np

from sloplan.problem.errors import InputError
from sloplan.profiling.recorded import RecordedWorkload

# Per configuration: skill on a logistic scale, milliseconds on average, output kB.
_OPERATORS: Final = {
    "detect": {"small": (0.0, 4.0, 30.0), "medium": (0.7, 9.0, 30.0), "large": (1.2, 20.0, 30.0)},
    "recognise": {"small": (0.0, 3.0, 0.1), "medium": (0.8, 8.0, 0.1), "large": (1.4, 25.0, 0.1)},
}
_NUM_CLUSTERS: Final = 8
_HARDEST: Final = 3.0  # the clusters' difficulties are spread over [-this, this] on the logistic scale
_EASE: Final = 1.6
_INPUT_KB: Final = 60.0


def synthetic_workload(num_items: int = 2000, seed: int = 0) -> RecordedWorkload:
    """Return a two-operator workload drawn from a known distribution.

    Items lie in clusters, each around a point of the feature space and with a difficulty of its own. A plan answers an
    item right (score 1) with a probability logistic in the skills of its configurations less the item's difficulty,
    else it scores 0; times are lognormal. Once drawn the table is fixed: a plan's true accuracy is its mean
    (`RecordedWorkload.accuracies`).

    Parameters
    ----------
    num_items : int
        At least 1.
    seed : int

    Raises
    ------
    InputError
        No items.
    """
    if num_items < 1:
        raise InputError("a workload without items", field="items", value=num_items, allowed="at least 1")
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, _NUM_CLUSTERS, num_items)
    features = rng.normal(0, 4, (_NUM_CLUSTERS, 3))[cluster] + rng.normal(0, 1, (num_items, 3))
    difficulty = np.linspace(-_HARDEST, _HARDEST, _NUM_CLUSTERS)[cluster] + rng.normal(0, 0.5, num_items)
    plans = np.array([list(plan) for plan in product(*(known.values() for known in _OPERATORS.values()))])
    ease = _EASE + plans[:, :, 0].sum(axis=1)[:, None] - difficulty
    scores = (rng.random(ease.shape) < 1 / (1 + np.exp(-ease))).astype(float)
    shape = (len(plans), num_items, len(_OPERATORS))
    seconds = plans[:, None, :, 1] / 1000 * rng.lognormal(-0.02, 0.2, shape)  # of mean 1
    output_kb = np.broadcast_to(plans[:, None, :, 2], shape)
    configurations = {operator: tuple(known) for operator, known in _OPERATORS.items()}
    return RecordedWorkload("synthetic", configurations, features, scores, seconds, output_kb, _INPUT_KB)
