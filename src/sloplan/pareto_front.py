"""The front of goodput against cost as `pareto` returns it: its points and their table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from sloplan.problem.objective import COST, GOODPUT, relative_gap
from sloplan.problem.solution import Solution

if TYPE_CHECKING:
    from sloplan.problem.result import Result, Status
    from sloplan.problem.stopping import Limit

_FIGURES: Final = ("min_goodput", "goodput_floor", "goodput", "cost_usd_per_hour", "bound", "gap")


@dataclass(frozen=True, eq=False)
class ParetoPoint:
    """The cheapest solution known at one goodput floor, in exact integers; None where unknown.

    Parameters
    ----------
    min_goodput : float
        The floor as a fraction of the servable value, as `solve` takes it.
    floor : int
        The floor itself, milli-value.
    goodput : int, optional
        What the solution reaches, milli-value; at least the floor.
    cost : int, optional
        10^-12 USD/s.
    bound : int, optional
        No solution at this floor costs less, 10^-12 USD/s.
    solution : Solution, optional
        For the objective "cost" at this floor.
    result : Result, optional
        Of the run at this floor; None where its neighbours settled it. The point may know more than its run: what holds
        at one floor holds at others.
    dominated : bool
        Another point has no less goodput at no more cost, or this one has no solution.
    """

    min_goodput: float
    floor: int
    goodput: int | None
    cost: int | None
    bound: int | None
    solution: Solution | None
    result: Result | None
    dominated: bool = False

    @property
    def status(self) -> Status:
        """What is known: "optimal" if no solution at this floor is cheaper, "feasible", or "unknown"."""
        if self.cost is None:
            return "unknown"
        return "optimal" if self.cost == self.bound else "feasible"


@dataclass(frozen=True, eq=False)
class ParetoFront:
    """A front of goodput against cost.

    Parameters
    ----------
    instance : str
        Name of the instance.
    method : str
    points : tuple of ParetoPoint
        From the least floor to the greatest. The point at no goodput and no cost belongs to every front and is not
        among them.
    most_goodput : Result
        The run that looked for the greatest goodput with all units that can be rented; the greatest floor is what it
        found.
    limit : str, optional
        Why floors of the grid are missing: "time" was up, or Ctrl-C came ("interrupted"). Where no goodput was found
        at all, and so no floor, what stopped the run that looked for it.
    """

    instance: str
    method: str
    points: tuple[ParetoPoint, ...]
    most_goodput: Result
    limit: Limit | None = None

    @property
    def solutions(self) -> tuple[Solution | None, ...]:
        """Solution of each point."""
        return tuple(point.solution for point in self.points)

    def frame(self) -> pd.DataFrame:
        """Return a row per point.

        Returns
        -------
        DataFrame
            `min_goodput` (fraction of servable), `goodput_floor` and `goodput` (value/s), `cost_usd_per_hour`, `bound`
            (USD/h), `gap`, NaN where unknown; `status`, `dominated`; `runtime_s`, 0 where neighbours settled the point.
        """
        rows = [
            {
                "min_goodput": point.min_goodput,
                "goodput_floor": GOODPUT.in_user_units(point.floor),
                "goodput": GOODPUT.in_user_units(point.goodput),
                "cost_usd_per_hour": COST.in_user_units(point.cost),
                "bound": COST.in_user_units(point.bound),
                "gap": relative_gap(point.cost, point.bound),
                "status": point.status,
                "dominated": point.dominated,
                "runtime_s": 0.0 if point.result is None else point.result.runtime,
            }
            for point in self.points
        ]
        frame = pd.DataFrame(rows, columns=[*_FIGURES, "status", "dominated", "runtime_s"])
        return frame.astype(dict.fromkeys(_FIGURES, "float64"))  # a column that is unknown throughout, too
