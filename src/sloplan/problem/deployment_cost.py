"""What a solution costs to run: the bill for its traffic, busy time and whole rented units."""

from __future__ import annotations

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.exact_sums import exact_dot
from sloplan.problem.grouping import grouped
from sloplan.problem.solution_index import IndexedSolution


def deployment_cost(compiled: CompiledInstance, solution: IndexedSolution) -> int:
    """Return the deployment cost of a valid solution, exactly.

    Busy time is paid on usage pools, traffic on links, and on each reserved pool the fewest whole
    units that cover what the solution uses there.

    Parameters
    ----------
    compiled : CompiledInstance
    solution : IndexedSolution
        Of a solution that the checker accepts, so its usage is within every row's capacity.

    Returns
    -------
    int
        10^-12 USD/s.
    """
    usage, billed = usage_and_bill(compiled, solution)
    units = rented_units(compiled, usage, solution.supply)
    return billed + exact_dot(compiled.pools.unit_price_pico, units)


def fewest_units(compiled: CompiledInstance, solution: IndexedSolution) -> Int:
    """Return the fewest whole units of each reserved pool that carry a valid solution; 0 for other pools.

    Parameters
    ----------
    compiled : CompiledInstance
    solution : IndexedSolution

    Returns
    -------
    (pools,) int64
    """
    return rented_units(compiled, usage_and_bill(compiled, solution)[0], solution.supply)


def usage_and_bill(compiled: CompiledInstance, solution: IndexedSolution) -> tuple[Int, int]:
    """Return the usage of the coupling rows, and what busy time on usage pools and traffic cost, 10^-12 USD/s.

    Parameters
    ----------
    compiled : CompiledInstance
    solution : IndexedSolution
        A valid one.

    Returns
    -------
    (rows,) int64
    int
    """
    usage = np.zeros(len(compiled.rows), dtype=np.int64)
    billed = 0
    query_template = compiled.queries.template[solution.query]
    for application, member in grouped(compiled.templates.application[query_template]):
        operators = len(compiled.applications[application].operators)
        figures = evaluate_plans(compiled, query_template[member], solution.choices[member, :operators])
        rate = compiled.queries.rate_milli[solution.query[member]]
        count = solution.count[member]
        # Costs may pass int64 when counts are large; usage cannot, since capacities do not.
        billed += exact_dot(figures.billed_cost_nano * rate, count)
        user = figures.usage.row_of_entry
        np.add.at(usage, figures.usage.column, figures.usage.amount * rate[user] * count[user])
    return usage, billed


def rented_units(compiled: CompiledInstance, usage: Int, supply: Int) -> Int:
    """Return the fewest whole units of each reserved pool that cover a usage; 0 for other pools.

    Parameters
    ----------
    compiled : CompiledInstance
    usage : (rows,) int64
        Usage of the coupling rows.
    supply : (supplies,) int64
        Replicas standing.

    Returns
    -------
    (pools,) int64
    """
    pools, brought = compiled.pools, compiled.supplies.brought
    taken = usage.copy()
    takes = brought.amount < 0  # share and memory of replicas
    np.add.at(taken, brought.column[takes], -brought.amount[takes] * supply[brought.row_of_entry[takes]])
    of_unit = pools.brought
    units = np.zeros(len(compiled.names.pools), dtype=np.int64)
    np.maximum.at(units, of_unit.row_of_entry, -(-taken[of_unit.column] // of_unit.amount))
    return np.where(pools.reserved, units, 0)
