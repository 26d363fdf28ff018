"""Cutting planes within a trust region: few steps, and the prices of least bound to a tolerance.

Every response adds, for each template, the worth of what its groups take as a function of the prices. The least value
of that model over a box around the best prices is where the next response is asked for; the box grows where the model
foretold well and shrinks where it did not.

Source: R. E. Marsten, W. W. Hogan, J. W. Blankenship, The boxstep method for large-scale optimization, Operations
Research 23(3), 1975, with the radius managed as in J. Linderoth, S. Wright, Decomposition algorithms for stochastic
programming on a computational grid, Computational Optimization and Applications 24, 2003, section 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from sloplan.decomposition.coordination import Respond, Step
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.price_master import PriceMaster

TOLERANCE: Final = 1e-7
"""Of the bound: what the model may still promise when prices count as settled."""

_FIRST_RADIUS: Final = 0.1
_GOOD_SHARE: Final = 0.5  # of the promised decrease; more, at the box's edge, and the box doubles


def cutting_planes(problem: CoupledProblem, respond: Respond) -> Iterator[Step]:
    """Yield steps until the prices are settled; see `Coordination`."""
    master = PriceMaster(problem)
    center = master.point
    best = respond(master.prices(center))
    yield Step(best, best)
    master.add(best.totals)
    radius = _FIRST_RADIUS
    while np.isfinite(best.bound):
        master.solve(center, radius)
        promised = best.reached - master.value  # the model knows only plans that were found
        if promised <= TOLERANCE * max(abs(best.bound), 1.0):
            yield Step(best, best, settled=True)
            return
        point = master.point
        response = respond(master.prices(point))
        master.add(response.totals)
        gained = best.bound - response.bound
        if gained > 0:
            if gained >= _GOOD_SHARE * promised and np.abs(point - center).max() >= 0.999 * radius:
                radius *= 2
            best, center = response, point
        else:
            radius /= 2 if -gained < promised else 4
        yield Step(response, best)
