"""Which plans cannot matter, because another is surely no worse."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.profiling.confidence import StratifiedConfidence
from sloplan.profiling.prefix_cache import PrefixCache
from sloplan.profiling.workload import Configurations, FloatArray

_LEAST_TIMED: Final = 20  # runs of a configuration before its mean time is compared


def dominated(
    plans: list[Configurations],
    cache: PrefixCache,
    known: StratifiedConfidence,
    highest_slo: float,
    is_dominated: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Return for each plan whether another dominates it.

    A plan dominates another if each of its operators takes no longer and sends no more, on average, and it is surely
    at least as accurate or surely reaches every accuracy SLO. So it can stand in for the other wherever that is placed.

    Parameters
    ----------
    plans : list of tuple of str
    cache : PrefixCache
        Times and sizes measured. They are compared as they are: the confidence speaks of accuracies only.
    known : StratifiedConfidence
    highest_slo : float
    is_dominated : array of bool, shape (num_plans,)
        Plans whose profiling ended so before; they dominate none.

    Returns
    -------
    array of bool, shape (num_plans,)
    """
    figures = _figures(plans, cache)
    no_dearer = (figures[:, None, :] <= figures[None, :, :]).all(axis=2)  # [better, worse]
    surely = (known.lower[:, None] >= known.upper[None, :]) | (known.lower[:, None] >= highest_slo)
    # An interval that has become empty is one of the few that err; without those no two dominate each other.
    may_dominate = ~is_dominated & (known.lower <= known.upper)
    better = no_dearer & surely & may_dominate[:, None] & ~np.eye(len(plans), dtype=bool)
    return np.asarray(better.any(axis=0))


def _figures(plans: list[Configurations], cache: PrefixCache) -> FloatArray:
    """Return mean seconds and kB of every operator of every plan, nan where too little was measured."""
    found = {}
    for place in range(len(plans[0])):
        for configuration in {plan[place] for plan in plans}:
            seconds, sizes = cache.measured(place, configuration)
            enough = len(seconds) >= _LEAST_TIMED
            found[place, configuration] = (seconds.mean(), sizes.mean()) if enough else (np.nan, np.nan)
    return np.array([[figure for pair in enumerate(plan) for figure in found[pair]] for plan in plans])
