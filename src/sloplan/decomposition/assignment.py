"""Which copies take which plans and what is supplied, as indices of a coupled problem: what recovery works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.problem.compiled import Int
from sloplan.problem.exact_sums import exact_dot


@dataclass(frozen=True)
class Assignment:
    """Copies of groups with the plans that they take; copies that are not named stay out.

    Parameters
    ----------
    group, plan, count : (n,) int64
    amount : (supplies,) int64
    """

    group: Int
    plan: Int
    count: Int
    amount: Int

    def usage(self, problem: CoupledProblem) -> Int:
        """Return what is used of each row, exactly; shape (rows,)."""
        used = problem.plans.usage.taken(self.plan)
        factor = problem.groups.rate[self.group] * self.count
        total = np.zeros(len(problem.rows), dtype=np.int64)
        np.add.at(total, used.column, used.amount * factor[used.row_of_entry])
        return total

    def capacity(self, problem: CoupledProblem) -> Int:
        """Return the capacity of each row with what is supplied, shape (rows,)."""
        brought, total = problem.supplies.brought, problem.rows.capacity.copy()
        np.add.at(total, brought.column, brought.amount * self.amount[brought.row_of_entry])
        return total

    def value(self, problem: CoupledProblem) -> int:
        """Return the value of the copies that are served."""
        return exact_dot(problem.groups.value[self.group] + problem.plans.value[self.plan], self.count)

    def cost(self, problem: CoupledProblem) -> int:
        """Return what plans and supplies cost."""
        of_plans = exact_dot(problem.plans.cost[self.plan] * problem.groups.rate[self.group], self.count)
        return of_plans + exact_dot(problem.supply_price, self.amount)

    def worth(self, problem: CoupledProblem) -> int:
        """Return the value, or the negated cost where that is what is sought: the more the better."""
        return -self.cost(problem) if problem.is_cost else self.value(problem)

    def is_valid(self, problem: CoupledProblem) -> bool:
        """Tell whether every row holds, must groups are served and the floor is reached."""
        served = np.bincount(self.group, weights=self.count, minlength=len(problem.groups))
        must = problem.groups.must
        return (
            bool(np.all(self.usage(problem) <= self.capacity(problem)))
            and bool(np.all(served[must] == problem.groups.count[must]))
            and bool(np.all(served <= problem.groups.count))
            and (not problem.is_cost or self.value(problem) >= problem.floor)
        )
