"""The linear program over known pairs at a node of the tree: its duals are the node's prices, and it is kept warm.

Columns are copies that take a pair, supplies, and shortfalls: capacity, and goodput under cost, that is bought at a
price that rises where any is bought. So the program always has a solution, and where a node has none its prices tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.branching_case import Case, Copy
from sloplan.decomposition.lagrangian import Prices
from sloplan.decomposition.open_pairs import OpenPairs
from sloplan.problem.compiled import Int
from sloplan.solvers.engine import EngineError

if TYPE_CHECKING:
    import highspy

Float = npt.NDArray[np.float64]

_SHORTFALL = 1e3  # first price of a whole capacity, in units of the dearest copy or supply
_DEAREST_SHORTFALL = 1e6
_DEARER = 1e3
_SHORT = 1e-7  # of a capacity: less is rounding


class NodeMaster:
    """The linear program of all nodes of a tree.

    Parameters
    ----------
    pairs : OpenPairs
    denominator : int
        Prices are multiples of 1 / denominator; may be changed.

    Attributes
    ----------
    denominator : int
    amount : (columns of pairs,) float64
        Copies that take each known pair, at the last optimum.
    column_unit : (columns of pairs,) int64
        The unit whose copies those are.
    column_pair : (columns of pairs,) int64
    supplied : (supplies,) float64
    worth : float
        Of that optimum.
    """

    def __init__(self, pairs: OpenPairs, denominator: int) -> None:
        import highspy

        self._highspy = highspy
        self._pairs, problem, self.denominator = pairs, pairs.problem, denominator
        self._worth = -pairs.cost if problem.is_cost else pairs.value
        self._unit = max(1.0, float(np.abs(self._worth).max(initial=0)), float(problem.supply_price.max(initial=0)))
        self._scale = np.maximum(problem.most_supplied.astype(np.float64), 1.0)
        self._value_scale = max(1.0, float(pairs.value.max(initial=0)))
        self.units: list[Copy] = []  # a copy, or (group, 0): the copies of a group that have no unit of their own
        self._unit_of: dict[Copy, int] = {}
        self._columns_of: list[list[int]] = []
        self._known: set[tuple[int, int]] = set()
        self.column_unit: Int = np.zeros(0, dtype=np.int64)
        self.column_pair: Int = np.zeros(0, dtype=np.int64)
        self.amount: Float = np.zeros(0)
        self.supplied: Float = np.zeros(0)
        self.worth = np.inf
        self._shortfall: Float = np.zeros(0)
        self._engine: highspy.Highs = highspy.Highs()
        self._engine.setOptionValue("output_flag", False)
        for tolerance in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._engine.setOptionValue(tolerance, 1e-8)  # near ties are to be told apart
        self._rows = len(problem.rows) + int(problem.is_cost)
        self._first_pair = self._add_fixed()
        self._rest_of_groups()

    def _add_fixed(self) -> int:
        """Add coupling rows, the floor, supplies and shortfalls; return how many columns that are."""
        problem, engine, infinity = self._pairs.problem, self._engine, self._highspy.kHighsInf
        none, empty = np.zeros(0, dtype=np.int32), np.zeros(0)
        rows = len(problem.rows)
        lower, upper = np.full(self._rows, -infinity), np.full(self._rows, infinity)
        upper[:rows] = problem.rows.capacity / self._scale
        if problem.is_cost:
            lower[rows] = problem.floor / self._value_scale
        self._check(engine.addRows(self._rows, lower, upper, 0, np.zeros(self._rows, dtype=np.int32), none, empty))
        brought = problem.supplies.brought
        supplies = len(problem.supplies)
        if supplies:
            self._check(engine.addCols(
                supplies, problem.supply_price / self._unit, np.zeros(supplies),
                problem.supplies.maximum.astype(np.float64), len(brought.column),
                brought.start[:-1].astype(np.int32), brought.column.astype(np.int32),
                -brought.amount / self._scale[brought.column],
            ))  # fmt: skip
        sign = np.full(self._rows, -1.0)
        sign[rows:] = 1.0
        index = np.arange(self._rows, dtype=np.int32)
        self._check(engine.addCols(
            self._rows, np.full(self._rows, _SHORTFALL), np.zeros(self._rows), np.full(self._rows, infinity),
            self._rows, index, index, sign,
        ))  # fmt: skip
        self._shortfall_price = np.full(self._rows, _SHORTFALL)
        return supplies + self._rows

    def _rest_of_groups(self) -> None:
        groups = len(self._pairs.problem.groups)
        none, empty = np.zeros(0, dtype=np.int32), np.zeros(0)
        self._check(self._engine.addRows(
            groups, np.zeros(groups), self._pairs.problem.groups.count.astype(np.float64), 0,
            np.zeros(groups, dtype=np.int32), none, empty,
        ))  # fmt: skip
        for group in range(groups):
            self._name_unit((group, 0))

    def _name_unit(self, unit: Copy) -> int:
        self._unit_of[unit] = len(self.units)
        self.units.append(unit)
        self._columns_of.append([])
        return len(self.units) - 1

    def unit_of(self, copy: Copy) -> int:
        """Return the unit that a copy has had since it was faced."""
        return self._unit_of[(copy[0], 0) if self._pairs.problem.groups.count[copy[0]] == 1 else copy]

    def _own_unit(self, copy: Copy) -> int:
        """Return the unit of a copy, made from what its group's rest may take where it is new."""
        if self._pairs.problem.groups.count[copy[0]] > 1 and copy not in self._unit_of:
            none, empty = np.zeros(0, dtype=np.int32), np.zeros(0)
            self._check(self._engine.addRow(0.0, 1.0, 0, none, empty))
            unit, rest = self._name_unit(copy), self._columns_of[self._unit_of[copy[0], 0]]
            self.add(np.full(len(rest), unit), self.column_pair[rest])
        return self.unit_of(copy)

    def add(self, unit: Int, pair: Int) -> int:
        """Add columns of some units' pairs that are not known yet; return how many were new.

        Parameters
        ----------
        unit, pair : (n,) int64
        """
        new = [
            place for place, key in enumerate(zip(unit.tolist(), pair.tolist(), strict=True)) if key not in self._known
        ]
        unit, pair = unit[new], pair[new]
        if not len(pair):
            return 0
        problem = self._pairs.problem
        usage = problem.plans.usage.taken(self._pairs.plan[pair])
        rate = problem.groups.rate[self._pairs.group[pair]].astype(np.float64)
        index, amount, start = [], [], [0]
        for place in range(len(pair)):
            part = slice(usage.start[place], usage.start[place + 1])
            index += [*usage.column[part].tolist(), self._rows + int(unit[place])]
            amount += [*(usage.amount[part] * rate[place] / self._scale[usage.column[part]]).tolist(), 1.0]
            if problem.is_cost:
                index.append(self._rows - 1)
                amount.append(float(self._pairs.value[pair[place]]) / self._value_scale)
            start.append(len(index))
            self._known.add((int(unit[place]), int(pair[place])))
            self._columns_of[int(unit[place])].append(len(self.column_unit) + place)
        self._check(self._engine.addCols(
            len(pair), -self._worth[pair] / self._unit,
            np.zeros(len(pair)), np.full(len(pair), self._highspy.kHighsInf),
            len(index), np.array(start[:-1], dtype=np.int32), np.array(index, dtype=np.int32), np.array(amount),
        ))  # fmt: skip
        self.column_unit = np.concatenate([self.column_unit, unit])
        self.column_pair = np.concatenate([self.column_pair, pair])
        return len(pair)

    def face(self, case: Case) -> None:
        """Set the bounds that hold at a node."""
        pairs, engine = self._pairs, self._engine
        own = {self._own_unit(copy): (copy, of_copy) for copy, of_copy in case.copies.items()}
        upper = np.full(len(self.column_unit), self._highspy.kHighsInf)
        for unit, (copy, of_copy) in own.items():
            columns = np.array(self._columns_of[unit], dtype=np.int64)
            closed = columns[~of_copy.open[self.column_pair[columns] - pairs.start[copy[0]]]]
            upper[closed] = 0.0
        number = len(upper)
        if number:
            index = np.arange(self._first_pair, self._first_pair + number, dtype=np.int32)
            self._check(engine.changeColsBounds(number, index, np.zeros(number), upper))
        supplies = len(case.lower)
        if supplies:
            index = np.arange(supplies, dtype=np.int32)
            self._check(engine.changeColsBounds(
                supplies, index, case.lower.astype(np.float64), case.upper.astype(np.float64)
            ))  # fmt: skip
        groups = pairs.problem.groups
        most = np.array([groups.count[group] if number == 0 else 1 for group, number in self.units], dtype=np.float64)
        for group, number in self.units:
            most[self._unit_of[group, 0]] -= number > 0
        least = np.array([most[unit] if groups.must[group] else 0.0 for unit, (group, _) in enumerate(self.units)])
        for unit, (_, of_copy) in own.items():
            least[unit] = float(of_copy.served)
        for unit in range(len(self.units)):
            self._check(engine.changeRowBounds(self._rows + unit, least[unit], most[unit]))

    def solve(self) -> Prices:
        """Solve and return the duals as prices.

        Raises
        ------
        EngineError
            If HiGHS fails.
        """
        engine = self._engine
        self._check(engine.run())
        if engine.getModelStatus() == self._highspy.HighsModelStatus.kUnknown:
            engine.clearSolver()  # the last basis may be a bad one to begin with
            self._check(engine.run())
        if engine.getModelStatus() != self._highspy.HighsModelStatus.kOptimal:
            raise EngineError(f"HiGHS ended with {engine.modelStatusToString(engine.getModelStatus())}")
        found = engine.getSolution()
        value = np.asarray(found.col_value, dtype=np.float64)
        supplies = len(self._pairs.problem.supplies)
        self.supplied, self.amount = value[:supplies], value[self._first_pair :]
        self._shortfall = value[supplies : self._first_pair]
        self.worth = -float(engine.getInfo().objective_function_value) * self._unit
        dual = np.asarray(found.row_dual, dtype=np.float64)
        rows = len(self._pairs.problem.rows)
        row = np.maximum(-dual[:rows], 0.0) * self._unit / self._scale
        if not self._pairs.problem.is_cost:
            return self.on_grid(Prices(row))
        return self.on_grid(Prices(row, max(float(dual[rows]), 0.0) * self._unit / self._value_scale))

    def raise_shortfalls(self) -> bool:
        """Make what the last optimum is short of dearer; say whether there was any that can be."""
        short = self._shortfall > _SHORT
        rows = np.flatnonzero(short & (self._shortfall_price < _DEAREST_SHORTFALL))
        self._shortfall_price[rows] *= _DEARER
        first = len(self._pairs.problem.supplies)
        for row in rows.tolist():
            self._check(self._engine.changeColCost(first + row, self._shortfall_price[row]))
        return bool(len(rows))

    def on_grid(self, prices: Prices) -> Prices:
        """Return prices as a certificate can state them."""
        row = np.rint(prices.row * self.denominator) / self.denominator
        return Prices(row, float(np.rint(prices.value * self.denominator) / self.denominator))

    def _check(self, status: Any) -> None:
        if status == self._highspy.HighsStatus.kError:
            raise EngineError("HiGHS refused a part of the linear program")
