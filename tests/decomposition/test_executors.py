"""Shards and threads: the same answers to the last bit, whatever their number."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance, coupled_selection
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor, answered, put_together, shards_of
from sloplan.decomposition.lagrangian import Prices, Response, respond
from sloplan.instances.families.spec import generate_spec
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables


def problem_of(list_limit: int = 100_000) -> CoupledProblem:
    """A city with many templates; all listed, or with a lower limit some of them searched."""
    problem = coupled_instance(generate_spec("city:queries=60,seed=1").compiled, "goodput", list_limit=list_limit)
    assert problem is not None
    return problem


def prices_of(problem: CoupledProblem, seed: int, times: int = 3) -> list[Prices]:
    """Random prices of about what rows are worth, some of them 0."""
    random, rows = np.random.default_rng(seed), len(problem.rows)
    scale = 1e3 * random.random((times, rows)) * random.integers(0, 2, (times, rows))
    return [Prices(row) for row in scale / problem.most_supplied.clip(1)]


def same(one: Response, other: Response) -> bool:
    """Tell whether two responses are equal to the last bit."""
    arrays = ((one.plan, other.plan), (one.worth, other.worth), (one.most, other.most))
    totals = ((one.totals.value, other.totals.value), (one.totals.usage, other.totals.usage))
    return one.bound == other.bound and all(np.array_equal(mine, its) for mine, its in (*arrays, *totals))


@pytest.mark.parametrize("number", [1, 2, 3, 7, 1000])
def test_shards_hold_every_template_and_group_once(number: int) -> None:
    """So many shards, or one per template, together the whole: its groups once each, its plans in their order."""
    problem = problem_of()
    shards = shards_of(problem, number)
    assert len(shards) == min(number, len(problem.plans.start) - 1)
    assert all(len(shard.problem.plans.start) > 1 for shard in shards)
    assert sorted(np.concatenate([shard.groups for shard in shards])) == list(range(len(problem.groups)))
    assert np.array_equal(np.concatenate([shard.problem.plans.needs for shard in shards]), problem.plans.needs)
    assert sum(len(shard.problem.plans.start) - 1 for shard in shards) == len(problem.plans.start) - 1


@pytest.mark.parametrize("list_limit", [500, 100_000])
@pytest.mark.parametrize("number", [1, 2, 5])
def test_answers_do_not_depend_on_shards(number: int, list_limit: int) -> None:
    """Response after response, shards put together say what the whole says, plans found on the way included."""
    whole, divided = problem_of(list_limit), problem_of(list_limit)
    shards = shards_of(divided, number)
    for prices in prices_of(whole, number):
        answers = [answered(shard.problem, prices) for shard in shards]
        assert same(put_together(divided, prices, shards, answers), respond(whole, prices))
    assert np.array_equal(whole.plans.needs, divided.plans.needs)
    assert np.array_equal(whole.plans.usage.amount, divided.plans.usage.amount)
    assert bool(whole.searched) == (list_limit == 500)


@pytest.mark.parametrize("list_limit", [500, 100_000])
def test_prices_settle_alike_with_one_thread_and_with_three(list_limit: int) -> None:
    """Cutting planes take the same steps, to the last bit."""
    one, three = problem_of(list_limit), problem_of(list_limit)
    with ThreadExecutor(one, 1) as alone, ThreadExecutor(three, 3) as together:
        for left, right in zip(cutting_planes(one, alone), cutting_planes(three, together), strict=True):
            assert np.array_equal(left.response.prices.row, right.response.prices.row)
            assert same(left.response, right.response)
    assert left.settled


def test_a_plan_selection_is_divided_too() -> None:
    """Groups that must choose, and plans with values of their own."""
    selection = PlanSelection.from_instance(instance_from(random_tables(3), name="case"))
    problem = coupled_selection(selection)
    with ThreadExecutor(problem, 2) as together:
        for prices in prices_of(problem, 0):
            assert same(together(prices), respond(problem, prices))


def test_a_problem_without_templates() -> None:
    """Nothing to divide, and the bound is what the rows' capacity is worth."""
    problem = coupled_selection(PlanSelection.from_numbers(group=[], value=[], usage=np.zeros((0, 1)), capacity=[3]))
    with ThreadExecutor(problem, 2) as together:
        assert together(Prices(np.array([2.0]))).bound == 6.0
