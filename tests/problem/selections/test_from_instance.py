"""Instances with their plans listed: the same optimum as brute force on the instance, and chosen plans read back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sloplan.problem.certificates.format import Certificate
from sloplan.problem.checker import check, judge
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.check import judge_selection
from sloplan.problem.selections.from_instance import solution_of_instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from tests.conformance.cases import instance_from, random_case
from tests.conformance.random_instances import random_tables
from tests.conformance.seeds import SEEDS
from tests.problem.selections.best_choice import best_choice

FLUID_SEEDS = SEEDS[::5]
REPLICA_SEEDS = range(1000, 1010)


@pytest.mark.parametrize("seed", FLUID_SEEDS)
def test_optimum_equals_brute_force(seed: int) -> None:
    """The best choice of listed plans is worth what brute force finds on the instance, and is a solution of it."""
    case = random_case(seed)
    selection = PlanSelection.from_instance(case.instance)
    best = best_choice(selection)
    verdict = judge_selection(selection, best)
    assert verdict.violations == (), case
    assert verdict.value == case.optimum.value_milli, case
    solution = solution_of_instance(case.instance, best)
    assert check(case.instance, solution) == [], case


@pytest.mark.parametrize("seed", FLUID_SEEDS[:12])
def test_plans_are_those_of_brute_force(seed: int) -> None:
    """Every query has just the plans that brute force lists for it, by the documented names."""
    case = random_case(seed)
    selection = PlanSelection.from_instance(case.instance)
    order = {name: place for place, name in enumerate(case.instance.compiled.names.operators)}
    for group, query in enumerate(selection.groups.name):
        listed = {frozenset(name.split(";")) for name in selection.plans.name[selection.plans_of(group)]}
        expected = {
            frozenset(f"{pool}/{operator}/{how}/{allocation}" for operator, (how, pool, allocation) in plan.items())
            for plan, _ in case.plain.feasible_plans(query)
        }
        assert listed == expected, case
        assert all(operator in order for name in listed for operator in (part.split("/")[1] for part in name))


@pytest.mark.parametrize("seed", REPLICA_SEEDS)
def test_replicas_are_supplies(seed: int) -> None:
    """With replicas, too, the best choice and its supplies are a solution of the instance, of the same value."""
    instance = instance_from(random_tables(seed), hosting="replicas")
    selection = PlanSelection.from_instance(instance)
    assert selection.supplies.name.tolist() == instance.compiled.supplies.name.tolist()
    best = best_choice(selection)
    verdict = judge_selection(selection, best)
    assert verdict.violations == ()
    judged = judge(instance, solution_of_instance(instance, best))
    assert judged.violations == ()
    assert judged.value_milli == verdict.value


@pytest.fixture
def contended() -> Instance:
    """A random instance with several plans."""
    return random_case(55).instance


def test_labels_and_units(contended: Instance) -> None:
    """Groups are the queries and their copies, values are in thousandths, the file keeps everything."""
    selection = PlanSelection.from_instance(contended)
    compiled = contended.compiled
    assert selection.groups.name.tolist() == compiled.names.queries.tolist()
    assert selection.groups.count.tolist() == compiled.queries.count.tolist()
    assert (selection.name, selection.objective, selection.value_scale) == (contended.name, "goodput", 1000)
    assert selection.plans.value.tolist() == compiled.queries.value_milli[selection.plans.group].tolist()


def test_limit_is_the_largest_number_of_plans(contended: Instance) -> None:
    """At the limit the plans are listed, one below it the refusal says so."""
    plans = len(PlanSelection.from_instance(contended).plans)
    assert len(PlanSelection.from_instance(contended, limit=plans).plans) == plans
    with pytest.raises(SizeLimitError, match=f"more than {plans - 1} plans over its"):
        PlanSelection.from_instance(contended, limit=plans - 1)


def test_bound_is_kept_and_the_certificate_is_not(contended: Instance) -> None:
    """A bound speaks of the same problem; a certificate's decisions name plans that the instance does not know."""
    best = best_choice(PlanSelection.from_instance(contended))
    certified = dataclasses.replace(best, bound=10**9, certificate=Certificate.root(1, {}).to_json())
    solution = solution_of_instance(contended, certified)
    assert (solution.bound, solution.certificate) == (10**9, None)


def test_an_empty_choice_is_the_empty_solution(contended: Instance) -> None:
    """Nothing chosen serves nothing."""
    nothing = SelectionSolution.from_choices(PlanSelection.from_instance(contended), np.zeros(0, dtype=np.int64))
    solution = solution_of_instance(contended, nothing)
    assert judge(contended, solution).value_milli == 0


def test_plans_of_other_selections_are_refused(contended: Instance) -> None:
    """A plan that is not named as documented cannot be read back."""
    selection = PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1])
    chosen = SelectionSolution.from_choices(selection, np.array([0]))
    with pytest.raises(InputError, match=r"plans, row 1, plan = '0': not the name of an instance's plan"):
        solution_of_instance(contended, chosen)
