"""Inner loops over pairs of a group and a plan that is open to it: those near the best, and of those the useful ones.

Kernels that call each other stay in this file: numba's cache looks at one file only.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def count_near(
    template: Int, allowed: Int, start: Int, order: Int, needs: Int, price: Float, dearest: Float, number: Int
) -> None:
    """Write how many open plans each group has up to a price, shape (groups,) `number`.

    Parameters
    ----------
    template : (groups,) int64
    allowed : (groups, 5) int64
    start : (templates + 1,) int64
    order : (plans,) int64
        Plans by template, in ascending price.
    needs : (plans, 5) int64
    price : (plans,) float64
    dearest : (groups,) float64
    """
    for group in range(len(template)):
        for position in range(start[template[group]], start[template[group] + 1]):
            plan = order[position]
            if price[plan] > dearest[group]:
                break
            if _is_open(needs, plan, allowed, group):
                number[group] += 1


@numba.njit(cache=True, nogil=True)
def keep_near(
    template: Int, allowed: Int, start: Int, order: Int, needs: Int, price: Float, dearest: Float,
    value: Int, cost: Int, usage_start: Int, usage_row: Int, usage_amount: Int, used: Int, first: Int, kept: Int,
) -> None:  # fmt: skip
    """Write the plans of each group up to a price that none before them replaces: -1 behind the last.

    Parameters
    ----------
    template, allowed, start, order, needs, price, dearest
        As in `count_near`.
    value, cost : (plans,) int64
    usage_start, usage_row, usage_amount : int64
        Usage of every plan, as `Sparse` holds it.
    used : (rows,) int64
        Zeros; scratch.
    first : (groups + 1,) int64
        Where the plans of each group are written.
    kept : (first[-1],) int64
    """
    for group in range(len(template)):
        at = first[group]
        for position in range(start[template[group]], start[template[group] + 1]):
            plan = order[position]
            if price[plan] > dearest[group]:
                break
            if not _is_open(needs, plan, allowed, group):
                continue
            for entry in range(usage_start[plan], usage_start[plan + 1]):
                used[usage_row[entry]] = usage_amount[entry]
            replaced = False
            for place in range(first[group], at):
                other = kept[place]
                if value[other] < value[plan] or cost[other] > cost[plan]:
                    continue
                replaced = True
                for entry in range(usage_start[other], usage_start[other + 1]):
                    if usage_amount[entry] > used[usage_row[entry]]:
                        replaced = False
                        break
                if replaced:
                    break
            for entry in range(usage_start[plan], usage_start[plan + 1]):
                used[usage_row[entry]] = 0
            if not replaced:
                kept[at] = plan
                at += 1
        kept[at : first[group + 1]] = -1


@numba.njit(cache=True, nogil=True)
def _is_open(needs: Int, plan: int, allowed: Int, group: int) -> bool:
    for column in range(needs.shape[1]):  # noqa: SIM110 - numba takes no generator
        if needs[plan, column] > allowed[group, column]:
            return False
    return True
