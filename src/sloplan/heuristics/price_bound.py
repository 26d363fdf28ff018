"""The bound that row prices prove, with the prices scaled to make it least, and its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.problem.certificates.from_prices import certificate_of_prices
from sloplan.problem.compiled import CompiledInstance, Int

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PriceBound:
    """The Lagrangian bound of row prices, in floating point: the certificate is what proves it.

    Parameters
    ----------
    value : float
        milli-value.
    prices : (rows,) float64
        milli-value per unit of usage.
    factor : float
        By which the prices were scaled.
    """

    value: float
    prices: Float
    factor: float


def best_scaled(prices: Float, capacity: Int, value: Int, cost: Float, copies: Int) -> PriceBound:
    """Scale prices by the factor for which their bound is least.

    The bound is ``sum of copies x max(0, value - factor x cost) + factor x (prices . capacity)``: convex
    and piecewise linear in the factor, so it is least where a query's worth, value / cost, is met.

    Parameters
    ----------
    prices : (rows,) float64
    capacity : (rows,) int64
    value : (m,) int64
    cost : (m,) float64
    copies : (m,) int64
        Value and cost of one copy of each query, at its cheapest plan; the number of copies.

    Returns
    -------
    PriceBound
    """
    total = float(prices @ capacity)
    paid = np.flatnonzero(cost > 0)
    order = paid[np.argsort(-value[paid] / cost[paid], kind="stable")]
    # Below a query's worth its copies pay; the slope turns where those that pay pay for all capacity.
    turning = int(np.searchsorted(np.cumsum((copies * cost)[order]), total))
    factor = float(value[order[turning]] / cost[order[turning]]) if turning < len(order) else 0.0
    bound = float(copies @ np.maximum(0.0, value - factor * cost)) + factor * total
    return PriceBound(bound, factor * prices, factor)


def certificate_of(bound: PriceBound, problem: CompiledInstance, plans: PlanArrays) -> dict[str, Any]:
    """Return the certificate of a bound's prices, on the finest grid that exact pricing can use.

    Parameters
    ----------
    bound : PriceBound
    problem : CompiledInstance
    plans : PlanArrays
        All plans of the problem.
    """
    queries = problem.queries
    largest_rate = np.zeros(len(problem.templates))
    np.maximum.at(largest_rate, queries.template, queries.rate_milli)
    priced = plans.priced(bound.prices) * np.repeat(largest_rate, np.diff(plans.start))
    largest = max(priced.max(initial=0.0), float(queries.value_milli.max(initial=0)))
    return certificate_of_prices(problem.rows, bound.prices, largest).to_json()
