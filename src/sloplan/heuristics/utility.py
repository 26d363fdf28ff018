"""Vulcan's utility of a plan: its margins over accuracy and latency SLO, per resource cost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import NO_LIMIT, CompiledInstance, Int

Float = npt.NDArray[np.float64]


def margin(compiled: CompiledInstance, query: Int, accuracy_nano_nats: Int, latency_us: Int) -> Float:
    """Return the sum of a plan's two margins; below 0 or not says nothing of a single SLO.

    The accuracy margin is accuracy - SLO, of a query without that SLO the accuracy; the latency margin is
    1 - latency / SLO, without that SLO 0.

    Parameters
    ----------
    compiled : CompiledInstance
    query : (n,) int64
    accuracy_nano_nats, latency_us : (n,) int64
        Of a plan for each.
    """
    queries = compiled.queries
    required = np.exp(-1e-9 * queries.slo_accuracy[query])
    limit = queries.slo_latency_us[query]
    quicker = np.where(limit < NO_LIMIT, 1.0 - latency_us / np.maximum(limit, 1), 0.0)
    return np.asarray(np.exp(-1e-9 * accuracy_nano_nats) - required + quicker)


def utility(margins: Float, cost_nano: Int) -> Float:
    """Return the utility of plans: margins over (cost + 1).

    Parameters
    ----------
    margins : (n,) float64
        See `margin`.
    cost_nano : (n,) int64
        nano-USD per request; the 1 beside it lets plans that cost nothing be compared.
    """
    return np.asarray(margins / (cost_nano + 1.0))
