"""How a query fares in a solution: who stands in its way, at what prices, and whom serving it would displace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

from sloplan.explain_plan import option_names
from sloplan.explained import Displaced, RowUse, Service
from sloplan.pricing.relaxation import greatest_value
from sloplan.pricing.useful_plans import useful_plans
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.exact_sums import exact_totals
from sloplan.problem.grouping import grouped
from sloplan.problem.plan_table import enumerate_plans
from sloplan.problem.servable import largest_rate_alone
from sloplan.problem.solution_index import IndexedSolution

Float = npt.NDArray[np.float64]

_SEARCH_SECONDS = 10.0  # for whom to displace


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
    use, by_plan = _use(facing, chosen)
    room = _held(facing, chosen.supply) - use
    worth = told.unit * told.rows[plan.row]
    rows = [
        RowUse(str(facing.rows.name[row]), float(each), used, int(room[row]), float(each) * used)
        for row, used, each in zip(plan.row.tolist(), plan.usage.tolist(), worth, strict=True)
        if used > 0 and (each > 0 or room[row] < used)
    ]
    lacking = {
        row: int(used - room[row])
        for row, used in zip(plan.row.tolist(), plan.usage.tolist(), strict=True)
        if room[row] < used
    }
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
        _displaced(facing, chosen, by_plan, lacking),
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
    fits = np.flatnonzero(table.feasible(whole, query) & (rate <= largest_rate_alone(whole, figures, rate)))
    usage = figures.usage.taken(fits)
    billed = figures.billed_cost_nano[fits] if prices.bills else np.zeros(len(fits), dtype=np.int64)

    def priced(of_row: Float) -> Float:
        spent = usage.amount * of_row[usage.column]
        return np.bincount(usage.row_of_entry, weights=spent, minlength=len(fits)).astype(np.float64)

    best = int(np.lexsort((priced(1 / np.maximum(whole.rows.capacity, 1)), billed + priced(prices.rows)))[0])
    row, amount = usage.row(best)
    return _Plan(table.choices[fits[best]], row, amount * rate, int(billed[best]) * rate)


def _use(compiled: CompiledInstance, chosen: IndexedSolution) -> tuple[npt.NDArray[np.object_], list[tuple[Int, Int]]]:
    """Use of every row, and what one copy on each plan of the solution uses: rows and amounts."""
    by_plan: list[tuple[Int, Int]] = [(np.zeros(0, dtype=np.int64),) * 2] * len(chosen.query)
    total = np.zeros(len(compiled.rows), dtype=object)
    templates = compiled.queries.template[chosen.query]
    for application, members in grouped(compiled.templates.application[templates]):
        width = len(compiled.applications[application].operators)
        usage = evaluate_plans(compiled, templates[members], chosen.choices[members, :width]).usage
        rate = compiled.queries.rate_milli[chosen.query[members]]
        amount = usage.amount * rate[usage.row_of_entry]
        total += exact_totals(usage.column, amount, chosen.count[members][usage.row_of_entry], len(total))
        for place, member in enumerate(members.tolist()):
            part = slice(usage.start[place], usage.start[place + 1])
            by_plan[member] = usage.column[part], amount[part]
    return total, by_plan


def _held(compiled: CompiledInstance, supply: Int) -> npt.NDArray[np.object_]:
    """Capacity of every row with the supplies that stand."""
    brought = compiled.supplies.brought
    held = compiled.rows.capacity.astype(object)
    return held + exact_totals(brought.column, brought.amount, supply[brought.row_of_entry], len(held))


def _displaced(
    compiled: CompiledInstance, chosen: IndexedSolution, by_plan: list[tuple[Int, Int]], lacking: dict[int, int]
) -> tuple[Displaced, ...] | None:
    """Copies of least value whose leaving makes room in all rows that lack it; None where that cannot be."""
    if not lacking:
        return ()
    place = {row: number for number, row in enumerate(lacking)}
    freed = np.zeros((len(lacking), len(by_plan)), dtype=object)
    for plan, (rows, amounts) in enumerate(by_plan):
        for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
            if row in place:
                freed[place[row], plan] = amount
    need = np.array(list(lacking.values()), dtype=object)
    value = compiled.queries.value_milli[chosen.query]
    # A row is divided by what it lacks: the engine likes figures near 1. Its answer is summed up in integers below.
    found = milp(
        value.astype(np.float64) / max(int(value.max(initial=0)), 1),
        constraints=LinearConstraint((freed / need[:, None]).astype(np.float64), lb=1.0),
        bounds=Bounds(0, chosen.count.astype(np.float64)),
        integrality=np.ones(len(value)),
        options={"time_limit": _SEARCH_SECONDS, "mip_rel_gap": 0.0},
    )
    if found.status != 0:  # no way, or none proved the least in time
        return None
    leaving = np.rint(found.x).astype(np.int64)
    if np.any(freed @ leaving.astype(object) < need):
        return None
    told = []
    for query, members in grouped(chosen.query):
        copies = int(leaving[members].sum())
        if copies:
            worth = copies * int(compiled.queries.value_milli[query]) / 1000
            told.append(Displaced(str(compiled.names.queries[query]), copies, worth))
    return tuple(told)
