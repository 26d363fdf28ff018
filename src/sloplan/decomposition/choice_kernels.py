"""Inner loops of the Lagrangian function: plans in the order of their prices, and each group's first open one."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]


def price_plans(start: Int, column: Int, amount: Int, row_price: Float, own: Float) -> Float:
    """Return what plans cost: their own figure and priced usage, added up entry by entry; shape (plans,).

    Parameters
    ----------
    start : (plans + 1,) int64
        Entries of plan p are those at ``start[p]:start[p + 1]``.
    column, amount : (entries,) int64
    row_price : (rows,) float64
    own : (plans,) float64
    """
    price = np.empty(len(own))
    _price_plans(start, column, amount, row_price, own, price)
    return price


def sort_by_price(start: Int, price: Float) -> Int:
    """Return the plans of each template in ascending price; equals by their index.

    Parameters
    ----------
    start : (templates + 1,) int64
    price : (plans,) float64

    Returns
    -------
    (plans,) int64
        Those of template t at ``start[t]:start[t + 1]``.
    """
    order = np.empty(len(price), dtype=np.int64)
    _sort_by_price(start, price, order)
    return order


def first_open(template: Int, allowed: Int, start: Int, order: Int, needs: Int) -> Int:
    """Return the first open plan of each group, -1 where there is none; shape (groups,).

    Parameters
    ----------
    template : (groups,) int64
    allowed : (groups, 5) int64
    start : (templates + 1,) int64
    order : (plans,) int64
        As `sort_by_price` returns it.
    needs : (plans, 5) int64
    """
    plan = np.full(len(template), -1, dtype=np.int64)
    _first_open(template, allowed, start, order, needs, plan)
    return plan


@numba.njit(cache=True, nogil=True)
def _price_plans(start: Int, column: Int, amount: Int, row_price: Float, own: Float, price: Float) -> None:
    for plan in range(len(own)):
        total = 0.0
        for entry in range(start[plan], start[plan + 1]):
            total += amount[entry] * row_price[column[entry]]
        price[plan] = total + own[plan]


@numba.njit(cache=True, nogil=True)
def _sort_by_price(start: Int, price: Float, order: Int) -> None:
    for template in range(len(start) - 1):
        first, end = start[template], start[template + 1]
        order[first:end] = first + np.argsort(price[first:end], kind="mergesort")


@numba.njit(cache=True, nogil=True)
def _first_open(template: Int, allowed: Int, start: Int, order: Int, needs: Int, plan_of: Int) -> None:
    columns = needs.shape[1]
    for group in range(len(template)):
        for position in range(start[template[group]], start[template[group] + 1]):
            plan = order[position]
            is_open = True
            for column in range(columns):
                if needs[plan, column] > allowed[group, column]:
                    is_open = False
                    break
            if is_open:
                plan_of[group] = plan
                break
