"""Compiles the kernels of online planning before the first epoch."""

from __future__ import annotations

import numpy as np

from sloplan.heuristics.warming import compile_stages
from sloplan.runtime.placing_kernels import fits_any, go_back, make_room


def compile_kernels() -> None:
    """Run every kernel on a tiny problem."""
    compile_stages()
    one, zero, both = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64), np.array([0, 1])
    usage, lists = (both, zero, one), (both, zero, zero)
    fits_any(usage, lists, one, zero)
    go_back(usage, one, zero, zero, zero.copy())
    make_room(usage, lists, one, one, zero[:0], (zero[:0], zero[:0]), zero, 1.0, 1.0)
