"""Templates that are searched instead of listed: the same bounds, valid ones when a search is cut off, exact plans."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from sloplan.checking import check
from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.lagrangian import Prices, Response, respond
from sloplan.decomposition.searched_template import SearchedTemplate
from sloplan.decomposition.starting import start
from sloplan.instances.families.spec import generate_spec
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import enumerate_plans
from sloplan.problem.run import Run
from sloplan.problem.solution import Solution
from tests.conformance.cases import instance_from
from tests.conformance.cost_cases import cost_case
from tests.conformance.random_instances import random_tables
from tests.one_pool import one_pool
from tests.pricing.large_plan_space import large_instance
from tests.pricing.pricing_cases import HOSTINGS


def both(instance: Instance, objective: str, floor: int | None = None) -> tuple[CoupledProblem, CoupledProblem]:
    """The problem with its plans listed, and with all templates searched that have any."""
    listed = coupled_instance(instance.compiled, objective, floor)
    searched = coupled_instance(instance.compiled, objective, floor, list_limit=0)
    assert listed is not None
    assert searched is not None
    assert not listed.searched
    assert set(np.unique(listed.plans.template)) <= set(searched.searched)
    return listed, searched


def settled_bound(problem: CoupledProblem) -> float:
    """The bound of cutting planes once prices are settled."""
    steps = list(cutting_planes(problem, lambda prices: respond(problem, prices)))
    assert steps[-1].settled or not np.isfinite(steps[-1].best.bound)
    return steps[-1].best.bound


def compare(instance: Instance, objective: str, floor: int | None, seed: int) -> None:
    """Compare bounds and worths at random prices, and where prices settle."""
    listed, searched = both(instance, objective, floor)
    random = np.random.default_rng(seed)
    rows = len(listed.rows)
    scale = float(listed.groups.value.max()) / np.maximum(listed.most_supplied, 1)
    for _ in range(4):
        prices = Prices(random.random(rows) * random.integers(0, 2, rows) * scale, 1.0 + random.random())
        known, found = respond(listed, prices), respond(searched, prices)
        assert found.worth == pytest.approx(known.worth, rel=1e-9, abs=1e-6)
        assert found.bound == pytest.approx(known.bound, rel=1e-9, abs=1e-6)
        assert found.reached == pytest.approx(found.bound, rel=1e-9, abs=1e-6)
    assert settled_bound(searched) == pytest.approx(settled_bound(listed), rel=3e-7, abs=1e-6)


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", range(12))
def test_bounds_are_those_of_listed_plans_under_goodput(seed: int, hosting: str) -> None:
    """Worth of every group and the bound are equal at random prices, and so is the bound where prices settle."""
    compare(instance_from(random_tables(seed), name="case", hosting=hosting), "goodput", None, seed)


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", range(12))
def test_bounds_are_those_of_listed_plans_under_cost(seed: int, hosting: str) -> None:
    """The same where least cost is sought for a floor."""
    case = cost_case(seed, hosting)
    compare(case.instance, "cost", case.floor, seed)


def test_templates_of_one_instance_may_be_listed_or_searched() -> None:
    """With a limit between them, some templates of an instance are searched; its plans keep their options."""
    instance = generate_spec("city:queries=40,seed=1")
    listed = coupled_instance(instance.compiled, "goodput")
    mixed = coupled_instance(instance.compiled, "goodput", list_limit=500)
    assert listed is not None
    assert mixed is not None
    assert 0 < len(mixed.searched) < len(instance.compiled.templates)
    random = np.random.default_rng(3)
    for _ in range(3):
        prices = Prices(random.random(len(listed.rows)) * 1e3 / listed.most_supplied.clip(1))
        known, found = respond(listed, prices), respond(mixed, prices)
        assert found.bound == pytest.approx(known.bound, rel=1e-9)
        assert found.takes.tolist() == known.takes.tolist()
    served = alone(mixed, found)
    assert check(instance, served) == []


def alone(problem: CoupledProblem, response: Response) -> Solution:
    """One copy of the first group that takes a plan of a searched template, as a solution."""
    group = next(g for g in np.flatnonzero(response.takes) if problem.groups.template[g] in problem.searched)
    picked = np.array([group])
    one = Assignment(picked, response.plan[picked], np.array([1]), np.zeros(len(problem.supplies), dtype=np.int64))
    assert one.is_valid(problem)
    solution = problem.solution(one.group, one.plan, one.count, one.amount)
    assert isinstance(solution, Solution)
    return solution


def city(list_limit: int = 500) -> CoupledProblem:
    """A small city of which some templates are searched."""
    problem = coupled_instance(generate_spec("city:queries=40,seed=1").compiled, "goodput", list_limit=list_limit)
    assert problem is not None
    return problem


def random_prices(problem: CoupledProblem, seed: int, times: int = 4) -> list[Prices]:
    """Prices of about what rows are worth."""
    random = np.random.default_rng(seed)
    return [Prices(row * 1e3 / problem.most_supplied.clip(1)) for row in random.random((times, len(problem.rows)))]


def test_plans_that_are_found_keep_their_places() -> None:
    """Further prices add plans behind those known, whose figures stay; vacant places are open to nobody."""
    problem = city()
    before = {
        template: (one.known, one.choices.copy(), problem.plans.needs[problem.plans.start[template] :].copy())
        for template, one in problem.searched.items()
    }
    for prices in random_prices(problem, 0):
        respond(problem, prices)
    grown = 0
    group, plan = problem.open_plans(np.arange(len(problem.groups)))
    for template, one in problem.searched.items():
        known, choices, needs = before[template]
        first = problem.plans.start[template]
        grown += one.known > known
        assert np.array_equal(one.choices[:known], choices[:known])
        assert np.array_equal(problem.plans.needs[first : first + known], needs[:known])
        assert len(np.unique(one.choices[: one.known], axis=0)) == one.known
        assert plan[problem.groups.template[group] == template].max() < first + one.known
    assert grown


def test_the_bound_holds_without_places_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only one plan of a template can be known, bounds are true and hardly greater; what plans reach is less.

    They are greater where the cheapest plan does not fit alone: there is no place to look past it.
    """
    monkeypatch.setattr("sloplan.decomposition.searched_template._PLACES", 1)
    monkeypatch.setattr("sloplan.decomposition.searched_template._PLACES_PER_CLASS", 0)
    listed, cramped = city(100_000), city()
    assert {one.known for one in cramped.searched.values()} == {1}
    known, found = zip(*((respond(listed, p), respond(cramped, p)) for p in random_prices(listed, 1)), strict=True)
    for one, true in zip(found, known, strict=True):
        assert true.bound * (1 - 1e-9) <= one.bound <= true.bound * 1.01
    assert any(one.reached < one.bound * 0.999 for one in found)


def test_a_bound_holds_when_labels_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """With few labels kept, the bound is no smaller than the true one at the same prices, and the plans are open."""
    exact = city(100_000)
    monkeypatch.setattr(SearchedTemplate.__init__, "__defaults__", (2,))
    cut, was_cut = city(0), False
    for prices in random_prices(exact, 2):
        known, found = respond(exact, prices), respond(cut, prices)
        assert found.bound >= known.bound * (1 - 1e-9)
        assert found.reached <= known.bound * (1 + 1e-9)
        was_cut |= found.reached < found.bound
    assert was_cut


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", range(12))
def test_no_plan_uses_more_than_is_said(seed: int, hosting: str) -> None:
    """Usage of every row and bills of all listed plans are within what a searched template says of its own."""
    compiled = cost_case(seed, hosting).instance.compiled
    for template in range(len(compiled.templates)):
        one, figures = SearchedTemplate(compiled, template, 1.0), enumerate_plans(compiled, template).figures
        most, billed = one.most_used()
        limit = np.zeros(len(compiled.rows), dtype=np.int64)
        limit[one.rows] = most
        assert (figures.usage.amount <= limit[figures.usage.column]).all()
        assert figures.billed_cost_nano.max(initial=0) <= billed


def test_what_the_only_plan_uses_is_the_most() -> None:
    """With one operator on one pool nothing is overestimated."""
    compiled = one_pool(busy_ms=400.0).compiled
    most, billed = SearchedTemplate(compiled, 0, 1.0).most_used()
    figures = enumerate_plans(compiled, 0).figures
    assert most.tolist() == figures.usage.amount.tolist() == [400_000]
    assert billed == figures.billed_cost_nano[0]


def test_a_search_that_is_late_asks_for_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once time is up what is known has to do, and bounds are those of plans that cost nothing; a copy has no clock."""
    asked = []
    plain = SearchedTemplate._next_best
    monkeypatch.setattr(SearchedTemplate, "_next_best", lambda *given: asked.append(given[5]) or plain(*given))
    problem = coupled_instance(large_instance(1, num_queries=6).compiled, "goodput")
    assert problem is not None
    prices = Prices(np.full(len(problem.rows), 1e-9))
    searched = problem.searched[0]
    known = searched.known
    searched.should_stop = lambda: True
    late = respond(problem, prices)
    assert (asked, searched.known) == ([], known)
    everything = float(problem.groups.value @ problem.groups.count)
    assert late.bound == pytest.approx(everything + float(prices.row @ problem.rows.capacity))
    problem.searched[0] = pickle.loads(pickle.dumps(searched))
    assert not problem.searched[0].should_stop()
    respond(problem, prices)
    assert asked


def test_a_run_s_clock_is_that_of_its_searches() -> None:
    """Templates that are searched in a run stop when the run should."""
    instance, now = large_instance(1, num_queries=6), [0.0]
    run = Run(instance, time_limit=10.0, clock=lambda: now[0])
    problem = start(instance.compiled, run)
    assert problem is not None
    (searched,) = problem.searched.values()
    assert not searched.should_stop()
    now[0] = 1e6
    assert searched.should_stop()


def test_without_a_search_known_plans_count() -> None:
    """A response that does not search finds what is known, and calls it no more than that."""
    problem = coupled_instance(instance_from(random_tables(1), name="random-1").compiled, "goodput", list_limit=0)
    assert problem is not None
    prices = Prices(np.full(len(problem.rows), 1e-9))
    known = {template: searched.known for template, searched in problem.searched.items()}
    response = respond(problem, prices, searches=False)
    assert known == {template: searched.known for template, searched in problem.searched.items()}
    assert response.bound == response.reached
    assert respond(problem, prices).bound >= response.bound


@pytest.mark.slow
def test_cutting_planes_settle_where_plans_cannot_be_listed() -> None:
    """Eight operators of thirty options: prices settle, and no response before had a smaller bound."""
    problem = coupled_instance(large_instance(1, num_queries=6).compiled, "goodput")
    assert problem is not None
    assert problem.searched
    steps = list(cutting_planes(problem, lambda prices: respond(problem, prices)))
    assert steps[-1].settled
    assert steps[-1].best.bound == min(step.response.bound for step in steps)
