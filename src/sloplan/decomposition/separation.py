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
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.divided_rows import divided_rows
from sloplan.decomposition.optimum import Optimum, Split
from sloplan.decomposition.rounded_program import DIVISOR, RoundedProgram
from sloplan.problem.certificates.inequalities import SAFE_REACH, UNIT, Rounded

Float = npt.NDArray[np.float64]

_LEAST_FRACTION: Final = 0.02
"""Of what should be whole, from either side: rounding something smaller divides by too little."""

_LEAST_BROKEN: Final = 1e-4
"""Distance of the optimum from an inequality, in the space of the columns of groups that it splits: others are whole
numbers already, and there are far more of them."""

_MULTIPLES: Final = (1, 2, 3)
"""Of a row of the tableau."""

_MOST_ALIKE: Final = 0.7
"""Cosine of the angle between two inequalities of one round."""

_MOST_TABLEAU_ROWS: Final = 500
_MOST_ADDED: Final = 400
"""Of one round; rows of the tableau are those of variables nearest to a half."""


class _Candidate(NamedTuple):
    rounded: Rounded
    amounts: Float  # of columns of groups that are split, of length 1
    broken: float


def separate(program: RoundedProgram, should_stop: Callable[[], bool]) -> int:
    """Add inequalities that the program's last optimum breaks, drop those that do not bind; return how many were added.

    Parameters
    ----------
    program : RoundedProgram
        Solved.
    should_stop : callable
        Asked often.
    """
    program.drop_slack()
    optimum = program.optimum()
    split, found = optimum.split, list[_Candidate]()
    for weight, broken in _weights(program, optimum):
        if should_stop():
            return 0
        candidate = _candidate(program.inequality(weight), broken, split)
        if candidate is not None:
            found.append(candidate)
    chosen = _unlike(sorted(found, key=lambda candidate: -candidate.broken))
    return sum(program.add(candidate.rounded) for candidate in chosen)


def _weights(program: RoundedProgram, optimum: Optimum) -> Iterator[tuple[Float, float]]:
    """Yield weights of rows, limits first, and by how much the optimum breaks what they give."""
    for position in _fractional(optimum):
        weight = program.tableau_row(position)
        for multiple in _MULTIPLES:
            value = multiple * float(optimum.basic[position])
            yield multiple * weight, value - math.floor(value)  # all other basic variables count whole numbers
    yield from divided_rows(optimum)


def _fractional(optimum: Optimum) -> list[int]:
    """Return positions of the basis whose variables should be whole and are not, those nearest to a half first."""
    fraction = np.where(optimum.is_whole, optimum.basic - np.floor(optimum.basic), 0.0)
    position = np.flatnonzero((fraction > _LEAST_FRACTION) & (fraction < 1 - _LEAST_FRACTION))
    order = np.argsort(np.abs(fraction[position] - 0.5), kind="stable")
    return [int(one) for one in position[order][:_MOST_TABLEAU_ROWS]]


def _candidate(rounded: Rounded, broken: float, split: Split) -> _Candidate | None:
    """Return an inequality as measured on the columns of groups that are split, if it is broken enough."""
    if not _LEAST_FRACTION < rounded.fraction / DIVISOR < 1 - _LEAST_FRACTION:
        return None
    if rounded.reach(split.columns, split.amounts) > SAFE_REACH:  # a verifier, who looks at more plans, allows 2^62
        return None
    each = rounded.amounts(split.columns, split.amounts).each / UNIT
    length = float(np.sqrt(each @ each))
    if length == 0.0 or broken / length < _LEAST_BROKEN:
        return None
    return _Candidate(rounded, each / length, broken / length)


def _unlike(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Return those that differ from all before them."""
    chosen: list[_Candidate] = []
    for candidate in candidates:
        if len(chosen) == _MOST_ADDED:
            break
        if all(abs(float(candidate.amounts @ other.amounts)) <= _MOST_ALIKE for other in chosen):
            chosen.append(candidate)
    return chosen
