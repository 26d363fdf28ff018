"""Cutting planes within a trust region: few steps, and the prices of least bound to a tolerance.

Every response adds, for each template, the worth of what its groups take as a function of the prices. The least value
of that model over a box around the best prices is where the next response is asked for; the box grows where the model
foretold well and shrinks where it did not. Three subgradient steps come first: they spare the
model its wildest guesses.

Source: R. E. Marsten, W. W. Hogan, J. W. Blankenship, The boxstep method for large-scale optimization, Operations
Research 23(3), 1975, with the radius managed as in J. Linderoth, S. Wright, Decomposition algorithms for stochastic
programming on a computational grid, Computational Optimization and Applications 24, 2003, section 4.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain, islice
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coordination import TOLERANCE, Respond, Step
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.first_prices import begin
from sloplan.decomposition.least_worth import least_worth
from sloplan.decomposition.price_master import PriceMaster
from sloplan.decomposition.subgradient import polyak_steps
from sloplan.solvers.engine import EngineError

Float = npt.NDArray[np.float64]

logger = logging.getLogger(__name__)

_EARLY_STEPS: Final = 3  # by subgradients
_FIRST_RADIUS: Final = 0.03  # of what everything is worth, for a row's whole capacity
_GOOD_SHARE: Final = 0.5  # of the promised decrease; more, at the box's edge, and the box doubles
_WIDER: Final = 8.0  # by which the box grows where it alone keeps the model from promising more


def cutting_planes(problem: CoupledProblem, respond: Respond) -> Iterator[Step]:
    """Yield steps until the prices are settled; see `Coordination`. The last one has a fractional solution."""
    beginning, steps = begin(problem, respond), []
    for step in chain(beginning.steps(), islice(polyak_steps(beginning, respond), _EARLY_STEPS)):
        yield step
        if step.settled:
            return
        steps.append(step)
    scale, master, none_below = beginning.scale, PriceMaster(beginning.scale), least_worth(problem)
    for step in steps:
        master.add(step.response)
    best = steps[-1].best
    center = scale.point(best.prices)
    radius = _FIRST_RADIUS
    while best.bound >= none_below:
        try:
            master.solve(center, radius)
        except EngineError as error:  # figures too far apart for it; the best prices stand
            logger.warning("cutting planes end before the prices are settled: %s", error)
            return
        promised = best.reached - master.value  # the model knows only plans that were found
        tolerance = TOLERANCE * max(abs(best.bound), 1.0)
        if promised <= tolerance:
            if best.reached - _value_anywhere(master, center) <= tolerance:
                yield Step(best, best, settled=True, fractional=master.fractional())
                return
            radius *= _WIDER
            continue
        point = master.point
        response = respond(scale.prices(point))
        cuts = master.add(response, master.figures)
        gained = best.bound - response.bound
        if gained > 0:
            if gained >= _GOOD_SHARE * promised and np.abs(point - center).max() >= 0.999 * radius:
                radius *= 2
            best, center = response, point
        elif not cuts:  # the model is exact up to rounding, and promises no more than that
            break
        else:
            radius /= 2 if -gained < promised else 4
        yield Step(response, best)
    yield Step(best, best, settled=True)


def _value_anywhere(master: PriceMaster, center: Float) -> float:
    """Return the least value that the model promises without a box; -infinity where that has no limit.

    Close to having none HiGHS can fail: then nothing is known, and wider boxes go on.
    """
    try:
        master.solve(center, np.inf)
    except EngineError as error:
        logger.debug("the model without a box was not solved: %s", error)
        return -np.inf
    return master.value
