"""Inner loops of the repair and swap search on a matching: items force their way in, others move or leave.

An *item* is some copies of one query that go together. For each row a circular list links the items that use it; item
i's k-th used row has node ``i x width + k``. What a step does is logged, so that it can be undone.

Kernels that call each other stay in this file: numba's cache looks at one file only. All integers stand in one array
`m`, which is handed over, and compiled, far faster than thirty: scalars and the places of the arrays first, under the
names below, then the arrays. So ``m[m[USED] + row]`` is what is used of a row. Floats are in the tuple `f`.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]
Floats = tuple[Float, Float, Float]

SCALARS: Final = (
    "REACHED", "COST", "LOGGED", "OUTSIDE", "CHANGES", "WIDTH", "IS_COST", "FLOOR", "STEP", "RANDOM", "ITEMS",
    "NUM_PRICED",
)  # fmt: skip
"""Value and cost, lengths of log and lists, rows of a plan at most, the objective, the step, the state of the random
numbers, how many items there are, and rows whose units have a price."""

ARRAYS: Final = (
    "USAGE_START", "USAGE_ROW", "USAGE", "BILL", "STANDING", "UNIT", "UNIT_PRICE", "MOST", "USED", "UNITS", "FIRST",
    "END", "CANDIDATE", "FACTOR", "VALUE", "RANK", "PLAN", "HEAD", "AFTER", "BEFORE", "OUT", "OUT_AT", "LOCKED",
    "LOG_ITEM", "LOG_PLAN", "CHANGED", "IS_CHANGED", "BEST", "PRICED",
)  # fmt: skip
"""Usage and bill of plans; what rows hold, their units, what is used and rented; candidates, factor (rate x copies),
value, rank and plan of items; lists of users; items that are out; the log; items that changed since the best answer,
and that answer; rows whose units have a price."""

(REACHED, COST, LOGGED, OUTSIDE, CHANGES, WIDTH, IS_COST, FLOOR, STEP, RANDOM, ITEMS, NUM_PRICED) = range(12)
(USAGE_START, USAGE_ROW, USAGE, BILL, STANDING, UNIT, UNIT_PRICE, MOST, USED, UNITS, FIRST, END, CANDIDATE, FACTOR,
 VALUE, RANK, PLAN, HEAD, AFTER, BEFORE, OUT, OUT_AT, LOCKED, LOG_ITEM, LOG_PLAN, CHANGED, IS_CHANGED, BEST,
 PRICED) = range(12, 41)  # fmt: skip
HEADER: Final = 41

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
def _random(m: Int) -> int:
    """Return 31 random bits: xorshift64* (S. Vigna, ACM Transactions on Mathematical Software 42(4), 2016)."""
    x = np.uint64(m[RANDOM])
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    m[RANDOM] = np.int64(x)
    return int((x * np.uint64(2685821657736338717)) >> np.uint64(33))


@numba.njit(cache=True, nogil=True)
def _below(m: Int, number: int) -> int:
    return (_random(m) * number) >> 31


@numba.njit(cache=True, nogil=True)
def _chance(m: Int, probability: float) -> bool:
    return _random(m) * _UNIT < probability


@numba.njit(cache=True, nogil=True)
def _units_for(m: Int, row: int, used: int) -> int:
    lacking = used - m[m[STANDING] + row]
    return 0 if lacking <= 0 or m[m[UNIT] + row] == 0 else -(-lacking // m[m[UNIT] + row])


@numba.njit(cache=True, nogil=True)
def _short(m: Int, plan: int, factor: int) -> int:
    """Return a row that does not hold a plan's usage, times a factor, or -1."""
    for use in range(m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]):
        row = m[m[USAGE_ROW] + use]
        if m[m[USED] + row] + factor * m[m[USAGE] + use] > m[m[STANDING] + row] + m[m[UNIT] + row] * m[m[MOST] + row]:
            return row
    return -1


@numba.njit(cache=True, nogil=True)
def _add(m: Int, plan: int, factor: int) -> None:
    """Use what a plan uses, times a factor, which may be negative, and rent the units that it takes."""
    for use in range(m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]):
        row = m[m[USAGE_ROW] + use]
        m[m[USED] + row] += factor * m[m[USAGE] + use]
        if m[m[UNIT] + row] > 0:
            units = _units_for(m, row, m[m[USED] + row])
            m[COST] += (units - m[m[UNITS] + row]) * m[m[UNIT_PRICE] + row]
            m[m[UNITS] + row] = units


@numba.njit(cache=True, nogil=True)
def _added_cost(m: Int, plan: int, factor: int) -> int:
    """Return what a plan would add to the cost: its bill and further units."""
    added = factor * m[m[BILL] + plan]
    for use in range(m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]):
        row = m[m[USAGE_ROW] + use]
        if m[m[UNIT] + row] > 0:
            units = _units_for(m, row, m[m[USED] + row] + factor * m[m[USAGE] + use])
            added += (units - m[m[UNITS] + row]) * m[m[UNIT_PRICE] + row]
    return added


@numba.njit(cache=True, nogil=True)
def _enter(m: Int, f: Floats, item: int, plan: int) -> None:
    """Give an item that is out a plan, whether it fits or not."""
    factor = m[m[FACTOR] + item]
    _add(m, plan, factor)
    first = m[m[USAGE_START] + plan]
    for use in range(first, m[m[USAGE_START] + plan + 1]):
        row, node = m[m[USAGE_ROW] + use], item * m[WIDTH] + use - first
        head = m[m[HEAD] + row]
        if head < 0:
            m[m[HEAD] + row] = m[m[AFTER] + node] = m[m[BEFORE] + node] = node
        else:
            last = m[m[BEFORE] + head]
            m[m[AFTER] + last] = m[m[BEFORE] + head] = node
            m[m[AFTER] + node], m[m[BEFORE] + node] = head, last
    m[REACHED] += m[m[VALUE] + item]
    m[COST] += factor * m[m[BILL] + plan]
    f[CHARGED][0] += factor * f[PLAN_PRICE][plan]
    m[m[PLAN] + item] = plan
    place, last = m[m[OUT_AT] + item], m[OUTSIDE] - 1
    moved = m[m[OUT] + last]
    m[m[OUT] + place], m[m[OUT_AT] + moved] = moved, place
    m[OUTSIDE] = last


@numba.njit(cache=True, nogil=True)
def _leave(m: Int, f: Floats, item: int) -> None:
    """Take an item's plan away."""
    plan, factor = m[m[PLAN] + item], m[m[FACTOR] + item]
    _add(m, plan, -factor)
    first = m[m[USAGE_START] + plan]
    for use in range(first, m[m[USAGE_START] + plan + 1]):
        row, node = m[m[USAGE_ROW] + use], item * m[WIDTH] + use - first
        after, before = m[m[AFTER] + node], m[m[BEFORE] + node]
        if after == node:
            m[m[HEAD] + row] = -1
        else:
            m[m[AFTER] + before], m[m[BEFORE] + after] = after, before
            if m[m[HEAD] + row] == node:
                m[m[HEAD] + row] = after
    m[REACHED] -= m[m[VALUE] + item]
    m[COST] -= factor * m[m[BILL] + plan]
    f[CHARGED][0] -= factor * f[PLAN_PRICE][plan]
    m[m[PLAN] + item] = -1
    m[m[OUT] + m[OUTSIDE]], m[m[OUT_AT] + item] = item, m[OUTSIDE]
    m[OUTSIDE] += 1


@numba.njit(cache=True, nogil=True)
def _log(m: Int, item: int, old: int) -> None:
    at = m[LOGGED]
    m[m[LOG_ITEM] + at], m[m[LOG_PLAN] + at] = item, old
    m[LOGGED] = at + 1


@numba.njit(cache=True, nogil=True)
def _set(m: Int, f: Floats, item: int, plan: int) -> None:
    if m[m[PLAN] + item] >= 0:
        _leave(m, f, item)
    if plan >= 0:
        _enter(m, f, item, plan)


@numba.njit(cache=True, nogil=True)
def _put(m: Int, f: Floats, item: int, plan: int) -> int:
    """Let an item take a plan if it fits; return a row that is too short, or -1."""
    short = _short(m, plan, m[m[FACTOR] + item])
    if short < 0:
        _enter(m, f, item, plan)
        _log(m, item, -1)
    return short


@numba.njit(cache=True, nogil=True)
def _take(m: Int, f: Floats, item: int) -> None:
    plan = m[m[PLAN] + item]
    _leave(m, f, item)
    _log(m, item, plan)


@numba.njit(cache=True, nogil=True)
def begin(m: Int, f: Floats) -> None:
    """Give every item its plan of the best answer, -1 for none; all are out before."""
    for item in range(m[ITEMS]):
        _set(m, f, item, m[m[BEST] + item])


@numba.njit(cache=True, nogil=True)
def _insert(m: Int, f: Floats, item: int) -> bool:
    """Let an item take its first candidate that fits."""
    for place in range(m[m[FIRST] + item], m[m[END] + item]):  # noqa: SIM110 - numba takes no generator
        if _put(m, f, item, m[m[CANDIDATE] + place]) < 0:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _insert_cheaply(m: Int, f: Floats, item: int, share: float) -> bool:
    """Let an item take the candidate that adds least to the cost, a share of priced usage counted as well."""
    best, best_plan, factor = np.inf, -1, m[m[FACTOR] + item]
    for place in range(m[m[FIRST] + item], m[m[END] + item]):
        plan = m[m[CANDIDATE] + place]
        if _short(m, plan, factor) < 0:
            added = _added_cost(m, plan, factor) + share * factor * f[PLAN_PRICE][plan]
            if added < best:
                best, best_plan = added, plan
    if best_plan >= 0:
        _put(m, f, item, best_plan)
    return best_plan >= 0


@numba.njit(cache=True, nogil=True)
def _user(m: Int, row: int) -> int:
    """Return the item of worst rank of a few that use a row; -1 if they are all locked, or there are none."""
    node = m[m[HEAD] + row]
    if node < 0:
        return -1
    for _ in range(_below(m, 8)):
        node = m[m[AFTER] + node]
    found, rivals = -1, 1 + _below(m, _RIVALS)
    for _ in range(16):
        item = node // m[WIDTH]
        node = m[m[AFTER] + node]
        if m[m[LOCKED] + item] != m[STEP]:
            if found < 0 or m[m[RANK] + item] > m[m[RANK] + found]:
                found = item
            rivals -= 1
            if rivals == 0:
                break
    m[m[HEAD] + row] = node
    return found


@numba.njit(cache=True, nogil=True)
def _force(m: Int, f: Floats, item: int, queue: Int, queued: int) -> int:
    """Let an item take a candidate, cheap ones more often, and others leave for it; return how many now queue."""
    at, number = _random(m) * _UNIT, m[m[END] + item] - m[m[FIRST] + item]
    m[m[LOCKED] + item] = m[STEP]
    plan = m[m[CANDIDATE] + m[m[FIRST] + item] + int(number * at * at)] if number > 0 else -1
    while plan >= 0:
        short = _put(m, f, item, plan)
        if short < 0:
            return queued
        user = _user(m, short) if queued < _EJECTED else -1
        if user < 0:
            break
        _take(m, f, user)
        queue[queued] = user
        queued += 1
    queue[queued] = item
    return queued + 1


@numba.njit(cache=True, nogil=True)
def _one_out(m: Int, rivals: int) -> int:
    """Return one of the items that are out, the one of best rank among some."""
    best = m[m[OUT] + _below(m, m[OUTSIDE])]
    for _ in range(rivals - 1):
        other = m[m[OUT] + _below(m, m[OUTSIDE])]
        if m[m[RANK] + other] < m[m[RANK] + best]:
            best = other
    return best


@numba.njit(cache=True, nogil=True)
def _close(m: Int, f: Floats, row: int, queue: Int) -> int:
    """Take items out until a row needs a unit less, or none, and forbid the units; return how many queue."""
    target, queued = m[m[UNITS] + row] - 1, 0
    if _chance(m, _CLOSES_ALL):
        target = 0
    m[m[MOST] + row] = target
    while m[m[UNITS] + row] > target and queued < _QUEUE - 8:
        user = _user(m, row)
        if user < 0:
            break
        _take(m, f, user)
        queue[queued] = user
        queued += 1
    return queued


@numba.njit(cache=True, nogil=True)
def _ruin(m: Int, f: Floats, queue: Int) -> int:
    """Take some items out, most of them for another's sake; return how many queue."""
    kind = _random(m) * _UNIT
    if kind < _FORCED_IN and m[OUTSIDE] > 0:
        return _force(m, f, _one_out(m, 2), queue, 0)
    item = _below(m, m[ITEMS])
    plan = m[m[PLAN] + item]
    if plan < 0:
        return 0
    if kind < _FORCED_OVER:
        _take(m, f, item)
        return _force(m, f, item, queue, 0)
    first, end = m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]
    if first == end:
        return 0
    row, queued = m[m[USAGE_ROW] + first + _below(m, end - first)], 0
    for _ in range(1 + _below(m, 3)):
        user = _user(m, row)
        if user < 0:
            break
        _take(m, f, user)
        queue[queued] = user
        queued += 1
    return queued


@numba.njit(cache=True, nogil=True)
def _refill(m: Int, f: Floats, queue: Int, queued: int) -> None:
    """Put back what queues, now and then at the expense of others, then try one that was out."""
    forces, at = 3, 0
    while at < queued:
        item = queue[at]
        at += 1
        if m[m[PLAN] + item] >= 0 or _insert(m, f, item):
            continue
        if forces > 0 and queued < _EJECTED and _chance(m, _FORCED_ON):
            forces -= 1
            queued = _force(m, f, item, queue, queued)
    if m[OUTSIDE] > 0:
        _insert(m, f, _one_out(m, 2))


@numba.njit(cache=True, nogil=True)
def _refill_cheaply(m: Int, f: Floats, queue: Int, queued: int) -> None:
    """Put back what queues and others until the floor is reached, then drop what it does not need."""
    share = 0.5 * _below(m, 3)
    for at in range(queued):
        if m[m[PLAN] + queue[at]] < 0 and m[REACHED] < m[FLOOR] and not _chance(m, 0.1):
            _insert_cheaply(m, f, queue[at], share)
    for _ in range(_TRIES):
        if m[REACHED] >= m[FLOOR] or m[OUTSIDE] == 0:
            break
        _insert_cheaply(m, f, _one_out(m, 1 + _below(m, 3)), share)
    for _ in range(_TRIES):
        if m[REACHED] <= m[FLOOR]:
            break
        item = _below(m, m[ITEMS])
        if m[m[PLAN] + item] >= 0 and m[REACHED] - m[m[VALUE] + item] >= m[FLOOR]:
            _take(m, f, item)


@numba.njit(cache=True, nogil=True)
def _energy(m: Int, f: Floats) -> float:
    """What is to be small: the cost, or the negated value; value below the floor; a share of the priced usage."""
    schedule = f[SCHEDULE]
    main = float(m[COST]) if m[IS_COST] else -float(m[REACHED])
    lacking = max(0, m[FLOOR] - m[REACHED])
    return main + schedule[PENALTY] * lacking + schedule[SHARE] * f[CHARGED][0]


@numba.njit(cache=True, nogil=True)
def _undo(m: Int, f: Floats) -> None:
    while m[LOGGED] > 0:
        at = m[LOGGED] - 1
        _set(m, f, m[m[LOG_ITEM] + at], m[m[LOG_PLAN] + at])
        m[LOGGED] = at


@numba.njit(cache=True, nogil=True)
def _note_changes(m: Int) -> None:
    for at in range(m[LOGGED]):
        item = m[m[LOG_ITEM] + at]
        if not m[m[IS_CHANGED] + item]:
            m[m[IS_CHANGED] + item] = 1
            m[m[CHANGED] + m[CHANGES]] = item
            m[CHANGES] += 1


@numba.njit(cache=True, nogil=True)
def _store(m: Int) -> None:
    for at in range(m[CHANGES]):
        item = m[m[CHANGED] + at]
        m[m[BEST] + item], m[m[IS_CHANGED] + item] = m[m[PLAN] + item], 0
    m[CHANGES] = 0


@numba.njit(cache=True, nogil=True)
def _restore(m: Int, f: Floats) -> None:
    for at in range(m[CHANGES]):
        item = m[m[CHANGED] + at]
        _set(m, f, item, m[m[BEST] + item])
        m[m[IS_CHANGED] + item] = 0
    m[CHANGES] = 0


@numba.njit(cache=True, nogil=True)
def improve(m: Int, f: Floats, steps: int) -> None:
    """Take steps of ruin and repair; each is kept or undone by the rule of simulated annealing.

    A cycle cools down from hot to cold; the next one begins at the best answer, is twice as long, and counts the other
    share of the priced usage: of answers that are worth the same, one that uses less leaves more room.

    Parameters
    ----------
    m, f
        See the module.
    steps : int
    """
    queue = np.empty(_QUEUE, dtype=np.int64)
    schedule = f[SCHEDULE]
    for _ in range(steps):
        if schedule[POSITION] >= schedule[LENGTH]:
            schedule[POSITION] = 0.0
            schedule[LENGTH] *= 2
            schedule[SHARE], schedule[OTHER_SHARE] = schedule[OTHER_SHARE], schedule[SHARE]
            if m[REACHED] < m[FLOOR]:
                schedule[PENALTY] *= 2
            if np.isfinite(schedule[LEAST]):
                _restore(m, f)
        schedule[POSITION] += 1
        m[STEP] += 1
        m[LOGGED] = 0
        before = _energy(m, f)
        closed, most = -1, 0
        if m[NUM_PRICED] > 0 and _chance(m, _CLOSES):
            closed = m[m[PRICED] + _below(m, m[NUM_PRICED])]
            if m[m[UNITS] + closed] == 0:
                continue
            most = m[m[MOST] + closed]
            queued = _close(m, f, closed, queue)
        else:
            queued = _ruin(m, f, queue)
        for last in range(queued - 1, 0, -1):
            other = _below(m, last + 1)
            queue[last], queue[other] = queue[other], queue[last]
        if m[IS_COST]:
            _refill_cheaply(m, f, queue, queued)
        else:
            _refill(m, f, queue, queued)
        if closed >= 0:
            m[m[MOST] + closed] = most
        after = _energy(m, f)
        if after > before:
            cooling = schedule[POSITION] / schedule[LENGTH]
            temperature = schedule[HOT] * (schedule[COLD] / schedule[HOT]) ** cooling
            if after - before > -temperature * np.log((_random(m) + 0.5) * _UNIT):
                _undo(m, f)
                continue
        _note_changes(m)
        main = float(m[COST]) if m[IS_COST] else -float(m[REACHED])
        if m[REACHED] >= m[FLOOR] and main < schedule[LEAST]:
            schedule[LEAST] = main
            _store(m)
