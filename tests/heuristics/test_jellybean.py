"""JellyBean's planner: never better than the optimum of its setting, and the optimum where it is exact."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.jellybean import JellyBean, JellyBeanPlanner, least_cost_at_accuracy
from sloplan.heuristics.searches import search_alone
from sloplan.loading import load
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.run import Run
from tests.heuristics.plain_plans import PlainPlans
from tests.models import tiny_instances
from tests.one_pool import one_pool
from tests.pricing.pricing_cases import compiled_case

ONE_WORKER_PER_TIER = (
    tiny_instances.accuracy_of_single_factors,
    tiny_instances.accuracy_of_a_joint_factor,
    tiny_instances.accuracy_of_three_and_one,
    tiny_instances.compatible_blocks,
    tiny_instances.compatible_overlaps,
    tiny_instances.cost_of_machines_and_traffic,
)


def priced(instance: Instance) -> Instance:
    """Return an instance in which machines and links are paid for."""
    frames = instance.to_frames()
    frames["pools"]["price_per_unit_hour"] = np.linspace(3.6, 1.1, len(frames["pools"]))
    frames["links"]["price_per_gb"] = 0.4
    return Instance.from_frames(frames)


@pytest.mark.parametrize("seed", range(40))
def test_never_better_than_the_optimum(seed: int) -> None:
    """What is found for one query meets its accuracy SLO and costs what it says, at least the brute-forced minimum."""
    compiled = compiled_case(seed, "fluid")
    for query in range(len(compiled.queries.template)):
        plans = PlainPlans.of(compiled, query)
        able = plans.open("accuracy")
        found = least_cost_at_accuracy(compiled, query)
        if found is not None:
            choices, cost = found
            place = plans.place_of(choices)
            assert able[place]
            assert plans.forward()[place]
            assert cost == plans.figures.cost_nano[place]
            assert cost >= plans.figures.cost_nano[able].min()


@pytest.mark.parametrize("make", ONE_WORKER_PER_TIER)
def test_exact_with_one_worker_per_tier_and_a_wide_beam(make: Callable[[], Instance]) -> None:
    """With a choice of variants and tiers only, and nothing cut off, it finds the least cost of forward plans."""
    compiled = priced(make()).compiled
    plans = PlainPlans.of(compiled, 0)
    able = plans.open("accuracy") & plans.forward()
    found = least_cost_at_accuracy(compiled, 0, beam=10_000)
    assert found is not None
    assert found[1] == plans.figures.cost_nano[able].min()


@pytest.mark.parametrize("accuracy", [0.54, 0.5591, 0.56, 0.5685, 0.5794, 0.5833])
def test_its_shipped_example(accuracy: float) -> None:
    """On its authors' example, one stream and workers paid by busy time, it finds the least cost of forward plans."""
    instance = load(f"jellybean-vqa:accuracy={accuracy}")
    assert isinstance(instance, Instance)
    compiled = instance.replace(hosting="fluid").compiled
    plans = PlainPlans.of(compiled, 0)
    found = least_cost_at_accuracy(compiled, 0)
    assert found is not None
    assert found[1] == plans.figures.cost_nano[plans.open("accuracy") & plans.forward()].min()


@pytest.mark.parametrize("make", [tiny_instances.accuracy_of_single_factors, tiny_instances.accuracy_of_a_joint_factor])
def test_a_narrow_beam_keeps_what_can_still_reach_the_threshold(make: Callable[[], Instance]) -> None:
    """The cheapest beginning that cannot reach the accuracy is not kept in place of a dearer one that can."""
    compiled = priced(make()).compiled
    found = least_cost_at_accuracy(compiled, 0, beam=1)
    assert found is not None
    plans = PlainPlans.of(compiled, 0)
    assert plans.open("accuracy")[plans.place_of(found[0])]


def test_latency_slos_leave_out_workers() -> None:
    """Beside other queries its plans meet all SLOs, the cheapest first."""
    compiled = compiled_case(3, "fluid")
    for query in range(len(compiled.queries.template)):
        plans, searches = PlainPlans.of(compiled, query), search_alone(compiled, query)
        found = JellyBeanPlanner(10).plans(searches, Evaluator(compiled), lambda: False)
        places = [plans.place_of(choices) for choices in found.choices]
        assert plans.open("accuracy", "latency", "cost")[places].all()
        assert (np.diff(plans.figures.cost_nano[places]) >= 0).all()


def test_all_profiles_are_known_beforehand() -> None:
    """Where profiles are not known it measures every option, whatever it then looks at."""
    compiled = tiny_instances.latency_of_a_chain().compiled
    evaluator = Evaluator(compiled, profiles_known=False)
    JellyBeanPlanner(1).plans(search_alone(compiled, 0), evaluator, lambda: False)
    assert evaluator.profiled == len(compiled.profile_item_us)


def test_a_beam_of_nothing_is_refused() -> None:
    """The beam holds one combination at least."""
    instance = one_pool()
    with pytest.raises(InputError, match="beam"):
        JellyBean().solve(instance.compiled, Run(instance), beam=0)
