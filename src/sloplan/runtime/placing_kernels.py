"""Inner loops of online matching: who could fit at all, and who makes room for whom.

Kernels that call each other stay in this file: numba's cache looks at one file only.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

_PLANS = 12  # of a list, the cheapest first, that are tried to make room for or to go to


@numba.njit(cache=True, nogil=True)
def fits_any(usage: tuple[Int, Int, Int], lists: tuple[Int, Int, Int], rate: Int, left: Int) -> Bool:
    """Return whether a copy of each query would fit by any plan of its list.

    Parameters
    ----------
    usage
        Of plans: start, row, amount.
    lists
        Start and plan of the lists, list of every query.
    rate : (queries,) int64
    left : (rows,) int64
    """
    start, plan, list_of = lists
    found = np.zeros(len(rate), dtype=np.bool_)
    for query in range(len(rate)):
        for entry in range(start[list_of[query]], start[list_of[query] + 1]):
            if _fits(usage, plan[entry], rate[query], left):
                found[query] = True
                break
    return found


@numba.njit(cache=True, nogil=True)
def make_room(
    usage: tuple[Int, Int, Int],
    lists: tuple[Int, Int, Int],
    rate: Int,
    value: Int,
    seekers: Int,
    running: tuple[Int, Int],
    left: Int,
    stay_s: float,
    migration_s: float,
) -> Int:
    """Let copies that do not fit take the place of running ones, which go elsewhere or stop, where that pays.

    A copy that begins is worth its value for as long as copies stay; one that moves for it loses its value for
    `migration_s`; one that stops loses its value for as long as copies stay, and that besides.

    Parameters
    ----------
    usage
        Of plans: start, row, amount.
    lists
        Start and plan of the lists, the cheapest first, list of every query; of those that run and those that seek.
    rate, value : (queries,) int64
    seekers : (m,) int64
        Queries of which a copy looks for room, the first first.
    running
        Query and plan of copies that run, those of least value first; a query that stops has plan -1 afterwards.
    left : (rows,) int64
        Changed in place.
    stay_s, migration_s : float

    Returns
    -------
    (m,) int64
        Plan of every seeker, -1 for those that found no room.
    """
    start, plan, list_of = lists
    query_of, plan_of = running
    load = np.zeros((len(left), len(query_of)), dtype=np.int64)
    for other in range(len(query_of)):
        _load(usage, plan_of[other], rate[query_of[other]], load, other)
    given = np.full(len(seekers), -1, dtype=np.int64)
    for place in range(len(seekers)):
        query = seekers[place]
        first = start[list_of[query]]
        for entry in range(first, min(start[list_of[query] + 1], first + _PLANS)):
            one = plan[entry]
            row, lacking = _most_lacking(usage, one, rate[query], left)
            if row < 0:
                given[place] = one
                _take(usage, one, rate[query], left)
                break
            for other in range(len(query_of)):
                if load[row, other] < lacking:
                    continue
                host = query_of[other]
                if value[host] * migration_s >= value[query] * stay_s:
                    break  # those after it are worth more
                old = plan_of[other]
                _take(usage, old, -rate[host], left)
                if not _fits(usage, one, rate[query], left):
                    _take(usage, old, rate[host], left)
                    continue
                _take(usage, one, rate[query], left)
                target = _other_place(usage, start, plan, list_of[host], old, rate[host], left)
                if target < 0 and value[host] * (stay_s + migration_s) >= value[query] * stay_s:
                    _take(usage, one, -rate[query], left)
                    _take(usage, old, rate[host], left)
                    continue
                given[place], plan_of[other] = one, target
                load[:, other] = 0
                if target >= 0:
                    _take(usage, target, rate[host], left)
                    _load(usage, target, rate[host], load, other)
                break
            if given[place] >= 0:
                break
    return given


@numba.njit(cache=True, nogil=True)
def go_back(usage: tuple[Int, Int, Int], rate: Int, old: Int, new: Int, left: Int) -> Bool:
    """Let copies that were moved stay where they were, if that is still open.

    Parameters
    ----------
    usage
        Of plans: start, row, amount.
    rate, old, new : (n,) int64
        Of moved copies, with the plans that they had and were to have.
    left : (rows,) int64
        With all of them moved; changed in place.

    Returns
    -------
    (n,) bool
        Who stays.
    """
    stays = np.zeros(len(rate), dtype=np.bool_)
    is_over = False
    while not is_over:
        is_over = True  # unless somebody who stays makes it possible for another
        for place in range(len(rate)):
            if stays[place]:
                continue
            _take(usage, new[place], -rate[place], left)
            stays[place] = _fits(usage, old[place], rate[place], left)
            _take(usage, old[place] if stays[place] else new[place], rate[place], left)
            is_over = is_over and not stays[place]
    return stays


@numba.njit(cache=True, nogil=True)
def _fits(usage: tuple[Int, Int, Int], plan: int, rate: int, left: Int) -> bool:
    usage_start, usage_row, usage_amount = usage
    for use in range(usage_start[plan], usage_start[plan + 1]):
        if rate * usage_amount[use] > left[usage_row[use]]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _take(usage: tuple[Int, Int, Int], plan: int, rate: int, left: Int) -> None:
    usage_start, usage_row, usage_amount = usage
    for use in range(usage_start[plan], usage_start[plan + 1]):
        left[usage_row[use]] -= rate * usage_amount[use]


@numba.njit(cache=True, nogil=True)
def _load(usage: tuple[Int, Int, Int], plan: int, rate: int, load: Int, column: int) -> None:
    usage_start, usage_row, usage_amount = usage
    for use in range(usage_start[plan], usage_start[plan + 1]):
        load[usage_row[use], column] += rate * usage_amount[use]


@numba.njit(cache=True, nogil=True)
def _most_lacking(usage: tuple[Int, Int, Int], plan: int, rate: int, left: Int) -> tuple[int, int]:
    """Return the row of which a plan lacks most, and how much; row -1 where it fits."""
    usage_start, usage_row, usage_amount = usage
    row, most = -1, 0
    for use in range(usage_start[plan], usage_start[plan + 1]):
        lacking = rate * usage_amount[use] - left[usage_row[use]]
        if lacking > most:
            row, most = usage_row[use], lacking
    return row, most


@numba.njit(cache=True, nogil=True)
def _other_place(
    usage: tuple[Int, Int, Int], start: Int, plan: Int, one_list: int, old: int, rate: int, left: Int
) -> int:
    """Return the first plan of a list, but for one, that fits; -1 if none of the first few does."""
    first = start[one_list]
    for entry in range(first, min(start[one_list + 1], first + _PLANS)):
        if plan[entry] != old and _fits(usage, plan[entry], rate, left):
            return plan[entry]
    return -1
