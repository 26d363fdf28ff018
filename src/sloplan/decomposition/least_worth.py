"""The least that any solution is worth: a bound below it says that there is none."""

from __future__ import annotations

import sys

import numpy as np

from sloplan.decomposition.coupled_problem import CoupledProblem


def least_worth(problem: CoupledProblem) -> float:
    """Return a worth that every solution has: of the dearest plans and all supplies; 0 where value is sought.

    Where plans are searched, not listed, nothing is said: it is the least number. Prices whose bound is below prove
    that there is no solution, not even a fractional one. A margin of a thousandth keeps rounding out of it.

    Parameters
    ----------
    problem : CoupledProblem
    """
    if not problem.is_cost:
        return -1e-3
    groups, plans = problem.groups, problem.plans
    if np.any(plans.usage.amount == 0):  # room for plans that are not known yet, and may be dearer
        return -sys.float_info.max
    dearest = np.zeros(len(plans.start) - 1)
    np.maximum.at(dearest, plans.template, plans.cost)
    of_groups = float(groups.count @ (groups.rate * dearest[groups.template]))
    return -1.001 * (of_groups + float(problem.supply_price @ problem.supplies.maximum.astype(np.float64))) - 1e-3
