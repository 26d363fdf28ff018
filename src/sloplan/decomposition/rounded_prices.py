"""Prices of rows and of rounded inequalities: a bound below the linear program's, and its certificate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, islice
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fixing import Survivors
from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.lagrangian import ROUNDING, Response
from sloplan.decomposition.pairs import Pairs
from sloplan.decomposition.paying import pay
from sloplan.decomposition.rounded_program import DIVISOR, Duals, RoundedProgram, columns_of
from sloplan.decomposition.separation import separate
from sloplan.problem.certificates.format import Certificate
from sloplan.problem.certificates.from_prices import LARGEST_FIGURE, grid_for, leaf_on_grid
from sloplan.problem.certificates.inequalities import UNIT, Amounts, Columns, Rounded
from sloplan.problem.certificates.inequality_format import Inequality, Rounding
from sloplan.problem.certificates.pricing import PRICED_LIMIT
from sloplan.problem.compiled import CompiledInstance, Int, Text

Float = npt.NDArray[np.float64]

_LEAST_GAIN: Final = 0.002
"""Of all that inequalities have taken off the bound: `_ROUNDS_OF_LITTLE` rounds that take less are the last, and pairs
that put less on it again are not let in."""

_ROUNDS_OF_LITTLE: Final = 6

_FIRST_ROUNDS: Final = 1
"""Before the program is held against all pairs, and then twice as many each time: inequalities made for few of them are
not those that all want."""

_FIRST_PAIRS: Final = 3
"""That the program begins with, for each group: as many of all pairs, those that lose least."""

_PAIRS_AT_ONCE: Final = 30_000
"""That it begins with where somebody must be served, or a floor reached: few pairs need not be able to, and with
inequalities less so."""

_MOST_LET_IN: Final = 3
"""Pairs of one group that are let in at once."""

_SECONDS_AN_AMOUNT: Final = 2e-8
"""That it takes about to work out what a pair counts in an inequality."""

_TIMES_PRICED: Final = 4
"""That there has to be time for in the end: what is let in then may make more worth more."""

_LEAST_WORTH: Final = 1e-9
"""Of the largest worth: pairs that are worth more by less count as worth the same."""


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
        """What a copy of each group is worth at its best, staying out included where it may; shape (groups,).

        Of each group the pair that is worth most in floating point: hardly ever less than the best of all.
        """
        best = np.where(self.problem.groups.must, -np.inf, 0.0)
        order = np.lexsort((self.worth_about(self.pairs), self.pairs.group))
        group = self.pairs.group[order]
        pairs = self.pairs.taken(order[np.append(group[1:] != group[:-1], len(group) > 0)])
        np.maximum.at(best, pairs.group, self.worth(pairs))
        return best

    def worth(self, pairs: Pairs) -> Float:
        """Return what a copy of each pair's group is worth with its plan, after all that it pays; shape (pairs,)."""
        columns = columns_of(self.problem, pairs)
        worth, amounts = self._worth_at_rows(pairs, columns), list[Amounts]()
        for each, rounded in zip(self.duals.inequality.tolist(), self.rounded, strict=True):
            amounts.append(rounded.amounts(columns, amounts))
            worth = worth - each * amounts[-1].each
        return worth

    def worth_about(self, pairs: Pairs) -> Float:
        """Return `worth` in floating point, much sooner.

        It differs by what inequalities lose in whole numbers. That is little where figures are of one size, but what
        one loses may be multiplied in those that weigh it.

        Parameters
        ----------
        pairs : Pairs
        """
        columns = columns_of(self.problem, pairs)
        return self._worth_at_rows(pairs, columns) - pay(columns, self.rounded, self.duals.inequality * UNIT)

    def _worth_at_rows(self, pairs: Pairs, columns: Columns) -> Float:
        groups, plans, prices, usage = self.problem.groups, self.problem.plans, self.duals.prices, columns.usage
        value = prices.value * (groups.value[pairs.group] + plans.value[pairs.plan])
        cost = groups.rate[pairs.group] * plans.cost[pairs.plan] if self.problem.is_cost else 0
        price = np.append(prices.row, 0.0)  # the floor's row is in the value
        paid = np.bincount(usage.row_of_entry, weights=usage.amount * price[usage.column], minlength=len(pairs))
        return np.asarray(value - cost - paid)

    @cached_property
    def _dearest(self) -> float:
        """No figure of the certificate is larger."""
        first, prices = self.first.prices, self.duals.prices
        return max(
            self.largest, self.problem.dearest(first.row, first.value), self.problem.dearest(prices.row, prices.value),
            float(self.duals.inequality.max(initial=0.0)), float(prices.row.max(initial=0.0)),
            float(first.row.max(initial=0.0)), first.value, prices.value,
        )  # fmt: skip

    @property
    def fits(self) -> bool:
        """Whether a certificate can hold such figures."""
        return self._dearest < LARGEST_FIGURE

    def certificate(self) -> Certificate:
        """Return what proves the bound, of prices that fit."""
        problem, prices, first = self.problem, self.duals.prices, self.first.prices
        denominator = grid_for(self._dearest)
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
    known: Sequence[Rounded] = (),
    fractional: Fractional | None = None,
) -> RoundedPrices | None:
    """Tighten the linear program over a core; None if that brings nothing, or time is up before.

    It begins with the pairs that lose least. Whatever its prices make worth more is let in, until the bound of all
    pairs is hardly above the program's.

    Parameters
    ----------
    first : Response
        At good prices.
    core : Survivors
        All that solutions can do which lose no more than `most_lost` there.
    most_lost : float
    remaining : callable, optional
        Returns the seconds that are left for it.
    known : sequence of Rounded, optional
        Inequalities of another core of the same problem, to go on from.
    fractional : Fractional, optional
        An optimum of the linear program over all plans, as good as basic.

    Raises
    ------
    EngineError
        If the engine fails.
    """
    problem, best = first.problem, None
    may_stay_out = not (problem.is_cost or problem.groups.must.any())
    near = core.nearest(_FIRST_PAIRS * len(problem.groups) if may_stay_out else _PAIRS_AT_ONCE).pairs
    if not len(near) or not _all_can(problem, near):
        return None
    program = RoundedProgram(problem, near, core.upper)

    def has_all() -> bool:
        return len(program.pairs) == len(core)

    def to_price() -> float:
        """Seconds that it takes to price all pairs."""
        return 0.0 if has_all() else _SECONDS_AN_AMOUNT * len(core) * program.num_paid

    def for_rounds() -> float:
        """Seconds that are left before pairs are priced for the last times."""
        return remaining() - _TIMES_PRICED * to_price()

    if fractional is None:
        program.begin_at(first)
    else:
        program.begin_near(fractional)
    program.take_over(known)
    start, bound, rounds = first.bound, program.solve(remaining()), _FIRST_ROUNDS
    while bound is not None:
        ended = _tighten(program, start, bound, for_rounds, None if has_all() else rounds)
        found = _paid_for(first, core, most_lost, program)
        more, most = _worth_more(found, program.pairs)
        found = replace(found, duals=found.duals._replace(bound=most))
        best = found if best is None or most < best.duals.bound else best
        if len(more) and most - program.duals.bound > _LEAST_GAIN * (start - program.duals.bound):
            program.extend(more)
        elif ended or for_rounds() <= 0:
            break
        bound, rounds = program.solve(remaining() - to_price()), 2 * rounds
    return best if best is not None and best.rounded else None


def _all_can(problem: CoupledProblem, pairs: Pairs) -> bool:
    """Tell whether every group that must be served has a pair: otherwise there is no program."""
    has = np.bincount(pairs.group, minlength=len(problem.groups)) > 0
    return not np.any(problem.groups.must & ~has & (problem.groups.count > 0))


def _tighten(
    program: RoundedProgram, start: float, bound: float, remaining: Callable[[], float], rounds: int | None
) -> bool:
    """Add inequalities until they take hardly anything off the bound any more, of what they took since the start.

    False if time was up before, or so many rounds were over, where a number is given.
    """
    little = 0
    for _ in islice(count(), rounds):
        if remaining() <= 0 or not separate(program, lambda: remaining() <= 0, little):
            return remaining() > 0
        last = program.solve(remaining())
        if last is None:
            return False
        is_little = bound - last <= max(_LEAST_GAIN * (start - last), ROUNDING * abs(last))
        little = little + 1 if is_little else 0
        if little == _ROUNDS_OF_LITTLE:
            return True
        bound = last
    return False


def _worth_more(found: RoundedPrices, known: Pairs) -> tuple[Pairs, float]:
    """Return some pairs of each group that are worth more than all that the program has, and the bound with them."""
    problem, pairs = found.problem, found.pairs
    if len(known) == len(pairs):
        return pairs.taken(np.zeros(0, dtype=np.int64)), found.duals.bound
    best = np.where(problem.groups.must, -np.inf, 0.0)
    np.maximum.at(best, known.group, found.worth_about(known))
    worth = found.worth_about(pairs)
    better = np.flatnonzero(worth > best[pairs.group] + _LEAST_WORTH * max(1.0, found.largest))
    better = better[np.lexsort((-worth[better], pairs.group[better]))]
    begins = np.flatnonzero(np.diff(pairs.group[better], prepend=-1))
    first = better[begins]
    rank = np.arange(len(better)) - np.repeat(begins, np.diff(np.append(begins, len(better))))
    more = problem.groups.count[pairs.group[first]] * (worth[first] - best[pairs.group[first]])
    return pairs.taken(better[rank < _MOST_LET_IN]), found.duals.bound + float(more.sum())


def _paid_for(first: Response, core: Survivors, most_lost: float, program: RoundedProgram) -> RoundedPrices:
    """Return the inequalities that have a price, and those that they were made from, numbered anew."""
    duals = program.duals
    paid = duals.inequality > 0
    for number in range(len(paid) - 1, -1, -1):
        if paid[number]:
            paid[program.rounded[number].weights.number] = True
    kept = np.flatnonzero(paid)
    place = np.cumsum(paid) - 1
    rounded = [
        replace(one, weights=replace(one.weights, number=place[one.weights.number]))
        for one in (program.rounded[number] for number in kept.tolist())
    ]
    largest, duals = program.largest(duals), duals._replace(inequality=duals.inequality[kept])
    return RoundedPrices(first, most_lost, core.pairs, rounded, duals, largest)


def _named(names: Text, figures: Int) -> dict[str, int]:
    """Return what is not 0, by name."""
    index = np.flatnonzero(figures)
    return dict(zip(names[index].tolist(), figures[index].tolist(), strict=True))
