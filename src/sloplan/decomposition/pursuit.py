"""What a decomposition method tells its run: checked solutions, bounds as integers, certificates."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.given_start import given_start
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.objective_step import objective_step
from sloplan.problem.certificates.from_prices import LARGEST_FIGURE, certificate_of_prices
from sloplan.problem.run import Proof, Run

_ROUNDING: Final = 1e-9
"""Relative: far beyond what sums of floats lose, far below what a bound is read for."""

_CHECKING_SHARE: Final = 0.1
"""Part of the time that may go into the check of solutions that are soon improved upon."""


class Pursuit:
    """The best of everything that is found for a coupled problem, passed on to a run; what that has is where it begins.

    Parameters
    ----------
    problem : CoupledProblem
    run : Run

    Attributes
    ----------
    problem : CoupledProblem
    best : Assignment or None
        Of greatest worth so far; not yet offered, perhaps (see `settle`).
    """

    def __init__(self, problem: CoupledProblem, run: Run) -> None:
        self.problem, self._run = problem, run
        self._sign = -1 if problem.is_cost else 1
        self._step = objective_step(problem)
        self._worth: int | None = None
        self._offered = True
        self._check_time = 0.0
        self._checked_at = -math.inf
        self.best: Assignment | None = None
        self.catch_up()

    @property
    def worth(self) -> int | None:
        """Worth of the best assignment, None without one."""
        return self._worth

    def take(self, assignment: Assignment | None) -> bool:
        """Keep an assignment if it is better than the best so far, and say so; offer it unless the last check was now.

        Checks take a tenth of the time at most, until `settle`.
        """
        if assignment is None:
            return False
        worth = assignment.worth(self.problem)
        if self._worth is not None and worth <= self._worth:
            return False
        self.best, self._worth, self._offered = assignment, worth, False
        self.settle_in_turn()
        return True

    def catch_up(self) -> None:
        """Keep the best solution of the run, if it is better: one that was given, or that somebody else found."""
        known = given_start(self.problem, self._run)
        if known is not None and (self._worth is None or known.worth(self.problem) > self._worth):
            self.best, self._worth, self._offered = known, known.worth(self.problem), True

    @property
    def is_accepted(self) -> bool:
        """Whether the run has a solution as good as the best assignment."""
        reached = self._run.best_objective
        return self._worth is not None and reached is not None and self._sign * reached >= self._worth

    def settle_in_turn(self) -> None:
        """Offer the best assignment, if the last check is long enough ago: what was found soon after one waits."""
        if self._run.elapsed() - self._checked_at >= self._check_time / _CHECKING_SHARE:
            self.settle()

    def settle(self) -> None:
        """Offer the best assignment, if it has not been."""
        if self._offered or self.best is None:
            return
        began, best = self._run.elapsed(), self.best
        self._run.offer(self.problem.solution(best.group, best.plan, best.count, best.amount))
        self._checked_at = self._run.elapsed()
        self._check_time = self._checked_at - began
        self._offered = True

    def bound(self, response: Response) -> None:
        """Report the bound of a response: widened by what floats may have lost, and rounded to the objective's grid."""
        if np.isneginf(response.bound):
            self._run.report_infeasible()
            return
        most = self.most(response.bound, response.uncertainty)
        self._run.report_bound(-most if self.problem.is_cost else most)

    def core_bound(self, most: int) -> None:
        """Report, on an engine's word, the most that survivors of fixing are worth; nothing else is better."""
        self.bound_most(most if self._worth is None else max(most, self._worth), "solver")

    def bound_most(self, most: int, proof: Proof) -> None:
        """Report that nothing is worth more than `most`.

        Parameters
        ----------
        most : int
        proof : {"method", "solver"}
            What that rests on.
        """
        self._run.report_bound(-most if self.problem.is_cost else most, proof)

    def most(self, bound: float, uncertainty: float = 0.0) -> int:
        """Return the greatest worth on the grid that a float bound leaves possible.

        Parameters
        ----------
        bound : float
        uncertainty : float, optional
            What rounding may have taken off it; a part of the bound itself in any case.
        """
        return math.floor((bound + max(_ROUNDING * abs(bound), uncertainty)) / self._step) * self._step

    @property
    def is_settled(self) -> bool:
        """Whether the run's bound leaves nothing to gain over the best answer, whoever found it."""
        bound = self._run.bound
        reached = self._worth, -math.inf if self._run.best_objective is None else self._sign * self._run.best_objective
        return bound is not None and self._sign * bound in reached

    @property
    def check_time(self) -> float:
        """Seconds to keep back for the offer of the best assignment."""
        return 0.0 if self._offered else 2 * self._check_time

    def remaining(self) -> float:
        """Return the seconds left but for that; infinite without a time limit."""
        return self._run.remaining() - self.check_time

    def time_is_up(self) -> bool:
        """Tell whether the run should stop, or will by the time that the best assignment is checked."""
        if self._run.remaining() <= self.check_time:
            self._run.limit = "time"
        return self._run.should_stop()

    def certify(self, response: Response, seconds: float) -> None:
        """Have the bound of a response verified as a certificate, and keep its prices.

        Parameters
        ----------
        response : Response
        seconds : float
            Time for it.
        """
        problem, prices = self.problem, response.prices
        self._run.prices = prices.row
        dearest = problem.dearest(prices.row, prices.value)
        if max(dearest, float(prices.row.max(initial=0.0)), prices.value) >= LARGEST_FIGURE:
            return  # the prices of a floor that nothing reaches rise without end
        of_value = prices.value if problem.is_cost else None
        certificate = certificate_of_prices(problem.rows, prices.row, dearest, of_value)
        self._run.certify(certificate, seconds)
