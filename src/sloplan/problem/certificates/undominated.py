"""Plans that no other plan of a query replaces: the others are needed in no solution.

A plan replaces another of the same template if it costs no more and uses no more of any row. Where a query may follow
it, the other can be exchanged for it: the solution stays valid and becomes no worse.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sloplan.problem.compiled import Bool, Int, Sparse

_LOOK: Final = 250
"""Plans with which the others are compared at once."""


def undominated(open_plans: Bool, usage: Sparse, cost: Int) -> Bool:
    """Return which of the plans that are open to queries are replaced by none before them, (queries, plans).

    Parameters
    ----------
    open_plans : (queries, plans) bool
    usage : Sparse
        Of one request, (plans, rows); plans that may replace others should come first.
    cost : (plans,) int64
    """
    rows, place = np.unique(usage.column, return_inverse=True)
    figures = np.zeros((len(rows) + 1, len(usage)), dtype=np.int64)
    np.add.at(figures, (place.reshape(-1), usage.row_of_entry), usage.amount)
    figures[-1] = cost
    left, behind = open_plans.copy(), np.flatnonzero(open_plans.any(axis=0))
    while len(behind):
        leading = behind[:_LOOK]
        replaces = leading[:, None] < behind
        for figure in figures:
            replaces &= figure[leading, None] <= figure[behind]
        replaced = open_plans[:, leading].astype(np.float32) @ replaces.astype(np.float32)
        left[:, behind] &= replaced == 0.0
        behind = behind[_LOOK:]
        behind = behind[left[:, behind].any(axis=0)]
    return left
