"""What one more unit of a pool, or one more Mbit/s of a link, is worth: row prices in the user's units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.decomposition.coordination import Step
from sloplan.problem.compiled import CompiledInstance, Rows
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.errors import InputError
from sloplan.problem.exact_sums import exact_totals
from sloplan.problem.fewest_units import row_usage
from sloplan.problem.objective import GOODPUT
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance
    from sloplan.problem.result import Result

Float = npt.NDArray[np.float64]

_USD_PER_HOUR: Final = 3600e-12  # in 10^-12 USD/s


@dataclass(frozen=True)
class Steps:
    """By what step the user measures the capacity of each row: a unit of its pool, 1 Mbit/s of its link.

    Parameters
    ----------
    resource : (rows,) str
        Pool or link; empty for the row of a deployment, whose capacity replicas bring.
    unit : (rows,) str
        "unit", "Mbit/s" or empty.
    amount : (rows,) float64
        Capacity of the row in one step, NaN without one.
    rent : (rows,) float64
        USD/h for a unit, 0 where none is rented.
    """

    resource: npt.NDArray[np.object_]
    unit: npt.NDArray[np.object_]
    amount: Float
    rent: Float

    @classmethod
    def of(cls, compiled: CompiledInstance) -> Steps:
        """Read the steps off an instance, whatever the objective.

        Parameters
        ----------
        compiled : CompiledInstance
        """
        rows = len(compiled.rows)
        resource, unit = np.full(rows, "", dtype=object), np.full(rows, "", dtype=object)
        amount, rent = np.full(rows, np.nan), np.zeros(rows)
        pools, links = compiled.pools, compiled.links
        row, pool = pools.brought.column, pools.brought.row_of_entry
        resource[row], unit[row], amount[row] = compiled.names.pools[pool], "unit", pools.brought.amount
        rent[row] = np.where(pools.reserved[pool], pools.unit_price_pico[pool] * _USD_PER_HOUR, 0.0)
        shared = np.flatnonzero(links.row >= 0)
        row = links.row[shared]
        resource[row], unit[row] = compiled.names.links[shared], "Mbit/s"
        amount[row] = links.capacity[shared] / (links.bandwidth_num[shared] / links.bandwidth_den[shared])
        return cls(resource, unit, amount, rent)


def sensitivity(instance: Instance, result: Result) -> pd.DataFrame:
    """Return what one more unit of each row is worth at a result's prices, and how full its solution makes the row.

    Prices are those of the bound: they tell what it would gain for a small change. Whole plans and whole units may
    gain less or more.

    Parameters
    ----------
    instance : Instance
    result : Result
        With prices; without a solution, what concerns one is not known (NaN).

    Returns
    -------
    DataFrame
        A row per coupling row (index: its name), those worth most first, and the columns

        - ``resource``, ``unit``: the pool and "unit", the link and "Mbit/s"; empty for a deployment's row,
        - ``price``: per unit of usage as compiled, in the result's unit of the objective,
        - ``one_more``: what one more unit, or Mbit/s, is worth, in the same unit; of replicas a unit has a row for its
          shares and one for its memory, whose figures add up,
        - ``rent``: USD/h for that unit under the cost objectives, where units are rented,
        - ``capacity``, ``used``: in units, or Mbit/s, with what the solution supplies; where `max_utilization` is u,
          usage counts 1 / u times, so that a full row uses all its capacity,
        - ``utilization``: used / capacity, of deployments too.

    Raises
    ------
    InputError
        If the result has no prices.
    """
    if result.prices is None:
        raise InputError(
            "the result has no row prices",
            field="result",
            value=result.method,
            advice="solve by a method that prices rows, such as lagrangian or greedy",
        )
    solution = result.solution if isinstance(result.solution, Solution) else None
    table = row_figures(instance, result.objective_name, result.prices, solution)
    return table.sort_values("one_more", ascending=False, kind="stable")


def row_figures(
    instance: Instance, objective: str, prices: pd.Series | None, solution: Solution | None
) -> pd.DataFrame:
    """Return what is known of every coupling row: what one more unit is worth at some prices, how full it is.

    Parameters
    ----------
    instance : Instance
    objective : str
        "goodput", "cost" or "goodput-then-cost".
    prices : Series, optional
        Per unit of usage as compiled, in user units of the objective, by row name.
    solution : Solution, optional
        A valid one.

    Returns
    -------
    DataFrame
        The columns of `sensitivity`, rows as compiled; NaN where there are no prices or no solution.
    """
    compiled = instance.compiled
    facing, steps = under_objective(compiled, objective), Steps.of(compiled)
    price, capacity, used = (np.full(len(facing.rows), np.nan) for _ in range(3))
    if prices is not None:
        price = prices.reindex(pd.Index(facing.rows.name)).to_numpy(dtype=np.float64)
    if solution is not None:
        capacity, used = _standing(instance, facing, solution)
    utilization = np.divide(used, capacity, out=np.zeros(len(price)), where=(capacity > 0) | np.isnan(capacity))
    return pd.DataFrame(
        {
            "resource": steps.resource,
            "unit": steps.unit,
            "price": price,
            "one_more": price * steps.amount,
            "rent": 0.0 if objective == GOODPUT.name else steps.rent,
            "capacity": capacity / steps.amount,
            "used": used / steps.amount,
            "utilization": utilization,
        },
        index=pd.Index(facing.rows.name, name="row"),
    )


def _standing(instance: Instance, facing: CompiledInstance, solution: Solution) -> tuple[Float, Float]:
    """Capacity of every row with the supplies of a valid solution, and what is used of it; replicas use their pool."""
    chosen, _ = index_solution(instance, solution)
    usage = row_usage(facing, chosen)
    brought = facing.supplies.brought
    amounts = chosen.supply[brought.row_of_entry]
    rows = len(facing.rows)
    more = exact_totals(brought.column, np.maximum(brought.amount, 0), amounts, rows)
    taken = exact_totals(brought.column, np.maximum(-brought.amount, 0), amounts, rows)
    return (facing.rows.capacity + more).astype(np.float64), (usage + taken).astype(np.float64)


def price_trajectory(steps: Iterable[Step], rows: Rows) -> pd.DataFrame:
    """Return the prices that a coordination tried, step by step.

    Parameters
    ----------
    steps : iterable of Step
    rows : Rows

    Returns
    -------
    DataFrame
        A row per step: ``bound``, and the price of every row under its name, in base units of the objective.
    """
    responses = [step.response for step in steps]
    prices = np.array([response.prices.row for response in responses]).reshape(len(responses), len(rows))
    table = pd.DataFrame(prices, columns=rows.name)
    table.insert(0, "bound", [response.bound for response in responses])
    return table
