"""Branch and price against brute force, and its trees as certificates that exact arithmetic verifies."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.decomposition.branch_and_price import BranchAndPrice
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance, coupled_selection
from sloplan.decomposition.lagrangian import Prices
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import ANY_SEEDS, CONTENDED_SEEDS
from tests.problem.selections.random_selections import brute_forced_cost, brute_forced_optimum, random_selection

SEEDS = (*ANY_SEEDS[:6], *CONTENDED_SEEDS[:14])


def proved(
    problem: CoupledProblem, given: Instance | PlanSelection, best: int | None, most_nodes: int = 2000
) -> tuple[BranchAndPrice, int | float]:
    """Grow the tree without an incumbent and verify it; the bound is of worth: more is better."""
    tree = BranchAndPrice(problem, Prices(np.zeros(len(problem.rows)), 0.0 if problem.is_cost else 1.0))
    tree.run(most_nodes)
    floor = problem.floor if problem.is_cost and not isinstance(given, PlanSelection) else None
    bound = certificate_bound(given, tree.certificate(), goodput_floor=floor)
    worth = -bound if problem.is_cost else bound
    assert best is None or worth >= best
    if most_nodes > 100 and tree.incumbent is not None:
        assert tree.incumbent.is_valid(problem)
        assert tree.incumbent.worth(problem) == best
    return tree, worth


@pytest.mark.parametrize("seed", SEEDS)
def test_goodput_of_instances(seed: int) -> None:
    """The tree ends, its incumbent is the optimum, and its certificate proves that nothing is better."""
    case = random_case(seed)
    problem = coupled_instance(case.instance.compiled, "goodput", sifted=False)
    assert problem is not None
    tree, worth = proved(problem, case.instance, case.optimum.value_milli)
    assert tree.is_settled
    assert tree.incumbent is not None
    assert worth == case.optimum.value_milli


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("seed", SEEDS[:12])
def test_cost_of_instances(seed: int, hosting: str) -> None:
    """The same under cost, up to the grid prices are on; that nothing reaches the floor need not show in bounds."""
    case = cost_case(seed, hosting)
    problem = coupled_instance(case.instance.compiled, "cost", case.floor, sifted=False)
    assert problem is not None
    best = None if case.optimum is None else -case.optimum.cost_pico
    _, worth = proved(problem, case.instance, best)
    assert best is None or worth - best <= 1e-6 * abs(best)


@pytest.mark.parametrize("objective", ["goodput", "cost"])
@pytest.mark.parametrize("seed", range(25))
def test_plan_selections(seed: int, objective: str) -> None:
    """The same of plan selections: must groups, copies, signed supplies."""
    selection = random_selection(seed, objective=objective)
    problem = coupled_selection(selection)
    best = brute_forced_optimum(selection) if objective == "goodput" else brute_forced_cost(selection)
    best = best if best is None or objective == "goodput" else -best
    tree, worth = proved(problem, selection, best)
    assert best is None or (tree.is_settled and worth == best)


@pytest.mark.parametrize("most_nodes", [1, 3, 5, 9])
def test_a_tree_that_is_cut_short_is_a_certificate_too(most_nodes: int) -> None:
    """At any size the certificate proves what the tree says it does, up to rounding to the grid of the objective."""
    for seed in CONTENDED_SEEDS[:6]:
        case = random_case(seed)
        problem = coupled_instance(case.instance.compiled, "goodput", sifted=False)
        assert problem is not None
        tree, worth = proved(problem, case.instance, case.optimum.value_milli, most_nodes)
        assert worth <= tree.bound + 1e-6 * abs(tree.bound)
        assert tree.leaves == sum(node.split is None for node in tree.nodes)
