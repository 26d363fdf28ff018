"""Inner loops of the plan search: which partial plans go on.

Kernels that call each other stay in this file: numba's cache looks at one file only.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def keep_best(
    possible: Bool,
    nano_nats: Int,
    finish_us: Int,
    cost: Int,
    most_rate: Float,
    load: Float,
    at: Int,
    demands: Int,
    node: Int,
    leaf_nano_nats: Int,
    tail_us: Int,
    cost_rest: Int,
    rest: Float,
    also: int,
    kept: int,
    to_beat: Float,
) -> Bool:
    """Mark the partial plans that are among the best in some direction for some demand.

    Parameters
    ----------
    possible : (n,) bool
    nano_nats : (n,) int64
        What is known to be lost of accuracy.
    finish_us : (n, k) int64
        When each operator is done, with the way to a sink.
    cost : (n,) int64
    most_rate : (n,) float64
        Largest rate that the query's own resources carry.
    load : (n, directions) float64
    at : (n,) int64
        Node of each.
    demands : (demands, 4) int64
        Rate, nano-nats, latency and cost that is allowed.
    node : (leaves,) int64
        Node of each leaf on this level.
    leaf_nano_nats : (leaves,) int64
        Accuracy of the leaves: those within a demand's are open to it.
    tail_us : (leaves, k) int64
        Least latency of what comes after each of the operators.
    cost_rest : (leaves,) int64
        Least cost of what is missing.
    rest : (leaves, directions) float64
        Least load of what is missing.
    also : int
        How many of latency and cost are directions of their own: 0 or 2.
    kept : int
        How many are marked per direction and demand.
    to_beat : (demands, directions + also) float64
        What whole plans score that are known: partial ones that cannot score less are not marked.
    """
    number, directions = load.shape
    marked = np.zeros(number, dtype=np.bool_)
    nodes = 0
    for leaf in range(len(node)):
        nodes = max(nodes, node[leaf] + 1)
    operators = finish_us.shape[1]
    least, is_open = np.empty((nodes, directions)), np.empty(nodes, dtype=np.bool_)
    least_tail, least_cost = np.empty((nodes, operators), dtype=np.int64), np.empty(nodes, dtype=np.int64)
    best = np.empty((directions + also, kept))
    who = np.empty((directions + also, kept), dtype=np.int64)
    for demand in range(len(demands)):
        is_open[:] = False
        for leaf in range(len(node)):
            if leaf_nano_nats[leaf] > demands[demand, 1]:
                continue
            on = node[leaf]
            if not is_open[on]:
                is_open[on] = True
                least[on], least_tail[on], least_cost[on] = rest[leaf], tail_us[leaf], cost_rest[leaf]
                continue
            least_cost[on] = min(least_cost[on], cost_rest[leaf])
            for direction in range(directions):
                least[on, direction] = min(least[on, direction], rest[leaf, direction])
            for operator in range(operators):
                least_tail[on, operator] = min(least_tail[on, operator], tail_us[leaf, operator])
        best[:] = np.inf
        who[:] = -1
        for plan in range(number):
            on = at[plan]
            if (
                not possible[plan]
                or not is_open[on]
                or most_rate[plan] < demands[demand, 0]
                or nano_nats[plan] > demands[demand, 1]
            ):
                continue
            latency, bill = 0, cost[plan] + least_cost[on]
            for operator in range(operators):
                latency = max(latency, finish_us[plan, operator] + least_tail[on, operator])
            if latency > demands[demand, 2] or bill > demands[demand, 3]:
                continue
            for direction in range(directions + also):
                if direction < directions:
                    score = load[plan, direction] + least[on, direction]
                else:
                    score = float(latency if direction == directions else bill)
                place = kept - 1
                if score < best[direction, place] and score < to_beat[demand, direction]:
                    while place > 0 and score < best[direction, place - 1]:
                        best[direction, place] = best[direction, place - 1]
                        who[direction, place] = who[direction, place - 1]
                        place -= 1
                    best[direction, place], who[direction, place] = score, plan
        for direction in range(directions + also):
            for place in range(kept):
                if who[direction, place] >= 0:
                    marked[who[direction, place]] = True
    return marked
