"""The grid that the objective of a coupled problem lies on."""

from __future__ import annotations

import math

import numpy as np

from sloplan.decomposition.coupled_problem import CoupledProblem


def objective_step(problem: CoupledProblem) -> int:
    """Return a common divisor of the coefficients of the objective, at least 1.

    What is better than a known solution is better by at least that.

    Parameters
    ----------
    problem : CoupledProblem
    """
    groups, plans = problem.groups, problem.plans
    if not problem.is_cost:
        return math.gcd(int(np.gcd.reduce(groups.value)), int(np.gcd.reduce(plans.value))) or 1
    step = int(np.gcd.reduce(problem.supply_price))
    # The greatest common divisor of all products of two lists is the product of the lists' own.
    templates = len(plans.start) - 1
    rate, cost = np.zeros(templates, dtype=np.int64), np.zeros(templates, dtype=np.int64)
    np.gcd.at(rate, groups.template, groups.rate)
    np.gcd.at(cost, plans.template, plans.cost)
    for of_rate, of_cost in zip(rate.tolist(), cost.tolist(), strict=True):
        step = math.gcd(step, of_rate * of_cost)
    return step or 1
