"""What a solution method is, and what an oracle of plans is: the two Protocols others implement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sloplan.problem.compiled import Bool, Int, Sparse

if TYPE_CHECKING:
    import numpy.typing as npt

    from sloplan.problem.compiled import CompiledInstance
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection


class Method(Protocol):
    """A way to solve instances, plan selections or both, found through the entry-point group `sloplan.methods`.

    The entry point names a class that is made without arguments. A method's own options are the
    further keyword-only parameters of its `solve`, each with a default; others are refused before
    `solve` is called.

    Attributes
    ----------
    name : str
        The name that users give, in lower case with hyphens.
    summary : str
        One line for `sloplan methods`.

    Examples
    --------
    >>> class Nothing:
    ...     name = "nothing"
    ...     summary = "serves no query"
    ...
    ...     def unsupported(self, problem, objective):
    ...         return None
    ...
    ...     def solve(self, problem, run, *, effort=1):
    ...         nothing = np.zeros(0, dtype=np.int64)
    ...         run.offer(Solution.from_choices(problem, nothing, nothing, nothing.reshape(0, 1)))
    """

    name: str
    summary: str

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:
        """Return in one clear line why the method cannot solve `problem`, or None if it can."""
        ...

    def solve(self, problem: CompiledInstance | PlanSelection, run: Run) -> None:
        """Solve `problem`, telling `run` all that is found, until done or `run.should_stop()`.

        Parameters
        ----------
        problem : CompiledInstance or PlanSelection
        run : Run
            Holds objective, seed, threads, limits and the initial solution; takes solutions,
            bounds and prices.
        """
        ...


class PlanOracle(Protocol):
    """Given row prices, the best plan of every group: all that selection methods need to know.

    A *group* is a query of an instance or a group of a `PlanSelection`.
    """

    def best_plans(self, prices: npt.NDArray[np.float64]) -> BestPlans:
        """Return the plan of greatest value minus priced usage of each group.

        Parameters
        ----------
        prices : (rows,) float64
            Base units of value per unit of usage, at least 0.
        """
        ...


@dataclass(frozen=True)
class BestPlans:
    """One plan per group, with all that a column of a master problem needs.

    Parameters
    ----------
    choices : (groups, k) int64
        Which plan it is. Of an instance: global option index per local operator position, padded by
        -1, as `Solution.from_choices` takes it. Of a `PlanSelection`: plan index (k = 1), as
        `SelectionSolution.from_choices` takes it. -1 throughout where a group has no plan at all.
    value, cost : (groups,) int64
        Of one copy, base units; 0 without a plan.
    usage : Sparse
        Exact usage of one copy on the coupling rows, one row per group.
    """

    choices: Int
    value: Int
    cost: Int
    usage: Sparse

    @property
    def exists(self) -> Bool:
        """Groups that have a plan, shape (groups,)."""
        return np.any(self.choices >= 0, axis=1)
