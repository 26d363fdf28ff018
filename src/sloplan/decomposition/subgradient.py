"""Subgradient steps of Polyak's length towards a level that adapts: no linear program, many steps.

A step leads towards the level ``best bound - drop``, or to the worth of an incumbent where that is higher: no bound is
below it. The drop stays while it is reached by half, and halves after some steps without.

Sources: B. T. Polyak, Minimization of unsmooth functionals, USSR Computational Mathematics and Mathematical Physics
9(3), 1969; M. Held, P. Wolfe, H. P. Crowder, Validation of subgradient optimization, Mathematical Programming 6, 1974
(halving after some steps without progress); A. Nedić, D. P. Bertsekas, Incremental subgradient methods for
nondifferentiable optimization, SIAM Journal on Optimization 12(1), 2001 (levels below the best value so far).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from sloplan.decomposition.coordination import TOLERANCE, Respond, Step
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.first_prices import Beginning, begin
from sloplan.decomposition.price_scale import projected

_FIRST_DROP: Final = 0.1  # of the best bound
_LAST_DROP: Final = 1e-6  # of the best bound: below it the steps end
_PATIENCE: Final = 10  # steps without half a drop before it is halved


def subgradient(
    problem: CoupledProblem, respond: Respond, incumbent: Callable[[], float] = lambda: -np.inf
) -> Iterator[Step]:
    """Yield steps until the incumbent is reached, or the drop that is aimed at is 1e-6 of the bound.

    Parameters
    ----------
    problem : CoupledProblem
    respond : callable
    incumbent : callable, optional
        Returns what the best known solution is worth.
    """
    beginning = begin(problem, respond)
    for step in beginning.steps():
        yield step
        if step.settled:
            return
    yield from polyak_steps(beginning, respond, incumbent)


def polyak_steps(
    beginning: Beginning, respond: Respond, incumbent: Callable[[], float] = lambda: -np.inf
) -> Iterator[Step]:
    """Yield the steps after the first responses; see `subgradient`.

    Parameters
    ----------
    beginning : Beginning
    respond : callable
    incumbent : callable, optional
    """
    scale, response, best = beginning.scale, beginning.responses[-1], beginning.best
    point = scale.point(response.prices)
    drop, patience = _FIRST_DROP * max(abs(best.bound), 1.0), _PATIENCE
    while drop > _LAST_DROP * max(abs(best.bound), 1.0):
        slope = projected(point, scale.slope(response))
        level = max(best.bound - drop, incumbent())
        point = np.maximum(0.0, point - (response.bound - level) / max(float(slope @ slope), 1e-300) * slope)
        response = respond(scale.prices(point))
        patience = _PATIENCE if response.bound <= best.bound - drop / 2 else patience - 1
        best = min(best, response, key=lambda some: some.bound)
        step = scale.step(response, best)
        yield step
        if step.settled or best.bound - incumbent() <= TOLERANCE * max(abs(best.bound), 1.0):
            return
        if not patience:
            drop, patience = drop / 2, _PATIENCE
