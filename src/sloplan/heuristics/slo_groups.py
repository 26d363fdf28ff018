"""Queries of one template by the distance of their demands: representatives stand for those near them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.plan_search import Demands
from sloplan.problem.compiled import NO_LIMIT, Int

Float = npt.NDArray[np.float64]


def representatives(allowed: Int, most: int) -> Demands:
    """Return demands that stand for some classes of queries: far from each other, and everybody near one of them.

    Farthest-first traversal (T. F. Gonzalez, Theoretical Computer Science 38, 1985) on the logarithms of what is
    allowed; it begins at the class nearest to the medians.

    Parameters
    ----------
    allowed : (n, 5) int64
        What classes allow, as `pricing.plan_kernels` says.
    most : int
    """
    asked = allowed[:, [1, 3, 2, 4]]  # rate, latency, nano-nats, cost
    place = np.log(np.maximum(np.where(asked == NO_LIMIT, 2 * _largest(asked), asked), 1.0))
    middle = np.median(place, axis=0)
    chosen = [int(np.argmin(((place - middle) ** 2).sum(axis=1)))]
    distance = ((place - place[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < most and distance.max() > 0:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, ((place - place[chosen[-1]]) ** 2).sum(axis=1))
    rate, latency, nano_nats, cost = asked[chosen].T
    return Demands(rate_milli=rate, latency_us=latency, nano_nats=nano_nats, cost_nano=cost)


def _largest(asked: Int) -> Float:
    """Largest stated limit of each dimension; 1 where nobody states one."""
    return np.where(asked == NO_LIMIT, 1, asked).max(axis=0).astype(np.float64)
