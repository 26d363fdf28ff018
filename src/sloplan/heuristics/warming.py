"""Compiles the kernels of `compass` before the clock starts."""

from __future__ import annotations

import time

import numpy as np

from sloplan.heuristics import list_kernels, search_kernels
from sloplan.heuristics.contention import Contention, PlanLists, Room
from sloplan.heuristics.matching import StageTwo
from sloplan.problem.compiled import Sparse


def compile_stages() -> float:
    """Run every kernel on a tiny problem, and return the seconds that it took."""
    began = time.monotonic()
    one, zero, both = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64), np.array([0, 1])
    lists = PlanLists(Sparse(np.array([0, 2]), both, np.ones(2, dtype=np.int64)), zero, both, zero, zero, one, one, one)
    room = Room(np.zeros(2, dtype=np.int64), *np.zeros((3, 2), dtype=np.int64))
    StageTwo(Contention(lists, room), 0, lambda _: None, lambda: False).run()
    list_kernels.open_plans(zero, np.ones((1, 5), dtype=np.int64), both, np.zeros((1, 5), dtype=np.int64), both, zero)
    usage = np.array([0, 0]), zero[:0], zero[:0]
    list_kernels.keep_nondominated(both, zero, np.zeros(1), usage, zero, zero, both.copy(), zero.copy())
    floats, table = np.zeros((1, 1)), np.zeros((1, 4), dtype=np.int64)
    search_kernels.keep_best(
        np.ones(1, dtype=np.bool_), zero, table[:, :1], zero, np.ones(1), floats, zero, table, zero, zero,
        table[:, :1].copy(), zero, floats, 0, 1, floats,
    )  # fmt: skip
    return time.monotonic() - began
