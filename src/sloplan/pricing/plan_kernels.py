"""Inner loops over queries and their listed plans.

Kernels that call each other stay in this file: numba's cache looks at one file only. They take plain
arrays: a named tuple's class would be written into the cache, and a later release without that class
could not read it.

What a plan *needs* and what a query *allows* are rows of five integers in one order: largest rate and
its query's rate (both negated), least rate and rate, nano-nats, latency, cost. A plan is open to a query
if it needs at most what the query allows, column by column.
"""

from __future__ import annotations

import time

import numba
import numpy as np
import numpy.typing as npt

from sloplan.pricing.listing_kernels import compile_listing
from sloplan.problem.compiled import Bool, Int, Queries, Sparse

Float = npt.NDArray[np.float64]

MAX_RATE = 0
"""Column of needs that holds the negated largest rate."""

NANO_NATS, LATENCY, COST = 2, 3, 4
"""Columns of needs, and of what queries allow, that SLOs limit."""

_COMPARISONS = 5000
"""Kept plans of its template that a plan is compared with, at most."""

_DIGEST_BITS = 11
"""Upper bits of each need that stand in its plan's digest, each above its guard bit, five in 63 bits."""

_ROW_BITS = 63
"""Bits that tell which rows a plan uses; rows may share one."""

_SUMS, _SUM_BITS = 4, 14
"""Sums of a plan's usage over a fourth of the rows each, to 7 digits (binary), each below its guard bit."""


def allowed_by(queries: Queries) -> Int:
    """Return what queries allow, shape (queries, 5)."""
    rate = queries.rate_milli
    return np.column_stack([-rate, rate, queries.slo_accuracy, queries.slo_latency_us, queries.slo_cost_nano])


def compile_kernels(queries: Queries) -> float:
    """Compile the kernels, or read them from numba's cache, and return the seconds that it took.

    Parameters
    ----------
    queries : Queries
        Those that are to be served: read-only arrays are a type of their own to numba.
    """
    began = time.monotonic()
    none, needs = np.zeros(0, dtype=np.int64), np.zeros((0, 5), dtype=np.int64)
    start = np.zeros(int(queries.template.max(initial=0)) + 2, dtype=np.int64)
    usage = Sparse(np.zeros(1, dtype=np.int64), none, none)
    prefer(queries, start, none, needs)
    cheapest(queries, start, np.zeros(0), needs)
    serve(queries, none, start, none, needs, usage, none)
    missed = levels_missed(start, needs, np.zeros((5, len(start)), dtype=np.int64), none)
    keep_undominated(start, sifting_order(start, np.zeros(0), missed), missed, usage)
    compile_listing()
    return time.monotonic() - began


def prefer(queries: Queries, start: Int, order: Int, needs: Int) -> Int:
    """Return the first open plan of each query, -1 where there is none; shape (queries,).

    Parameters
    ----------
    queries : Queries
    start : (templates + 1,) int64
    order : (plans,) int64
        Plans of template t, best first, at ``order[start[t]:start[t + 1]]``.
    needs : (plans, 5) int64
    """
    plan_of = np.full(len(queries.template), -1, dtype=np.int64)
    _prefer(queries.template, allowed_by(queries), start, order, needs, plan_of)
    return plan_of


def cheapest(queries: Queries, start: Int, price: Float, needs: Int) -> Int:
    """Return the cheapest open plan of each query, the first of equals, -1 where there is none; shape (queries,).

    Parameters
    ----------
    queries : Queries
    start, needs
        As in `prefer`.
    price : (plans,) float64
    """
    return cheapest_allowed(queries.template, allowed_by(queries), start, price, needs)


def cheapest_allowed(template: Int, allowed: Int, start: Int, price: Float, needs: Int) -> Int:
    """Return the same for queries given by their templates and what they allow, as `allowed_by` gives it."""
    plan_of = np.full(len(template), -1, dtype=np.int64)
    _cheapest(template, allowed, start, price, needs, plan_of)
    return plan_of


def serve(queries: Queries, turn: Int, start: Int, order: Int, needs: Int, usage: Sparse, left: Int) -> Int:
    """Serve queries in turn, each by its first open plans that fit in what is left, and take their usage.

    Parameters
    ----------
    queries : Queries
    turn : (m,) int64
        Queries to serve, the first first.
    start, order, needs
        As in `prefer`; the largest rates in `needs` are lowered in place to what was seen to fit.
    usage : Sparse
        Usage per request of every plan.
    left : (rows,) int64
        Capacity left; reduced in place.

    Returns
    -------
    (3, entries) int64
        Query, plan and copies of each entry.
    """
    # The next plan of a query is looked at only once no further copy fits by the last one, so each
    # entry but a query's last fills a row up.
    most = int(np.minimum(queries.count[turn], len(left) + 1).sum())
    entries = np.zeros((3, most), dtype=np.int64)
    number = _serve(
        queries.template,
        queries.count,
        allowed_by(queries),
        start,
        order,
        needs,
        usage.start,
        usage.column,
        usage.amount,
        turn,
        left,
        entries,
    )
    return entries[:, :number]


def keep_undominated(start: Int, order: Int, needs: Int, usage: Sparse) -> Bool:
    """Say which plans no plan before them in their template's order replaces, shape (plans,).

    One plan replaces another if it needs no more in any column and uses no more of any row. Each plan
    is compared with the first `_COMPARISONS` that are kept, so of very long lists too many may be kept.
    Three words per plan, digests of its needs, its rows and what it uses of them, settle most comparisons.

    Parameters
    ----------
    start, order
        As in `prefer`.
    needs : (plans, 5) int64
        0 or more.
    usage : Sparse
        Usage per request of every plan.
    """
    keep = np.zeros(len(needs), dtype=np.bool_)
    used = np.zeros(int(usage.column.max(initial=-1)) + 1, dtype=np.int64)
    shift = np.array([max(0, most.bit_length() - _DIGEST_BITS) for most in needs.max(axis=0, initial=0).tolist()])
    _keep_undominated(start, order, needs, shift, usage.start, usage.column, usage.amount, used, keep)
    return keep


def levels_missed(start: Int, needs: Int, level_start: Int, levels: Int) -> Int:
    """Count, per plan and column, the distinct levels allowed in its template that are below its need.

    Parameters
    ----------
    start : (templates + 1,) int64
        Plans of each template.
    needs : (plans, 5) int64
    level_start : (5, templates + 1) int64
    levels : int64
        Ascending; those of a column and template at ``levels[level_start[c, t]:level_start[c, t + 1]]``.

    Returns
    -------
    (plans, 5) int64
    """
    missed = np.empty_like(needs)
    _levels_missed(start, needs, level_start, levels, missed)
    return missed


def sifting_order(start: Int, size: Float, missed: Int) -> Int:
    """Sort the plans of each template by size, equals by the last column of what they miss, and so on; stable.

    Parameters
    ----------
    start : (templates + 1,) int64
    size : (plans,) float64
    missed : (plans, 5) int64

    Returns
    -------
    (plans,) int64
    """
    order = np.empty(len(size), dtype=np.int64)
    _sifting_order(start, size, missed, order)
    return order


def unavoidable(queries: Queries, start: Int, needs: Int, usage: Sparse, num_rows: int) -> Float:
    """Return the use of every row if each query takes as little of it as an open plan can, shape (rows,).

    That is little where a query has a choice; a row is used for certain by those all of whose plans use it.

    Parameters
    ----------
    queries : Queries
        Queries without an open plan use nothing.
    start, needs
        As in `prefer`.
    usage : Sparse
        Usage per request of every plan.
    num_rows : int
    """
    rate = queries.rate_milli.astype(np.float64) * queries.count
    use = np.zeros(num_rows)
    _unavoidable(
        queries.template, allowed_by(queries), rate, start, needs, usage.start, usage.column, usage.amount, use
    )
    return use


def raise_most_used(start: Int, usage: Sparse, billed: Int, most: Float) -> None:
    """Raise the most that plans of each template use of each row, and bill in the end, to what some plans do.

    Parameters
    ----------
    start : (templates + 1,) int64
    usage : Sparse
        Usage per request of every plan.
    billed : (plans,) int64
    most : (templates, rows + 1) float64
        Raised in place.
    """
    _raise_most_used(start, usage.start, usage.column, usage.amount, billed, most)


@numba.njit(cache=True, nogil=True)
def _at_most(needs: Int, allowed: Int) -> bool:
    for column in range(len(needs)):  # noqa: SIM110 - numba takes no generator
        if needs[column] > allowed[column]:
            return False
    return True


@numba.njit(cache=True)
def _prefer(template: Int, allowed: Int, start: Int, order: Int, needs: Int, plan_of: Int) -> None:
    for query in range(len(template)):
        for position in range(start[template[query]], start[template[query] + 1]):
            if _at_most(needs[order[position]], allowed[query]):
                plan_of[query] = order[position]
                break


@numba.njit(cache=True, nogil=True)
def _cheapest(template: Int, allowed: Int, start: Int, price: Float, needs: Int, plan_of: Int) -> None:
    for query in range(len(template)):
        best = np.inf
        for plan in range(start[template[query]], start[template[query] + 1]):
            if price[plan] < best and _at_most(needs[plan], allowed[query]):
                best = price[plan]
                plan_of[query] = plan


@numba.njit(cache=True)
def _unavoidable(
    template: Int,
    allowed: Int,
    rate: Float,
    start: Int,
    needs: Int,
    usage_start: Int,
    usage_row: Int,
    usage_amount: Int,
    use: Float,
) -> None:
    least, users = np.zeros(len(use), dtype=np.int64), np.zeros(len(use), dtype=np.int64)
    seen = np.empty(len(use), dtype=np.int64)
    for query in range(len(template)):
        plans, rows = 0, 0
        for plan in range(start[template[query]], start[template[query] + 1]):
            if not _at_most(needs[plan], allowed[query]):
                continue
            plans += 1
            for entry in range(usage_start[plan], usage_start[plan + 1]):
                row = usage_row[entry]
                if users[row] == 0:
                    seen[rows] = row
                    rows += 1
                    least[row] = usage_amount[entry]
                least[row] = min(least[row], usage_amount[entry])
                users[row] += 1
        for row in seen[:rows]:
            if users[row] == plans:
                use[row] += rate[query] * least[row]
            users[row] = 0


@numba.njit(cache=True)
def _serve(
    template: Int,
    count: Int,
    allowed: Int,
    start: Int,
    order: Int,
    needs: Int,
    usage_start: Int,
    usage_row: Int,
    usage_amount: Int,
    turn: Int,
    left: Int,
    entries: Int,
) -> int:
    number = 0
    for query in turn:
        rate, waiting = -allowed[query, MAX_RATE], count[query]
        for position in range(start[template[query]], start[template[query] + 1]):
            plan = order[position]
            if not _at_most(needs[plan], allowed[query]):
                continue
            used = range(usage_start[plan], usage_start[plan + 1])
            for use in used:
                if usage_amount[use] > 0:
                    fitting_rate = left[usage_row[use]] // usage_amount[use]
                    needs[plan, MAX_RATE] = max(needs[plan, MAX_RATE], -fitting_rate)
            if needs[plan, MAX_RATE] > -rate:
                continue
            copies = waiting
            for use in used:
                if usage_amount[use] > 0:
                    # One copy fits, so the product is at most what is left.
                    copies = min(copies, left[usage_row[use]] // (rate * usage_amount[use]))
            for use in used:
                left[usage_row[use]] -= copies * rate * usage_amount[use]
            entries[0, number], entries[1, number], entries[2, number] = query, plan, copies
            number += 1
            waiting -= copies
            if waiting == 0:
                break
    return number


@numba.njit(cache=True, nogil=True)
def _levels_missed(start: Int, needs: Int, level_start: Int, levels: Int, missed: Int) -> None:
    for template in range(len(start) - 1):
        for plan in range(start[template], start[template + 1]):
            for column in range(needs.shape[1]):
                begin, end = level_start[column, template], level_start[column, template + 1]
                first, need = begin, needs[plan, column]
                while first < end:
                    middle = (first + end) // 2
                    if levels[middle] < need:
                        first = middle + 1
                    else:
                        end = middle
                missed[plan, column] = first - begin


@numba.njit(cache=True, nogil=True)
def _comes_before(one: Int, other: Int) -> bool:
    for column in range(len(one) - 1, -1, -1):
        if one[column] != other[column]:
            return bool(one[column] < other[column])
    return False


@numba.njit(cache=True, nogil=True)
def _sifting_order(start: Int, size: Float, missed: Int, order: Int) -> None:
    for template in range(len(start) - 1):
        begin, end = start[template], start[template + 1]
        order[begin:end] = begin + np.argsort(size[begin:end], kind="mergesort")
        first = begin
        while first < end:
            last = first + 1
            while last < end and size[order[last]] == size[order[first]]:
                last += 1
            _sort_by_missed(missed, order[first:last])
            first = last


@numba.njit(cache=True, nogil=True)
def _sort_by_missed(missed: Int, run: Int) -> None:
    """Sort some plans stably: runs of doubling length are merged."""
    merged, length = np.empty_like(run), 1
    while length < len(run):
        for first in range(0, len(run), 2 * length):
            middle, end = min(first + length, len(run)), min(first + 2 * length, len(run))
            left, right = first, middle
            for place in range(first, end):
                if left == middle or (right < end and _comes_before(missed[run[right]], missed[run[left]])):
                    merged[place] = run[right]
                    right += 1
                else:
                    merged[place] = run[left]
                    left += 1
        run[:] = merged
        length *= 2


@numba.njit(cache=True, nogil=True)
def _rounded(amount: int) -> int:
    """A whole number below 2^13 that grows with an amount from 0 to 2^63: its binary exponent and six digits."""
    if amount == 0:
        return 0
    return int((np.float64(amount).view(np.int64) >> 46) - (1023 << 6) + 1)


@numba.njit(cache=True, nogil=True)
def _guards(fields: int, bits: int) -> int:
    """The upper bit of each of some fields of a word."""
    guards = 0
    for field in range(fields):
        guards |= 1 << ((field + 1) * bits - 1)
    return guards


@numba.njit(cache=True, nogil=True)
def _keep_undominated(
    start: Int,
    order: Int,
    needs: Int,
    shift: Int,
    usage_start: Int,
    usage_row: Int,
    usage_amount: Int,
    used: Int,
    keep: Bool,
) -> None:
    kept = np.empty(_COMPARISONS, dtype=np.int64)
    kept_needs, kept_rows, kept_sums = np.empty_like(kept), np.empty_like(kept), np.empty_like(kept)
    sums = np.zeros(_SUMS, dtype=np.int64)
    need_guards, sum_guards = _guards(len(shift), _DIGEST_BITS + 1), _guards(_SUMS, _SUM_BITS + 1)
    for template in range(len(start) - 1):
        number = 0
        for plan in order[start[template] : start[template + 1]]:
            digest, rows, amounts = 0, 0, 0
            for column in range(len(shift)):
                digest |= (needs[plan, column] >> shift[column]) << (column * (_DIGEST_BITS + 1))
            for use in range(usage_start[plan], usage_start[plan + 1]):
                row = usage_row[use]
                used[row] = usage_amount[use]
                sums[row % _SUMS] += usage_amount[use]
                if usage_amount[use] > 0:
                    rows |= 1 << (row % _ROW_BITS)
            for part in range(_SUMS):
                amounts |= _rounded(sums[part]) << (part * (_SUM_BITS + 1))
                sums[part] = 0
            replaced = False
            for place in range(number):
                # No guard is borrowed from: no column of the digest is above the plan's.
                if (
                    kept_rows[place] & ~rows == 0
                    and ((digest | need_guards) - kept_needs[place]) & need_guards == need_guards
                    and ((amounts | sum_guards) - kept_sums[place]) & sum_guards == sum_guards
                    and _at_most(needs[kept[place]], needs[plan])
                ):
                    other = kept[place]
                    replaced = True
                    for use in range(usage_start[other], usage_start[other + 1]):
                        if usage_amount[use] > used[usage_row[use]]:
                            replaced = False
                            break
                    if replaced:
                        # A plan that replaces one often replaces more: it moves to the front, by halves.
                        ahead = place // 2
                        kept[place], kept[ahead] = kept[ahead], other
                        kept_needs[place], kept_needs[ahead] = kept_needs[ahead], kept_needs[place]
                        kept_rows[place], kept_rows[ahead] = kept_rows[ahead], kept_rows[place]
                        kept_sums[place], kept_sums[ahead] = kept_sums[ahead], kept_sums[place]
                        break
            for use in range(usage_start[plan], usage_start[plan + 1]):
                used[usage_row[use]] = 0
            keep[plan] = not replaced
            if not replaced and number < len(kept):
                kept[number], kept_needs[number], kept_rows[number], kept_sums[number] = plan, digest, rows, amounts
                number += 1


@numba.njit(cache=True, nogil=True)
def _raise_most_used(start: Int, usage_start: Int, usage_row: Int, usage_amount: Int, billed: Int, most: Float) -> None:
    last = most.shape[1] - 1
    for template in range(len(start) - 1):
        for plan in range(start[template], start[template + 1]):
            most[template, last] = max(most[template, last], float(billed[plan]))
            for use in range(usage_start[plan], usage_start[plan + 1]):
                row = usage_row[use]
                most[template, row] = max(most[template, row], float(usage_amount[use]))
