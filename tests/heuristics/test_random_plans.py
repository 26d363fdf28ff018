"""Plans drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.random_plans import Random, RandomPlanner
from sloplan.heuristics.searches import search_alone
from sloplan.instances.families.spec import generate_spec
from sloplan.problem.errors import InputError
from sloplan.problem.run import Run
from tests.heuristics.plain_plans import PlainPlans
from tests.one_pool import one_pool
from tests.pricing.pricing_cases import compiled_case


@pytest.mark.parametrize("seed", range(10))
def test_every_feasible_plan_is_drawn_in_the_end(seed: int) -> None:
    """Of many draws those kept are the feasible plans, all of them, and each draw counts four steps."""
    compiled = compiled_case(seed, "fluid")
    for query in range(len(compiled.queries.template)):
        plans, evaluator = PlainPlans.of(compiled, query), Evaluator(compiled)
        planner = RandomPlanner(4000, np.random.default_rng(seed))
        found = planner.plans(search_alone(compiled, query), evaluator, lambda: False)
        feasible = plans.choices[plans.open("accuracy", "latency", "cost")]
        assert set(map(tuple, found.choices.tolist())) == set(map(tuple, feasible.tolist()))
        assert evaluator.steps in (0, 4 * 4000)


def test_the_seed_decides() -> None:
    """The same seed gives the same answer, another one another."""
    instance = generate_spec("edge-cloud:queries=12,seed=1")
    runs = [Run(instance, seed=seed) for seed in (1, 1, 2)]
    for run in runs:
        Random().solve(instance.compiled, run, draws=20, tries=2)
    first, again, other = (run.best_solution for run in runs)
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.file_bytes() == again.file_bytes() != other.file_bytes()


def test_more_tries_are_no_worse() -> None:
    """The best of all tries is kept, and doing all of them is said."""
    instance = generate_spec("edge-cloud:queries=30,seed=2")
    reached = []
    for tries in (1, 4):
        run = Run(instance)
        Random().solve(instance.compiled, run, draws=20, tries=tries)
        assert run.limit == "iterations"
        assert run.best_objective is not None
        reached.append(run.best_objective)
    assert reached[1] >= reached[0]


@pytest.mark.parametrize("option", ["draws", "tries"])
def test_bad_options(option: str) -> None:
    """At least one draw, and one try."""
    instance = one_pool()
    with pytest.raises(InputError, match=option):
        Random().solve(instance.compiled, Run(instance), **{option: 0})
