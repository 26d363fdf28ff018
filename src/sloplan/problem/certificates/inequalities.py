"""Rounded inequalities: rows added up, divided, and rounded as whole numbers allow.

With weights w of rows (of either sign) every whole solution x, with slacks s >= 0 of the rows, has

    sum of a_j x_j + sum of w_r s_r = b,    a_j = w.usage_j,  b = w.capacity.

Rounding to whole numbers keeps more of that than the linear program knows. With f = b - floor(b) and
R(a) = floor(a) + max(0, a - floor(a) - f) / (1 - f) it follows that

    sum of R(a_j) x_j <= floor(b) + sum over rows of negative weight of |w_r| s_r / (1 - f),

and with the slacks written out again this is one more row. Copies of a group that stay out, and units of a supply below
its most, are whole numbers as well: their rows are rounded as an x_j is.

Source: R. E. Gomory, An algorithm for the mixed integer problem, RAND RM-2597, 1960; G. L. Nemhauser, L. A. Wolsey,
A recursive procedure to generate all cuts for 0-1 mixed integer programs, Mathematical Programming 46, 1990.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sloplan.problem.certificates.pricing import PRICED_LIMIT, GridTooFineError
from sloplan.problem.compiled import Int, Sparse
from sloplan.problem.exact_sums import Exact, exact_dot

Float = npt.NDArray[np.float64]

UNIT: Final = 2**20
"""Amounts of an inequality are whole numbers of this part of 1; they are rounded down, its capacity up."""

SAFE_REACH: Final = 2.0**58
"""Figures that come to more than this for one column are added up column by column, to see whether they fit."""


@dataclass(frozen=True)
class Columns:
    """Whole numbers that solutions choose: copies of groups with a plan each, units of supplies.

    Parameters
    ----------
    usage : Sparse
        What one uses of every row, (n, rows); negative where it brings.
    limit : (n,) int64
        The row that says how many there are at most: of its group, or of its supply after all groups.
    """

    usage: Sparse
    limit: Int

    def __len__(self) -> int:
        return len(self.limit)

    def taken(self, index: Int) -> Columns:
        """Return some columns.

        Parameters
        ----------
        index : (n,) int64
        """
        return Columns(self.usage.taken(index), self.limit[index])

    @classmethod
    def of_pairs(cls, group: Int, usage: Sparse, value: Int | None, rows: int) -> Columns:
        """Return copies of groups with a plan each.

        Parameters
        ----------
        group : (n,) int64
        usage : Sparse
            What one copy uses of the coupling rows, (n, rows).
        value : (n,) int64, optional
            Where there is a floor: value is a negative use of its row, which stands after the others.
        rows : int
            Number of coupling rows.
        """
        if value is None:
            return cls(usage, group)
        start = usage.start + np.arange(len(usage.start))
        place = np.arange(len(usage.column)) + usage.row_of_entry
        column, amount = np.full(start[-1], rows, dtype=np.int64), np.zeros(start[-1], dtype=np.int64)
        column[place], amount[place] = usage.column, usage.amount
        amount[start[1:] - 1] = -value
        return cls(Sparse(start, column, amount), group)

    @classmethod
    def of_supplies(cls, brought: Sparse, groups: int) -> Columns:
        """Return units of supplies, which use what they bring less than nothing.

        Parameters
        ----------
        brought : Sparse
            What a unit brings to the coupling rows, (supplies, rows).
        groups : int
            Number of groups, whose limits come first.
        """
        limit = groups + np.arange(len(brought), dtype=np.int64)
        return cls(Sparse(brought.start, brought.column, -brought.amount), limit)

    @cached_property
    def largest(self) -> Float:
        """Greatest size of a usage of each row, up to the last that is used; shape (rows,)."""
        most = np.zeros(int(self.usage.column.max(initial=-1)) + 1)
        np.maximum.at(most, self.usage.column, np.abs(self.usage.amount.astype(np.float64)))
        return most

    def weighed(self, weight: Int) -> Int:
        """Return weight x usage summed up for every column, exactly if it fits."""
        running = np.concatenate(
            [np.zeros(1, dtype=np.int64), np.cumsum(self.usage.amount * weight[self.usage.column])]
        )
        return running[self.usage.start[1:]] - running[self.usage.start[:-1]]  # right modulo 2^64

    def sizes(self, weight: Int) -> Float:
        """Return the sum of |weight x usage| of every column, shape (n,)."""
        size = np.abs(weight.astype(np.float64))[self.usage.column] * np.abs(self.usage.amount.astype(np.float64))
        return np.bincount(self.usage.row_of_entry, weights=size, minlength=len(self)).astype(np.float64)


class Amounts(NamedTuple):
    """What columns count in an inequality, (columns,) int64, and the greatest size of that."""

    each: Int
    largest: float

    def taken(self, index: Int) -> Amounts:
        """Return what some columns count, the greatest size that of all.

        Parameters
        ----------
        index : (n,) int64
        """
        return Amounts(self.each[index], self.largest)


@dataclass(frozen=True)
class Weights:
    """What is added up, as numerators over the divisor.

    Parameters
    ----------
    row : (rows,) int64
    number, earlier : (n,) int64
        Numbers of earlier inequalities, and their weights.
    limit : (limits,) int64
        Of the rows of groups, then of supplies.
    """

    row: Int
    number: Int
    earlier: Int
    limit: Int


@dataclass(frozen=True)
class Rounded:
    """An inequality: what its left side has at most, and how columns count.

    Parameters
    ----------
    weights : Weights
    divisor : int
    fraction : int
        Numerator of f over the divisor.
    part : int
        So much of what passes the fraction counts one of `UNIT`, at least.
    out : (limits,) int64
        What a copy that stays out, or a unit that is left, counts: taken off what columns count.
    most : int
        Capacity, in parts of `UNIT`.
    """

    weights: Weights
    divisor: int
    fraction: int
    part: int
    out: Int
    most: int

    @classmethod
    def of(cls, weights: Weights, divisor: int, capacity: Int, count: Int, earlier: Sequence[Rounded]) -> Rounded:
        """Work out the side that columns do not matter for.

        Parameters
        ----------
        weights : Weights
        divisor : int
            A power of two, at least `UNIT`.
        capacity : (rows,) int64
        count : (limits,) int64
        earlier : sequence of Rounded
        """
        before = np.array([earlier[number].most for number in weights.number.tolist()], dtype=object)
        right = exact_dot(weights.row, capacity) + exact_dot(weights.limit, count) + _dot(weights.earlier, before)
        whole, fraction = divmod(right, divisor)
        part = -(-(divisor - fraction) // UNIT)
        out = _rounded(weights.limit, divisor, fraction, part)
        negative = exact_dot(np.minimum(weights.row, 0), capacity) + _dot(np.minimum(weights.earlier, 0), before)
        slack = -(UNIT * negative // (divisor - fraction))  # rounded up
        return cls(weights, divisor, fraction, part, out, UNIT * whole - exact_dot(out, count) + slack)

    def amounts(self, columns: Columns, earlier: Sequence[Amounts]) -> Amounts:
        """Return what each column counts, at most.

        Parameters
        ----------
        columns : Columns
        earlier : sequence of Amounts
            In all earlier inequalities.

        Raises
        ------
        GridTooFineError
            If a figure passes what int64 holds.
        """
        weights, rest = self.weights, self.divisor - self.fraction
        self._check_size(columns, earlier)
        total = columns.weighed(weights.row) + weights.limit[columns.limit]
        negative = -columns.weighed(np.minimum(weights.row, 0))
        for number, weight in zip(weights.number.tolist(), weights.earlier.tolist(), strict=True):
            total += weight * earlier[number].each
            if weight < 0:
                negative -= weight * earlier[number].each
        of_slack = UNIT * (negative // rest) + (negative % rest) // self.part
        rounded = _rounded(total, self.divisor, self.fraction, self.part)
        each = np.asarray(rounded + of_slack - self.out[columns.limit])
        return Amounts(each, float(np.abs(each).max(initial=0)))

    def _check_size(self, columns: Columns, earlier: Sequence[Amounts]) -> None:
        """See that no sum passes `PRICED_LIMIT`: an amount has three parts, each of them below a quarter of that."""
        size = self.reach(columns, earlier)
        if max(size, 4.0 * UNIT * (size / (self.divisor - self.fraction) + 1.0)) > PRICED_LIMIT:
            raise GridTooFineError("an inequality")

    def reach(self, columns: Columns, earlier: Sequence[Amounts]) -> float:
        """Return what no column's figures come to together in size, over the divisor.

        Parameters
        ----------
        columns : Columns
        earlier : sequence of Amounts
        """
        weights = self.weights
        of_limit = float(np.abs(weights.limit.astype(np.float64)).max(initial=0.0))
        each = np.abs(weights.row.astype(np.float64))
        # First as if one column had the largest figures of all, which is soon told.
        rough = float(each[: len(columns.largest)] @ columns.largest) + of_limit
        earlier_of = list(zip(weights.number.tolist(), np.abs(weights.earlier.astype(np.float64)), strict=True))
        rough += sum(weight * earlier[number].largest for number, weight in earlier_of)
        if rough <= SAFE_REACH:
            return float(rough)
        sizes = columns.sizes(weights.row) + of_limit
        for number, weight in earlier_of:
            sizes += weight * np.abs(earlier[number].each.astype(np.float64))
        return float(sizes.max(initial=0.0))


def _rounded(numerator: Int, divisor: int, fraction: int, part: int) -> Int:
    """Return `UNIT` x R of some numerators over the divisor, rounded down."""
    shift = divisor.bit_length() - 1
    beyond = np.maximum((numerator & (divisor - 1)) - fraction, 0)
    return np.asarray(UNIT * (numerator >> shift) + beyond // part)


def _dot(weight: Int, times: Exact) -> int:
    return int((weight.astype(object) * times).sum()) if len(weight) else 0
