"""How a query fares in a solution: who stands in its way, at what prices, and whom serving it would displace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.sensitivity import Steps
from sloplan.explain_plan import option_names
from sloplan.explain_room import Load, make_room, room_left
from sloplan.explained import RowUse, Service
from sloplan.pricing.relaxation import greatest_value
from sloplan.pricing.useful_plans import useful_plans
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.plan_table import enumerate_plans
from sloplan.problem.servable import largest_rate_alone
from sloplan.problem.solution_index import IndexedSolution

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prices:
    """What usage and value are worth; in base units of the objective.

    Parameters
    ----------
    source : str
        Where they come from.
    rows : (rows,) float64
        Per unit of usage.
    value : float
        Per thousandth of value.
    bills : bool
        What a plan is billed counts beside them, as it does under `cost`.
    unit : float
        User units in a base unit.
    label : str
        Of user units.
    """

    source: str
    rows: Float
    value: float
    bills: bool
    unit: float
    label: str


def goodput_prices(compiled: CompiledInstance) -> Prices:
    """Return the prices of the LP relaxation under goodput: what each row would add to the value served.

    Parameters
    ----------
    compiled : CompiledInstance

    Raises
    ------
    SizeLimitError
        If there are too many plans to list.
    """
    supplies = compiled.supplies if len(compiled.supplies) else None
    capacity = compiled.rows.capacity.astype(np.float64)
    relaxed = greatest_value(useful_plans(compiled).fitting, compiled.queries, capacity, supplies)
    return Prices("the LP relaxation", relaxed.prices, 1.0, False, 1e-3, "")


def explain_service(
    facing: CompiledInstance,
    whole: CompiledInstance,
    query: int,
    chosen: IndexedSolution,
    source: str,
    prices: Callable[[], Prices],
) -> Service:
    """Say how many copies a solution serves and, where some are not, what stands in the way of one more.

    Parameters
    ----------
    facing : CompiledInstance
        With the rows and supplies of the solution's objective.
    whole : CompiledInstance
        With the capacities that a plan must fit into alone.
    query : int
        One that has a plan.
    chosen : IndexedSolution
        A valid solution.
    source : str
        Where it comes from.
    prices : callable
        Asked only where copies are not served.
    """
    asked = facing.queries
    mine = np.flatnonzero(chosen.query == query)
    served, count = int(chosen.count[mine].sum()), int(asked.count[query])
    value = int(asked.value_milli[query])
    if served == count:
        return Service(source, served, count, option_names(facing, chosen.choices[mine[0]]), value / 1000)
    told = prices()
    plan = _cheapest(whole, query, told)
    load = Load.of(facing, chosen)
    room = room_left(facing, chosen.supply, load)
    displaced, standing = make_room(facing, chosen, load, plan.row, plan.usage)
    worth = told.unit * told.rows[plan.row]
    steps = Steps.of(facing)

    def row_use(row: int, used: int, each: float) -> RowUse:
        one_more = each * float(steps.amount[row]) if steps.unit[row] else None
        name, step = str(facing.rows.name[row]), str(steps.unit[row])
        return RowUse(name, each, used, int(room[row]), each * used, one_more, step)

    rows = [
        row_use(row, used, each)
        for row, used, each in zip(plan.row.tolist(), plan.usage.tolist(), worth.tolist(), strict=True)
        if used > 0 and (each > 0 or room[row] < used)
    ]
    return Service(
        source,
        served,
        count,
        option_names(facing, plan.choices),
        value / 1000,
        told.source,
        told.unit * told.value * value,
        told.unit * plan.billed + float(worth @ plan.usage),
        told.label,
        tuple(sorted(rows, key=lambda one: -one.worth)),
        displaced,
        standing,
    )


@dataclass(frozen=True)
class _Plan:
    """A plan of one copy: options, rows that it uses and how much, its bill (0 where bills do not count)."""

    choices: Int
    row: Int
    usage: Int
    billed: int


def _cheapest(whole: CompiledInstance, query: int, prices: Prices) -> _Plan:
    """Plan of the query that takes least at the prices; of equals the one that uses least of all rows."""
    rate = int(whole.queries.rate_milli[query])
    table = enumerate_plans(whole, int(whole.queries.template[query]))
    figures = table.figures
    fits = np.flatnonzero(table.feasible(whole, query) & (rate <= largest_rate_alone(whole, figures.usage, rate)))
    usage = figures.usage.taken(fits)
    billed = figures.billed_cost_nano[fits] if prices.bills else np.zeros(len(fits), dtype=np.int64)

    def priced(of_row: Float) -> Float:
        spent = usage.amount * of_row[usage.column]
        return np.bincount(usage.row_of_entry, weights=spent, minlength=len(fits)).astype(np.float64)

    best = int(np.lexsort((priced(1 / np.maximum(whole.rows.capacity, 1)), billed + priced(prices.rows)))[0])
    row, amount = usage.row(best)
    return _Plan(table.choices[fits[best]], row, amount * rate, int(billed[best]) * rate)
