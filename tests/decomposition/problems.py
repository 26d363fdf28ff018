"""Small random coupled problems with their optima by trying everything, and settled prices."""

from __future__ import annotations

from functools import partial

from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance, coupled_selection
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.lagrangian import Response, respond
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.problem.selections.random_selections import brute_forced_cost, brute_forced_optimum, random_selection


def goodput_problem(seed: int) -> tuple[CoupledProblem, int]:
    """Return a random instance under goodput and its greatest value."""
    case = random_case(seed)
    problem = coupled_instance(case.instance.compiled, "goodput")
    assert problem is not None
    return problem, case.optimum.value_milli


def cost_problem(seed: int, hosting: str = "fluid") -> tuple[CoupledProblem, int | None]:
    """Return a random instance under cost and its least cost negated, None where there is no solution."""
    case = cost_case(seed, hosting)
    problem = coupled_instance(case.instance.compiled, "cost", case.floor)
    assert problem is not None
    return problem, None if case.optimum is None else -case.optimum.cost_pico


def selection_problem(seed: int, objective: str) -> tuple[CoupledProblem, int | None]:
    """Return a random plan selection and its best worth, None where there is no solution."""
    selection = random_selection(seed, objective=objective)
    best = brute_forced_optimum(selection) if objective == "goodput" else brute_forced_cost(selection)
    return coupled_selection(selection), best if best is None or objective == "goodput" else -best


def settled(problem: CoupledProblem) -> Response:
    """Return the response at settled prices."""
    *_, last = cutting_planes(problem, partial(respond, problem))
    return last.best
