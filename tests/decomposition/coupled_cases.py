"""Random instances as coupled problems, with what brute force says is best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance, coupled_selection
from sloplan.decomposition.lagrangian import Prices
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_cost import most_goodput
from tests.conformance.cases import instance_from
from tests.conformance.cost_cases import cost_case
from tests.conformance.random_instances import random_tables

HOSTINGS = ("fluid", "replicas")
OBJECTIVES = ("goodput", "cost")


class CoupledCase(NamedTuple):
    """A problem, the same by way of its listed plans, and the greatest worth; None where the floor is out of reach."""

    problem: CoupledProblem
    listed: CoupledProblem
    most: int | None


def coupled_case(seed: int, objective: str, hosting: str) -> CoupledCase:
    """Return the case of a seed."""
    if objective == "goodput":
        tables = random_tables(seed)
        instance, floor, min_goodput = instance_from(tables, name="case", hosting=hosting), None, 1.0
        most: int | None = most_goodput(TinyInstance(tables, hosting))
    else:
        case = cost_case(seed, hosting)
        instance, floor, min_goodput = case.instance, case.floor, case.min_goodput
        most = None if case.optimum is None else -case.optimum.cost_pico
    problem = coupled_instance(instance.compiled, objective, floor)
    assert problem is not None
    return CoupledCase(problem, coupled_selection(PlanSelection.from_instance(instance, objective, min_goodput)), most)


def random_prices(seed: int, problem: CoupledProblem) -> list[Prices]:
    """Return a few prices of a problem's rows: none, some rows only, all."""
    rng = np.random.default_rng(seed)
    rows = len(problem.rows)
    unit = (problem.groups.value.max(initial=1) if not problem.is_cost else 1e6) / np.maximum(problem.most_supplied, 1)
    found = []
    for share in (0.0, 0.3, 1.0):
        row = unit * rng.exponential(size=rows) * (rng.random(rows) < share)
        found.append(Prices(row, float(rng.exponential()) * 1e3 if problem.is_cost else 1.0))
    return found
