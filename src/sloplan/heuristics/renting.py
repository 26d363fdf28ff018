"""Solutions under `cost`: as many queries as the goodput asked for needs, on the fewest whole units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.cost_problem import UNIT_PREFIX
from sloplan.problem.fewest_units import rented_units, row_usage
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import IndexedSolution


def cheapest_beginning(problem: CompiledInstance, query: Int, count: Int, choices: Int, floor: int) -> Solution:
    """Serve queries in their order until a goodput is reached, and rent the fewest whole units that carry them.

    Parameters
    ----------
    problem : CompiledInstance
        Under fluid hosting.
    query, count : (n,) int64
        Queries and the copies that follow each plan; all together reach the goodput.
    choices : (n, most operators of an application) int64
    floor : int
        Goodput, milli-value.
    """
    value = problem.queries.value_milli[query].astype(object)
    before = np.cumsum(value * count) - value * count
    kept = (before < floor) & (value > 0)
    query, choices = query[kept], choices[kept]
    # Of the last plan that is needed, no more copies than that.
    needed = -((before[kept] - floor) // value[kept])
    count = np.minimum(count[kept], needed).astype(np.int64)
    none = np.zeros(len(problem.supplies), dtype=np.int64)
    usage = row_usage(problem, IndexedSolution(np.arange(len(query)), query, count, choices, none))
    units = rented_units(problem, usage, none)
    rented = np.flatnonzero(units)
    supply = {f"{UNIT_PREFIX}{problem.names.pools[pool]}": int(units[pool]) for pool in rented.tolist()}
    return replace(Solution.from_choices(problem, query, count, choices, supply), objective="cost", goodput_floor=floor)
