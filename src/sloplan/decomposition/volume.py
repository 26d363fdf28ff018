"""The volume algorithm: steps along the mean of past slopes, which is also what a mean of past responses leaves.

Steps lead from the best prices so far along an exponentially weighted mean of the slopes. Where the mean is 0, the
mean of the responses keeps every row, and it solves the linear program.

Source: F. Barahona, R. Anbil, The volume algorithm: producing primal solutions with a subgradient method, Mathematical
Programming 87, 2000. As there: weights of the newest response by the shortest mean, steps that lengthen after a green
step (an improvement on which slope and mean agree) and shorten after red ones (none), a target 5 % ahead. Unlike there:
the first steps are subgradient steps, since from prices of 0 a mean of slopes leads nowhere for long; ten red steps
shorten, not twenty; and the newest response weighs up to 0.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coordination import TOLERANCE, Respond, Step
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.first_prices import begin
from sloplan.decomposition.price_scale import projected
from sloplan.decomposition.subgradient import polyak_steps

Float = npt.NDArray[np.float64]

_EARLY_STEPS: Final = 50  # by subgradients
_AHEAD: Final = 0.05  # of the bound, of the target
_MOST_WEIGHT: Final = 0.3  # of the newest response
_HALVING: Final = 100  # steps without progress after which the newest response may weigh half
_RED_STEPS: Final = 10
_PATIENCE: Final = 200  # steps in which the bound has to fall by _PROGRESS, or they end
_PROGRESS: Final = 1e-5


def volume(
    problem: CoupledProblem, respond: Respond, incumbent: Callable[[], float] = lambda: -np.inf
) -> Iterator[Step]:
    """Yield steps until the incumbent is reached, or 200 steps lower the bound by less than 1e-5 of it.

    Parameters
    ----------
    problem : CoupledProblem
    respond : callable
    incumbent : callable, optional
        Returns what the best known solution is worth: a better target.
    """
    beginning = begin(problem, respond)
    for step in chain(beginning.steps(), islice(polyak_steps(beginning, respond, incumbent), _EARLY_STEPS)):
        yield step
        if step.settled:
            return
    scale, best = beginning.scale, step.best
    center, mean = scale.point(best.prices), scale.slope(best)
    length, since = _StepLength(), _Progress(best.bound)
    while since.steps < _PATIENCE:
        size = max(abs(best.bound), 1.0)
        direction = projected(center, mean)
        squared = max(float(direction @ direction), 1e-300)
        target = max(best.bound - _AHEAD * size, incumbent())
        point = np.maximum(0.0, center - length.factor * (best.bound - target) / squared * direction)
        response = respond(scale.prices(point))
        slope = scale.slope(response)
        length.adapt(gained=best.bound - response.bound, agrees=float(direction @ slope) >= 0)
        mean += _weight(slope, mean, _MOST_WEIGHT / 2 ** (since.steps // _HALVING)) * (slope - mean)
        if response.bound < best.bound:
            best, center = response, point
        since.note(best.bound)
        step = scale.step(response, best)
        yield step
        if step.settled or best.bound - incumbent() <= TOLERANCE * size:
            return


@dataclass
class _StepLength:
    """Factor of the step, up after green steps and down after red ones."""

    factor: float = 0.5
    red: int = 0

    def adapt(self, *, gained: float, agrees: bool) -> None:
        self.red = self.red + 1 if gained <= 0 else 0
        if self.red == _RED_STEPS:
            self.factor, self.red = self.factor * 0.66, 0
        elif gained > 0 and agrees:
            self.factor = min(self.factor * 1.1, 2.0)


@dataclass
class _Progress:
    """Steps since the bound last fell by a share that counts."""

    bound: float
    steps: int = 0

    def note(self, bound: float) -> None:
        self.steps += 1
        if self.bound - bound > _PROGRESS * max(abs(self.bound), 1.0):
            self.bound, self.steps = bound, 0


def _weight(slope: Float, mean: Float, most: float) -> float:
    """Return the weight of the newest slope that makes the mean shortest, from a tenth of the most to the most."""
    apart = mean - slope
    squared = float(apart @ apart)
    shortest = float(mean @ apart) / squared if squared else 0.0
    return most / 10 if shortest < 0 else min(max(shortest, most / 10), most)
