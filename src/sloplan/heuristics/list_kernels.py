"""Inner loops over classes of queries and the plans that are open to them."""

from __future__ import annotations

import numba
import numpy as np

from sloplan.problem.compiled import Int


@numba.njit(cache=True, nogil=True)
def open_plans(template: Int, allowed: Int, start: Int, needs: Int, list_start: Int, plan: Int) -> int:
    """Return how many plans are open to classes of queries, and list them where there is room.

    Parameters
    ----------
    template : (classes,) int64
    allowed : (classes, 5) int64
        What a plan may need at most, as `pricing.plan_kernels` says.
    start : (templates + 1,) int64
        Plans of each template.
    needs : (plans, 5) int64
    list_start : (classes + 1,) int64
        Filled in.
    plan : (n,) int64
        Filled in as far as it goes: class by class.

    Returns
    -------
    int
    """
    number = 0
    for one in range(len(template)):
        for candidate in range(start[template[one]], start[template[one] + 1]):
            is_open = True
            for column in range(needs.shape[1]):
                if needs[candidate, column] > allowed[one, column]:
                    is_open = False
                    break
            if is_open:
                if number < len(plan):
                    plan[number] = candidate
                number += 1
        list_start[one + 1] = number
    return number
