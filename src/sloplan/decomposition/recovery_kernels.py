"""Inner loops of recovery: room that copies take and supplies bring, serving in turn, and a search by ruin and repair.

Kernels that call each other stay in this file: numba's cache looks at one file only. All integers stand in one array
`m`, which a call hands over ten times faster than forty arrays: scalars and the places of the arrays first, under the
names below, then the arrays (`room.Memory` lays it out). So ``m[m[LEFT] + row]`` is what is left of a row.

What is done is logged, so that it can be undone: an item (copies of a group that go together) and the plan that it
had, or a supply, as -1 - supply, and how many units were added. For each row a circular list links the items that use
it; item i's k-th used row has node ``i x width + k``.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

SCALARS: Final = (
    "VALUE COST MISSING LOGGED OUTSIDE CHANGES WIDTH ROWS SUPPLIES ITEMS LISTED NUM_PRICED IS_COST FLOOR STEP RANDOM "
    "CHARGED SHIFT"
)
"""Totals (value, cost, must copies that are out), lengths of log and lists, sizes, the objective, the step, the state
of the random numbers, what usage is priced at and the power of two by which prices are larger."""

ARRAYS: Final = (
    "USAGE_START USAGE_ROW USAGE BROUGHT_START BROUGHT_ROW BROUGHT HELPER_START HELPER HELPED TAKER_START TAKER "
    "SUPPLY_PRICE PLAN_VALUE PLAN_COST LEFT AMOUNT MOST WHAT OLD STACK GROUP SIZE FACTOR PLAN OUT_AT OUT LOCKED "
    "IS_CHANGED CHANGED BEST_PLAN BEST_AMOUNT HEAD AFTER BEFORE CANDIDATE CANDIDATES GROUP_VALUE MUST RANK PRICED "
    "CHARGE"
)
"""Usage of plans; what supplies bring, who brings to a row (helpers), who takes from it; what is left, supplies and the
most of them; the log and a stack; the items, those that are out, those that changed since the best answer; the lists
of users; candidate plans of every group; what a plan's usage is priced at."""

(VALUE, COST, MISSING, LOGGED, OUTSIDE, CHANGES, WIDTH, ROWS, SUPPLIES, ITEMS, LISTED, NUM_PRICED, IS_COST, FLOOR,
 STEP, RANDOM, CHARGED, SHIFT) = range(18)  # fmt: skip
(USAGE_START, USAGE_ROW, USAGE, BROUGHT_START, BROUGHT_ROW, BROUGHT, HELPER_START, HELPER, HELPED, TAKER_START, TAKER,
 SUPPLY_PRICE, PLAN_VALUE, PLAN_COST, LEFT, AMOUNT, MOST, WHAT, OLD, STACK, GROUP, SIZE, FACTOR, PLAN, OUT_AT, OUT,
 LOCKED, IS_CHANGED, CHANGED, BEST_PLAN, BEST_AMOUNT, HEAD, AFTER, BEFORE, CANDIDATE, CANDIDATES, GROUP_VALUE, MUST,
 RANK, PRICED, CHARGE) = range(18, 59)  # fmt: skip
HEADER: Final = 59

LOG_LENGTH: Final = 1 << 15
"""Far more than one step of the search does."""
STACK_LENGTH: Final = 1024

_MOST_GROWTHS = 256  # of supplies for one plan, before it counts as not fitting
_QUEUE = 160  # items that one step puts back, at most
_EJECTED = 24  # items that leave for others, at most
_UNIT = 1.0 / 2147483648.0
_FORCED_IN = 0.75  # of the steps: somebody who is out is forced in
_FORCED_OVER = 0.90  # up to here: somebody is forced over to another plan; else a row loses a few users
_FORCED_ON = 0.3  # of those who lost their place and found no other: they force their way in
_CLOSES = 0.3  # of the steps, where supplies are priced: one loses a unit
_CLOSES_ALL = 0.2  # of those: it loses all its units
_OTHERS = 0.1  # of those who lost their place, under cost: others are tried first
_RIVALS = 4  # users of a row of whom the one worth least leaves, at most
_SKIP = 0.01  # of the plans that a copy would take next
_FILLS = 1  # who are out that are tried after each step
_TRIES = 12  # the same where a floor is to be reached, and at dropping what it does not need

# ------------------------------------------------------------------------------------------------------------- room


@numba.njit(cache=True, nogil=True)
def _add_supply(m: Int, supply: int, units: int) -> None:
    m[m[AMOUNT] + supply] += units
    m[COST] += units * m[m[SUPPLY_PRICE] + supply]
    for entry in range(m[m[BROUGHT_START] + supply], m[m[BROUGHT_START] + supply + 1]):
        m[m[LEFT] + m[m[BROUGHT_ROW] + entry]] += units * m[m[BROUGHT] + entry]
    _log(m, -1 - supply, units)


@numba.njit(cache=True, nogil=True)
def _log(m: Int, what: int, old: int) -> None:
    at = m[LOGGED]
    m[m[WHAT] + at] = what
    m[m[OLD] + at] = old
    m[LOGGED] = at + 1


@numba.njit(cache=True, nogil=True)
def _undo_supplies(m: Int, mark: int) -> None:
    while m[LOGGED] > mark:
        at = m[LOGGED] - 1
        _add_supply(m, -1 - m[m[WHAT] + at], -m[m[OLD] + at])
        m[LOGGED] = at


@numba.njit(cache=True, nogil=True)
def _has_helper(m: Int, row: int) -> bool:
    return m[m[HELPER_START] + row] < m[m[HELPER_START] + row + 1]


@numba.njit(cache=True, nogil=True)
def _grow(m: Int, short: int) -> int:
    """Add supplies until a row holds, and those rows that the supplies take from; return a row that cannot, or -1."""
    left, stack = m[LEFT], m[STACK]
    m[stack], waiting = short, 1
    for _ in range(_MOST_GROWTHS):
        if waiting == 0:
            return -1
        waiting -= 1
        at = m[stack + waiting]
        for place in range(m[m[HELPER_START] + at], m[m[HELPER_START] + at + 1]):
            if m[left + at] >= 0:
                break
            supply = m[m[HELPER] + place]
            units = min(-(m[left + at] // m[m[HELPED] + place]), m[m[MOST] + supply] - m[m[AMOUNT] + supply])
            if units > 0:
                _add_supply(m, supply, units)
                for entry in range(m[m[BROUGHT_START] + supply], m[m[BROUGHT_START] + supply + 1]):
                    row = m[m[BROUGHT_ROW] + entry]
                    if m[m[BROUGHT] + entry] < 0 and m[left + row] < 0 and waiting < STACK_LENGTH:
                        m[stack + waiting] = row
                        waiting += 1
        if m[left + at] < 0:
            return at
    return short


@numba.njit(cache=True, nogil=True)
def _settle(m: Int, waiting: int) -> None:
    """Give back the supplies that the rows on the stack no longer need, and those that these needed."""
    left, stack = m[LEFT], m[STACK]
    while waiting > 0:
        waiting -= 1
        at = m[stack + waiting]
        for place in range(m[m[HELPER_START] + at], m[m[HELPER_START] + at + 1]):
            supply = m[m[HELPER] + place]
            units = m[m[AMOUNT] + supply]
            first, end = m[m[BROUGHT_START] + supply], m[m[BROUGHT_START] + supply + 1]
            for entry in range(first, end):
                if m[m[BROUGHT] + entry] > 0:
                    units = min(units, m[left + m[m[BROUGHT_ROW] + entry]] // m[m[BROUGHT] + entry])
            if units > 0:
                _add_supply(m, supply, -units)
                for entry in range(first, end):
                    row = m[m[BROUGHT_ROW] + entry]
                    if m[m[BROUGHT] + entry] < 0 and _has_helper(m, row) and waiting < STACK_LENGTH:
                        m[stack + waiting] = row
                        waiting += 1


@numba.njit(cache=True, nogil=True)
def _trim(m: Int, plan: int) -> None:
    """Give back the supplies that a plan's rows no longer need."""
    waiting = 0
    for use in range(m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]):
        if _has_helper(m, m[m[USAGE_ROW] + use]) and waiting < STACK_LENGTH:
            m[m[STACK] + waiting] = m[m[USAGE_ROW] + use]
            waiting += 1
    if waiting > 0:
        _settle(m, waiting)


@numba.njit(cache=True, nogil=True)
def trim_all(m: Int) -> None:
    """Give back all supplies that are not needed."""
    for row in range(m[ROWS]):
        m[m[STACK]] = row
        m[LOGGED] = 0
        _settle(m, 1)
    m[LOGGED] = 0


@numba.njit(cache=True, nogil=True)
def _give(m: Int, plan: int, factor: int) -> None:
    """Give back what a plan uses, times a factor."""
    left, usage_row, usage = m[LEFT], m[USAGE_ROW], m[USAGE]
    for use in range(m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]):
        m[left + m[usage_row + use]] += factor * m[usage + use]


@numba.njit(cache=True, nogil=True)
def _use(m: Int, plan: int, factor: int, may_grow: bool) -> int:
    """Take what a plan uses, times a factor, with more supplies if they may grow; return a row too short, or -1."""
    left, usage_row, usage = m[LEFT], m[USAGE_ROW], m[USAGE]
    first, end = m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]
    for use in range(first, end):
        row = m[usage_row + use]
        if m[left + row] < factor * m[usage + use] and not (may_grow and _has_helper(m, row)):
            return row
    _give(m, plan, -factor)
    if not may_grow:
        return -1
    mark = m[LOGGED]
    for use in range(first, end):
        row = m[usage_row + use]
        if m[left + row] < 0:
            short = _grow(m, row)
            if short >= 0:
                _undo_supplies(m, mark)
                _give(m, plan, factor)
                return short
    return -1


@numba.njit(cache=True, nogil=True)
def carry(m: Int, plans: Int, factor: Int) -> bool:
    """Take what plans use, times their factors, with as few supplies as that needs; say whether all of it fits."""
    for place in range(len(plans)):
        m[LOGGED] = 0
        if _use(m, plans[place], factor[place], True) >= 0:
            return False
    return True


# ----------------------------------------------------------------------------------------------------------- serving


@numba.njit(cache=True, nogil=True)
def _at_most(needs: Int, allowed: Int) -> bool:
    for column in range(len(needs)):  # noqa: SIM110 - numba takes no generator
        if needs[column] > allowed[column]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _fitting_rate(m: Int, plan: int) -> int:
    """Return the largest rate that fits in the rows that no supply helps."""
    rate = np.iinfo(np.int64).max
    for use in range(m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]):
        row = m[m[USAGE_ROW] + use]
        if m[m[USAGE] + use] > 0 and not _has_helper(m, row):
            rate = min(rate, m[m[LEFT] + row] // m[m[USAGE] + use])
    return rate


@numba.njit(cache=True, nogil=True)
def _most_copies(m: Int, most_left: Int, plan: int, rate: int, copies: int) -> int:
    """Return how many copies may fit: all of them but for supplies that compete."""
    for use in range(m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]):
        row, needed = m[m[USAGE_ROW] + use], rate * m[m[USAGE] + use]
        if needed > 0:
            copies = min(copies, (most_left[row] if _has_helper(m, row) else m[m[LEFT] + row]) // needed)
    return copies


@numba.njit(cache=True, nogil=True)
def serve(
    m: Int,
    most_left: Int,
    template: Int,
    rate: Int,
    value: Int,
    count: Int,
    must: Bool,
    allowed: Int,
    start: Int,
    order: Int,
    needs: Int,
    turn: Int,
    floor: int,
    entries: Int,
) -> int:
    """Serve groups in turn, each by its first open plans that fit, and return the number of entries.

    Parameters
    ----------
    m
        See the module.
    most_left : (rows,) int64
        Capacity of rows with all supplies.
    template, rate, value, count, must, allowed
        Of the groups.
    start, order, needs
        Plans of template t, cheapest first, at ``order[start[t]:start[t + 1]]``, and what they need.
    turn : (n,) int64
    floor : int
        Value at which to stop, negative for never; must groups are served all the same.
    entries : (3, most) int64
        Group, plan and copies.
    """
    fitting = np.full(len(order), np.iinfo(np.int64).max)  # largest rate that can still fit, by plan
    number = 0
    for group in turn:
        waiting = count[group]
        for position in range(start[template[group]], start[template[group] + 1]):
            if waiting == 0 or number == entries.shape[1]:
                break
            plan = order[position]
            if rate[group] > fitting[plan] or not _at_most(needs[plan], allowed[group]):
                continue
            each, wanted = value[group] + m[m[PLAN_VALUE] + plan], waiting
            if floor >= 0 and not must[group]:
                if m[VALUE] >= floor:
                    break
                if each > 0:
                    wanted = min(wanted, -((m[VALUE] - floor) // each))
            fitting[plan] = min(fitting[plan], _fitting_rate(m, plan))
            if rate[group] > fitting[plan]:
                continue
            taken, chunk = 0, _most_copies(m, most_left, plan, rate[group], wanted)
            while chunk > 0 and taken < wanted:
                m[LOGGED] = 0
                if _use(m, plan, rate[group] * chunk, True) < 0:
                    taken += chunk
                    chunk = min(chunk, wanted - taken)
                else:
                    chunk //= 2
            if taken > 0:
                m[VALUE] += taken * each
                entries[0, number], entries[1, number], entries[2, number] = group, plan, taken
                number += 1
                waiting -= taken
    return number


# ------------------------------------------------------------------------------------------------ items in and out


@numba.njit(cache=True, nogil=True)
def _link(m: Int, item: int, plan: int) -> None:
    head, after, before, usage_row, node = m[HEAD], m[AFTER], m[BEFORE], m[USAGE_ROW], item * m[WIDTH]
    for use in range(m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]):
        row = m[usage_row + use]
        first = m[head + row]
        if first < 0:
            m[head + row] = m[after + node] = m[before + node] = node
        else:
            last = m[before + first]
            m[after + last] = m[before + first] = node
            m[before + node], m[after + node] = last, first
        node += 1


@numba.njit(cache=True, nogil=True)
def _unlink(m: Int, item: int, plan: int) -> None:
    head, after, before, usage_row, node = m[HEAD], m[AFTER], m[BEFORE], m[USAGE_ROW], item * m[WIDTH]
    for use in range(m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]):
        row, following = m[usage_row + use], m[after + node]
        if following == node:
            m[head + row] = -1
        else:
            m[after + m[before + node]], m[before + following] = following, m[before + node]
            if m[head + row] == node:
                m[head + row] = following
        node += 1


@numba.njit(cache=True, nogil=True)
def _enter(m: Int, item: int, plan: int) -> None:
    """Note that an item has a plan: users, totals, those that are out."""
    _link(m, item, plan)
    group, size = m[m[GROUP] + item], m[m[SIZE] + item]
    m[VALUE] += size * (m[m[GROUP_VALUE] + group] + m[m[PLAN_VALUE] + plan])
    m[COST] += m[m[FACTOR] + item] * m[m[PLAN_COST] + plan]
    m[CHARGED] += m[m[FACTOR] + item] * m[m[CHARGE] + plan] >> m[SHIFT]
    m[MISSING] -= size * m[m[MUST] + group]
    m[m[PLAN] + item] = plan
    m[OUTSIDE] -= 1
    last, at = m[m[OUT] + m[OUTSIDE]], m[m[OUT_AT] + item]
    m[m[OUT] + at], m[m[OUT_AT] + last] = last, at


@numba.njit(cache=True, nogil=True)
def _leave(m: Int, item: int) -> None:
    """Take an item out, its usage and all."""
    plan, group, size = m[m[PLAN] + item], m[m[GROUP] + item], m[m[SIZE] + item]
    _unlink(m, item, plan)
    _give(m, plan, m[m[FACTOR] + item])
    m[VALUE] -= size * (m[m[GROUP_VALUE] + group] + m[m[PLAN_VALUE] + plan])
    m[COST] -= m[m[FACTOR] + item] * m[m[PLAN_COST] + plan]
    m[CHARGED] -= m[m[FACTOR] + item] * m[m[CHARGE] + plan] >> m[SHIFT]
    m[MISSING] += size * m[m[MUST] + group]
    m[m[PLAN] + item] = -1
    m[m[OUT] + m[OUTSIDE]], m[m[OUT_AT] + item] = item, m[OUTSIDE]
    m[OUTSIDE] += 1


@numba.njit(cache=True, nogil=True)
def _put(m: Int, item: int, plan: int, may_grow: bool) -> int:
    """Let an item take a plan if it fits; return a row that is too short, or -1."""
    short = _use(m, plan, m[m[FACTOR] + item], may_grow)
    if short < 0:
        _enter(m, item, plan)
        _log(m, item, -1)
    return short


@numba.njit(cache=True, nogil=True)
def _take(m: Int, item: int) -> None:
    """Take an item out, and the supplies that are no longer needed."""
    plan = m[m[PLAN] + item]
    _leave(m, item)
    _log(m, item, plan)
    _trim(m, plan)


@numba.njit(cache=True, nogil=True)
def _set(m: Int, item: int, plan: int) -> None:
    """Give an item a plan, or none, without looking whether it fits."""
    if m[m[PLAN] + item] >= 0:
        _leave(m, item)
    if plan >= 0:
        _give(m, plan, -m[m[FACTOR] + item])
        _enter(m, item, plan)


@numba.njit(cache=True, nogil=True)
def _undo(m: Int) -> None:
    """Undo all that was logged."""
    while m[LOGGED] > 0:
        at = m[LOGGED] - 1
        what, old = m[m[WHAT] + at], m[m[OLD] + at]
        if what >= 0:
            _set(m, what, old)
        else:
            _add_supply(m, -1 - what, -old)
        m[LOGGED] = at


@numba.njit(cache=True, nogil=True)
def begin(m: Int) -> None:
    """Give every item its plan of the best answer, -1 for none; all are out before."""
    for item in range(m[ITEMS]):
        _set(m, item, m[m[BEST_PLAN] + item])


# ------------------------------------------------------------------------------------------------------------ search


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
def _used_through(m: Int, row: int) -> int:
    """Return a row with users whose supply takes from a row, -1 if there is none."""
    first, number = m[m[TAKER_START] + row], m[m[TAKER_START] + row + 1] - m[m[TAKER_START] + row]
    shift = _below(m, max(number, 1))
    for place in range(number):
        supply = m[m[TAKER] + first + (place + shift) % number]
        if m[m[AMOUNT] + supply] > 0:
            for entry in range(m[m[BROUGHT_START] + supply], m[m[BROUGHT_START] + supply + 1]):
                used = m[m[BROUGHT_ROW] + entry]
                if m[m[BROUGHT] + entry] > 0 and m[m[HEAD] + used] >= 0:
                    return used
    return -1


@numba.njit(cache=True, nogil=True)
def _user(m: Int, row: int) -> int:
    """Return the item of worst rank of a few that use a row, or a supply that takes from it; -1 if all are locked."""
    if m[m[HEAD] + row] < 0:
        row = _used_through(m, row)
        if row < 0:
            return -1
    node = m[m[HEAD] + row]
    for _ in range(_below(m, 8)):
        node = m[m[AFTER] + node]
    found, rivals = -1, 1 + _below(m, _RIVALS)
    for _ in range(16):
        item = node // m[WIDTH]
        node = m[m[AFTER] + node]
        if m[m[LOCKED] + item] != m[STEP]:
            if found < 0 or m[m[RANK] + m[m[GROUP] + item]] > m[m[RANK] + m[m[GROUP] + found]]:
                found = item
            rivals -= 1
            if rivals == 0:
                break
    m[m[HEAD] + row] = node
    return found


@numba.njit(cache=True, nogil=True)
def _insert(m: Int, item: int, skip: float) -> bool:
    """Let an item take its first candidate that fits in what stands, or else with more supplies."""
    group = m[m[GROUP] + item]
    first = m[CANDIDATE] + group * m[LISTED]
    end = first + m[m[CANDIDATES] + group]
    for place in range(first, end):
        if not (skip > 0 and _chance(m, skip)) and _put(m, item, m[place], False) < 0:
            return True
    if m[HELPER] < m[HELPED]:
        for place in range(first, end):
            if _put(m, item, m[place], True) < 0:
                return True
    return False


@numba.njit(cache=True, nogil=True)
def _insert_cheaply(m: Int, item: int, share: float) -> bool:
    """Let an item take the candidate that adds least to the bill, `share` of priced usage counted as well."""
    group, factor = m[m[GROUP] + item], m[m[FACTOR] + item]
    first = m[CANDIDATE] + group * m[LISTED]
    best, best_plan = np.inf, -1
    for place in range(first, first + m[m[CANDIDATES] + group]):
        plan, mark, before = m[place], m[LOGGED], m[COST]
        least = factor * m[m[PLAN_COST] + plan] + share * (factor * m[m[CHARGE] + plan] >> m[SHIFT])
        if least >= best or _use(m, plan, factor, True) >= 0:
            continue
        added = least + (m[COST] - before)
        _undo_supplies(m, mark)
        _give(m, plan, factor)
        if added < best:
            best, best_plan = added, plan
    if best_plan >= 0:
        _put(m, item, best_plan, True)
    return best_plan >= 0


@numba.njit(cache=True, nogil=True)
def _force(m: Int, item: int, queue: Int, queued: int) -> int:
    """Let an item take a candidate, cheap ones more often, and others leave for it; return how many now queue."""
    group = m[m[GROUP] + item]
    number, at = m[m[CANDIDATES] + group], _random(m) * _UNIT
    m[m[LOCKED] + item] = m[STEP]
    plan = m[m[CANDIDATE] + group * m[LISTED] + int(number * at * at)] if number > 0 else -1
    while plan >= 0:
        short = _put(m, item, plan, True)
        if short < 0:
            return queued
        user = _user(m, short) if queued < _EJECTED else -1
        if user < 0:
            break
        _take(m, user)
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
        if m[m[RANK] + m[m[GROUP] + other]] < m[m[RANK] + m[m[GROUP] + best]]:
            best = other
    return best


@numba.njit(cache=True, nogil=True)
def _energy(m: Int, weight: Float) -> float:
    """What is to be small: the bill or the value that is missed, penalties, and a share of what usage is priced at."""
    main = float(m[COST]) if m[IS_COST] else -float(m[VALUE])
    return main + weight[0] * m[MISSING] + weight[1] * max(0, m[FLOOR] - m[VALUE]) + weight[2] * m[CHARGED]


@numba.njit(cache=True, nogil=True)
def _close(m: Int, supply: int, queue: Int) -> int:
    """Take items out until a supply needs a unit less, or none, and forbid the units; return how many queue."""
    target, queued = m[m[AMOUNT] + supply] - 1, 0
    if _chance(m, _CLOSES_ALL):
        target = 0
    m[m[MOST] + supply] = target
    while m[m[AMOUNT] + supply] > target and queued < _QUEUE - 8:
        user = -1
        for entry in range(m[m[BROUGHT_START] + supply], m[m[BROUGHT_START] + supply + 1]):
            row, brought = m[m[BROUGHT_ROW] + entry], m[m[BROUGHT] + entry]
            if brought > 0 and m[m[LEFT] + row] < brought:
                user = _user(m, row)
                break
        if user < 0:
            break
        _take(m, user)
        queue[queued] = user
        queued += 1
    return queued


@numba.njit(cache=True, nogil=True)
def _ruin(m: Int, queue: Int) -> int:
    """Take some items out, most of them for another's sake; return how many queue."""
    kind = _random(m) * _UNIT
    if kind < _FORCED_IN and m[OUTSIDE] > 0:
        return _force(m, _one_out(m, 2), queue, 0)
    item = _below(m, m[ITEMS])
    plan = m[m[PLAN] + item]
    if plan < 0:
        return 0
    if kind < _FORCED_OVER:
        _take(m, item)
        return _force(m, item, queue, 0)
    first, end = m[m[USAGE_START] + plan], m[m[USAGE_START] + plan + 1]
    if first == end:
        return 0
    row, queued = m[m[USAGE_ROW] + first + _below(m, end - first)], 0
    for _ in range(1 + _below(m, 3)):
        user = _user(m, row)
        if user < 0:
            break
        _take(m, user)
        queue[queued] = user
        queued += 1
        if m[m[HEAD] + row] < 0:
            break
    return queued


@numba.njit(cache=True, nogil=True)
def _refill(m: Int, queue: Int, queued: int) -> None:
    """Put back what queues, now and then at the expense of others, then try some that were out: value is sought."""
    forces, at = 3, 0
    while at < queued:
        item = queue[at]
        at += 1
        if m[m[PLAN] + item] >= 0 or _insert(m, item, _SKIP):
            continue
        eager = 1.0 if m[m[MUST] + m[m[GROUP] + item]] else _FORCED_ON
        if forces > 0 and queued < _EJECTED and _chance(m, eager):
            forces -= 1
            queued = _force(m, item, queue, queued)
    for _ in range(_FILLS):
        if m[OUTSIDE] == 0:
            break
        _insert(m, _one_out(m, 2), 0.0)


@numba.njit(cache=True, nogil=True)
def _drop(m: Int) -> None:
    """Take items out that the floor does not need."""
    for _ in range(_TRIES):
        spare, worst = m[VALUE] - m[FLOOR], -1
        if spare < 0:
            break
        for _ in range(1 + _below(m, 4)):
            item = _below(m, m[ITEMS])
            plan, group = m[m[PLAN] + item], m[m[GROUP] + item]
            if plan < 0 or m[m[MUST] + group]:
                continue
            if m[m[SIZE] + item] * (m[m[GROUP_VALUE] + group] + m[m[PLAN_VALUE] + plan]) <= spare and (
                worst < 0 or m[m[RANK] + group] > m[m[RANK] + m[m[GROUP] + worst]]
            ):
                worst = item
        if worst >= 0:
            _take(m, worst)


@numba.njit(cache=True, nogil=True)
def _refill_cheaply(m: Int, queue: Int, queued: int) -> None:
    """Put back what queues and others until the floor is reached, then drop what it does not need."""
    share = 0.5 * _below(m, 3)
    for at in range(queued):
        item = queue[at]
        is_due = m[m[MUST] + m[m[GROUP] + item]] or (m[VALUE] < m[FLOOR] and not _chance(m, _OTHERS))
        if m[m[PLAN] + item] < 0 and is_due:
            _insert_cheaply(m, item, share)
    for _ in range(_TRIES):
        if m[VALUE] >= m[FLOOR] or m[OUTSIDE] == 0:
            break
        _insert_cheaply(m, _one_out(m, 1 + _below(m, 3)), share)
    _drop(m)


@numba.njit(cache=True, nogil=True)
def _note_changes(m: Int) -> None:
    for at in range(m[LOGGED]):
        item = m[m[WHAT] + at]
        if item >= 0 and not m[m[IS_CHANGED] + item]:
            m[m[IS_CHANGED] + item] = 1
            m[m[CHANGED] + m[CHANGES]] = item
            m[CHANGES] += 1


@numba.njit(cache=True, nogil=True)
def _store(m: Int) -> None:
    """Store what is as the best answer."""
    for at in range(m[CHANGES]):
        item = m[m[CHANGED] + at]
        m[m[BEST_PLAN] + item], m[m[IS_CHANGED] + item] = m[m[PLAN] + item], 0
    m[CHANGES] = 0
    for supply in range(m[SUPPLIES]):
        m[m[BEST_AMOUNT] + supply] = m[m[AMOUNT] + supply]


@numba.njit(cache=True, nogil=True)
def _restore(m: Int) -> None:
    """Go back to the best answer."""
    for at in range(m[CHANGES]):
        item = m[m[CHANGED] + at]
        _set(m, item, m[m[BEST_PLAN] + item])
        m[m[IS_CHANGED] + item] = 0
    m[CHANGES] = 0
    for supply in range(m[SUPPLIES]):
        m[LOGGED] = 0
        _add_supply(m, supply, m[m[BEST_AMOUNT] + supply] - m[m[AMOUNT] + supply])
    m[LOGGED] = 0


HOT, COLD, POSITION, LENGTH, LEAST, HOT_NEXT = 0, 1, 2, 3, 4, 5
"""Places in `schedule`: temperatures at the beginning and the end of a cycle, place in it and its length, least value
or bill so far, temperature at the beginning of the next cycle."""


@numba.njit(cache=True, nogil=True)
def search(m: Int, schedule: Float, weight: Float, steps: int) -> None:
    """Take steps of ruin and repair; each is kept or undone by the rule of simulated annealing.

    Parameters
    ----------
    m
        See the module.
    schedule : (6,) float64
        See `HOT_NEXT`. A cycle cools down from hot to cold; the next begins at the best answer, and is twice as long.
    weight : (4,) float64
        Penalty per must copy that is out and per unit of value below the floor, doubled after a cycle that ends without
        them; share of the priced usage, in odd cycles and in even ones: of answers that are worth the same, one that
        uses less leaves more room.
    steps : int
    """
    queue = np.empty(_QUEUE, dtype=np.int64)
    for _ in range(steps):
        if schedule[POSITION] >= schedule[LENGTH]:
            schedule[POSITION] = 0.0
            schedule[LENGTH] *= 2
            if m[MISSING] > 0 or m[VALUE] < m[FLOOR]:
                weight[:2] *= 2
            weight[2], weight[3] = weight[3], weight[2]
            schedule[HOT], schedule[HOT_NEXT] = schedule[HOT_NEXT], schedule[HOT]
            if np.isfinite(schedule[LEAST]):
                _restore(m)
        schedule[POSITION] += 1
        m[STEP] += 1
        m[LOGGED] = 0
        before = _energy(m, weight)
        supply, most = -1, 0
        if m[NUM_PRICED] > 0 and _chance(m, _CLOSES):
            supply = m[m[PRICED] + _below(m, m[NUM_PRICED])]
            if m[m[AMOUNT] + supply] == 0:
                continue
            most = m[m[MOST] + supply]
            queued = _close(m, supply, queue)
        else:
            queued = _ruin(m, queue)
        for last in range(queued - 1, 0, -1):
            other = _below(m, last + 1)
            queue[last], queue[other] = queue[other], queue[last]
        if m[IS_COST]:
            _refill_cheaply(m, queue, queued)
        else:
            _refill(m, queue, queued)
        if supply >= 0:
            m[m[MOST] + supply] = most
        after = _energy(m, weight)
        if after > before:
            cooling = schedule[POSITION] / schedule[LENGTH]
            temperature = schedule[HOT] * (schedule[COLD] / schedule[HOT]) ** cooling
            if after - before > -temperature * np.log((_random(m) + 0.5) * _UNIT):
                _undo(m)
                continue
        _note_changes(m)
        main = float(m[COST]) if m[IS_COST] else -float(m[VALUE])
        if m[MISSING] == 0 and m[VALUE] >= m[FLOOR] and main < schedule[LEAST]:
            schedule[LEAST] = main
            _store(m)
