"""The restricted master over patterns: packings of single rows that are known so far, in shares of each row.

Source: M. Savelsbergh, A branch-and-price algorithm for the generalized assignment problem, Operations Research 45(6),
1997: a row takes one of its packings, and every group is in one that is taken.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.knapsack_rows import KnapsackRows
from sloplan.decomposition.linear_engine import LinearEngine
from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

_PENALTY: Final = 10.0  # of the largest worth, for a group that must be served and is not
_TOLERANCE: Final = 1e-7  # of the largest worth: patterns that promise less are not added


class PatternMaster:
    """Maximises worth over known patterns.

    Must groups may stay out at a penalty, so that there is an optimum whatever is forced.

    Parameters
    ----------
    rows : KnapsackRows

    Attributes
    ----------
    price : (groups,) float64
        Prices of the groups at the last optimum.
    reached : float
        What the last optimum is worth.
    taken : (options,) float64
        In what shares the last optimum takes options.
    """

    def __init__(self, rows: KnapsackRows) -> None:
        self._rows = rows
        groups = rows.problem.groups
        self._unit = max(1.0, float(np.abs(rows.worth).max()))
        self._engine = LinearEngine(grows_by_columns=True)
        infinity, number = self._engine.infinity, len(groups)
        nothing = np.zeros(0, dtype=np.int64)
        least = np.where(groups.must, 1.0, -infinity)
        most = np.where(rows.may_repeat, infinity, 1.0)
        self._engine.add_rows(least, most, nothing, nothing, np.zeros(0))
        of_rows = np.full(len(rows.capacity), 1.0)
        self._engine.add_rows(np.full(len(of_rows), -infinity), of_rows, nothing, nothing, np.zeros(0))
        must = np.flatnonzero(groups.must)
        self._left_out = len(must)  # columns before those of patterns
        penalty = np.full(len(must), _PENALTY)
        most_out = np.full(len(must), infinity)
        self._engine.add_columns(penalty, np.zeros(len(must)), most_out, np.arange(len(must)), must, np.ones(len(must)))
        self._known: set[tuple[int, bytes]] = set()
        self._pattern_row = np.zeros(0, dtype=np.int64)
        self._owner = np.zeros(0, dtype=np.int64)  # pattern of each entry
        self._option = np.zeros(0, dtype=np.int64)
        self._row_price = np.full(len(rows.capacity), -np.inf)
        self.price: Float = np.zeros(number)
        self.reached = -np.inf
        self.taken: Float = np.zeros(len(rows))

    def add(self, taken: Bool) -> int:
        """Add the rows' patterns that are new and worth more than the last optimum pays; return how many.

        Parameters
        ----------
        taken : (options,) bool
            A pattern for every row.
        """
        rows = self._rows
        gain = np.bincount(
            rows.row[taken], weights=(rows.worth - self.price[rows.group])[taken], minlength=len(rows.capacity)
        )
        new = []
        for row in np.flatnonzero(gain > self._row_price + _TOLERANCE * self._unit).tolist():
            option = rows.start[row] + np.flatnonzero(taken[rows.start[row] : rows.start[row + 1]])
            known = row, option.tobytes()
            if len(option) and known not in self._known:
                self._known.add(known)
                new.append((row, option))
        if new:
            self._add(np.array([row for row, _ in new]), [option for _, option in new])
        return len(new)

    def _add(self, row: Int, options: list[Int]) -> None:
        rows, number = self._rows, len(row)
        option = np.concatenate(options)
        owner = np.repeat(np.arange(number), [len(some) for some in options])
        cost = -np.bincount(owner, weights=rows.worth[option], minlength=number) / self._unit
        owners = np.concatenate([owner, np.arange(number)])
        index = np.concatenate([rows.group[option], len(rows.problem.groups) + row])
        order = np.argsort(owners, kind="stable")
        most = np.full(number, self._engine.infinity)
        self._engine.add_columns(cost, np.zeros(number), most, owners[order], index[order], np.ones(len(owners)))
        self._owner = np.concatenate([self._owner, len(self._pattern_row) + owner])
        self._option = np.concatenate([self._option, option])
        self._pattern_row = np.concatenate([self._pattern_row, row])

    def force(self, forced: Bool) -> None:
        """Leave those patterns in that go with some options, of which every solution holds all.

        Parameters
        ----------
        forced : (options,) bool
        """
        rows, number = self._rows, len(self._pattern_row)
        may, _, _ = rows.left(forced)
        foreign = np.bincount(self._owner, weights=~(may | forced)[self._option], minlength=number)
        held = np.bincount(self._owner, weights=forced[self._option], minlength=number)
        asked = np.bincount(rows.row[forced], minlength=len(rows.capacity))
        goes = (foreign == 0) & (held == asked[self._pattern_row])
        most = np.where(goes, self._engine.infinity, 0.0)
        self._engine.set_bounds(self._left_out + np.arange(number), np.zeros(number), most)

    def solve(self) -> None:
        """Find the optimum over the patterns that are known and let in.

        Raises
        ------
        EngineError
            If the engine fails.
        """
        engine, groups = self._engine, len(self._rows.problem.groups)
        engine.run()
        self.price = -engine.duals[:groups] * self._unit
        self._row_price = -engine.duals[groups:] * self._unit
        self.reached = -engine.objective * self._unit
        share = engine.columns[self._left_out :]
        self.taken = np.bincount(self._option, share[self._owner], len(self._rows)).astype(np.float64)
