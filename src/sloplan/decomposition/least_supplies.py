"""The least supplies that carry what is served: whole replicas for the load, whole units for what these take."""

from __future__ import annotations

import numpy as np

from sloplan.decomposition import recovery_kernels as kernels
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.room import Memory, room_of
from sloplan.problem.compiled import Int


def least_supplies(problem: CoupledProblem, group: Int, plan: Int, count: Int) -> Int | None:
    """Return the least supplies that carry some copies, or None if the rows do not hold with any.

    Supplies that cost nothing and take from no row stand as a whole. Where several supplies bring to one row (in no
    instance), the cheapest per unit brought comes first; then the answer carries the copies, but need not be the
    least, and None does not prove that there is none.

    Parameters
    ----------
    problem : CoupledProblem
    group, plan, count : (n,) int64

    Returns
    -------
    (supplies,) int64 or None
    """
    memory = Memory.of(*room_of(problem, np.zeros(len(problem.rows))))
    factor = np.asarray(problem.groups.rate[group] * count, dtype=np.int64)
    if not kernels.carry(memory.cells, np.array(plan, dtype=np.int64), factor):
        return None
    kernels.trim_all(memory.cells)
    return memory["AMOUNT"].copy()
