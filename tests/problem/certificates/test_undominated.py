"""Plans that others replace: only such go, and what goes is replaced by one that stays open to the query."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.problem.certificates.undominated import undominated
from sloplan.problem.compiled import Bool, Int, Sparse


def random_plans(seed: int) -> tuple[Bool, Sparse, Int, Int]:
    """Return which plans are open to some queries, plans with small figures by falling order, and the figures."""
    rng = np.random.default_rng(seed)
    number, rows = int(rng.integers(0, 60)), 3
    dense = rng.integers(0, 4, (number, rows)) * rng.integers(0, 2, (number, rows))
    cost = rng.integers(0, 3, number)
    order = np.argsort(dense.sum(axis=1) + cost, kind="stable")  # a plan that replaces another comes first
    dense, cost = dense[order], cost[order]
    row, column = np.nonzero(dense)
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=number))]).astype(np.int64)
    usage = Sparse(start, column, dense[row, column])
    return rng.random((4, number)) < 0.7, usage, cost, np.column_stack([dense, cost])


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("look", [1, 7, 250])
def test_what_goes_is_replaced(seed: int, look: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that stays is replaced by another that is open, and all that goes is; however many are compared."""
    monkeypatch.setattr("sloplan.problem.certificates.undominated._LOOK", look)
    open_plans, usage, cost, figures = random_plans(seed)
    left = undominated(open_plans, usage, cost)
    assert not np.any(left & ~open_plans)
    for query in range(len(open_plans)):
        stays = np.flatnonzero(left[query]).tolist()
        for plan in np.flatnonzero(open_plans[query]).tolist():
            replacing = [one for one in stays if one != plan and (figures[one] <= figures[plan]).all()]
            assert (plan in stays) == (not replacing)


def test_a_row_that_a_plan_uses_twice() -> None:
    """Entries of one row are added up: 2 and 2 is more than 3."""
    usage = Sparse(np.array([0, 1, 3]), np.array([0, 0, 0]), np.array([3, 2, 2]))
    left = undominated(np.ones((1, 2), dtype=np.bool_), usage, np.zeros(2, dtype=np.int64))
    assert left.tolist() == [[True, False]]
