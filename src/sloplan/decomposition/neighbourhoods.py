"""Large-neighbourhood steps: part of an incumbent is freed, and a core problem of bounded size puts it together anew.

The source of the idea is P. Shaw, Using constraint programming and local search methods to solve vehicle routing
problems, CP 1998: free what is related. Related here are groups that compete for the same rows.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.core_problem import solve_core
from sloplan.decomposition.fixing import Survivors, loss_allowed, survivors
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.pairs import NearPairs
from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

_FEWEST_PAIRS, _FIRST_PAIRS, _MOST_PAIRS = 100, 800, 20_000
_GROWTH = 1.4
_SECONDS = 2.0  # of one step

_PARTS: Final = (4, 12, 1)
_LEAST_LIKELY: Final = 2
"""Steps choose from a part of the pairs in turn, those that lose least, and at least so many for each group: with fewer
pairs of a group, more groups are free."""


def neighbourhood_steps(
    response: Response,
    incumbent: Assignment,
    *,
    seconds: float,
    seed: int = 0,
    should_stop: Callable[[], bool] = lambda: False,
    narrowed: Callable[[Survivors], Survivors] = lambda core: core,
) -> Iterator[Assignment]:
    """Yield the incumbent after every step; it never gets worse.

    A step that is solved to the end lets the next free more, one that is not, less.

    Parameters
    ----------
    response : Response
        At good prices.
    incumbent : Assignment
        A valid one.
    seconds : float
        Time limit of all steps.
    seed : int
    should_stop : callable, optional
        Asked often.
    narrowed : callable, optional
        Returns those of some survivors that may be in anything better.
    """
    deadline = time.monotonic() + seconds
    problem, rng = response.problem, np.random.default_rng(seed)
    near, size = NearPairs(response), float(_FIRST_PAIRS)
    kin = _Kin(response)
    worth, parts = None, itertools.cycle(_PARTS)
    while (left := deadline - time.monotonic()) > 0 and not should_stop():
        if worth != (now := incumbent.worth(problem)):
            worth, allowed = now, loss_allowed(response, now)
            if allowed <= 0:
                return
            every = narrowed(survivors(response, allowed, near))
        likely = every.nearest(max(_LEAST_LIKELY * len(problem.groups), len(every) // next(parts)))
        free = kin.related(likely, rng, size)
        answer = solve_core(
            problem, likely.narrowed(free, incumbent), seconds=min(left, _SECONDS), start=incumbent,
            seed=int(rng.integers(2**31)), should_stop=should_stop,
        )  # fmt: skip
        if answer.best is not None:
            incumbent = answer.best
        yield incumbent
        if len(likely) == len(every) and answer.ended == "optimal" and free[every.pairs.group].all():
            return  # everything was free: nothing is better
        size = float(
            np.clip(size * (_GROWTH if answer.ended == "optimal" else 1 / _GROWTH), _FEWEST_PAIRS, _MOST_PAIRS)
        )


class _Kin:
    """Draws groups that compete for the same rows."""

    def __init__(self, response: Response) -> None:
        problem = response.problem
        self._groups, self._usage = len(problem.groups), problem.plans.usage
        # A row counts as much as its capacity is worth; those with room to spare come last.
        worth: Float = response.prices.row * problem.most_supplied
        self._weight: Float = worth + max(float(worth.sum()), 1.0) * 1e-3

    def related(self, every: Survivors, rng: np.random.Generator, most_pairs: float) -> Bool:
        """Return groups, (groups,) bool, that may use one row or some, with about `most_pairs` pairs together."""
        pairs, free = every.pairs, np.zeros(self._groups, dtype=np.bool_)
        usage = self._usage.taken(pairs.plan)
        number = np.bincount(pairs.group, minlength=self._groups)
        uses = np.zeros(self._groups, dtype=np.bool_)
        uses[pairs.group[usage.row_of_entry]] = True
        free[pairs.group] = ~uses[pairs.group]  # nobody competes with those
        free |= number == 0  # those have nothing left that is better than what they do
        size = 0
        chance = self._weight / self._weight.sum()
        for row in rng.choice(len(chance), size=len(chance), replace=False, p=chance).tolist():
            users: Int = np.unique(pairs.group[usage.row_of_entry[usage.column == row]])
            users = rng.permutation(users[~free[users]])
            fitting = size + np.cumsum(number[users]) <= most_pairs
            free[users[fitting]] = True
            size = int(number[free].sum())
            if not fitting.all():
                break
        if not free.any():
            free[rng.integers(self._groups)] = True
        return free
