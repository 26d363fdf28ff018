"""The linear program over what survives, tightened by rounded inequalities that its optimum breaks.

It works with the exact whole numbers of `certificates.inequalities`, so that whatever it proves can be verified.
Inequalities that were added may be weighed in later ones. Which are worth adding `separation` says.

Source: E. Balas, S. Ceria, G. Cornuéjols, N. Natraj, Gomory cuts revisited, Operations Research Letters 19, 1996
(rounds of many at once, of which those that do not bind go again).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.lagrangian import Prices, Response
from sloplan.decomposition.linear_engine import LinearEngine
from sloplan.decomposition.optimum import Optimum
from sloplan.decomposition.pairs import Pairs
from sloplan.problem.certificates.inequalities import SAFE_REACH, UNIT, Amounts, Columns, Rounded, Weights
from sloplan.problem.certificates.pricing import GridTooFineError
from sloplan.problem.compiled import Bool, Int, Sparse

Float = npt.NDArray[np.float64]

DIVISOR: Final = 2**52
"""As fine as leaves room for sums of a thousand times as much."""

_LEAST_WEIGHT: Final = 1e-11

_WHOLE: Final = 1e-7
"""Copies, units and parts of a row: less is an engine's rounding."""


class Duals(NamedTuple):
    """What the optimum pays: prices of rows and value, and for each inequality; the bound that they prove."""

    prices: Prices
    inequality: Float
    bound: float


@dataclass
class RoundedProgram:
    """Most worth of shares of pairs and supplies, within groups, rows and the inequalities so far.

    Parameters
    ----------
    problem : CoupledProblem
    pairs : Pairs
        More of them may come.
    upper : (supplies,) int64
        Most units of each supply.

    Attributes
    ----------
    rounded : list of Rounded
        All inequalities that were added, those that are dropped again included: later ones may weigh them.
    duals : Duals
        What the last optimum pays, for the inequalities that there were.
    """

    problem: CoupledProblem
    pairs: Pairs
    upper: Int

    def __post_init__(self) -> None:
        problem, groups, supplies = self.problem, self.problem.groups, self.problem.supplies
        self.columns = Columns.of_supplies(supplies.brought, len(groups))
        self.rounded: list[Rounded] = []
        self._amounts: list[Amounts] = []
        self._active: list[int] = []
        self._capacity = np.append(problem.rows.capacity, -problem.floor)
        self._count = np.concatenate([groups.count, self.upper])
        self._scale = np.maximum(np.abs(self._capacity), 1).astype(np.float64)
        brought = supplies.brought
        np.maximum.at(self._scale, brought.column, np.abs(brought.amount).astype(np.float64))
        self._inequality_scale: list[float] = []
        self._worth = -problem.supply_price.astype(np.float64)
        self._unit = max(1.0, float(np.abs(self._worth_of(self.pairs)).mean()))
        self._engine = self._built()
        pairs, self.pairs = self.pairs, self.pairs.taken(np.zeros(0, dtype=np.int64))
        self.extend(pairs)
        self._has_grown = False  # by pairs since the last optimum

    @property
    def _limits(self) -> int:
        return len(self._count)

    @property
    def num_paid(self) -> int:
        """Number of inequalities that the last optimum pays."""
        return int(np.count_nonzero(self.duals.inequality))

    def _built(self) -> LinearEngine:
        """Return the program without pairs."""
        problem, infinity = self.problem, (engine := LinearEngine(grows_by_columns=False, presolve=False)).infinity
        nothing, count = np.zeros(0, dtype=np.int64), self._count.astype(np.float64)
        must = np.concatenate([problem.groups.must, np.zeros(len(problem.supplies), dtype=np.bool_)])
        engine.add_rows(np.where(must, count, -infinity), count, nothing, nothing, np.zeros(0))
        engine.add_rows(
            np.full(len(self._scale), -infinity), self._capacity / self._scale, nothing, nothing, np.zeros(0)
        )
        self._add_columns(engine, self.columns, self._worth, [])
        return engine

    def extend(self, pairs: Pairs) -> None:
        """Add pairs that the program does not have yet.

        Parameters
        ----------
        pairs : Pairs
        """
        columns, amounts = columns_of(self.problem, pairs), list[Amounts]()
        for rounded in self.rounded:
            amounts.append(rounded.amounts(columns, amounts))
        worth = self._worth_of(pairs)
        self._add_columns(self._engine, columns, worth, amounts)
        self._amounts = [
            Amounts(np.concatenate([old.each, new.each]), max(old.largest, new.largest))
            for old, new in zip(self._amounts, amounts, strict=True)
        ]
        usage = Sparse.joined([self.columns.usage, columns.usage])
        self.columns = Columns(usage, np.concatenate([self.columns.limit, columns.limit]))
        self.pairs = self.pairs.followed_by(pairs)
        self._worth = np.concatenate([self._worth, worth])
        self._has_grown = True

    def _worth_of(self, pairs: Pairs) -> Float:
        groups, plans = self.problem.groups, self.problem.plans
        if self.problem.is_cost:
            return -(groups.rate[pairs.group] * plans.cost[pairs.plan]).astype(np.float64)
        return (groups.value[pairs.group] + plans.value[pairs.plan]).astype(np.float64)

    def _add_columns(self, engine: LinearEngine, columns: Columns, worth: Float, amounts: Sequence[Amounts]) -> None:
        usage, number = columns.usage, np.arange(len(columns))
        owner, row = [number, usage.row_of_entry], [columns.limit, self._limits + usage.column]
        share = [np.ones(len(columns)), usage.amount / self._scale[usage.column]]
        for place, one in enumerate(self._active):
            counting = np.flatnonzero(amounts[one].each)
            owner.append(counting)
            row.append(np.full(len(counting), self._limits + len(self._scale) + place))
            share.append(amounts[one].each[counting] / self._inequality_scale[one])
        of = np.concatenate(owner)
        order = np.argsort(of, kind="stable")
        limits = np.zeros(len(columns)), np.full(len(columns), engine.infinity)
        entries = np.concatenate(row)[order], np.concatenate(share)[order]
        engine.add_columns(-worth / self._unit, *limits, of[order], *entries)

    def begin_at(self, response: Response) -> None:
        """Begin from the vertex that good prices tell of: what loses least there is basic.

        That is one pair of each group that is worth serving, and another for each row with a price.

        Parameters
        ----------
        response : Response
            At which the pairs lose what they say.
        """
        pairs, rows = self.pairs, np.zeros(len(self._scale), dtype=np.bool_)
        rows[: len(response.prices.row)] = response.prices.row > 0
        order = np.argsort(pairs.loss, kind="stable")
        order = order[response.worth[pairs.group[order]] > 0]
        served, first = np.unique(pairs.group[order], return_index=True)
        limits = np.zeros(self._limits, dtype=np.bool_)
        limits[served] = True
        others = np.delete(order, first)[: np.count_nonzero(rows)]
        self._begin_at(np.concatenate([order[first], others]), np.zeros(0, dtype=np.int64), limits, rows)

    def begin_near(self, fractional: Fractional) -> None:
        """Begin from an optimum of the linear program over all plans, which is this one before inequalities.

        Where it is not quite basic, or lacks pairs, the engine mends the basis.

        Parameters
        ----------
        fractional : Fractional
        """
        problem, plans = self.problem, max(len(self.problem.plans), 1)
        taken = np.isin(self.pairs.group * plans + self.pairs.plan, fractional.group * plans + fractional.plan)
        served = np.bincount(fractional.group, weights=fractional.weight, minlength=len(problem.groups))
        limits = np.concatenate([served, fractional.amount]) >= self._count - _WHOLE
        limits &= self._count > 0
        left = (fractional.capacity - fractional.usage) / self._scale[:-1]
        rows = np.append(left <= _WHOLE, problem.is_cost)
        self._begin_at(np.flatnonzero(taken), np.flatnonzero(fractional.amount > _WHOLE), limits, rows)

    def _begin_at(self, pairs: Int, supplies: Int, limits: Bool, rows: Bool) -> None:
        """Begin from the basis of some pairs and supplies, and of all rows that do not bind."""
        basic = np.zeros(len(self.columns), dtype=np.bool_)
        basic[len(self.columns) - len(self.pairs) + pairs] = True
        basic[supplies] = True
        self._engine.begin_at(basic, ~np.concatenate([limits, rows]))

    def solve(self, seconds: float) -> float | None:
        """Return the bound, None if there was no time for it.

        Parameters
        ----------
        seconds : float
            May be infinite.
        """
        self._engine.expect(columns=self._has_grown)
        if not self._engine.run(None if np.isinf(seconds) else max(seconds, 0.0)):
            return None
        self._has_grown = False
        self.duals = self._paid()
        return self.duals.bound

    def optimum(self) -> Optimum:
        """Return what the last optimum does, of which no row may have been dropped but by `drop_slack`."""
        engine, limits = self._engine, self._limits
        used = np.flatnonzero(engine.columns > 0)
        basic, left = engine.basic, self._count - engine.rows[:limits]
        row = -1 - basic
        slack = np.concatenate([left, np.zeros(len(engine.rows) - limits)])
        scale = np.concatenate([self._scale, [self._inequality_scale[number] for number in self._active]])
        return Optimum(
            columns=self.columns.taken(used),
            share=engine.columns[used],
            amounts=[amounts.taken(used) for amounts in self._amounts],
            count=self._count.astype(np.float64),
            out=left,
            basic=np.where(basic >= 0, engine.columns[np.maximum(basic, 0)], slack[np.maximum(row, 0)]),
            is_whole=row < limits,
            binds=engine.duals[limits:] < 0,
            most=np.concatenate([self._capacity, [self.rounded[number].most for number in self._active]]) / scale,
            scale=scale,
            active=tuple(self._active),
        )

    def tableau_row(self, position: int) -> Float:
        """Return the weights of all rows, limits first, of which one basic variable is left."""
        return self._engine.inverse_row(position)

    def inequality(self, weight: Float) -> Rounded:
        """Return the inequality that weights of the program's rows give, limits first and active inequalities last.

        Parameters
        ----------
        weight : (limits + rows + active inequalities,) float64
        """
        weight = np.where(np.abs(weight) > _LEAST_WEIGHT, weight, 0.0)
        limits, rows = self._limits, len(self._scale)
        # Whole multiples of a row of whole numbers change nothing.
        of_limits = np.rint((weight[:limits] - np.floor(weight[:limits])) * UNIT).astype(np.int64) % UNIT
        of_rows = _whole(weight[limits : limits + rows] / self._scale * DIVISOR)
        scale = np.array([self._inequality_scale[number] for number in self._active])
        of_earlier = _whole(weight[limits + rows :] / scale * DIVISOR) if len(scale) else np.zeros(0, dtype=np.int64)
        weighed = np.flatnonzero(of_earlier)
        number = np.array(self._active, dtype=np.int64)[weighed]
        weights = Weights(of_rows, number, of_earlier[weighed], of_limits * (DIVISOR // UNIT))
        return Rounded.of(weights, DIVISOR, self._capacity, self._count, self.rounded)

    def add(self, rounded: Rounded) -> bool:
        """Add an inequality, unless some column's figures are too large for exact whole numbers; tell whether.

        Parameters
        ----------
        rounded : Rounded
            That weighs inequalities of this program at most.
        """
        if rounded.reach(self.columns, self._amounts) > SAFE_REACH:
            return False
        amounts = rounded.amounts(self.columns, self._amounts)
        scale, kept = max(amounts.largest, 1.0), np.flatnonzero(amounts.each)
        engine, one = self._engine, np.ones(1)
        owner = np.zeros(len(kept), dtype=np.int64)
        engine.add_rows(-engine.infinity * one, rounded.most / scale * one, owner, kept, amounts.each[kept] / scale)
        self._active.append(len(self.rounded))
        self.rounded.append(rounded)
        self._amounts.append(amounts)
        self._inequality_scale.append(scale)
        return True

    def take_over(self, known: Sequence[Rounded]) -> None:
        """Add inequalities of another core of the same problem, those that there is room for.

        Parameters
        ----------
        known : sequence of Rounded
            They weigh each other at most.
        """
        for one in known:
            # What limits allow is this core's.
            again = Rounded.of(one.weights, one.divisor, self._capacity, self._count, self.rounded)
            try:
                fits = self.add(again)
            except GridTooFineError:  # what is left of the divisor may be tiny now
                fits = False
            if not fits:  # later ones may weigh it
                return

    def drop_slack(self) -> None:
        """Drop the inequalities that do not bind at the last optimum."""
        first = self._limits + len(self._scale)
        may_go = np.arange(len(self._engine.rows)) >= first
        if not may_go.any():
            return
        gone = self._engine.drop_slack_rows(may_go)[first:]
        self._active = [number for number, dropped in zip(self._active, gone.tolist(), strict=True) if not dropped]

    def _paid(self) -> Duals:
        engine, limits, rows = self._engine, self._limits, len(self._scale)
        price = np.maximum(-engine.duals * self._unit, 0.0)
        of_rows = price[limits : limits + rows] / self._scale
        inequality = np.zeros(len(self.rounded))
        for number, each in zip(self._active, price[limits + rows :].tolist(), strict=True):
            inequality[number] = each / self._inequality_scale[number]
        value = float(of_rows[-1]) if self.problem.is_cost else 1.0
        return Duals(Prices(of_rows[:-1], value), inequality, -engine.objective * self._unit)

    def largest(self, duals: Duals) -> float:
        """Return what no column pays more than, for rows and inequalities together, in size.

        Parameters
        ----------
        duals : Duals
            Of this program.
        """
        usage, prices = self.columns.usage, np.append(duals.prices.row, duals.prices.value)
        each = np.abs(usage.amount) * prices[usage.column]
        size = np.bincount(usage.row_of_entry, weights=each, minlength=len(self.columns)).astype(np.float64)
        for price, amounts in zip(duals.inequality.tolist(), self._amounts, strict=False):
            size += price * np.abs(amounts.each)
        return float(size.max(initial=0.0)) + float(np.abs(self._worth).max(initial=0.0))


def columns_of(problem: CoupledProblem, pairs: Pairs) -> Columns:
    """Return pairs as columns.

    Parameters
    ----------
    problem : CoupledProblem
    pairs : Pairs
    """
    groups, plans = problem.groups, problem.plans
    usage, rate = plans.usage.taken(pairs.plan), groups.rate[pairs.group]
    of_pairs = Sparse(usage.start, usage.column, usage.amount * rate[usage.row_of_entry])
    value = groups.value[pairs.group] + plans.value[pairs.plan] if problem.is_cost else None
    return Columns.of_pairs(pairs.group, of_pairs, value, len(problem.rows))


def _whole(weight: Float) -> Int:
    """Return weights as whole numbers; what passes all bounds stays far from int64's."""
    return np.rint(np.clip(weight, -(2.0**61), 2.0**61)).astype(np.int64)
