"""Inner loops of completion bounds: what options and pairs cost, and the least that the operators to come add.

They take plain arrays, as `network` lays them out, and hold no lock; see `plan_kernels`.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

IMPOSSIBLE = 2**60
"""Stands for an amount that no completion has; sums are cut off here, so that they stay within int64."""


@numba.njit(cache=True, nogil=True)
def least_to_come(
    option_start: Int,
    arc_start: Int,
    arc_producer: Int,
    arc_table: Int,
    arc_width: Int,
    arc_class: Int,
    anchor: Int,
    possible: Bool,
    of_option: npt.NDArray,
    of_pair: npt.NDArray,
    impossible: float,
) -> tuple[npt.NDArray, npt.NDArray]:
    """Return the least that the operators after each stage add, by the options chosen before, and without any.

    Every operator hangs on at most one earlier one, its anchor; other arcs count with the least over their
    producers' options. Sums over the forest of anchors are exact minima, so they are bounds for the DAG.
    """
    operators, options = len(option_start) - 1, len(of_option)
    rest = np.zeros((operators, options), dtype=of_option.dtype)
    without = np.zeros(operators, dtype=of_option.dtype)
    later = np.zeros(options, dtype=of_option.dtype)
    for consumer in range(operators - 1, -1, -1):
        first, end = option_start[consumer], option_start[consumer + 1]
        for option in range(first, end):
            later[option] = min(later[option] + of_option[option], impossible)
            for arc in range(arc_start[consumer], arc_start[consumer + 1]):
                if arc == anchor[consumer]:
                    continue
                least = impossible
                producer = arc_producer[arc]
                for other in range(option_start[producer], option_start[producer + 1]):
                    pair = arc_table[arc] + arc_class[arc, other] * arc_width[arc] + arc_class[arc, option]
                    if possible[pair]:
                        least = min(least, of_pair[pair])
                later[option] = min(later[option] + least, impossible)
        arc = anchor[consumer]
        if arc < 0:
            least = impossible
            for option in range(first, end):
                least = min(least, later[option])
            for stage in range(consumer):
                without[stage] = min(without[stage] + least, impossible)
            continue
        producer = arc_producer[arc]
        for other in range(option_start[producer], option_start[producer + 1]):
            least = impossible
            for option in range(first, end):
                pair = arc_table[arc] + arc_class[arc, other] * arc_width[arc] + arc_class[arc, option]
                if possible[pair]:
                    least = min(least, later[option] + of_pair[pair])
            later[other] = min(later[other] + least, impossible)
            for stage in range(producer, consumer):
                rest[stage, other] = min(rest[stage, other] + least, impossible)
    return rest, without


@numba.njit(cache=True, nogil=True)
def least_tails(
    option_start: Int,
    arc_start: Int,
    arc_producer: Int,
    arc_table: Int,
    arc_width: Int,
    arc_class: Int,
    arc_timed: Bool,
    possible: Bool,
    option_latency: Int,
    option_exit: Int,
    pair_latency: Int,
) -> Int:
    """Return how long a request takes at least once an option is done, us, shape (options,)."""
    operators = len(option_start) - 1
    tail = option_exit.copy()
    for consumer in range(operators - 1, -1, -1):
        for arc in range(arc_start[consumer], arc_start[consumer + 1]):
            if not arc_timed[arc]:
                continue
            producer = arc_producer[arc]
            for other in range(option_start[producer], option_start[producer + 1]):
                least = IMPOSSIBLE
                for option in range(option_start[consumer], option_start[consumer + 1]):
                    pair = arc_table[arc] + arc_class[arc, other] * arc_width[arc] + arc_class[arc, option]
                    if possible[pair]:
                        least = min(least, pair_latency[pair] + option_latency[option] + tail[option])
                tail[other] = max(tail[other], least)
    return tail


@numba.njit(cache=True, nogil=True)
def price_parts(
    prices: Float,
    cost_price: float,
    option_use_start: Int,
    option_use_row: Int,
    option_use_amount: Int,
    option_billed: Int,
    route_start: Int,
    route_row: Int,
    pair_route: Int,
    pair_bytes: Int,
    pair_cost: Int,
) -> tuple[Float, Float]:
    """Return what each option and each pair costs per request at prices."""
    of_option = cost_price * option_billed.astype(np.float64)
    for option in range(len(of_option)):
        for use in range(option_use_start[option], option_use_start[option + 1]):
            of_option[option] += prices[option_use_row[use]] * option_use_amount[use]
    of_route = np.zeros(len(route_start) - 1)
    for route in range(len(of_route)):
        for place in range(route_start[route], route_start[route + 1]):
            of_route[route] += prices[route_row[place]]
    of_pair = cost_price * pair_cost.astype(np.float64)
    for pair in range(len(of_pair)):
        if pair_route[pair] >= 0:
            of_pair[pair] += of_route[pair_route[pair]] * pair_bytes[pair]
    return of_option, of_pair
