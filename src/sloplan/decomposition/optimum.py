"""An optimum of the linear program over what survives: what it does, and which groups it splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from sloplan.problem.certificates.inequalities import Amounts, Columns
from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

_WHOLE: Final = 1e-7
"""What stays out less than that counts as nothing."""


@dataclass(frozen=True)
class Split:
    """Columns of groups (or supplies) that the optimum splits between plans or staying out, and these groups, from 0.

    Parameters
    ----------
    limit : (columns,) int64
    share : (columns,) float64
    amounts : (columns, rows and active inequalities) sparse float64
        What columns count in these, as the program has them.
    group : (columns,) int64
    main : (groups,) int64
        The column that most of it takes, -1 where most of it stays out.
    count, out : (groups,) float64
        As in `Optimum`.
    """

    limit: Int
    share: Float
    amounts: csr_array
    group: Int
    main: Int
    count: Float
    out: Float


@dataclass(frozen=True)
class Optimum:
    """What an optimum does.

    Parameters
    ----------
    columns : Columns
        Those in use.
    share : (columns,) float64
    amounts : sequence of Amounts
        What these columns count in all inequalities.
    count, out : (limits,) float64
        What limits allow, and what of it is left.
    basic : (positions,) float64
        Values of the basic variables.
    is_whole : (positions,) bool
        Whether these should be whole numbers.
    binds : (rows and active inequalities,) bool
    most : (rows and active inequalities,) float64
        What these allow.
    scale : (rows and active inequalities,) float64
        What the program divides them by.
    active : sequence of int
        Which inequalities are in the program.
    """

    columns: Columns
    share: Float
    amounts: Sequence[Amounts]
    count: Float
    out: Float
    basic: Float
    is_whole: Bool
    binds: Bool
    most: Float
    scale: Float
    active: Sequence[int]

    @cached_property
    def right(self) -> Float:
        """What all rows allow, limits first; shape (limits + rows and active inequalities,)."""
        return np.concatenate([self.count, self.most])

    def amounts_in(self, row: int) -> Float:
        """Return what columns count in a row or active inequality as the program has it; shape (columns,)."""
        rows = len(self.scale) - len(self.active)
        if row >= rows:
            return np.asarray(self.amounts[self.active[row - rows]].each / self.scale[row])
        usage = self.columns.usage
        entry, amount = np.flatnonzero(usage.column == row), np.zeros(len(self.columns))
        amount[usage.row_of_entry[entry]] = usage.amount[entry] / self.scale[row]
        return amount

    @cached_property
    def main(self) -> Int:
        """The column that most copies of each limit take, -1 where most stay out; shape (limits,)."""
        limit, share = self.columns.limit, self.share
        main, most = np.full(len(self.count), -1, dtype=np.int64), np.zeros(len(self.count))
        order = np.argsort(share, kind="stable")
        main[limit[order]], most[limit[order]] = order, share[order]
        return np.where(most >= self.out, main, -1)

    @cached_property
    def split(self) -> Split:
        """Where not all copies do what most of them do."""
        limit = self.columns.limit
        is_split = (self.main >= 0) & (self.out > _WHOLE)
        is_split[limit[self.main[limit] != np.arange(len(limit))]] = True
        column = np.flatnonzero(is_split[limit])
        groups, group = np.unique(limit[column], return_inverse=True)
        place = np.full(len(limit), -1, dtype=np.int64)
        place[column] = np.arange(len(column))
        return Split(
            limit=limit[column],
            share=self.share[column],
            amounts=self._amounts_of(column),
            group=group.reshape(-1).astype(np.int64),
            main=np.where(self.main[groups] >= 0, place[self.main[groups]], -1),
            count=self.count[groups],
            out=self.out[groups],
        )

    def _amounts_of(self, column: Int) -> csr_array:
        usage, rows = self.columns.taken(column).usage, len(self.scale) - len(self.active)
        of, row, amount = [usage.row_of_entry], [usage.column], [usage.amount / self.scale[usage.column]]
        for place, number in enumerate(self.active, start=rows):
            each = self.amounts[number].each[column]
            of.append(np.flatnonzero(each))
            row.append(np.full(len(of[-1]), place))
            amount.append(each[of[-1]] / self.scale[place])
        entries = np.concatenate(amount), (np.concatenate(of), np.concatenate(row))
        return csr_array(coo_array(entries, shape=(len(column), len(self.scale))))
