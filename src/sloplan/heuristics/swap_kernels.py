"""Inner loops of the repair and swap search on a matching: items force their way in, others move or leave.

An *item* is some copies of one query that go together. For each row a circular list links the items that use it; item
i's k-th used row has node ``i x width + k``. What a step does is logged, so that it can be undone.

Kernels that call each other stay in this file: numba's cache looks at one file only. All integers are handed over in
one tuple of arrays `s`, under the names below; all floats in a tuple `f`.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

ARRAYS: Final = (
    "TOTALS USAGE_START USAGE_ROW USAGE BILL STANDING UNIT UNIT_PRICE MOST USED UNITS FIRST END CANDIDATE FACTOR VALUE "
    "RANK PLAN HEAD AFTER BEFORE OUT OUT_AT LOCKED LOG_ITEM LOG_PLAN CHANGED IS_CHANGED BEST PRICED"
).split()
"""Totals; usage and bill of plans; what rows hold, their units, what is used and rented; candidates, factor (rate x
copies), value, rank and plan of items; lists of users; items that are out; the log; items that changed since the best
answer, and that answer; rows whose units have a price."""

(TOTALS, USAGE_START, USAGE_ROW, USAGE, BILL, STANDING, UNIT, UNIT_PRICE, MOST, USED, UNITS, FIRST, END, CANDIDATE,
 FACTOR, VALUE, RANK, PLAN, HEAD, AFTER, BEFORE, OUT, OUT_AT, LOCKED, LOG_ITEM, LOG_PLAN, CHANGED, IS_CHANGED, BEST,
 PRICED) = range(30)  # fmt: skip

SCALARS: Final = "REACHED COST LOGGED OUTSIDE CHANGES WIDTH IS_COST FLOOR STEP RANDOM".split()
"""Places in the totals: value and cost, lengths of log and lists, rows of a plan at most, the objective, the step, the
state of the random numbers."""

REACHED, COST, LOGGED, OUTSIDE, CHANGES, WIDTH, IS_COST, FLOOR, STEP, RANDOM = range(10)

PLAN_PRICE, CHARGED, SCHEDULE = 0, 1, 2
"""Places in `f`: priced usage of every plan per unit of rate; the priced usage of all items; the schedule."""

HOT, COLD, POSITION, LENGTH, LEAST, SHARE, OTHER_SHARE, PENALTY = range(8)
"""Places in the schedule: temperatures at the beginning and the end of a cycle, place in it and its length, least
value or cost so far; share of the priced usage that counts, in odd cycles and in even ones; what a unit of value below
the floor costs."""

LOG_LENGTH: Final = 1 << 12

_QUEUE = 64  # items that one step puts back, at most
_EJECTED = 16  # items that leave for others, at most
_UNIT = 1.0 / 2147483648.0
_FORCED_IN = 0.75  # of the steps: one that is out is forced in
_FORCED_OVER = 0.90  # up to here: one is forced over to another plan; else a row loses some users
_FORCED_ON = 0.3  # of those who lost their place and found no other
_CLOSES, _CLOSES_ALL = 0.3, 0.2  # of the steps, where units have a price: a row loses one; of those, all
_RIVALS = 4  # users of a row of whom the one worth least leaves, at most
_TRIES = 8  # items that are tried where a floor is to be reached, or dropped where it is passed


@numba.njit(cache=True, nogil=True)
def _random(s: Any) -> int:
    """Return 31 random bits: xorshift64* (S. Vigna, ACM Transactions on Mathematical Software 42(4), 2016)."""
    x = np.uint64(s[TOTALS][RANDOM])
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    s[TOTALS][RANDOM] = np.int64(x)
    return int((x * np.uint64(2685821657736338717)) >> np.uint64(33))


@numba.njit(cache=True, nogil=True)
def _below(s: Any, number: int) -> int:
    return (_random(s) * number) >> 31


@numba.njit(cache=True, nogil=True)
def _chance(s: Any, probability: float) -> bool:
    return _random(s) * _UNIT < probability


@numba.njit(cache=True, nogil=True)
def _units_for(s: Any, row: int, used: int) -> int:
    lacking = used - s[STANDING][row]
    return 0 if lacking <= 0 or s[UNIT][row] == 0 else -(-lacking // s[UNIT][row])


@numba.njit(cache=True, nogil=True)
def _short(s: Any, plan: int, factor: int) -> int:
    """Return a row that does not hold a plan's usage, times a factor, or -1."""
    for use in range(s[USAGE_START][plan], s[USAGE_START][plan + 1]):
        row = s[USAGE_ROW][use]
        if s[USED][row] + factor * s[USAGE][use] > s[STANDING][row] + s[UNIT][row] * s[MOST][row]:
            return row
    return -1


@numba.njit(cache=True, nogil=True)
def _add(s: Any, plan: int, factor: int) -> None:
    """Use what a plan uses, times a factor, which may be negative, and rent the units that it takes."""
    for use in range(s[USAGE_START][plan], s[USAGE_START][plan + 1]):
        row = s[USAGE_ROW][use]
        s[USED][row] += factor * s[USAGE][use]
        if s[UNIT][row] > 0:
            units = _units_for(s, row, s[USED][row])
            s[TOTALS][COST] += (units - s[UNITS][row]) * s[UNIT_PRICE][row]
            s[UNITS][row] = units


@numba.njit(cache=True, nogil=True)
def _added_cost(s: Any, plan: int, factor: int) -> int:
    """Return what a plan would add to the cost: its bill and further units."""
    added = factor * s[BILL][plan]
    for use in range(s[USAGE_START][plan], s[USAGE_START][plan + 1]):
        row = s[USAGE_ROW][use]
        if s[UNIT][row] > 0:
            units = _units_for(s, row, s[USED][row] + factor * s[USAGE][use])
            added += (units - s[UNITS][row]) * s[UNIT_PRICE][row]
    return added


@numba.njit(cache=True, nogil=True)
def _enter(s: Any, f: Any, item: int, plan: int) -> None:
    """Give an item that is out a plan, whether it fits or not."""
    factor = s[FACTOR][item]
    _add(s, plan, factor)
    first = s[USAGE_START][plan]
    for use in range(first, s[USAGE_START][plan + 1]):
        row, node = s[USAGE_ROW][use], item * s[TOTALS][WIDTH] + use - first
        head = s[HEAD][row]
        if head < 0:
            s[HEAD][row] = s[AFTER][node] = s[BEFORE][node] = node
        else:
            last = s[BEFORE][head]
            s[AFTER][last] = s[BEFORE][head] = node
            s[AFTER][node], s[BEFORE][node] = head, last
    s[TOTALS][REACHED] += s[VALUE][item]
    s[TOTALS][COST] += factor * s[BILL][plan]
    f[CHARGED][0] += factor * f[PLAN_PRICE][plan]
    s[PLAN][item] = plan
    place, last = s[OUT_AT][item], s[TOTALS][OUTSIDE] - 1
    moved = s[OUT][last]
    s[OUT][place], s[OUT_AT][moved] = moved, place
    s[TOTALS][OUTSIDE] = last


@numba.njit(cache=True, nogil=True)
def _leave(s: Any, f: Any, item: int) -> None:
    """Take an item's plan away."""
    plan, factor = s[PLAN][item], s[FACTOR][item]
    _add(s, plan, -factor)
    first = s[USAGE_START][plan]
    for use in range(first, s[USAGE_START][plan + 1]):
        row, node = s[USAGE_ROW][use], item * s[TOTALS][WIDTH] + use - first
        after, before = s[AFTER][node], s[BEFORE][node]
        if after == node:
            s[HEAD][row] = -1
        else:
            s[AFTER][before], s[BEFORE][after] = after, before
            if s[HEAD][row] == node:
                s[HEAD][row] = after
    s[TOTALS][REACHED] -= s[VALUE][item]
    s[TOTALS][COST] -= factor * s[BILL][plan]
    f[CHARGED][0] -= factor * f[PLAN_PRICE][plan]
    s[PLAN][item] = -1
    s[OUT][s[TOTALS][OUTSIDE]], s[OUT_AT][item] = item, s[TOTALS][OUTSIDE]
    s[TOTALS][OUTSIDE] += 1


@numba.njit(cache=True, nogil=True)
def _log(s: Any, item: int, old: int) -> None:
    at = s[TOTALS][LOGGED]
    s[LOG_ITEM][at], s[LOG_PLAN][at] = item, old
    s[TOTALS][LOGGED] = at + 1


@numba.njit(cache=True, nogil=True)
def _set(s: Any, f: Any, item: int, plan: int) -> None:
    if s[PLAN][item] >= 0:
        _leave(s, f, item)
    if plan >= 0:
        _enter(s, f, item, plan)


@numba.njit(cache=True, nogil=True)
def _put(s: Any, f: Any, item: int, plan: int) -> int:
    """Let an item take a plan if it fits; return a row that is too short, or -1."""
    short = _short(s, plan, s[FACTOR][item])
    if short < 0:
        _enter(s, f, item, plan)
        _log(s, item, -1)
    return short


@numba.njit(cache=True, nogil=True)
def _take(s: Any, f: Any, item: int) -> None:
    plan = s[PLAN][item]
    _leave(s, f, item)
    _log(s, item, plan)


@numba.njit(cache=True, nogil=True)
def begin(s: Any, f: Any) -> None:
    """Give every item its plan of the best answer, -1 for none; all are out before."""
    for item in range(len(s[PLAN])):
        _set(s, f, item, s[BEST][item])


@numba.njit(cache=True, nogil=True)
def _insert(s: Any, f: Any, item: int) -> bool:
    """Let an item take its first candidate that fits."""
    for place in range(s[FIRST][item], s[END][item]):
        if _put(s, f, item, s[CANDIDATE][place]) < 0:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _insert_cheaply(s: Any, f: Any, item: int, share: float) -> bool:
    """Let an item take the candidate that adds least to the cost, a share of priced usage counted as well."""
    best, best_plan, factor = np.inf, -1, s[FACTOR][item]
    for place in range(s[FIRST][item], s[END][item]):
        plan = s[CANDIDATE][place]
        if _short(s, plan, factor) < 0:
            added = _added_cost(s, plan, factor) + share * factor * f[PLAN_PRICE][plan]
            if added < best:
                best, best_plan = added, plan
    if best_plan >= 0:
        _put(s, f, item, best_plan)
    return best_plan >= 0


@numba.njit(cache=True, nogil=True)
def _user(s: Any, row: int) -> int:
    """Return the item of worst rank of a few that use a row; -1 if they are all locked, or there are none."""
    node = s[HEAD][row]
    if node < 0:
        return -1
    for _ in range(_below(s, 8)):
        node = s[AFTER][node]
    found, rivals = -1, 1 + _below(s, _RIVALS)
    for _ in range(16):
        item = node // s[TOTALS][WIDTH]
        node = s[AFTER][node]
        if s[LOCKED][item] != s[TOTALS][STEP]:
            if found < 0 or s[RANK][item] > s[RANK][found]:
                found = item
            rivals -= 1
            if rivals == 0:
                break
    s[HEAD][row] = node
    return found


@numba.njit(cache=True, nogil=True)
def _force(s: Any, f: Any, item: int, queue: Int, queued: int) -> int:
    """Let an item take a candidate, cheap ones more often, and others leave for it; return how many now queue."""
    at, number = _random(s) * _UNIT, s[END][item] - s[FIRST][item]
    s[LOCKED][item] = s[TOTALS][STEP]
    plan = s[CANDIDATE][s[FIRST][item] + int(number * at * at)] if number > 0 else -1
    while plan >= 0:
        short = _put(s, f, item, plan)
        if short < 0:
            return queued
        user = _user(s, short) if queued < _EJECTED else -1
        if user < 0:
            break
        _take(s, f, user)
        queue[queued] = user
        queued += 1
    queue[queued] = item
    return queued + 1


@numba.njit(cache=True, nogil=True)
def _one_out(s: Any, rivals: int) -> int:
    """Return one of the items that are out, the one of best rank among some."""
    best = s[OUT][_below(s, s[TOTALS][OUTSIDE])]
    for _ in range(rivals - 1):
        other = s[OUT][_below(s, s[TOTALS][OUTSIDE])]
        if s[RANK][other] < s[RANK][best]:
            best = other
    return best


@numba.njit(cache=True, nogil=True)
def _close(s: Any, f: Any, row: int, queue: Int) -> int:
    """Take items out until a row needs a unit less, or none, and forbid the units; return how many queue."""
    target, queued = s[UNITS][row] - 1, 0
    if _chance(s, _CLOSES_ALL):
        target = 0
    s[MOST][row] = target
    while s[UNITS][row] > target and queued < _QUEUE - 8:
        user = _user(s, row)
        if user < 0:
            break
        _take(s, f, user)
        queue[queued] = user
        queued += 1
    return queued


@numba.njit(cache=True, nogil=True)
def _ruin(s: Any, f: Any, queue: Int) -> int:
    """Take some items out, most of them for another's sake; return how many queue."""
    kind = _random(s) * _UNIT
    if kind < _FORCED_IN and s[TOTALS][OUTSIDE] > 0:
        return _force(s, f, _one_out(s, 2), queue, 0)
    item = _below(s, len(s[PLAN]))
    plan = s[PLAN][item]
    if plan < 0:
        return 0
    if kind < _FORCED_OVER:
        _take(s, f, item)
        return _force(s, f, item, queue, 0)
    first, end = s[USAGE_START][plan], s[USAGE_START][plan + 1]
    if first == end:
        return 0
    row, queued = s[USAGE_ROW][first + _below(s, end - first)], 0
    for _ in range(1 + _below(s, 3)):
        user = _user(s, row)
        if user < 0:
            break
        _take(s, f, user)
        queue[queued] = user
        queued += 1
    return queued


@numba.njit(cache=True, nogil=True)
def _refill(s: Any, f: Any, queue: Int, queued: int) -> None:
    """Put back what queues, now and then at the expense of others, then try one that was out."""
    forces, at = 3, 0
    while at < queued:
        item = queue[at]
        at += 1
        if s[PLAN][item] >= 0 or _insert(s, f, item):
            continue
        if forces > 0 and queued < _EJECTED and _chance(s, _FORCED_ON):
            forces -= 1
            queued = _force(s, f, item, queue, queued)
    if s[TOTALS][OUTSIDE] > 0:
        _insert(s, f, _one_out(s, 2))


@numba.njit(cache=True, nogil=True)
def _refill_cheaply(s: Any, f: Any, queue: Int, queued: int) -> None:
    """Put back what queues and others until the floor is reached, then drop what it does not need."""
    totals, share = s[TOTALS], 0.5 * _below(s, 3)
    for at in range(queued):
        if s[PLAN][queue[at]] < 0 and totals[REACHED] < totals[FLOOR] and not _chance(s, 0.1):
            _insert_cheaply(s, f, queue[at], share)
    for _ in range(_TRIES):
        if totals[REACHED] >= totals[FLOOR] or totals[OUTSIDE] == 0:
            break
        _insert_cheaply(s, f, _one_out(s, 1 + _below(s, 3)), share)
    for _ in range(_TRIES):
        if totals[REACHED] <= totals[FLOOR]:
            break
        item = _below(s, len(s[PLAN]))
        if s[PLAN][item] >= 0 and totals[REACHED] - s[VALUE][item] >= totals[FLOOR]:
            _take(s, f, item)


@numba.njit(cache=True, nogil=True)
def _energy(s: Any, f: Any) -> float:
    """What is to be small: the cost, or the negated value; value below the floor; a share of the priced usage."""
    totals, schedule = s[TOTALS], f[SCHEDULE]
    main = float(totals[COST]) if totals[IS_COST] else -float(totals[REACHED])
    lacking = max(0, totals[FLOOR] - totals[REACHED])
    return main + schedule[PENALTY] * lacking + schedule[SHARE] * f[CHARGED][0]


@numba.njit(cache=True, nogil=True)
def _undo(s: Any, f: Any) -> None:
    while s[TOTALS][LOGGED] > 0:
        at = s[TOTALS][LOGGED] - 1
        _set(s, f, s[LOG_ITEM][at], s[LOG_PLAN][at])
        s[TOTALS][LOGGED] = at


@numba.njit(cache=True, nogil=True)
def _note_changes(s: Any) -> None:
    for at in range(s[TOTALS][LOGGED]):
        item = s[LOG_ITEM][at]
        if not s[IS_CHANGED][item]:
            s[IS_CHANGED][item] = 1
            s[CHANGED][s[TOTALS][CHANGES]] = item
            s[TOTALS][CHANGES] += 1


@numba.njit(cache=True, nogil=True)
def _store(s: Any) -> None:
    for at in range(s[TOTALS][CHANGES]):
        item = s[CHANGED][at]
        s[BEST][item], s[IS_CHANGED][item] = s[PLAN][item], 0
    s[TOTALS][CHANGES] = 0


@numba.njit(cache=True, nogil=True)
def _restore(s: Any, f: Any) -> None:
    for at in range(s[TOTALS][CHANGES]):
        item = s[CHANGED][at]
        _set(s, f, item, s[BEST][item])
        s[IS_CHANGED][item] = 0
    s[TOTALS][CHANGES] = 0


@numba.njit(cache=True, nogil=True)
def improve(s: Any, f: Any, steps: int) -> None:
    """Take steps of ruin and repair; each is kept or undone by the rule of simulated annealing.

    A cycle cools down from hot to cold; the next one begins at the best answer, is twice as long, and counts the other
    share of the priced usage: of answers that are worth the same, one that uses less leaves more room.

    Parameters
    ----------
    s, f
        See the module.
    steps : int
    """
    queue = np.empty(_QUEUE, dtype=np.int64)
    totals, schedule = s[TOTALS], f[SCHEDULE]
    for _ in range(steps):
        if schedule[POSITION] >= schedule[LENGTH]:
            schedule[POSITION] = 0.0
            schedule[LENGTH] *= 2
            schedule[SHARE], schedule[OTHER_SHARE] = schedule[OTHER_SHARE], schedule[SHARE]
            if totals[REACHED] < totals[FLOOR]:
                schedule[PENALTY] *= 2
            if np.isfinite(schedule[LEAST]):
                _restore(s, f)
        schedule[POSITION] += 1
        totals[STEP] += 1
        totals[LOGGED] = 0
        before = _energy(s, f)
        closed, most = -1, 0
        if len(s[PRICED]) > 0 and _chance(s, _CLOSES):
            closed = s[PRICED][_below(s, len(s[PRICED]))]
            if s[UNITS][closed] == 0:
                continue
            most = s[MOST][closed]
            queued = _close(s, f, closed, queue)
        else:
            queued = _ruin(s, f, queue)
        for last in range(queued - 1, 0, -1):
            other = _below(s, last + 1)
            queue[last], queue[other] = queue[other], queue[last]
        if totals[IS_COST]:
            _refill_cheaply(s, f, queue, queued)
        else:
            _refill(s, f, queue, queued)
        if closed >= 0:
            s[MOST][closed] = most
        after = _energy(s, f)
        if after > before:
            cooling = schedule[POSITION] / schedule[LENGTH]
            temperature = schedule[HOT] * (schedule[COLD] / schedule[HOT]) ** cooling
            if after - before > -temperature * np.log((_random(s) + 0.5) * _UNIT):
                _undo(s, f)
                continue
        _note_changes(s)
        main = float(totals[COST]) if totals[IS_COST] else -float(totals[REACHED])
        if totals[REACHED] >= totals[FLOOR] and main < schedule[LEAST]:
            schedule[LEAST] = main
            _store(s)
