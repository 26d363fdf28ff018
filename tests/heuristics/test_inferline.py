"""InferLine's planner: cheaper step by step, never better than the optimum for the models that it is given."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.inferline import InferLinePlanner, least_cost_within_latency
from sloplan.heuristics.searches import search_alone
from sloplan.problem.compiled import CompiledInstance, Int
from tests.heuristics.plain_plans import PlainPlans
from tests.models.tiny_instances import tiny
from tests.pricing.pricing_cases import compiled_case


def least_of_same_models(compiled: CompiledInstance, plans: PlainPlans, choices: Int) -> int:
    """Least cost of the plans that run the same configurations and meet accuracy and latency SLO."""
    models = compiled.options.configuration
    same = (models[plans.choices] == models[choices]).all(axis=1)
    return int(plans.figures.cost_nano[same & plans.open("accuracy", "latency")].min())


@pytest.mark.parametrize("seed", range(40))
def test_never_better_than_the_optimum(seed: int) -> None:
    """What is found is feasible and costs what it says, at least the minimum for its models; with one operator that."""
    compiled = compiled_case(seed, "fluid")
    for query in range(len(compiled.queries.template)):
        plans = PlainPlans.of(compiled, query)
        found = least_cost_within_latency(compiled, query)
        if found is not None:
            choices, cost = found
            place = plans.place_of(choices)
            least = least_of_same_models(compiled, plans, choices)
            assert plans.open("accuracy", "latency")[place]
            assert cost == plans.figures.cost_nano[place]
            assert cost >= least
            if len(choices) == 1:
                assert cost == least


def test_one_operator_is_exact() -> None:
    """With one operator every machine is one step away: the cheapest that keeps the SLO is found."""
    hardware = {"a": (1.0, 9.0), "b": (2.0, 5.0), "c": (4.0, 2.0), "d": (9.0, 1.0)}
    pools = [
        {"pool": name, "site": "device", "hardware": name, "units": 1, "memory_gb": 8, "price_per_unit_hour": price}
        for name, (_, price) in hardware.items()
    ]
    profiles = [
        {"operator": "x", "configuration": "s", "hardware": name, "latency_ms": latency, "busy_ms": 2.0}
        for name, (latency, _) in hardware.items()
    ]
    query = {"slo_latency_ms": 5.0}
    compiled = tiny({"x": {"s": 1.0}}, query=query, pools=pools, profiles=profiles).compiled
    found = least_cost_within_latency(compiled, 0)
    assert found is not None
    assert compiled.names.pools[compiled.options.pool[found[0][0]]] == "c"
    assert found[1] == PlainPlans.of(compiled, 0).figures.cost_nano[2]


@pytest.mark.parametrize("seed", [1, 2, 5, 9])
def test_the_descent(seed: int) -> None:
    """Plans are of the same models, cheaper from the last to the first, and differ by one operator's option."""
    compiled = compiled_case(seed, "fluid")
    for query in range(len(compiled.queries.template)):
        plans = PlainPlans.of(compiled, query)
        found = InferLinePlanner().plans(search_alone(compiled, query), Evaluator(compiled), lambda: False)
        places = [plans.place_of(choices) for choices in found.choices]
        assert (np.diff(plans.figures.cost_nano[places]) > 0).all()
        assert (np.count_nonzero(np.diff(found.choices, axis=0), axis=1) == 1).all()
        assert len(np.unique(compiled.options.configuration[found.choices], axis=0)) <= 1


def test_only_the_given_models_are_measured() -> None:
    """Where profiles are not known, the models that it is given are measured on all hardware, and no others."""
    compiled = tiny({"x": {"s": 1.0, "m": 2.0, "l": 4.0}}, query={"slo_latency_ms": 100.0}).compiled
    evaluator = Evaluator(compiled, profiles_known=False)
    InferLinePlanner().plans(search_alone(compiled, 0), evaluator, lambda: False)
    assert evaluator.profiled == 2
