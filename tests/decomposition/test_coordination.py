"""All ways of coordination against an independent linear program over all plans, and on degenerate problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

import sloplan
from sloplan.decomposition.column_generation import column_generation
from sloplan.decomposition.coordination import Coordination, Respond, Step
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance, coupled_selection
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.lagrangian import Prices, Response, respond
from sloplan.decomposition.least_worth import least_worth
from sloplan.decomposition.price_master import PriceMaster
from sloplan.decomposition.subgradient import subgradient
from sloplan.decomposition.volume import volume
from sloplan.problem.selections.selection import PlanSelection
from sloplan.solvers.engine import EngineError
from tests.decomposition.linear_cases import Drawn, drawn_selection, lp_worth, random_problem
from tests.one_pool import one_pool


def smoothed(problem: CoupledProblem, respond: Respond) -> Iterator[Step]:
    """Column generation that prices smoothed prices, and is misled by them at times."""
    return column_generation(problem, respond, smoothing=0.8)


def warm(problem: CoupledProblem, respond: Respond) -> Iterator[Step]:
    """Column generation that begins with what cutting planes end with."""
    *_, last = cutting_planes(problem, respond)
    return column_generation(problem, respond, start=last.best.prices, known=last.fractional)


EXACT: dict[str, Coordination] = {
    "cutting planes": cutting_planes,
    "column generation": column_generation,
    "smoothed": smoothed,
    "warm": warm,
}
LOOSE: dict[str, Coordination] = {"subgradient": subgradient, "volume": volume}


def ended(way: Coordination, problem: CoupledProblem) -> Step:
    """Run to the end; every bound holds what its response says, and the best never rises."""
    best = np.inf
    for number, step in enumerate(way(problem, partial(respond, problem))):
        assert step.best.bound <= min(best, step.response.bound)
        best = step.best.bound
        assert number < 20_000
    return step


def assert_optimal(way: Coordination, problem: CoupledProblem) -> Step:
    """The last bound is the linear program's optimum, and the fractional solution is one of it."""
    worth, step = lp_worth(problem), ended(way, problem)
    assert step.settled
    if worth is None:
        assert step.best.bound < least_worth(problem)
        return step
    tolerance = 1e-6 * max(abs(worth), 1.0)
    assert abs(step.best.bound - worth) <= tolerance
    found = step.fractional
    assert found is not None
    assert abs(found.worth - worth) <= tolerance
    served = np.bincount(found.group, weights=found.weight, minlength=len(problem.groups))
    count = problem.groups.count
    assert np.all(served <= count * (1 + 1e-6))
    assert np.all(served[problem.groups.must] >= count[problem.groups.must] * (1 - 1e-6))
    assert np.all(found.usage <= found.capacity + 1e-6 * np.maximum(problem.most_supplied, 1))
    assert np.all(found.amount <= problem.supplies.maximum * (1 + 1e-9))
    assert not problem.is_cost or found.value >= problem.floor * (1 - 1e-6)
    return step


@pytest.mark.parametrize("way", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("objective", ["goodput", "cost"])
@pytest.mark.parametrize("seed", range(8))
def test_random_instances(way: Coordination, seed: int, objective: str, hosting: str) -> None:
    """Goodput and cost, time and replicas: floors that cannot be reached are found out too."""
    assert_optimal(way, random_problem(seed, objective, hosting))


@pytest.mark.parametrize("way", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("must", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("objective", ["goodput", "cost"])
@pytest.mark.parametrize("seed", range(4))
def test_random_selections(way: Coordination, seed: int, objective: str, must: float) -> None:
    """Groups that may or must choose, with supplies and floors under cost; some have no solution."""
    tightness = (0.5, 0.9)[seed % 2]
    assert_optimal(way, drawn_selection(seed, objective, Drawn(must=must, tightness=tightness)))


@pytest.mark.parametrize("way", EXACT.values(), ids=EXACT)
def test_generalised_assignment(way: Coordination) -> None:
    """Every job by one of five machines, at least cost."""
    random = np.random.default_rng(5)
    use, machines, jobs = random.integers(5, 25, (5, 40)), 5, 40
    usage = np.zeros((jobs, machines, machines), dtype=np.int64)
    for machine in range(machines):
        usage[:, machine, machine] = use[machine]
    selection = PlanSelection.from_numbers(
        group=np.repeat(np.arange(jobs), machines), value=np.zeros(jobs * machines),
        cost=random.integers(10, 50, jobs * machines), usage=usage.reshape(-1, machines),
        capacity=4 * use.sum(axis=1) // (5 * machines), must=[True] * jobs, objective="cost",
    )  # fmt: skip
    assert_optimal(way, coupled_selection(selection))


@pytest.mark.parametrize("way", LOOSE.values(), ids=LOOSE)
@pytest.mark.parametrize("objective", ["goodput", "cost"])
@pytest.mark.parametrize("seed", range(3))
def test_steps_without_a_master_come_close(way: Coordination, seed: int, objective: str) -> None:
    """Subgradient and volume steps end by themselves, with a bound that holds and is within two per cent."""
    problem = drawn_selection(seed, objective)
    worth = lp_worth(problem)
    assert worth is not None
    bound = ended(way, problem).best.bound
    assert worth - 1e-6 * abs(worth) <= bound <= worth + 0.02 * abs(worth)


@pytest.mark.parametrize("way", LOOSE.values(), ids=LOOSE)
def test_an_incumbent_is_a_target(way: Any) -> None:
    """Told the optimum, steps end closer to it than without."""
    problem = drawn_selection(1, "goodput")
    worth = lp_worth(problem)
    assert worth is not None
    told = ended(lambda problem, respond: way(problem, respond, lambda: worth), problem)
    assert worth * (1 - 1e-6) <= told.best.bound <= worth * 1.002


# ---------------------------------------------------------------------------------------------------------- degenerate


def listed(instance: Any) -> CoupledProblem:
    """Return an instance as a coupled problem under goodput."""
    problem = coupled_instance(instance.compiled, "goodput")
    assert problem is not None
    return problem


def tied() -> CoupledProblem:
    """Forty groups that are all the same."""
    return coupled_selection(
        PlanSelection.from_numbers(
            group=np.repeat(np.arange(40), 2), value=[3, 5] * 40, usage=[[1, 2], [3, 1]] * 40, capacity=[50, 37]
        )
    )


def spread_over_nine_orders(objective: str) -> CoupledProblem:
    """Values and costs from 1 to 10^9."""
    problem = drawn_selection(3, objective, Drawn(groups=30))
    scale = 10 ** (np.arange(len(problem.groups)) % 10).astype(np.int64)[problem.plans.template]
    plans = replace(problem.plans, value=problem.plans.value * scale, cost=problem.plans.cost * scale)
    return replace(problem, plans=plans, floor=int(plans.value.sum() // 20) if objective == "cost" else 0)


DEGENERATE: dict[str, Callable[[], CoupledProblem]] = {
    "nothing servable": lambda: coupled_selection(
        PlanSelection.from_numbers(group=[0, 1], value=[1, 2], usage=[[3], [4]], capacity=[2])
    ),
    "a group without plans": lambda: coupled_selection(
        PlanSelection.from_numbers(group=[1], value=[1], usage=[[1]], capacity=[2], group_name=["a", "b"])
    ),
    "must without plans": lambda: coupled_selection(
        PlanSelection.from_numbers(group=[0, 1], value=[1, 2], usage=[[3], [1]], capacity=[2], must=[True, False])
    ),
    "must that do not fit together": lambda: coupled_selection(
        PlanSelection.from_numbers(group=[0, 1], value=[1, 2], usage=[[3], [3]], capacity=[5], must=[True, True])
    ),
    "floor out of reach": lambda: coupled_selection(
        PlanSelection.from_numbers(
            group=[0, 1], value=[1, 2], cost=[1, 1], usage=[[3], [3]], capacity=[3], objective="cost", goodput_floor=3
        )
    ),
    "no floor": lambda: drawn_selection(2, "cost", goodput_floor=0),
    "one query": lambda: listed(one_pool((1.0,))),
    "zero capacities": lambda: drawn_selection(2, "goodput", capacity=[0, 0, 0, 0]),
    "rows that never bind": lambda: drawn_selection(2, "goodput", capacity=[10**9] * 4),
    "no rows": lambda: coupled_selection(
        PlanSelection.from_numbers(group=[0, 0], value=[1, 2], usage=np.zeros((2, 0)), capacity=[])
    ),
    "all identical": tied,
    "nine orders of value": lambda: spread_over_nine_orders("goodput"),
    "nine orders of cost": lambda: spread_over_nine_orders("cost"),
    "worth nothing": lambda: drawn_selection(2, "goodput", value=np.zeros(60, dtype=np.int64)),
}


@pytest.mark.parametrize("way", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("make", DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate(way: Coordination, make: Callable[[], CoupledProblem]) -> None:
    """Exact all the same; what has no solution is found to have none."""
    assert_optimal(way, make())


@pytest.mark.parametrize("way", LOOSE.values(), ids=LOOSE)
@pytest.mark.parametrize("make", DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_without_a_master(way: Coordination, make: Callable[[], CoupledProblem]) -> None:
    """Steps end, and no bound is below the optimum."""
    problem = make()
    worth, step = lp_worth(problem), ended(way, problem)
    assert worth is None or step.best.bound >= worth - 1e-6 * max(abs(worth), 1.0)


def test_where_everything_fits_nothing_is_searched() -> None:
    """Two responses settle it: at prices next to nothing, groups take of plans of equal value what uses least."""
    asked: list[Prices] = []

    def noted(prices: Prices) -> Response:
        asked.append(prices)
        return respond(problem, prices)

    problem = coupled_selection(
        PlanSelection.from_numbers(group=[0, 0, 1, 1, 2, 2], value=[1] * 6, usage=[[4], [1]] * 3, capacity=[5])
    )
    *_, step = cutting_planes(problem, noted)
    assert step.settled
    assert step.fractional is not None
    assert step.fractional.plan.tolist() == [1, 3, 5]
    assert len(asked) == 2


@pytest.mark.parametrize("way", EXACT.values(), ids=EXACT)
def test_many_groups_in_few_templates(way: Coordination) -> None:
    """An instance of the library size s: templates are shared, some rows bind, most do not."""
    compiled = sloplan.load("edge-cloud-s-1.2-tight").compiled
    problem = coupled_instance(compiled, "goodput")
    assert problem is not None
    step = assert_optimal(way, problem)
    assert step.best.bound < respond(problem, Prices(np.zeros(len(problem.rows)))).bound


def test_a_model_that_fails_without_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close to having no least value HiGHS ended with "Solve error", and `branch-and-price` with it: wider boxes do.

    So it was on edge-cloud-s-1.2-loose with whole replicas, the least cost at the greatest goodput.
    """
    solve, failed = PriceMaster.solve, []

    def fails_twice(master: PriceMaster, center: Any, radius: float) -> None:
        if np.isinf(radius) and len(failed) < 2:
            failed.append(radius)
            raise EngineError("HiGHS ended a linear program with Solve error")
        solve(master, center, radius)

    monkeypatch.setattr(PriceMaster, "solve", fails_twice)
    assert_optimal(cutting_planes, random_problem(55, "goodput", "fluid"))
    assert len(failed) == 2


def test_a_model_that_always_fails_without_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for prices ends all the same, and what it has stands."""
    solve = PriceMaster.solve

    def fails(master: PriceMaster, center: Any, radius: float) -> None:
        if np.isinf(radius):
            raise EngineError("HiGHS ended a linear program with Solve error")
        solve(master, center, radius)

    monkeypatch.setattr(PriceMaster, "solve", fails)
    step = ended(cutting_planes, random_problem(55, "goodput", "fluid"))
    assert step.best.bound >= lp_worth(random_problem(55, "goodput", "fluid")) - 1e-6


def test_a_linear_program_without_time_ends_the_steps() -> None:
    """Column generation then ends with the prices that it began with."""
    problem = random_problem(55, "goodput", "fluid")
    price = partial(respond, problem)
    *_, last = cutting_planes(problem, price)
    steps = list(
        column_generation(problem, price, start=last.best.prices, known=last.fractional, remaining=lambda: 0.0)
    )
    assert len(steps) >= 1
    assert not steps[-1].settled
    assert steps[-1].fractional is None
    assert steps[-1].best.bound == last.best.bound
