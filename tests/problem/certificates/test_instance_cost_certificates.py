"""Certificates of an instance's cost: worked by hand, against brute force, and against the same plans listed."""

from __future__ import annotations

import dataclasses
import math
from random import Random

import pytest

from sloplan.problem.certificates.format import Branch, Leaf, OptionDecision, SupplyDecision
from sloplan.problem.certificates.verification import Certificate, certificate_bound, verify_certificate
from sloplan.problem.checker import check, judge
from sloplan.problem.instance import Instance
from sloplan.problem.selections.from_instance import solution_of_instance
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import CONTENDED_SEEDS, every
from tests.one_pool import one_pool
from tests.problem.certificates.test_instance_pricing import draw_option_decision, on_listed_plans
from tests.problem.selections.best_choice import best_choice
from tests.problem.selections.selection_cases import certificate_from_lp, lp_bound_and_duals, random_certificate

SEEDS = (*range(10), *CONTENDED_SEEDS[:20])
UNIT = 1_000_000_000
"""10^-12 USD/s of a unit at 3.6 USD/h; 0.4 of it is what a copy keeps busy."""


@pytest.fixture
def gpus() -> Instance:
    """Queries of value 1, 2 and 4 that use 0.4 of a rented unit each; up to two units."""
    return one_pool(units=2, billing="reserved")


def test_root_bound_by_hand(gpus: Instance) -> None:
    """All three need 1.2 units; at price 1 a rented unit is worth just what it costs, and bounds are whole units.

    With mu = 100,000 the floor 7000 mu is 7 x 10^8; a copy of value v costs
    4 x 10^8 - 10^8 v: 3, 2 and 0 x 10^8, so none is negative and all stay out. 7 x 10^8 is rounded up to a unit.
    With mu = 400,000 every copy but the least is worth its usage: 28 + 0 - 4 - 12 = 12 x 10^8, rounded up to two units.
    """
    assert certificate_bound(gpus, Certificate.root(1, {"pool:gpus": 1}, 100_000), goodput_floor=7000) == UNIT
    proof = Certificate.root(1, {"pool:gpus": 1}, 400_000)
    assert certificate_bound(gpus, proof, goodput_floor=7000) == 2 * UNIT
    assert verify_certificate(gpus, proof, 2 * UNIT, goodput_floor=7000) == []
    refused = verify_certificate(gpus, proof, 2 * UNIT + 1, goodput_floor=7000)
    assert [violation.rule for violation in refused] == ["certificate_bound"]


def test_the_floor_decides_what_is_proved(gpus: Instance) -> None:
    """The same prices prove less at a lower floor: 24 - 16 = 8 x 10^8, one unit; without a floor they prove nothing."""
    proof = Certificate.root(1, {"pool:gpus": 1}, 400_000)
    assert certificate_bound(gpus, proof, goodput_floor=6000) == UNIT
    assert [v.rule for v in verify_certificate(gpus, proof, 0)] == ["certificate_objective"]
    goodput = Certificate.root(1, {})
    assert [v.rule for v in verify_certificate(gpus, goodput, 0, goodput_floor=0)] == ["certificate_objective"]


def test_decisions_on_units_and_options(gpus: Instance) -> None:
    """At most one unit does not reach the floor, its leaf is dear; at least two cost two. Unknown units are refused."""
    few, many = Leaf({"pool:gpus": 10}, 4_000_000), Leaf({})
    tree = Certificate("cost", 1, (Branch(SupplyDecision("unit:gpus", 1), 1, 2), few, many))
    # few: floor 280 x 10^8, unit 10 - 100 = -90, copies 40 - 40 v = 0, -40, -120: together 30 x 10^8
    assert certificate_bound(gpus, tree, goodput_floor=7000) == 2 * UNIT
    unknown = Certificate("cost", 1, (Branch(SupplyDecision("gpus", 1), 1, 2), few, many))
    assert [v.rule for v in verify_certificate(gpus, unknown, 0, goodput_floor=7000)] == ["certificate_supply"]
    served = OptionDecision("q0", 1, "detect", (("m", "gpus", "default"),))
    tree = Certificate("cost", 1, (Branch(served, 1, 2), Leaf({"pool:gpus": 1}), Leaf({"pool:gpus": 1})))
    assert certificate_bound(gpus, tree, goodput_floor=0) == 0  # not served, nothing is bought


def test_certificate_in_a_solution_is_checked() -> None:
    """`check` verifies the certificate that a solution carries, against its bound and its own floor."""
    case = next(case for case in map(cost_case, CONTENDED_SEEDS) if case.optimum and case.optimum.cost_pico > 10**6)
    selection = PlanSelection.from_instance(case.instance, "cost", case.min_goodput)
    best = best_choice(selection)
    assert best is not None
    certificate = certificate_from_lp(selection, 2**20).to_json()
    bound = int(certificate_bound(case.instance, certificate, goodput_floor=case.floor))
    for objective in ("cost", "goodput-then-cost"):
        solution = solution_of_instance(case.instance, best, objective=objective, goodput_floor=case.floor)
        claimed = dataclasses.replace(solution, bound=bound, certificate=certificate)
        assert judge(case.instance, claimed).objective == case.optimum.cost_pico
        above = dataclasses.replace(claimed, bound=bound + 1)
        assert {v.rule for v in check(case.instance, above)} <= {"bound", "certificate_bound"}
        assert check(case.instance, above) != []
        broken = dataclasses.replace(claimed, certificate=certificate | {"denominator": 3})
        assert [violation.rule for violation in check(case.instance, broken)] == ["certificate_denominator"]


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("seed", every(2, SEEDS))
def test_bounds_hold_on_random_instances(seed: int, hosting: str) -> None:
    """The LP's duals and any tree of decisions bound the least cost from below, as on the listed plans."""
    case, rng = cost_case(seed, hosting), Random(seed)
    compiled = case.instance.compiled.under_cost.compiled
    selection = PlanSelection.from_instance(case.instance, "cost", case.min_goodput)
    least = math.inf if case.optimum is None else case.optimum.cost_pico
    if case.optimum is not None:
        lp_bound, _ = lp_bound_and_duals(selection)
        proved = certificate_bound(case.instance, certificate_from_lp(selection, 2**25), goodput_floor=case.floor)
        assert lp_bound * 0.99 - 1e5 <= proved <= least, case
    # The instance also counts plans that none of its queries can use, so its divisor divides that of the listed plans.
    step = math.gcd(*selection.plans.cost.tolist(), *selection.supplies.price.tolist())
    for largest_price, largest_goodput_price in ((1, 2**30), (10, 2**34), (0, 2**31), (2**10, 2**38)):
        certificate = random_certificate(
            compiled.rows.name.tolist(),
            lambda rng: draw_option_decision(compiled, rng),
            rng,
            denominator=2**8,
            largest_price=largest_price,
            largest_goodput_price=largest_goodput_price,
        )
        listed = dataclasses.replace(
            certificate,
            nodes=tuple(
                dataclasses.replace(node, decision=on_listed_plans(selection, node.decision))
                if isinstance(node, Branch)
                else node
                for node in certificate.nodes
            ),
        )
        bound = certificate_bound(case.instance, certificate, goodput_floor=case.floor)
        on_listed = certificate_bound(selection, listed)
        assert bound <= least, case
        assert step == 0 or -(-bound // step) == -(-on_listed // step), certificate
