"""Column generation: a linear program over known plans, whose prices may be smoothed before they are priced.

The restricted master gives prices; priced are those, or prices between them and those of the best bound so far, which
move less. Every pricing gives a bound. The best plan of every group becomes a column where the master's own prices
make it worth having. Where none is (the smoothed prices misled), the prices move towards the master's, until they are
its own: if there is none then either, its optimum is the optimum over all plans.

Sources: P. Wentges, Weighted Dantzig-Wolfe decomposition for linear mixed-integer programming, International
Transactions in Operational Research 4(2), 1997; A. Pessoa, R. Sadykov, E. Uchoa, F. Vanderbeck, Automation and
combination of linear-programming based stabilization techniques in column generation, INFORMS Journal on Computing
30(2), 2018: smoothing that adjusts itself by the slope, and the way out of mispricing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.column_master import ColumnMaster
from sloplan.decomposition.coordination import TOLERANCE, Respond, Step
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.first_prices import begin
from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.lagrangian import Prices

Float = npt.NDArray[np.float64]

_SMOOTHING: Final = 0.8  # weight of the best prices so far, at first, where a start is given
_RAISES: Final = 8  # of the penalties, tenfold each


def column_generation(
    problem: CoupledProblem,
    respond: Respond,
    start: Prices | None = None,
    known: Fractional | None = None,
    smoothing: float | None = None,
    remaining: Callable[[], float] = lambda: math.inf,
) -> Iterator[Step]:
    """Yield steps until the prices are settled; those since the master is feasible have a fractional solution.

    Parameters
    ----------
    problem : CoupledProblem
    respond : callable
    start : Prices, optional
        Where to begin, best at settled prices of `cutting_planes`.
    known : Fractional, optional
        Its pairs become columns at once.
    smoothing : float
        Weight of the best prices so far at first, from 0 (none, then or later) to below 1. Default: 0.8 with a start,
        which is worth staying close to, otherwise 0: with a column per group from every pricing, smoothing costs steps.
    remaining : callable, optional
        Returns the seconds that are left: a linear program of a million groups takes minutes.
    """
    if smoothing is None:
        smoothing = 0.0 if start is None else _SMOOTHING
    beginning = begin(problem, respond)
    for step in beginning.steps():
        yield step
        if step.settled:
            return
    scale, best = beginning.scale, beginning.best
    if start is not None:
        response = respond(start)
        best = min(best, response, key=lambda some: some.bound)
        yield Step(response, best)
    master, weight, raises = ColumnMaster(scale, best if start is not None else beginning.responses[-1]), smoothing, 0
    if known is not None:
        master.add_pairs(known.group, known.plan)
    center, fractional = scale.point(best.prices), None
    while True:
        if not master.solve(remaining()):
            return
        if master.is_feasible:
            fractional = master.fractional()
            if _meet(best.bound, fractional):
                yield Step(best, best, settled=True, fractional=fractional)
                return
        columns, tries = 0, 0
        while not columns:
            tries += 1
            kept = max(0.0, 1.0 - tries * (1.0 - weight))
            point = kept * center + (1.0 - kept) * master.point
            response = respond(scale.prices(point))
            if tries == 1 and smoothing:
                weight = _adjusted(weight, float(scale.slope(response) @ (master.point - center)))
            columns = master.add(response)
            if response.bound < best.bound:
                best, center = response, point
            step = scale.step(response, best)
            yield Step(response, best, settled=step.settled, fractional=step.fractional or fractional)
            if step.settled:
                return
            if not kept:
                break
        if not columns:
            if master.is_feasible:
                yield Step(best, best, settled=_meet(best.bound, fractional), fractional=fractional)
                return
            if raises == _RAISES:
                return
            master.raise_penalties()
            raises += 1


def _adjusted(weight: float, slope: float) -> float:
    """Return a smaller weight of the best prices if the bound still falls beyond what was priced, else a larger one."""
    if slope > 0:
        return weight + 0.1 * (1.0 - weight)
    return weight / 1.1 if weight >= 0.5 else max(0.0, weight - 0.1 * (1.0 - weight))


def _meet(bound: float, fractional: Fractional | None) -> bool:
    return fractional is not None and bound - fractional.worth <= TOLERANCE * max(abs(bound), 1.0)
