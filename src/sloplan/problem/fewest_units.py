"""The whole units of reserved pools that a solution needs."""

from __future__ import annotations

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.grouping import grouped
from sloplan.problem.solution_index import IndexedSolution


def fewest_units(compiled: CompiledInstance, solution: IndexedSolution) -> Int:
    """Return the fewest whole units of each reserved pool that carry a valid solution; 0 for other pools.

    Parameters
    ----------
    compiled : CompiledInstance
    solution : IndexedSolution
        Of a solution that the checker accepts, so its usage is within every row's capacity.

    Returns
    -------
    (pools,) int64
    """
    return rented_units(compiled, row_usage(compiled, solution), solution.supply)


def row_usage(compiled: CompiledInstance, solution: IndexedSolution) -> Int:
    """Return what a valid solution uses of the coupling rows, shape (rows,).

    Parameters
    ----------
    compiled : CompiledInstance
    solution : IndexedSolution
    """
    usage = np.zeros(len(compiled.rows), dtype=np.int64)
    query_template = compiled.queries.template[solution.query]
    for application, member in grouped(compiled.templates.application[query_template]):
        operators = len(compiled.applications[application].operators)
        figures = evaluate_plans(compiled, query_template[member], solution.choices[member, :operators])
        rate, count = compiled.queries.rate_milli[solution.query[member]], solution.count[member]
        user = figures.usage.row_of_entry
        np.add.at(usage, figures.usage.column, figures.usage.amount * rate[user] * count[user])
    return usage


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
