"""Inner loops over classes of queries and the plans that are open to them."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]


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


@numba.njit(cache=True, nogil=True)
def keep_nondominated(
    start: Int, plan: Int, size: Float, usage: tuple[Int, Int, Int], bill: Int, used: Int, kept_start: Int, kept: Int
) -> None:
    """Leave out of every list the plans of which another one of the list takes no more of anything.

    Parameters
    ----------
    start, plan
        The lists.
    size : (plans,) float64
        No greater for a plan that takes no more of anything.
    usage
        Of plans: start, row, amount.
    bill : (plans,) int64
    used : (rows,) int64
        Zeros; zeros again afterwards.
    kept_start : (lists + 1,) int64
        Filled in.
    kept : (entries,) int64
        Filled in as far as it goes: list by list, by size.
    """
    usage_start, usage_row, usage_amount = usage
    number = 0
    for one in range(len(start) - 1):
        listed = plan[start[one] : start[one + 1]]
        first = number
        for place in np.argsort(size[listed], kind="mergesort") if len(listed) else listed:
            tried = listed[place]
            for use in range(usage_start[tried], usage_start[tried + 1]):
                used[usage_row[use]] = usage_amount[use]
            is_replaced = False
            for other in kept[first:number]:
                is_replaced = bill[other] <= bill[tried]
                for use in range(usage_start[other], usage_start[other + 1]):
                    if usage_amount[use] > used[usage_row[use]]:
                        is_replaced = False
                        break
                if is_replaced:
                    break
            for use in range(usage_start[tried], usage_start[tried + 1]):
                used[usage_row[use]] = 0
            if not is_replaced:
                kept[number] = tried
                number += 1
        kept_start[one + 1] = number
