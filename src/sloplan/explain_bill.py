"""What drives the bill under `cost`: the LP relaxation solved again with one thing less asked for at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, hstack, vstack

from sloplan.explained import Bill, Saving
from sloplan.pricing.query_plans import query_plans, usage_of
from sloplan.problem.compiled import NO_LIMIT, CompiledInstance

USD_PER_HOUR: Final = 3600 / 10**12
"""USD/h in 10^-12 USD/s."""

_SLOS = {"latency": "slo_latency_us", "accuracy": "slo_accuracy", "cost": "slo_cost_nano"}


class RelaxationError(Exception):
    """The engine neither solved the relaxation nor proved that the floor is out of reach; says how it ended."""


def explain_bill(compiled: CompiledInstance, query: int, goodput_floor: int, least: LeastCost) -> Bill:
    """Solve the LP relaxation as it is, and without each thing that the query or the floor asks for.

    Plans may be mixed and units rented in any fraction. A saving is the difference of two least costs: what is
    dropped alone, the floor standing; the query's value (all copies) off the floor counts as dropped too.

    Parameters
    ----------
    compiled : CompiledInstance
        The instance as compiled, whose `under_cost` has the rows.
    query : int
    goodput_floor : int
        Milli-value.
    least : LeastCost
        The relaxation as it is.

    Raises
    ------
    RelaxationError
        If the engine does not solve it without one of them.
    """
    asked = compiled.queries
    savings = []
    for name, field in _SLOS.items():
        if int(getattr(asked, field)[query]) != NO_LIMIT:
            looser = getattr(asked, field).copy()
            looser[query] = NO_LIMIT
            without = least_cost(replace(compiled, queries=replace(asked, **{field: looser})), goodput_floor)
            savings.append((f"the query's {name} SLO", without))
    mine = int(asked.value_milli[query]) * int(asked.count[query])
    savings.append(("the query's value in the floor", least_cost(compiled, max(0, goodput_floor - mine))))
    told = [
        Saving(name, USD_PER_HOUR * max(0.0, least.pico - without.pico))
        for name, without in savings
        if without is not None
    ]
    return Bill(
        usd_per_hour=USD_PER_HOUR * least.pico,
        goodput_floor=goodput_floor / 1000,
        floor_price=USD_PER_HOUR * least.floor_price * 1000,
        savings=tuple(sorted(told, key=lambda saving: -saving.usd_per_hour)),
    )


@dataclass(frozen=True)
class LeastCost:
    """The LP relaxation under `cost`.

    Parameters
    ----------
    pico : float
        Least cost, 10^-12 USD/s.
    floor_price : float
        What one more thousandth of value costs, 10^-12 USD/s.
    prices : (rows,) float64
        10^-12 USD/s per unit of usage.
    """

    pico: float
    floor_price: float
    prices: npt.NDArray[np.float64]


def least_cost(compiled: CompiledInstance, goodput_floor: int) -> LeastCost | None:
    """Solve the LP relaxation under `cost`; None where even mixed plans do not reach the floor.

    Parameters
    ----------
    compiled : CompiledInstance
    goodput_floor : int
        Milli-value.

    Raises
    ------
    RelaxationError
        If the engine does not solve it.
    """
    facing = compiled.under_cost.compiled
    found = query_plans(compiled, objective="cost")
    queries, supplies, num_rows = facing.queries, facing.supplies, len(facing.rows)
    columns = len(found.plan)
    usage = usage_of(found, facing)
    brought = supplies.brought
    used = coo_array((usage.amount.astype(np.float64), (usage.column, usage.row_of_entry)), shape=(num_rows, columns))
    gives = coo_array(
        (-brought.amount.astype(np.float64), (brought.column, brought.row_of_entry)), shape=(num_rows, len(supplies))
    )
    choose = coo_array((np.ones(columns), (found.query, np.arange(columns))), shape=(len(queries.count), columns))
    worth = queries.value_milli[found.query].astype(np.float64)
    most = coo_array((len(queries.count), len(supplies)))
    coupling = hstack([used, gives], format="csr")
    # Rows of the size of 1: what they hold or, of rows without capacity, the largest figure in them.
    scale = np.maximum(np.maximum(facing.rows.capacity.astype(np.float64), abs(coupling).max(axis=1).toarray()), 1.0)
    capacity = facing.rows.capacity / scale
    coupling = coupling.multiply(1 / scale[:, None]).tocsr()
    floor_scale = max(float(goodput_floor), 1.0)
    floor = coo_array(np.append(-worth / floor_scale, np.zeros(len(supplies)))[None])
    cost = np.append(
        queries.rate_milli[found.query].astype(np.float64) * found.plans.billed_cost_nano[found.plan],
        compiled.under_cost.supply_price.astype(np.float64),
    )
    cost_scale = max(float(cost.max(initial=0.0)), 1.0)
    solved = linprog(
        cost / cost_scale,
        A_ub=vstack([coupling, hstack([choose, most]), floor], format="csr"),
        b_ub=np.concatenate([capacity, queries.count.astype(np.float64), [-goodput_floor / floor_scale]]),
        bounds=np.column_stack([np.zeros(len(cost)), np.append(np.full(columns, np.inf), supplies.maximum)]),
        method="highs",
    )
    if solved.status == 2:
        return None
    if solved.status != 0:
        raise RelaxationError(f"the LP relaxation was not solved: {solved.message}")
    duals = np.maximum(-solved.ineqlin.marginals, 0.0) * cost_scale
    return LeastCost(float(solved.fun) * cost_scale, float(duals[-1]) / floor_scale, duals[:num_rows] / scale)
