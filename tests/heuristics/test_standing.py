"""Whole plans of a template: what the best of them score, and which neighbours are taken."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.heuristics.contention import room_of
from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.listing import Classes
from sloplan.heuristics.plan_search import Demands, PlanSearch, SearchSpace, Switches
from sloplan.heuristics.scarcity import Scarcity, first_prices
from sloplan.heuristics.shortlists import StageOne
from sloplan.heuristics.slo_groups import representatives
from sloplan.heuristics.standing import Standing
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.plan_table import enumerate_plans
from tests.pricing.pricing_cases import Float, compiled_case

DIRECTIONS = 3


SEEDS = (0, 1, 2, 4, 5, 7)
"""Random instances whose first template has an option that its queries may use at every operator."""


class Case:
    """The first template of a random instance, with all plans of its search."""

    def __init__(self, seed: int) -> None:
        self.compiled: CompiledInstance = compiled_case(seed, "fluid")
        classes = Classes.of(self.compiled)
        self.allowed = classes.allowed[classes.template == 0]
        self.demands: Demands = representatives(self.allowed, 4)
        price = first_prices(room_of(self.compiled, "goodput"))
        self.scarcity = Scarcity(self.compiled, price, is_cost=False, directions=DIRECTIONS, spread=8.0, seed=seed)
        self.evaluator = Evaluator(self.compiled)
        stage = StageOne(self.compiled, classes, self.evaluator, Switches(), is_cost=False, seed=seed)
        space = stage._space(0, self.allowed)
        assert space is not None
        self.space: SearchSpace = space
        self.evaluator.steps = 0
        self.standing = Standing(
            space, self.scarcity, self.demands, self.evaluator, ("latency", "cost", "usage"), own_directions=True
        )
        every = enumerate_plans(self.compiled, 0).choices
        known = set(map(tuple, space.combinations.tolist()))
        parts = [set(part.tolist()) for part in space.parts]
        fits = [
            tuple(self.compiled.options.configuration[plan].tolist()) in known
            and all(option in part for option, part in zip(plan.tolist(), parts, strict=True))
            for plan in every
        ]
        self.plans: Int = every[np.array(fits, dtype=np.bool_)]

    def changed_once(self, plan: Int) -> Int:
        """Return the plans of the search that differ from one in one operator's option."""
        combinations = set(map(tuple, self.space.combinations.tolist()))
        near = []
        for position, part in enumerate(self.space.parts):
            for option in part.tolist():
                other = plan.copy()
                other[position] = option
                configurations = tuple(self.compiled.options.configuration[other].tolist())
                if option != plan[position] and configurations in combinations:
                    near.append(other)
        return np.array(near, dtype=np.int64).reshape(-1, len(plan))

    def best(self, plans: Int) -> Float:
        """Return what the best of some plans score, plan by plan."""
        best = np.full((len(self.demands.table), DIRECTIONS + 2), np.inf)
        figures = evaluate_plans(self.compiled, 0, plans)
        load = self.scarcity.of_plans(figures)
        for demand, (rate, nano_nats, latency, cost) in enumerate(self.demands.table.tolist()):
            for plan in range(len(plans)):
                own = figures.latency_us[plan], figures.cost_nano[plan]
                if (
                    figures.placeable[plan]
                    and figures.min_rate_milli[plan] <= rate <= figures.max_rate_milli[plan]
                    and figures.accuracy_nano_nats[plan] <= nano_nats
                    and own[0] <= latency
                    and own[1] <= cost
                ):
                    best[demand] = np.minimum(best[demand], [*load[plan], *own])
        return best


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_of_all_plans(seed: int) -> None:
    """Plans count once, each takes three steps, and the best are those that looking at every plan finds."""
    case = Case(seed)
    half = case.plans[::2]
    case.standing.add(half)
    case.standing.add(case.plans)
    assert len(case.standing.plans) == len(case.plans)
    assert case.evaluator.steps == 3 * len(case.plans)
    assert np.array_equal(case.standing.best, case.best(case.plans))


def test_neighbours_are_taken_that_beat_what_is_known() -> None:
    """Looking around from the worst plan finds what is one change away and takes less of something, nothing else."""
    better = 0
    for seed in SEEDS:
        case = Case(seed)
        able = [plan for plan in case.plans if np.isfinite(case.best(plan[None, :])).any()]
        if not able:
            continue
        worst = max(able, key=lambda plan: case.best(plan[None, :])[:, 0].min())
        case.standing.add(worst[None, :])
        before, steps = case.standing.best, case.evaluator.steps
        near = case.changed_once(worst)
        case.standing.look_around(1)
        taken = case.standing.plans[1:]
        assert set(map(tuple, taken.tolist())) <= set(map(tuple, near.tolist()))
        load, allowed = case.scarcity.of_plans(evaluate_plans(case.compiled, 0, near)), before[:, :DIRECTIONS]
        promising = (load[None] < allowed[:, None, :]).any(axis=(0, 2))
        assert len(taken) == np.count_nonzero(promising)
        assert np.array_equal(case.standing.best, case.best(np.concatenate([worst[None, :], near[promising]])))
        assert case.evaluator.steps - steps == len(near) + 2 * len(taken)
        better += bool(np.any(case.standing.best < before))
    assert better


@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_looks_for_what_may_beat_what_is_known(seed: int) -> None:
    """Nothing beats what scores less than everything; with nothing known, plans are found, and none beats the best."""
    case = Case(seed)
    search = PlanSearch(case.space, case.scarcity, case.evaluator, Switches(), 3)
    shape = (len(case.demands.table), DIRECTIONS + 2)
    assert len(search.plans(case.demands, np.full(shape, -np.inf))) == 0
    found = search.plans(case.demands, np.full(shape, np.inf))
    assert bool(len(found)) == bool(np.isfinite(case.best(case.plans)).any())
    better = search.plans(case.demands, 0.999 * case.best(case.plans))
    assert np.isinf(case.best(better)).all() or np.all(case.best(better) >= case.best(case.plans))


def test_nothing_known() -> None:
    """Without a plan there is nothing to beat, no neighbour, and no step."""
    case = Case(0)
    case.standing.add(case.plans[:0])
    case.standing.look_around(1)
    assert np.isinf(case.standing.best).all()
    assert (len(case.standing.plans), case.evaluator.steps) == (0, 0)
