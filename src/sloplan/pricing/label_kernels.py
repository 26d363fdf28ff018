"""Inner loops of label setting: extension of labels, dominance, counting.

Kernels that call each other stay in this file, and take plain arrays: see `plan_kernels`. They hold no lock,
so threads may price several templates at once. `network` says what the arrays of a template are.

A label is a choice of options for the first operators. `figures` of a label are its finish of what ended so
far, the least rate that it needs, and its additive amounts; `finish` holds when each operator was done.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]
Small = npt.NDArray[np.int32]

ENDED, LEAST_RATE, AMOUNTS = 0, 1, 2
"""Columns of figures: finish of what ended, least rate, and the first of the additive amounts."""

_FIRST_ROOM = 1024
_IMPOSSIBLE = 2**60  # as in `bound_kernels`: a constant of another file would stay as it was in numba's cache
_HASH = 6364136223846793005  # odd: multiplier of Knuth's MMIX generator; keys are compared besides


@numba.njit(cache=True, nogil=True)
def count_plans(
    option_start: Int,
    arc_start: Int,
    arc_producer: Int,
    arc_table: Int,
    arc_width: Int,
    arc_class: Int,
    possible: Bool,
    key_open: Bool,
    key_class: Int,
    limit: int,
) -> float:
    """Return the number of plans, exact below 2^53, by counting the ways to every key; infinite beyond `limit` keys."""
    operators = len(option_start) - 1
    choices, ways = np.zeros((1, operators), dtype=np.int32), np.ones(1)
    for stage in range(operators):
        options = option_start[stage + 1] - option_start[stage]
        new_choices = np.empty((len(ways) * options, operators), dtype=np.int32)
        new_ways = np.empty(len(ways) * options)
        count = 0
        for label in range(len(ways)):
            for option in range(option_start[stage], option_start[stage + 1]):
                allowed = True
                for arc in range(arc_start[stage], arc_start[stage + 1]):
                    other = choices[label, arc_producer[arc]]
                    pair = arc_table[arc] + arc_class[arc, other] * arc_width[arc] + arc_class[arc, option]
                    allowed = allowed and possible[pair]
                if allowed:
                    new_choices[count] = choices[label]
                    new_choices[count, stage] = option
                    new_ways[count] = ways[label]
                    count += 1
        keys = _keys(stage, count, new_choices, key_open, key_class)
        order = np.argsort(keys, kind="mergesort")
        choices, ways = np.empty((count, operators), dtype=np.int32), np.zeros(count)
        number = 0
        for label in order:
            alike = number > 0 and _same_key(stage, choices[number - 1], new_choices[label], key_open, key_class)
            if not alike:
                choices[number] = new_choices[label]
                number += 1
            ways[number - 1] += new_ways[label]
        if number > limit:
            return np.inf
        choices, ways = choices[:number], ways[:number]
    return ways.sum()


@numba.njit(cache=True, nogil=True)
def search(
    option_start: Int,
    option_latency: Int,
    option_ready: Int,
    option_exit: Int,
    option_rate: Int,
    option_amount: Int,
    leaf: Bool,
    arc_start: Int,
    arc_producer: Int,
    arc_timed: Bool,
    arc_table: Int,
    arc_width: Int,
    arc_class: Int,
    possible: Bool,
    pair_latency: Int,
    pair_amount: Int,
    joint_start: Int,
    joint_operator: Int,
    joint_table: Int,
    joint_stride: Int,
    joint_class: Int,
    joint_amount: Int,
    joint_column: int,
    key_open: Bool,
    key_class: Int,
    timed: Bool,
    tail: Int,
    rest_amount: Int,
    without_amount: Int,
    option_price: Float,
    pair_price: Float,
    rest_price: Float,
    without_price: Float,
    allowed: Int,
    ceiling: Float,
    rough_allowed: Int,
    rough_ceiling: Float,
    copies: int,
    limit: int,
) -> tuple[Small, Int, Float, Float, int]:
    """Extend labels operator by operator; return choices, figures and prices of whole plans.

    Parameters
    ----------
    allowed : (classes, figures) int64
    ceiling : (classes,) float64
        A plan of greater price is of no use to the class.
    rough_allowed, rough_ceiling
        The same for groups of classes, looser: what is of use to no group is dropped.
    copies : int
        A label is dropped once so many others with its key are nowhere worse; 0: none is dropped for that.
    limit : int
        Labels kept at a stage; beyond it, those of least price with its completion bound stay.

    Returns
    -------
    choices : (plans, operators) int32
    figures : (plans, figures) int64
    price : (plans,) float64
    dropped : (classes,) float64
        Least completion bound of the labels beyond the limit that a class might have used, infinite without.
    labels : int
        Labels that were kept at all stages.
    """
    operators, width = len(option_start) - 1, allowed.shape[1]
    amounts = width - AMOUNTS
    dropped = np.full(len(ceiling), np.inf)
    choices, finish = np.zeros((1, operators), dtype=np.int32), np.zeros((1, operators), dtype=np.int64)
    figures, price = np.zeros((1, width), dtype=np.int64), np.zeros(1)
    base_rest, least = np.zeros(amounts, dtype=np.int64), np.zeros(width, dtype=np.int64)
    total = np.zeros(amounts, dtype=np.int64)
    labels = 0
    room_limit = max(4 * limit, _FIRST_ROOM)
    for stage in range(operators):
        room, count = _FIRST_ROOM, 0
        new_choices, new_finish = np.empty((room, operators), np.int32), np.empty((room, operators), np.int64)
        new_figures, new_least = np.empty((room, width), np.int64), np.empty((room, width), np.int64)
        new_price, new_bound = np.empty(room), np.empty(room)
        for label in range(len(price)):
            base_time, base_price = figures[label, ENDED], without_price[stage]
            for column in range(amounts):
                base_rest[column] = without_amount[stage, column]
            for operator in range(stage):
                option = choices[label, operator]
                base_price += rest_price[stage, option]
                for column in range(amounts):
                    base_rest[column] = min(base_rest[column] + rest_amount[stage, option, column], _IMPOSSIBLE)
                if timed[stage, operator]:
                    base_time = max(base_time, finish[label, operator] + tail[option])
            for option in range(option_start[stage], option_start[stage + 1]):
                # 1. What the option adds.
                allowed_here, ready, paid = True, option_ready[option], price[label] + option_price[option]
                for column in range(amounts):
                    total[column] = figures[label, AMOUNTS + column] + option_amount[option, column]
                for arc in range(arc_start[stage], arc_start[stage + 1]):
                    producer = arc_producer[arc]
                    pair = (
                        arc_table[arc]
                        + arc_class[arc, choices[label, producer]] * arc_width[arc]
                        + arc_class[arc, option]
                    )
                    if not possible[pair]:
                        allowed_here = False
                        break
                    if arc_timed[arc]:
                        ready = max(ready, finish[label, producer] + pair_latency[pair])
                    paid += pair_price[pair]
                    for column in range(amounts):
                        total[column] += pair_amount[pair, column]
                if not allowed_here:
                    continue
                for joint in range(len(joint_start) - 1):
                    if joint_operator[joint_start[joint + 1] - 1] == stage:
                        place = (
                            joint_table[joint] + joint_class[joint, option] * joint_stride[joint_start[joint + 1] - 1]
                        )
                        for member in range(joint_start[joint], joint_start[joint + 1] - 1):
                            chosen = choices[label, joint_operator[member]]
                            place += joint_class[joint, chosen] * joint_stride[member]
                        total[joint_column] += joint_amount[place]
                # 2. The least that it comes to.
                done = ready + option_latency[option]
                ended = figures[label, ENDED]
                if leaf[stage]:
                    ended = max(ended, done + option_exit[option])
                least[ENDED] = max(max(base_time, ended), done + tail[option])
                least[LEAST_RATE] = max(figures[label, LEAST_RATE], option_rate[option])
                for column in range(amounts):
                    least[AMOUNTS + column] = total[column] + min(
                        base_rest[column] + rest_amount[stage, option, column], _IMPOSSIBLE
                    )
                bound = paid + base_price + rest_price[stage, option]
                if not _of_use(least, bound, rough_allowed, rough_ceiling):
                    continue
                # 3. A new label.
                if count == room:
                    if room < room_limit:
                        room *= 2
                        new_choices, new_finish = _longer(new_choices, room), _longer(new_finish, room)
                        new_figures, new_least = _longer(new_figures, room), _longer(new_least, room)
                        new_price, new_bound = _longer_vector(new_price, room), _longer_vector(new_bound, room)
                    else:
                        kept = _kept(
                            stage, count, new_choices, new_finish, new_figures, new_least, new_price, new_bound,
                            key_open, key_class, timed, copies, limit, allowed, ceiling, dropped,
                        )  # fmt: skip
                        count = len(kept)
                        new_choices, new_finish = (
                            _longer(_rows(new_choices, kept), room),
                            _longer(_rows(new_finish, kept), room),
                        )
                        new_figures, new_least = (
                            _longer(_rows(new_figures, kept), room),
                            _longer(_rows(new_least, kept), room),
                        )
                        new_price = _longer_vector(_values(new_price, kept), room)
                        new_bound = _longer_vector(_values(new_bound, kept), room)
                for operator in range(stage):
                    new_choices[count, operator] = choices[label, operator]
                    new_finish[count, operator] = finish[label, operator]
                new_choices[count, stage] = option
                new_finish[count, stage] = done
                new_figures[count, ENDED] = ended
                new_figures[count, LEAST_RATE] = least[LEAST_RATE]
                for column in range(amounts):
                    new_figures[count, AMOUNTS + column] = total[column]
                for column in range(width):
                    new_least[count, column] = least[column]
                new_price[count], new_bound[count] = paid, bound
                count += 1
        kept = _kept(
            stage, count, new_choices, new_finish, new_figures, new_least, new_price, new_bound,
            key_open, key_class, timed, copies, limit, allowed, ceiling, dropped,
        )  # fmt: skip
        choices, finish = _rows(new_choices, kept), _rows(new_finish, kept)
        figures, price = _rows(new_figures, kept), _values(new_price, kept)
        labels += len(kept)
    return choices, figures, price, dropped, labels


@numba.njit(cache=True, nogil=True)
def _at_most(needs: Int, allowed: Int) -> bool:
    for column in range(len(needs)):  # noqa: SIM110 - numba takes no generator
        if needs[column] > allowed[column]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _of_use(least: Int, bound: float, allowed: Int, ceiling: Float) -> bool:
    for group in range(len(ceiling)):  # noqa: SIM110 - numba takes no generator
        if bound <= ceiling[group] and _at_most(least, allowed[group]):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _longer(array: npt.NDArray, room: int) -> npt.NDArray:
    longer = np.empty((room, array.shape[1]), dtype=array.dtype)
    for row in range(len(array)):  # plain loops: slices of arrays take numba long to compile
        for column in range(array.shape[1]):
            longer[row, column] = array[row, column]
    return longer


@numba.njit(cache=True, nogil=True)
def _longer_vector(array: Float, room: int) -> Float:
    longer = np.empty(room, dtype=array.dtype)
    for row in range(len(array)):
        longer[row] = array[row]
    return longer


@numba.njit(cache=True, nogil=True)
def _rows(array: npt.NDArray, index: Int) -> npt.NDArray:
    taken = np.empty((len(index), array.shape[1]), dtype=array.dtype)
    for place in range(len(index)):
        for column in range(array.shape[1]):
            taken[place, column] = array[index[place], column]
    return taken


@numba.njit(cache=True, nogil=True)
def _values(array: npt.NDArray, index: Int) -> npt.NDArray:
    taken = np.empty(len(index), dtype=array.dtype)
    for place in range(len(index)):
        taken[place] = array[index[place]]
    return taken


@numba.njit(cache=True, nogil=True)
def _keys(stage: int, count: int, choices: Int, key_open: Bool, key_class: Int) -> Int:
    keys = np.zeros(count, dtype=np.int64)
    for operator in range(stage + 1):
        if key_open[stage, operator]:
            for label in range(count):
                keys[label] = (keys[label] + key_class[stage, choices[label, operator]]) * _HASH
    return keys


@numba.njit(cache=True, nogil=True)
def _same_key(stage: int, one: Int, other: Int, key_open: Bool, key_class: Int) -> bool:
    for operator in range(stage + 1):
        if key_open[stage, operator] and key_class[stage, one[operator]] != key_class[stage, other[operator]]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _kept(
    stage: int,
    count: int,
    choices: Int,
    finish: Int,
    figures: Int,
    least: Int,
    price: Float,
    bound: Float,
    key_open: Bool,
    key_class: Int,
    timed: Bool,
    copies: int,
    limit: int,
    allowed: Int,
    ceiling: Float,
    dropped: Float,
) -> Int:
    """Return the labels that stay, in a fixed order; note in `dropped` what was cut off at the limit."""
    if copies > 0:
        kept = _undominated(stage, count, choices, finish, figures, price, key_open, key_class, timed, copies)
    else:
        kept = np.arange(count)
    if len(kept) <= limit:
        return kept
    order = _values(kept, np.argsort(_values(bound, kept), kind="mergesort"))
    for label in order[limit:]:
        for member in range(len(ceiling)):
            counts = bound[label] < dropped[member] and bound[label] <= ceiling[member]
            if counts and _at_most(least[label], allowed[member]):
                dropped[member] = bound[label]
    return order[:limit]


@numba.njit(cache=True, nogil=True)
def _undominated(
    stage: int,
    count: int,
    choices: Int,
    finish: Int,
    figures: Int,
    price: Float,
    key_open: Bool,
    key_class: Int,
    timed: Bool,
    copies: int,
) -> Int:
    """Return the labels that fewer than `copies` others with their key are nowhere worse than."""
    width, times = figures.shape[1], 0
    for operator in range(stage + 1):
        times += timed[stage, operator]
    vector = np.empty((count, width + times), dtype=np.int64)
    for label in range(count):
        for column in range(width):
            vector[label, column] = figures[label, column]
        column = width
        for operator in range(stage + 1):
            if timed[stage, operator]:
                vector[label, column] = finish[label, operator]
                column += 1
    # Who is nowhere worse comes first: at most the price, and of equal prices the lesser sum.
    size = np.zeros(count)
    for column in range(vector.shape[1]):
        most = 0
        for label in range(count):
            most = max(most, vector[label, column])
        for label in range(count):
            size[label] += vector[label, column] / (1.0 + most)
    keys = _keys(stage, count, choices, key_open, key_class)
    order = np.argsort(size, kind="mergesort")
    order = _values(order, np.argsort(_values(price, order), kind="mergesort"))
    order = _values(order, np.argsort(_values(keys, order), kind="mergesort"))
    kept, number = np.empty(count, dtype=np.int64), 0
    begin = 0  # of the kept ones with this key
    for place in range(count):
        label = order[place]
        if place > 0 and keys[label] != keys[order[place - 1]]:
            begin = number
        better = 0
        for other_place in range(begin, number):
            other = kept[other_place]
            if _at_most(vector[other], vector[label]) and _same_key(
                stage, choices[other], choices[label], key_open, key_class
            ):
                better += 1
                if better == copies:
                    if copies == 1:
                        # Who dominates one often dominates more: it moves to the front, by halves.
                        ahead = begin + (other_place - begin) // 2
                        kept[other_place], kept[ahead] = kept[ahead], other
                    break
        if better < copies:
            kept[number] = label
            number += 1
    return kept[:number]
