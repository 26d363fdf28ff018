"""What running copies earn while rates change and queries leave, against a sum moment by moment."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.problem.compiled import Bool, Int, Sparse
from sloplan.runtime.placements import Placements
from sloplan.runtime.served_value import RateChanges, served_value

QUERIES, PLANS, ROWS, CHANGES = 12, 5, 3, 25
BEGIN, END = 10, 40


def meets(query: Int, plan: Int, rate_milli: Int) -> Bool:
    """Say that plan 0 serves only slow queries, and query 3 no plan."""
    return ((plan > 0) | (rate_milli < 4)) & (query != 3)


@pytest.mark.parametrize("seed", range(10))
def test_one_step_comes_to_what_seconds_add_up_to(seed: int) -> None:
    """Whole seconds are looked at one after the other: who is there, at which rate, and which rows are overloaded."""
    random = np.random.default_rng(seed)
    amount = random.integers(0, 4, (PLANS, ROWS))
    of, row = np.nonzero(amount)
    usage = Sparse(np.searchsorted(of, np.arange(PLANS + 1)), row, amount[of, row])
    query, plan = random.integers(0, QUERIES, 30), random.integers(0, PLANS, 30)
    running = Placements.merged(query, plan, random.integers(1, 3, 30))
    rate, value = random.integers(1, 6, (2, QUERIES))
    changes = RateChanges(
        rate,
        value,
        random.integers(0, QUERIES, CHANGES),
        np.sort(random.integers(BEGIN, END + 1, CHANGES)).astype(float),
        *random.integers(1, 6, (2, CHANGES)),
    )
    end = np.where(random.random(QUERIES) < 0.4, random.integers(BEGIN, END, QUERIES), END).astype(float)
    first = (amount[running.plan] * (rate[running.query] * running.count)[:, None]).sum(axis=0)
    capacity = first * np.array([0.8, 1.0, 10.0])
    total, crowded_seconds = 0, 0
    for second in range(BEGIN, END):
        now_rate, now_value = rate.copy(), value.copy()
        for place in range(CHANGES):
            if changes.time_s[place] <= second:
                one = changes.query[place]
                now_rate[one], now_value[one] = changes.new_rate_milli[place], changes.new_value_milli[place]
        there = end[running.query] > second
        load = (amount[running.plan] * (now_rate[running.query] * running.count * there)[:, None]).sum(axis=0)
        crowded = (amount[running.plan] * (load > capacity)).any(axis=1)
        crowded_seconds += int(crowded.any())
        valid = there & ~crowded & meets(running.query, running.plan, now_rate[running.query])
        total += int((now_value[running.query] * running.count * valid).sum())
    found = served_value(running, usage, capacity, changes, end, float(BEGIN), meets)
    assert found == total
    assert crowded_seconds > 0
    assert total > 0


def test_nobody_runs() -> None:
    """Then nothing is earned."""
    none, no_time = np.zeros(0, dtype=np.int64), np.zeros(0)
    changes = RateChanges(np.ones(1, dtype=np.int64), np.ones(1, dtype=np.int64), none, no_time, none, none)
    usage = Sparse(np.zeros(1, dtype=np.int64), none, none)
    assert served_value(Placements.none(), usage, none, changes, np.ones(1), 0.0, meets) == 0.0
