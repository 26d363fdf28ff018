"""Vulcan's planner: never better than the greatest utility, and the greatest if it may look everywhere."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sloplan.heuristics import vulcan
from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.searches import search_alone
from sloplan.heuristics.utility import margin, utility
from sloplan.heuristics.vulcan import Effort, Vulcan, VulcanPlanner, best_utility
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import InputError
from sloplan.problem.run import Run
from tests.heuristics.plain_plans import PlainPlans
from tests.models.tiny_instances import latency_where_many_paths_meet
from tests.one_pool import one_pool
from tests.pricing.pricing_cases import compiled_case


def utilities(compiled: CompiledInstance, plans: PlainPlans) -> npt.NDArray[np.float64]:
    """Utility of every plan, -inf where it is not feasible."""
    query = np.full(len(plans.choices), plans.query)
    margins = margin(compiled, query, plans.figures.accuracy_nano_nats, plans.figures.latency_us)
    able = plans.open("accuracy", "latency", "cost")
    return np.where(able, utility(margins, plans.figures.cost_nano), -np.inf)


@pytest.mark.parametrize("seed", range(30))
def test_never_better_than_the_greatest_utility(seed: int) -> None:
    """What is found for one query is feasible, of the utility that it says, and at most the brute-forced maximum."""
    compiled = compiled_case(seed, "fluid")
    for query in range(len(compiled.queries.template)):
        plans = PlainPlans.of(compiled, query)
        of_plan = utilities(compiled, plans)
        found = best_utility(compiled, query, placements=2, evaluations=5)
        if found is not None:
            choices, reached = found
            assert reached == of_plan[plans.place_of(choices)]
            assert reached <= of_plan.max(initial=-np.inf)


@pytest.mark.parametrize("seed", range(30))
def test_exhaustive_if_it_may_look_everywhere(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With effort for all placements and knobs the greatest utility is found: bounds prune nothing better."""
    monkeypatch.setattr(vulcan, "_BEAM", 100_000)
    compiled = compiled_case(seed, "fluid")
    for query in range(len(compiled.queries.template)):
        best = utilities(compiled, PlainPlans.of(compiled, query)).max(initial=-np.inf)
        found = best_utility(compiled, query, placements=100_000, evaluations=100_000)
        assert (found is None) == (best == -np.inf)
        if found is not None:
            assert found[1] == best


def test_surrogates_find_more_than_chance() -> None:
    """Of 256 plans on one machine, 12 looks with surrogates reach better ranks than 12 at random, over 30 seeds."""
    compiled = latency_where_many_paths_meet().compiled
    plans = PlainPlans.of(compiled, 0)
    values = utilities(compiled, plans)
    feasible = np.sort(values[values > -np.inf])
    chosen, drawn = [], []
    for seed in range(30):
        found = best_utility(compiled, 0, placements=1, evaluations=6, seed=seed)
        random = np.random.default_rng(seed)
        same_placement = values  # all placements: chance may look anywhere
        drawn.append(np.searchsorted(feasible, random.choice(same_placement, 6, replace=False).max()))
        chosen.append(-1 if found is None else np.searchsorted(feasible, found[1]))
    assert np.mean(chosen) > np.mean(drawn)


def test_steps_are_those_of_what_was_evaluated() -> None:
    """Two steps per extension of a placement, four per plan evaluated, no more plans than the effort allows."""
    compiled = compiled_case(7, "fluid")
    evaluator = Evaluator(compiled)
    found = VulcanPlanner(Effort(1, 3), np.random.default_rng(0)).plans(
        search_alone(compiled, 0), evaluator, lambda: False
    )
    assert len(found.search) <= 3
    extensions = Evaluator(compiled)
    vulcan.promising_placements(search_alone(compiled, 0), extensions, vulcan._BEAM, 1)
    assert 0 < evaluator.steps - extensions.steps <= 3 * 4


def test_margins() -> None:
    """Accuracy above its SLO, and the part of the latency SLO that is not needed; nothing for an SLO not stated."""
    compiled = latency_where_many_paths_meet().compiled  # latency SLO 31 ms, no accuracy SLO
    margins = margin(compiled, np.zeros(2, dtype=np.int64), np.array([0, 693147181]), np.array([31_000, 15_500]))
    assert margins == pytest.approx([1.0, 0.5 + 0.5])
    assert utility(margins, np.array([0, 3])) == pytest.approx([1.0, 0.25])


@pytest.mark.parametrize("option", ["placements", "evaluations"])
def test_no_effort_is_refused(option: str) -> None:
    """At least one placement and one evaluation."""
    instance = one_pool()
    with pytest.raises(InputError, match=option):
        Vulcan().solve(instance.compiled, Run(instance), **{option: 0})
