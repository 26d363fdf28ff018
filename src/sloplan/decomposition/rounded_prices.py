"""Prices of rows and of rounded inequalities: a bound below the linear program's, and its certificate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fixing import Survivors
from sloplan.decomposition.lagrangian import ROUNDING, Response
from sloplan.decomposition.pairs import Pairs
from sloplan.decomposition.rounded_program import DIVISOR, Duals, RoundedProgram, columns_of
from sloplan.problem.certificates.format import Certificate
from sloplan.problem.certificates.from_prices import grid_for, leaf_on_grid
from sloplan.problem.certificates.inequalities import UNIT, Amounts, Rounded
from sloplan.problem.certificates.inequality_format import Inequality, Rounding
from sloplan.problem.certificates.pricing import PRICED_LIMIT
from sloplan.problem.compiled import CompiledInstance, Int, Text

Float = npt.NDArray[np.float64]

_LEAST_GAIN: Final = 0.01
"""Of all that inequalities have taken off the bound: `_ROUNDS_OF_LITTLE` rounds that take less are the last."""

_ROUNDS_OF_LITTLE: Final = 3


@dataclass(frozen=True)
class RoundedPrices:
    """Prices of rows and rounded inequalities, for solutions that lose little at other prices.

    Parameters
    ----------
    first : Response
        At which solutions lose.
    most_lost : float
        By those that the inequalities hold for.
    pairs : Pairs
        All that these can do.
    rounded : sequence of Rounded
        Those that are paid for, and what they were made from.
    duals : Duals
    largest : float
        No pair or supply is worth more, priced, in any of its parts.
    """

    first: Response
    most_lost: float
    pairs: Pairs
    rounded: Sequence[Rounded]
    duals: Duals
    largest: float

    @property
    def problem(self) -> CoupledProblem:
        """Whose prices they are."""
        return self.first.problem

    @cached_property
    def uncertainty(self) -> float:
        """What rounding may have taken off the worth of a pair, on the safe side."""
        return ROUNDING * self.largest

    @cached_property
    def best(self) -> Float:
        """What a copy of each group is worth at its best, staying out included where it may; shape (groups,)."""
        best = np.where(self.problem.groups.must, -np.inf, 0.0)
        np.maximum.at(best, self.pairs.group, self.worth(self.pairs))
        return best

    def worth(self, pairs: Pairs) -> Float:
        """Return what a copy of each pair's group is worth with its plan, after all that it pays; shape (pairs,)."""
        groups, plans, columns = self.problem.groups, self.problem.plans, columns_of(self.problem, pairs)
        prices, usage = self.duals.prices, columns.usage
        value = prices.value * (groups.value[pairs.group] + plans.value[pairs.plan])
        cost = groups.rate[pairs.group] * plans.cost[pairs.plan] if self.problem.is_cost else 0
        price = np.append(prices.row, 0.0)  # the floor's row is in the value
        paid = np.bincount(usage.row_of_entry, weights=usage.amount * price[usage.column], minlength=len(pairs))
        amounts: list[Amounts] = []
        for each, rounded in zip(self.duals.inequality.tolist(), self.rounded, strict=True):
            amounts.append(rounded.amounts(columns, amounts))
            paid = paid + each * amounts[-1].each
        return np.asarray(value - cost - paid)

    def certificate(self) -> Certificate:
        """Return what proves the bound."""
        problem, prices = self.problem, self.duals.prices
        first = self.first.prices
        figures = (
            self.largest, problem.dearest(first.row, first.value), problem.dearest(prices.row, prices.value),
            float(self.duals.inequality.max(initial=0.0)), float(prices.row.max(initial=0.0)),
            float(first.row.max(initial=0.0)), first.value, prices.value,
        )  # fmt: skip
        denominator = grid_for(max(figures))
        # What loses more than lies between both bounds is worth less than the lower one.
        most_lost = max(0.0, min(self.most_lost, self.first.bound - self.duals.bound))
        of_value = (first.value, prices.value) if problem.is_cost else (None, None)
        leaf = leaf_on_grid(problem.rows, first.row, denominator, of_value[0])
        second = leaf_on_grid(problem.rows, prices.row, denominator, of_value[1])
        rounding = Rounding(
            most_lost=min(math.floor(most_lost * denominator), PRICED_LIMIT),
            prices=second.prices,
            goodput_price=second.goodput_price,
            divisor=DIVISOR,
            inequalities=tuple(self._stated(denominator)),
        )
        objective = "cost" if problem.is_cost else "goodput"
        return Certificate(objective, denominator, (replace(leaf, rounding=rounding),))

    def _stated(self, denominator: int) -> list[Inequality]:
        problem, source = self.problem, self.problem.source
        queries: Text = source.names.queries if isinstance(source, CompiledInstance) else source.groups.name
        groups, unit = len(queries), DIVISOR // UNIT
        price = np.rint(self.duals.inequality * denominator).astype(np.int64)
        return [
            Inequality(
                rows=_named(problem.rows.name, rounded.weights.row[:-1]),
                goodput=int(rounded.weights.row[-1]),
                inequalities=dict(zip(rounded.weights.number.tolist(), rounded.weights.earlier.tolist(), strict=True)),
                groups=_named(queries, rounded.weights.limit[:groups] // unit),
                supplies=_named(problem.supplies.name, rounded.weights.limit[groups:] // unit),
                price=each,
            )
            for each, rounded in zip(price.tolist(), self.rounded, strict=True)
        ]


def find_rounded_prices(
    first: Response,
    core: Survivors,
    most_lost: float,
    remaining: Callable[[], float] = lambda: math.inf,
) -> RoundedPrices | None:
    """Tighten the linear program over a core; None if that brings nothing, or time is up before.

    Parameters
    ----------
    first : Response
        At good prices.
    core : Survivors
        All that solutions can do which lose no more than `most_lost` there.
    most_lost : float
    remaining : callable, optional
        Returns the seconds that are left for it.

    Raises
    ------
    EngineError
        If the engine fails.
    """
    problem = first.problem
    has = np.bincount(core.pairs.group, minlength=len(problem.groups)) > 0
    if np.any(problem.groups.must & ~has & (problem.groups.count > 0)) or not len(core.pairs):
        return None
    program = RoundedProgram(problem, core)
    before = program.solve(remaining())
    if before is None:
        return None
    start, best, little = before, None, 0
    while little < _ROUNDS_OF_LITTLE and program.separate(lambda: remaining() <= 0):
        last = program.solve(remaining())
        if last is None:
            break
        best = program.duals
        little = little + 1 if before - last < _LEAST_GAIN * (start - last) else 0
        before = last
    return None if best is None else _paid_for(first, core, most_lost, program, best)


def _paid_for(
    first: Response, core: Survivors, most_lost: float, program: RoundedProgram, duals: Duals
) -> RoundedPrices:
    """Return the inequalities that have a price, and those that they were made from, numbered anew."""
    paid = np.zeros(len(program.rounded), dtype=np.bool_)
    paid[: len(duals.inequality)] = duals.inequality > 0
    for number in range(len(paid) - 1, -1, -1):
        if paid[number]:
            paid[program.rounded[number].weights.number] = True
    kept = np.flatnonzero(paid)
    place = np.cumsum(paid) - 1
    rounded = [
        replace(one, weights=replace(one.weights, number=place[one.weights.number]))
        for one in (program.rounded[number] for number in kept.tolist())
    ]
    inequality = np.zeros(len(paid))
    inequality[: len(duals.inequality)] = duals.inequality
    largest = program.largest(duals)
    return RoundedPrices(first, most_lost, core.pairs, rounded, duals._replace(inequality=inequality[kept]), largest)


def _named(names: Text, figures: Int) -> dict[str, int]:
    """Return what is not 0, by name."""
    index = np.flatnonzero(figures)
    return dict(zip(names[index].tolist(), figures[index].tolist(), strict=True))
