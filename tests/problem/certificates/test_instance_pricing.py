"""Certificates of instances: worked by hand, against brute force, and against the same plans listed."""

from __future__ import annotations

import dataclasses
import math
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.problem.certificates.format import Branch, Decision, Leaf, OptionDecision, PlanDecision, SupplyDecision
from sloplan.problem.certificates.verification import Certificate, certificate_bound, verify_certificate
from sloplan.problem.checker import check
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cases import assignment_from, instance_from, random_case, solution_from
from tests.conformance.random_instances import random_tables
from tests.conformance.seeds import every
from tests.problem.selections.selection_cases import (
    certificate_from_lp,
    lp_bound_and_duals,
    random_certificate,
)

FLUID_SEEDS = range(40)
REPLICA_SEEDS = range(1000, 1020)


@pytest.fixture
def cameras() -> Instance:
    """One machine; `gate` needs the large detector, the two copies of `lane` may use either.

    In compiled units the machine carries 10^9, one copy of `gate` (2 requests/s) uses 2000 x 250,000 = 5 x 10^8,
    one of `lane` (4 requests/s) uses 4 x 10^8 with the small detector and 10^9 with the large one.
    """
    return Instance.from_frames(
        {
            "sites": pd.DataFrame({"site": ["edge"], "tier": ["edge"]}),
            "pools": pd.DataFrame(
                {"pool": ["gpu"], "site": ["edge"], "hardware": ["gpu"], "units": [1], "memory_gb": [8]}
            ),
            "operators": pd.DataFrame({"operator": ["detect"], "application": ["video"], "input_kb": [100]}),
            "configurations": pd.DataFrame(
                {"operator": ["detect"] * 2, "configuration": ["small", "large"], "output_kb": [1, 1]}
            ),
            "profiles": pd.DataFrame(
                {
                    "operator": ["detect"] * 2,
                    "configuration": ["small", "large"],
                    "hardware": ["gpu"] * 2,
                    "latency_ms": [100, 250],
                    "busy_ms": [100, 250],
                }
            ),
            "accuracy": pd.DataFrame(
                {
                    "factor": ["detection"] * 2,
                    "operators": ["detect"] * 2,
                    "configurations": ["small", "large"],
                    "accuracy": [0.7, 0.9],
                }
            ),
            "queries": pd.DataFrame(
                {
                    "query": ["gate", "lane"],
                    "application": ["video"] * 2,
                    "source_site": ["edge"] * 2,
                    "rate_rps": [2, 4],
                    "count": [1, 2],
                    "slo_accuracy": [0.9, None],
                }
            ),
        }
    )


SMALL = ("small", "gpu", "default")
LARGE = ("large", "gpu", "default")


def test_root_bound_by_hand(cameras: Instance) -> None:
    """Price 4 / 2^20 per unit: gate 97,152,000, a lane 2,594,304,000 twice, capacity 4 x 10^9; over 2^20: 8855.6.

    Values are 2000 and 4000, so the bound is 8000: both lanes, the optimum.
    """
    certificate = Certificate.root(2**20, {"pool:gpu": 4})
    total = (2**20 * 2000 - 4 * 5 * 10**8) + 2 * (2**20 * 4000 - 4 * 4 * 10**8) + 4 * 10**9
    assert total // 2**20 == 8855
    assert certificate_bound(cameras, certificate) == 8000
    assert verify_certificate(cameras, certificate, 8000) == []
    assert [v.rule for v in verify_certificate(cameras, certificate, 7999)] == ["certificate_bound"]


@pytest.mark.parametrize(
    ("decision", "bound"),
    [
        (OptionDecision("lane", 2, "detect", (SMALL,)), 10**9 + 4000 - 4 * 10**8),
        (OptionDecision("lane", 2, "detect", (SMALL, LARGE)), 10**9 + 4000 - 4 * 10**8),
        (OptionDecision("lane", 2, "detect", (LARGE,)), 10000),  # yes: 10^9 + 4000 - 10^9 = 4000
        (OptionDecision("gate", 1, "detect", (LARGE,)), 10**9 + 2000 - 5 * 10**8),
        (OptionDecision("gate", 1, "detect", (SMALL,)), 10000),  # yes: closed, small misses the accuracy
        (OptionDecision("lane", 1, "detect", ()), 10000),  # yes: closed, nothing to choose
    ],
)
def test_option_decisions_by_hand(cameras: Instance, decision: OptionDecision, bound: int) -> None:
    """Yes at price 1: only the copy that must be served buys. No at price 0: all values, 10000."""
    certificate = Certificate("goodput", 1, (Branch(decision, 1, 2), Leaf({"pool:gpu": 1}), Leaf({})))
    assert certificate_bound(cameras, certificate) == bound


def test_branched_bound_by_hand(cameras: Instance) -> None:
    """If gate is served, one lane fits beside it: 6000. If not, two lanes do: 8000.

    Yes, at price 11 / 2^20: gate 2000 x 2^20 - 55 x 10^8 is negative but may not stay out, lanes pay more than they
    are worth and stay out, capacity 11 x 10^9: together 7,597,152,000 / 2^20 = 7245.2, rounded down 6000.
    No, at price 0: gate is out, two lanes, 8000.
    """
    served = OptionDecision("gate", 1, "detect", (SMALL, LARGE))
    lanes_pay_all, free = Leaf({"pool:gpu": 11}), Leaf({})
    certificate = Certificate("goodput", 2**20, (Branch(served, 1, 2), lanes_pay_all, free))
    assert (2000 * 2**20 - 55 * 10**8 + 11 * 10**9) // 2**20 == 7245
    assert certificate_bound(cameras, certificate) == 8000
    nothing_else = Certificate("goodput", 2**20, (Branch(served, 1, 2), lanes_pay_all, Leaf({"pool:gpu": 10**6})))
    assert certificate_bound(cameras, nothing_else) > 10000  # the worst leaf counts


def test_plans_must_fit_alone(cameras: Instance) -> None:
    """Without units no plan fits, so nothing is left at price 0; with them the value of all copies is."""
    empty = cameras.replace(pools=cameras.table("pools").assign(units=0))
    assert certificate_bound(empty, Certificate.root(1, {})) == 0
    assert certificate_bound(cameras, Certificate.root(1, {})) == 10000


def test_queries_without_a_plan_count_nothing(cameras: Instance) -> None:
    """An SLO that no plan meets leaves a query out, whatever the prices."""
    queries = cameras.table("queries").assign(slo_accuracy=[0.95, np.nan])
    assert certificate_bound(cameras.replace(queries=queries), Certificate.root(1, {})) == 8000


@pytest.mark.parametrize(
    ("decision", "rule"),
    [
        (OptionDecision("door", 1, "detect", (SMALL,)), "certificate_query"),
        (OptionDecision("lane", 3, "detect", (SMALL,)), "certificate_copy"),
        (OptionDecision("lane", 0, "detect", (SMALL,)), "certificate_copy"),
        (OptionDecision("lane", 1, "track", (SMALL,)), "certificate_operator"),
        (OptionDecision("lane", 1, "detect", (SMALL, ("huge", "gpu", "default"))), "certificate_option"),
        (OptionDecision("lane", 1, "detect", (("small", "gpu", "batch8"),)), "certificate_option"),
        (PlanDecision("lane", 1, ("small",)), "certificate_decision"),
        (SupplyDecision("gpu/detect/small/default", 1), "certificate_supply"),
    ],
)
def test_refuses_what_the_instance_does_not_have(cameras: Instance, decision: Decision, rule: str) -> None:
    """Unknown names and copy numbers are refused, each under its own rule."""
    certificate = Certificate("goodput", 1, (Branch(decision, 1, 2), Leaf({}), Leaf({})))
    assert [violation.rule for violation in verify_certificate(cameras, certificate, 10**6)] == [rule]


def test_refuses_a_grid_too_fine_for_the_rate(cameras: Instance) -> None:
    """One request priced fits 2^62, at the query's rate it does not: refused at the leaf and on a branched copy."""
    price = {"pool:gpu": 2**62 // 10**6}
    assert [v.rule for v in verify_certificate(cameras, Certificate.root(1, price))] == ["certificate_grid"]
    branch = Branch(OptionDecision("lane", 1, "detect", (LARGE,)), 1, 2)
    fits_small_only = Leaf({"pool:gpu": 2**62 // (5 * 10**8)})
    certificate = Certificate("goodput", 1, (branch, fits_small_only, Leaf({})))
    assert [v.rule for v in verify_certificate(cameras, certificate)] == ["certificate_grid"]
    assert certificate_bound(cameras, Certificate("goodput", 1, (fits_small_only,))) > 0


def test_certificate_in_a_solution_is_checked() -> None:
    """`check` verifies the certificate that a solution carries, against the bound that it claims."""
    case = random_case(1)
    solution = solution_from(case.instance, assignment_from(case.optimum))
    certificate = certificate_from_lp(PlanSelection.from_instance(case.instance), 2**20).to_json()
    bound = int(certificate_bound(case.instance, certificate))
    claimed = dataclasses.replace(solution, bound=bound, certificate=certificate)
    assert check(case.instance, claimed) == []
    broken: dict[str, Any] = certificate | {"denominator": 3}
    refused = check(case.instance, dataclasses.replace(claimed, certificate=broken))
    assert [violation.rule for violation in refused] == ["certificate_denominator"]


@pytest.mark.parametrize("seed", every(2, FLUID_SEEDS))
def test_bounds_hold_on_random_instances(seed: int) -> None:
    """The LP's duals and any tree of decisions bound the brute-forced optimum, as on the listed plans."""
    case = random_case(seed)
    compiled = case.instance.compiled
    selection = PlanSelection.from_instance(case.instance)
    optimum = case.optimum.value_milli
    root = certificate_from_lp(selection, 2**40)
    lp_bound, _ = lp_bound_and_duals(selection)
    bound = certificate_bound(compiled, root)
    assert optimum <= bound <= lp_bound * 1.01 + 1, case
    _assert_same_as_listed(case.instance, Random(seed), lowest=optimum)


@pytest.mark.parametrize("seed", REPLICA_SEEDS)
def test_bounds_with_replicas_equal_those_of_listed_plans(seed: int) -> None:
    """Supplies bring load capacity and take share and memory: the same bounds as of the explicit form."""
    instance = instance_from(random_tables(seed), hosting="replicas")
    compiled = instance.compiled
    selection = PlanSelection.from_instance(instance)
    lp_bound, _ = lp_bound_and_duals(selection)
    step = max(1, int(np.gcd.reduce(compiled.queries.value_milli)))
    assert certificate_bound(instance, certificate_from_lp(selection, 2**40)) >= lp_bound // step * step - step
    _assert_same_as_listed(instance, Random(seed), lowest=0)


def _assert_same_as_listed(instance: Instance, rng: Random, lowest: int) -> None:
    """Random trees give on the instance just what they give on its listed plans, and no less than `lowest`."""
    compiled, selection = instance.compiled, PlanSelection.from_instance(instance)
    for largest_price in (0, 10, 2000):
        certificate = random_certificate(
            compiled.rows.name.tolist(),
            lambda rng: draw_option_decision(compiled, rng),
            rng,
            denominator=2**12,
            largest_price=largest_price,
        )
        nodes = tuple(
            dataclasses.replace(node, decision=on_listed_plans(selection, node.decision))
            if isinstance(node, Branch)
            else node
            for node in certificate.nodes
        )
        bound = certificate_bound(compiled, certificate)
        on_listed = certificate_bound(selection, dataclasses.replace(certificate, nodes=nodes))
        # A query without plans counts in the instance's common divisor only: compare on both grids' multiples.
        steps = [int(np.gcd.reduce(values)) for values in (compiled.queries.value_milli, selection.plans.value)]
        grid = math.lcm(*(max(1, step) for step in steps))
        assert bound // grid == on_listed // grid, certificate
        assert bound >= lowest


def draw_option_decision(compiled: CompiledInstance, rng: Random) -> Decision:
    """A random decision on a supply or on an operator of a copy."""
    names, options = compiled.names, compiled.options
    if len(compiled.supplies) and rng.random() < 0.5:
        supply = rng.randrange(len(compiled.supplies))
        return SupplyDecision(compiled.supplies.name[supply], rng.randint(-1, int(compiled.supplies.maximum[supply])))
    query = rng.randrange(len(names.queries))
    application = compiled.applications[compiled.templates.application[compiled.queries.template[query]]]
    operator = rng.choice(application.operators.tolist())
    of_operator = np.flatnonzero(options.operator == operator).tolist()
    chosen = [
        (
            names.configurations[options.configuration[option]],
            names.pools[options.pool[option]],
            names.allocations[options.allocation[option]],
        )
        for option in rng.sample(of_operator, rng.randint(0, len(of_operator)))
    ]
    copy = rng.randint(1, int(compiled.queries.count[query]))
    return OptionDecision(names.queries[query], copy, names.operators[operator], tuple(chosen))


def on_listed_plans(selection: PlanSelection, decision: Decision) -> Decision:
    """The same decision as a choice among the query's listed plans."""
    if not isinstance(decision, OptionDecision):
        return decision
    options = {f"{pool}/{decision.operator}/{taken}/{how}" for taken, pool, how in decision.options}
    names = selection.plans.name[selection.plans_of(selection.groups.name.tolist().index(decision.query))]
    plans = [name for name in names if options & set(name.split(";"))]
    return PlanDecision(decision.query, decision.copy, tuple(plans))
