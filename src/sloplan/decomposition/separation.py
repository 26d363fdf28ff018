"""Inequalities that the optimum of a linear program breaks, and the weights of rows that give them.

Two kinds of weights are rounded (`certificates.inequalities`). Every basic variable that should be whole and is not has
a row of the simplex tableau, which weighs all rows at once; small multiples of it are rounded as well. And every row
and inequality that binds is divided by what plans differ by in it (`divided_rows`). Of all that the optimum breaks,
those that it breaks most and that differ are added.

Sources: R. E. Gomory, An algorithm for the mixed integer problem, RAND RM-2597, 1960; G. Cornuéjols, Y. Li,
D. Vandenbussche, K-cuts: a variation of Gomory mixed integer cuts from the LP tableau, INFORMS Journal on Computing 15,
2003 (multiples).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.divided_rows import divided, divided_rows, rounded_about
from sloplan.decomposition.optimum import Optimum
from sloplan.decomposition.rounded_program import RoundedProgram
from sloplan.problem.certificates.inequalities import SAFE_REACH, Rounded

Float = npt.NDArray[np.float64]

_LEAST_FRACTION: Final = 0.02
"""Of what should be whole, from either side: rounding something smaller divides by too little."""

_LEAST_BROKEN: Final = 1e-4
"""Distance of the optimum from an inequality, in the space of the columns of groups that it splits: others are whole
numbers already, and there are far more of them."""

_MULTIPLES: Final = ((1, 2, 3), (-1, -2, -3), (4, 5, 6), (-4, -5, -6), (7, 8, 9), (-7, -8, -9))
"""Of a row of the tableau: the first, and others in turn for as long as those before brought little."""

_MOST_ALIKE: Final = 0.7
"""Cosine of the angle between two inequalities of one round."""

_MOST_TABLEAU_ROWS: Final = 500
_MOST_ADDED: Final = 400
"""Of one round; rows of the tableau are those of variables nearest to a half."""


class _Weighed(NamedTuple):
    weight: Float  # of all rows, limits first
    again: Callable[[], Float]  # makes that anew: there are many, and with many groups they are long
    broken: float  # by how much the optimum breaks what they give


class _Candidate(NamedTuple):
    again: Callable[[], Float]
    counts: Float  # of columns of groups that are split, of length 1
    broken: float


def separate(program: RoundedProgram, should_stop: Callable[[], bool], stalled: int = 0) -> int:
    """Add inequalities that the program's last optimum breaks, drop those that do not bind; return how many were added.

    Parameters
    ----------
    program : RoundedProgram
        Solved.
    should_stop : callable
        Asked often.
    stalled : int, optional
        For how many rounds inequalities have brought little.
    """
    program.drop_slack()
    optimum, found = program.optimum(), list[_Candidate]()
    for weighed in _weighed(program, optimum, _MULTIPLES[stalled % len(_MULTIPLES)]):
        if should_stop():
            return 0
        candidate = _candidate(optimum, weighed)
        if candidate is not None:
            found.append(candidate)
    chosen = list[Rounded]()
    counts = np.zeros((_MOST_ADDED, len(optimum.split.limit)))
    for candidate in sorted(found, key=lambda candidate: -candidate.broken):
        if len(chosen) == _MOST_ADDED:
            break
        if should_stop():
            return 0
        if np.abs(counts[: len(chosen)] @ candidate.counts).max(initial=0.0) > _MOST_ALIKE:
            continue
        rounded = program.inequality(candidate.again())
        if _breaks(optimum, rounded):
            counts[len(chosen)] = candidate.counts
            chosen.append(rounded)
    return sum(program.add(rounded) for rounded in chosen)


def _weighed(program: RoundedProgram, optimum: Optimum, multiples: Sequence[int]) -> Iterator[_Weighed]:
    for position in _fractional(optimum):
        weight = program.tableau_row(position)
        for multiple in multiples:
            value = multiple * float(optimum.basic[position])
            broken = value - math.floor(value)  # all other basic variables count whole numbers
            yield _Weighed(multiple * weight, partial(_of_tableau, program, position, multiple), broken)
    for row, times, broken in divided_rows(optimum):
        yield _Weighed(divided(optimum, row, times), partial(divided, optimum, row, times), broken)


def _of_tableau(program: RoundedProgram, position: int, multiple: int) -> Float:
    return multiple * program.tableau_row(position)


def _fractional(optimum: Optimum) -> list[int]:
    """Return positions of the basis whose variables should be whole and are not, those nearest to a half first."""
    fraction = np.where(optimum.is_whole, optimum.basic - np.floor(optimum.basic), 0.0)
    position = np.flatnonzero((fraction > _LEAST_FRACTION) & (fraction < 1 - _LEAST_FRACTION))
    order = np.argsort(np.abs(fraction[position] - 0.5), kind="stable")
    return [int(one) for one in position[order][:_MOST_TABLEAU_ROWS]]


def _candidate(optimum: Optimum, weighed: _Weighed) -> _Candidate | None:
    """Return what columns of groups that are split count about, if that is broken enough."""
    weight, split = weighed.weight, optimum.split
    right = float(weight @ optimum.right)
    fraction = right - math.floor(right)
    if not _LEAST_FRACTION < fraction < 1 - _LEAST_FRACTION:
        return None
    of_rows, of_limit = weight[len(optimum.count) :], weight[split.limit]
    total, slack = split.amounts @ of_rows + of_limit, split.amounts @ np.minimum(of_rows, 0.0) / (fraction - 1)
    counts = rounded_about(total, fraction) - rounded_about(of_limit, fraction) + slack
    length = math.sqrt(counts @ counts)
    if length == 0.0 or weighed.broken / length < _LEAST_BROKEN:
        return None
    return _Candidate(weighed.again, counts / length, weighed.broken / length)


def _breaks(optimum: Optimum, rounded: Rounded) -> bool:
    """Tell whether the optimum breaks an inequality in its whole numbers, which weights with large figures change."""
    if not _LEAST_FRACTION < rounded.fraction / rounded.divisor < 1 - _LEAST_FRACTION:
        return False
    if rounded.reach(optimum.columns, optimum.amounts) > SAFE_REACH:  # a verifier, who looks at more plans, allows 2^62
        return False
    return float(rounded.amounts(optimum.columns, optimum.amounts).each @ optimum.share) > rounded.most
