"""The front door `pareto`: the least cost at each of a grid of goodput floors.

A module called `pareto` would take the function's place in the package.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from fractions import Fraction
from numbers import Integral, Real
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

from sloplan.choosing import choose_method
from sloplan.lexicographic import all_units_standing, rent_for
from sloplan.loading import load
from sloplan.pareto_front import ParetoFront, ParetoPoint
from sloplan.problem.cost_problem import goodput_floor
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from sloplan.solving import solve

if TYPE_CHECKING:
    from sloplan.problem.result import Result
    from sloplan.problem.stopping import Limit

_ITS_OWN: Final = frozenset({"objective", "min_goodput", "initial_solution"})
"""Arguments of `solve` that differ from run to run."""

_SHORTEST_S: Final = 1e-3  # a run needs a limit above 0, even one after a run that took too long


def pareto(
    instance: Instance | str | PathLike[str],
    points: int = 10,
    method: str = "auto",
    time_limit: float | None = None,
    rel_gap: float | None = None,
    seed: int = 0,
    threads: int = 2,
    display: bool = True,
    **options: Any,
) -> ParetoFront:
    """Find the front of goodput against cost: the least cost at each of a grid of goodput floors.

    The grid divides the greatest goodput that all rentable units allow into `points` equal steps. The greatest floor is
    solved first, then the least, then the middle of every part left. Each run starts from the cheapest solution known
    that reaches its floor. A greater floor never costs less, so a bound at one floor is one at all greater ones, and a
    floor whose neighbours leave nothing open is not solved.

    Parameters
    ----------
    instance : Instance, str or path
        What is solved, or what `load` takes.
    points : int, optional
        Number of floors, at least 1; fewer where steps would be less than a thousandth.
    method : str, optional
        One that knows "goodput" and "cost"; "auto" picks one, named in the front.
    time_limit : float, optional
        Seconds for the whole front, above 0, shared evenly among the runs that are left.
    rel_gap, seed, threads, display
        As `solve` takes them, for every run.
    **options
        The method's own options.

    Returns
    -------
    ParetoFront
        With the points found until there if it was interrupted (Ctrl-C).

    Raises
    ------
    InputError, UnsupportedError, SizeLimitError
        As `solve`.

    Examples
    --------
    >>> import sloplan as sp
    >>> front = sp.pareto("edge-cloud-xs-1.2-tight", points=4, display=False)  # doctest: +SKIP
    >>> print(front.frame())  # doctest: +SKIP
    """
    _check_arguments(points, time_limit, options)
    problem = load(instance) if isinstance(instance, str | PathLike) else instance
    if not isinstance(problem, Instance):
        raise InputError("a plan selection has one objective", field="instance", allowed="an instance")
    picked = choose_method(problem).method if method == "auto" else method
    settings = {"rel_gap": rel_gap, "seed": seed, "threads": threads, "display": display, **options}
    search = _Search(problem, picked, _Clock(time_limit, int(points) + 1), settings)
    most = search.most_goodput()
    floors = _floors(most.exact.goodput or 0, int(points))
    # Without any goodput there are no floors, and why that is only the run that looked for it knows.
    limit: Limit | None = most.limit if most.limit == "interrupted" or not floors else None
    try:
        for floor in _in_halves(floors):
            limit = limit or search.visit(floor)
    except KeyboardInterrupt:
        limit = "interrupted"
    return ParetoFront(problem.name, picked, _marked(search.sharpened()), most, limit)


def _check_arguments(points: object, time_limit: object, options: dict[str, Any]) -> None:
    for name in _ITS_OWN.intersection(options):
        raise InputError("a front decides this itself", field=name, value=options[name], advice=f"leave {name} out")
    if isinstance(points, bool) or not isinstance(points, Integral) or int(points) < 1:
        raise InputError("unusable value", field="points", value=points, allowed="a whole number of at least 1")
    number = isinstance(time_limit, Real) and not isinstance(time_limit, bool)
    if time_limit is not None and not (number and float(time_limit) > 0):  # type: ignore[arg-type]
        raise InputError("unusable value", field="time_limit", value=time_limit, allowed="seconds above 0")


def _floors(most: int, points: int) -> list[int]:
    """Return the floors, milli-value, up to the greatest goodput; fewer where steps would be less than a unit."""
    return list(dict.fromkeys(-(-most * step // points) for step in range(1, points + 1) if most))


def _in_halves(floors: list[int]) -> list[int]:
    """Return rising floors in the order to solve them: the last, the first, then the middle of every part left."""
    order = floors[-1:] + floors[:-1][:1]
    parts = [(0, len(floors) - 1)]
    for low, high in parts:  # grows while it is read, so wide parts come first
        middle = (low + high) // 2
        if middle > low:
            order.append(floors[middle])
            parts += [(low, middle), (middle, high)]
    return order


def _fraction(floor: int, servable: int) -> float:
    """Return the fraction of what is servable that stands for a floor; a float may fall short of it by a hair."""
    fraction = floor / servable
    while Fraction(repr(fraction)) * servable > floor:
        fraction = math.nextafter(fraction, 0.0)
    return fraction


def _marked(points: list[ParetoPoint]) -> tuple[ParetoPoint, ...]:
    """Return points, given by rising floor, with dominated ones marked; of equal ones the greatest floor stays."""
    solved = sorted(
        (point.cost, -point.goodput, -point.floor, number)
        for number, point in enumerate(points)
        if point.cost is not None and point.goodput is not None
    )
    kept, most = set(), -1
    for _, negative_goodput, _, number in solved:
        if -negative_goodput > most:
            most = -negative_goodput
            kept.add(number)
    return tuple(replace(point, dominated=number not in kept) for number, point in enumerate(points))


class _Search:
    """Solves floor after floor, each from what the others say of it.

    Parameters
    ----------
    instance : Instance
    method : str
    clock : _Clock
    settings : dict
        Further arguments of `solve`, for every run.
    """

    def __init__(self, instance: Instance, method: str, clock: _Clock, settings: dict[str, Any]) -> None:
        self._instance = instance
        self._method = method
        self._clock = clock
        self._settings = settings
        self._servable = instance.compiled.under_cost.servable
        self._points: list[ParetoPoint] = []
        self._first_start: Solution | None = None

    def most_goodput(self) -> Result:
        """Look for the greatest goodput with all units that can be rented."""
        standing = all_units_standing(self._instance)
        most = solve(standing, self._method, time_limit=self._clock.share(), **self._settings)
        if isinstance(most.solution, Solution):
            self._first_start = rent_for(self._instance, standing, most.solution)
        return most

    def visit(self, asked: int) -> Limit | None:
        """Add the point of a floor, solved or settled by the others; return why there should be no more."""
        min_goodput = _fraction(asked, self._servable)
        floor = goodput_floor(self._instance, min_goodput)
        known = self._known(ParetoPoint(min_goodput, floor, None, None, None, None, None))
        if known.status == "optimal":
            self._clock.share()  # what it would have taken is the others'
            self._points.append(known)
            return None
        if self._points and self._clock.is_over():
            return "time"
        result = solve(
            self._instance,
            self._method,
            "cost",
            time_limit=self._clock.share(),
            initial_solution=known.solution or self._start_of_most(floor),
            min_goodput=min_goodput,
            **self._settings,
        )
        exact, solution = result.exact, result.solution
        assert solution is None or isinstance(solution, Solution)  # of an instance
        self._points.append(ParetoPoint(min_goodput, floor, exact.goodput, exact.cost, exact.bound, solution, result))
        return "interrupted" if result.limit == "interrupted" else None

    def _start_of_most(self, floor: int) -> Solution | None:
        """Return the solution of greatest goodput as a start at its own floor."""
        start = self._first_start
        return start if start is not None and start.goodput_floor == floor else None

    def sharpened(self) -> list[ParetoPoint]:
        """Return the points by rising floor, each with the best that any of them says of it."""
        return [self._known(point) for point in sorted(self._points, key=lambda point: point.floor)]

    def _known(self, point: ParetoPoint) -> ParetoPoint:
        """Return a point with the cheapest solution that reaches its floor, and the tightest bound of lower floors."""
        for other in self._points:
            if other.floor <= point.floor and other.bound is not None:
                point = replace(point, bound=max(other.bound, point.bound or 0))
            reaches = other.goodput is not None and other.goodput >= point.floor
            if reaches and other.cost is not None and (point.cost is None or other.cost < point.cost):
                assert other.solution is not None
                solution = replace(other.solution, goodput_floor=point.floor, bound=None, certificate=None)
                point = replace(point, cost=other.cost, goodput=other.goodput, solution=solution)
        return point


class _Clock:
    """Shares a time limit evenly among the runs that are left."""

    def __init__(self, time_limit: float | None, runs: int) -> None:
        self._deadline = None if time_limit is None else time.monotonic() + time_limit
        self._left = runs

    def share(self) -> float | None:
        """Return the seconds of the next run."""
        runs, self._left = self._left, self._left - 1
        return None if self._deadline is None else max((self._deadline - time.monotonic()) / runs, _SHORTEST_S)

    def is_over(self) -> bool:
        """Whether no time is left."""
        return self._deadline is not None and time.monotonic() >= self._deadline
