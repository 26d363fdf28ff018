"""Inner loops of query-plan matching: what queries take at row prices, and serving them in turn.

Kernels that call each other stay in this file: numba's cache looks at one file only.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def respond(
    usage: tuple[Int, Int, Int],
    lists: tuple[Int, Int, Int],
    queries: tuple[Int, Int, Int],
    bill: Int,
    price: Float,
    value_price: float,
    plan_price: Float,
    choice: Int,
    worth: Float,
    demand: Float,
) -> tuple[float, float]:
    """Let every query take its plan of least price if that is worth it; the first of equals.

    Parameters
    ----------
    usage
        Of plans: start, row, amount.
    lists
        Start and plan of the lists, list of every query.
    queries
        Rate, value, count.
    bill : (plans,) int64
    price : (rows,) float64
    value_price : float
    plan_price : (plans,) float64
        Filled in: bill and priced usage per unit of rate.
    choice : (queries,) int64
        Filled in: plan of least price, -1 where the list is empty.
    worth : (queries,) float64
        Filled in: priced value less price of that plan, of one copy; -infinity without one.
    demand : (rows,) float64
        Filled in: what those whose plan is worth more than nothing use of the rows.

    Returns
    -------
    float, float
        Worth, and value, of all copies whose plan is worth more than nothing.
    """
    usage_start, usage_row, usage_amount = usage
    start, plan, list_of = lists
    rate, value, count = queries
    for one in range(len(bill)):
        total = float(bill[one])
        for use in range(usage_start[one], usage_start[one + 1]):
            total += usage_amount[use] * price[usage_row[use]]
        plan_price[one] = total
    best = np.full(len(start) - 1, -1, dtype=np.int64)
    for number in range(len(best)):
        for entry in range(start[number], start[number + 1]):
            if best[number] < 0 or plan_price[plan[entry]] < plan_price[best[number]]:
                best[number] = plan[entry]
    taken = np.zeros(len(bill))
    demand[:] = 0.0
    total_worth, total_value = 0.0, 0.0
    for query in range(len(rate)):
        chosen = best[list_of[query]]
        choice[query] = chosen
        if chosen < 0:
            worth[query] = -np.inf
            continue
        worth[query] = value_price * value[query] - rate[query] * plan_price[chosen]
        if worth[query] > 0:
            total_worth += worth[query] * count[query]
            total_value += float(value[query]) * count[query]
            taken[chosen] += float(rate[query]) * count[query]
    for one in range(len(taken)):
        if taken[one] > 0:
            for use in range(usage_start[one], usage_start[one + 1]):
                demand[usage_row[use]] += taken[one] * usage_amount[use]
    return total_worth, total_value


@numba.njit(cache=True, nogil=True)
def serve(
    usage: tuple[Int, Int, Int],
    lists: tuple[Int, Int, Int],
    queries: tuple[Int, Int, Int],
    turn: Int,
    left: Int,
    floor: int,
    entries: Int,
) -> int:
    """Serve queries in turn, each copy by the first plan of its list that still fits.

    Parameters
    ----------
    usage, lists, queries
        As in `respond`, but the plans of every list with the best one first.
    turn : (m,) int64
        Queries, the first first.
    left : (rows,) int64
        Reduced in place.
    floor : int
        Serving ends once this value is reached; -1: never.
    entries : (3, n) int64
        Filled in: query, plan, copies.

    Returns
    -------
    int
        Number of entries; as many as there is room for, at most.
    """
    usage_start, usage_row, usage_amount = usage
    start, plan, list_of = lists
    rate, value, count = queries
    number = 0
    reached = 0
    for query in turn:
        remaining = count[query]
        if floor >= 0:
            if reached >= floor:
                break
            if value[query] <= 0:
                continue
            remaining = min(remaining, -((reached - floor) // value[query]))
        for entry in range(start[list_of[query]], start[list_of[query] + 1]):
            if remaining == 0 or number == entries.shape[1]:
                break
            one = plan[entry]
            fitting = remaining
            for use in range(usage_start[one], usage_start[one + 1]):
                if usage_amount[use] > 0:
                    fitting = min(fitting, left[usage_row[use]] // (rate[query] * usage_amount[use]))
                    if fitting <= 0:
                        break
            if fitting <= 0:
                continue
            for use in range(usage_start[one], usage_start[one + 1]):
                left[usage_row[use]] -= fitting * rate[query] * usage_amount[use]
            entries[0, number], entries[1, number], entries[2, number] = query, one, fitting
            number += 1
            remaining -= fitting
            reached += fitting * value[query]
    return number


@numba.njit(cache=True, nogil=True)
def sort_lists(start: Int, plan: Int, plan_price: Float, listed: Int) -> None:
    """Write the plans of every list into `listed`, the cheapest first; of equals the first stays first."""
    for number in range(len(start) - 1):
        first, end = start[number], start[number + 1]
        if end > first:
            order = np.argsort(plan_price[plan[first:end]], kind="mergesort")
            for place in range(end - first):
                listed[first + place] = plan[first + order[place]]
