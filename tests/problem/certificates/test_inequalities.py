"""Rounded inequalities hold for every whole solution, with weights of either sign, one made from others."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from sloplan.problem.certificates.inequalities import UNIT, Amounts, Columns, Rounded, Weights
from sloplan.problem.certificates.pricing import GridTooFineError
from sloplan.problem.compiled import Int, Sparse

DIVISOR = 2**50


def sparse(matrix: Int) -> Sparse:
    """Return the entries of a dense matrix that are not 0."""
    row, column = np.nonzero(matrix)
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(matrix)))])
    return Sparse(start.astype(np.int64), column.astype(np.int64), matrix[row, column].astype(np.int64))


class Box:
    """Some columns in two groups, within two rows and at most some of each group; and all whole solutions."""

    def __init__(self, rng: Random) -> None:
        columns = rng.randint(2, 4)
        self.usage = np.array([[rng.randint(-3, 9) for _ in range(2)] for _ in range(columns)])
        self.limit = np.sort(np.array([rng.randint(0, 1) for _ in range(columns)]))
        self.capacity = np.array([rng.randint(0, 15), rng.randint(-2, 12)])
        self.count = np.array([rng.randint(1, 3), rng.randint(1, 2)])
        self.columns = Columns(sparse(self.usage), self.limit)
        boxes = itertools.product(*(range(int(self.count[limit]) + 1) for limit in self.limit))
        every = np.array(list(boxes))
        taken = np.stack([every[:, self.limit == one].sum(axis=1) for one in (0, 1)], axis=1)
        self.solutions = every[((every @ self.usage <= self.capacity) & (taken <= self.count)).all(axis=1)]

    def weights(self, rng: Random, earlier: int) -> Weights:
        """Return random weights: about one over a usage, of either sign."""
        number = np.array(sorted(rng.sample(range(earlier), rng.randint(0, min(2, earlier)))), dtype=np.int64)
        return Weights(
            row=np.array([round(DIVISOR * rng.choice([0, 1, -1, 0.3]) / rng.randint(1, 9)) for _ in range(2)]),
            number=number,
            earlier=np.array([round(DIVISOR / UNIT * rng.uniform(-1, 1.5)) for _ in number], dtype=np.int64),
            limit=np.array([rng.choice([0, rng.randrange(-DIVISOR, 2 * DIVISOR)]) for _ in range(2)]),
        )


def by_hand(
    box: Box, weights: Weights, earlier: list[tuple[list[Fraction], Fraction]]
) -> tuple[list[Fraction], Fraction]:
    """Return what columns count and the capacity by the formula, in fractions; earlier ones as they were rounded."""

    def rounded(a: Fraction) -> Fraction:
        return math.floor(a) + max(Fraction(0), a - math.floor(a) - f) / (1 - f)

    rows = [(Fraction(int(w), DIVISOR), box.usage[:, r], int(box.capacity[r])) for r, w in enumerate(weights.row)]
    rows += [
        (Fraction(int(w), DIVISOR), earlier[n][0], earlier[n][1])
        for n, w in zip(weights.number.tolist(), weights.earlier, strict=True)
    ]
    of_limit = [Fraction(int(w), DIVISOR) for w in weights.limit]
    b = sum((w * c for w, _, c in rows), Fraction(0)) + sum(
        w * int(n) for w, n in zip(of_limit, box.count, strict=True)
    )
    f = b - math.floor(b)
    out = [rounded(w) for w in of_limit]
    each = []
    for column, limit in enumerate(box.limit.tolist()):
        a = sum((w * int(usage[column]) for w, usage, _ in rows), of_limit[limit])
        slack = sum((-w * int(usage[column]) for w, usage, _ in rows if w < 0), Fraction(0)) / (1 - f)
        each.append(UNIT * (rounded(a) - out[limit] + slack))
    negative = sum((-w * c for w, _, c in rows if w < 0), Fraction(0)) / (1 - f)
    staying = sum((o * int(n) for o, n in zip(out, box.count, strict=True)), Fraction(0))
    return each, UNIT * (math.floor(b) - staying + negative)


@pytest.mark.parametrize("seed", range(200))
def test_they_hold_for_all_whole_solutions(seed: int) -> None:
    """No solution is cut off, and amounts are those of the formula but for what rounding takes."""
    rng = Random(seed)
    box = Box(rng)
    rounded: list[Rounded] = []
    amounts: list[Amounts] = []
    for _ in range(6):
        weights = box.weights(rng, len(rounded))
        one = Rounded.of(weights, DIVISOR, box.capacity, box.count, rounded)
        if DIVISOR - one.fraction < DIVISOR // 1000:
            continue  # refused, as the last test says
        whole = [
            ([Fraction(int(a)) for a in some.each], Fraction(r.most)) for some, r in zip(amounts, rounded, strict=True)
        ]
        each, most = by_hand(box, weights, whole)
        amounts.append(one.amounts(box.columns, amounts))
        rounded.append(one)
        assert (box.solutions @ amounts[-1].each <= one.most).all()
        for figure, exact in zip(amounts[-1].each.tolist(), each, strict=True):
            assert abs(figure - exact) <= 3  # each of three parts is rounded down
        assert 0 <= one.most - most <= 1 + sum(box.count.tolist())
        assert amounts[-1].largest == np.abs(amounts[-1].each).max()


def test_some_solution_of_the_linear_program_is_cut_off() -> None:
    """Three uses of 6 in 10: their sum over 6 is at most 1 2/3, and so at most 1."""
    columns = Columns(sparse(np.array([[6], [6], [6]])), np.arange(3))
    nothing = np.zeros(0, dtype=np.int64)
    weights = Weights(np.array([-(-DIVISOR // 6)]), nothing, nothing, np.zeros(3, dtype=np.int64))
    one = Rounded.of(weights, DIVISOR, np.array([10]), np.ones(3, dtype=np.int64), [])
    assert one.most == UNIT
    assert one.amounts(columns, []).each.tolist() == [UNIT] * 3


def test_a_use_more_counts_no_less() -> None:
    """Amounts rise with every usage, so that plans that another replaces need not be looked at."""
    for seed in range(60):
        rng = Random(seed)
        box = Box(rng)
        more = Columns(sparse(box.usage + np.array([rng.randint(0, 3), rng.randint(0, 3)])), box.limit)
        rounded: list[Rounded] = []
        less_counts: list[Amounts] = []
        more_counts: list[Amounts] = []
        for _ in range(4):
            one = Rounded.of(box.weights(rng, len(rounded)), DIVISOR, box.capacity, box.count, rounded)
            less_counts.append(one.amounts(box.columns, less_counts))
            more_counts.append(one.amounts(more, more_counts))
            rounded.append(one)
            slack = 8 * DIVISOR // (DIVISOR - one.fraction)
            assert (more_counts[-1].each >= less_counts[-1].each - slack).all()


def test_figures_that_pass_what_integers_hold_are_refused() -> None:
    """Nothing wraps around: neither in a sum nor where the rest of the divisor is small."""
    columns = Columns(sparse(np.array([[2**33], [2**33]])), np.zeros(2, dtype=np.int64))
    nothing, none = np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    count = np.ones(1, dtype=np.int64)
    large = Rounded.of(Weights(np.array([2**30]), nothing, nothing, none), DIVISOR, np.array([5]), count, [])
    with pytest.raises(GridTooFineError):
        large.amounts(columns, [])
    small = Weights(np.array([-(2**9)]), nothing, nothing, np.array([2**9 * 5 - 1]))
    thin = Rounded.of(small, DIVISOR, np.array([5]), count, [])
    assert thin.fraction == DIVISOR - 1
    with pytest.raises(GridTooFineError):
        thin.amounts(columns, [])
