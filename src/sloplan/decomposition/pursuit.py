"""What a decomposition method tells its run: checked solutions, bounds as integers, certificates."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.lagrangian import Response
from sloplan.problem.certificates.from_prices import certificate_of_prices
from sloplan.problem.run import Run

_ROUNDING: Final = 1e-9
"""Relative: far beyond what sums of floats lose, far below what a bound is read for."""

_CHECKING_SHARE: Final = 0.1
"""Part of the time that may go into the check of solutions that are soon improved upon."""


class Pursuit:
    """The best of everything that is found for a coupled problem, passed on to a run.

    Parameters
    ----------
    problem : CoupledProblem
    run : Run

    Attributes
    ----------
    best : Assignment or None
        Of greatest worth so far; not yet offered, perhaps (see `settle`).
    """

    def __init__(self, problem: CoupledProblem, run: Run) -> None:
        self._problem, self._run = problem, run
        self._step = worth_step(problem)
        self._worth: int | None = None
        self._offered = True
        self._check_time = 0.0
        self._checked_at = -math.inf
        self.best: Assignment | None = None

    @property
    def worth(self) -> int | None:
        """Worth of the best assignment, None without one."""
        return self._worth

    def take(self, assignment: Assignment | None) -> None:
        """Keep an assignment if it is better than the best so far; offer it if the last check was long enough ago."""
        if assignment is None:
            return
        worth = assignment.worth(self._problem)
        if self._worth is not None and worth <= self._worth:
            return
        self.best, self._worth, self._offered = assignment, worth, False
        if self._run.elapsed() - self._checked_at >= self._check_time / _CHECKING_SHARE:
            self.settle()

    def settle(self) -> None:
        """Offer the best assignment, if it has not been."""
        if self._offered or self.best is None:
            return
        began, best = self._run.elapsed(), self.best
        self._run.offer(self._problem.solution(best.group, best.plan, best.count, best.amount))
        self._checked_at = self._run.elapsed()
        self._check_time = self._checked_at - began
        self._offered = True

    def bound(self, response: Response) -> None:
        """Report the bound of a response: widened by what floats may have lost, and rounded to the objective's grid."""
        if np.isneginf(response.bound):
            self._run.report_infeasible()
            return
        most = self.most(response.bound)
        self._run.report_bound(-most if self._problem.is_cost else most)

    def most(self, bound: float) -> int:
        """Return the greatest worth on the grid that a float bound leaves possible."""
        return math.floor((bound + _ROUNDING * abs(bound)) / self._step) * self._step

    @property
    def is_settled(self) -> bool:
        """Whether the run's bound leaves nothing to gain over the best assignment."""
        bound = self._run.bound
        return bound is not None and self._worth == (-bound if self._problem.is_cost else bound)

    @property
    def check_time(self) -> float:
        """Seconds to keep back for the offer of the best assignment."""
        return 0.0 if self._offered else 2 * self._check_time

    def certify(self, response: Response, seconds: float) -> None:
        """Have the bound of a response verified as a certificate, and keep its prices.

        Parameters
        ----------
        response : Response
        seconds : float
            Time for it.
        """
        problem, prices = self._problem, response.prices
        self._run.prices = prices.row
        certificate = certificate_of_prices(
            problem.rows,
            prices.row,
            problem.dearest(prices.row, prices.value),
            prices.value if problem.is_cost else None,
        )
        self._run.certify(certificate, seconds)


def worth_step(problem: CoupledProblem) -> int:
    """Return a common divisor of everything that an assignment's worth is made of, at least 1."""
    groups, plans = problem.groups, problem.plans
    if not problem.is_cost:
        return math.gcd(int(np.gcd.reduce(groups.value)), int(np.gcd.reduce(plans.value))) or 1
    # The divisor of all products of two lists is the product of the lists' own.
    of_plans = int(np.gcd.reduce(groups.rate)) * int(np.gcd.reduce(plans.cost))
    return math.gcd(of_plans, int(np.gcd.reduce(problem.supply_price))) or 1
