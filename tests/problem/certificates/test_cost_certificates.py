"""Certificates of the objective cost: bounds worked by hand, bounds of any prices and trees, every refusal."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from sloplan.problem.certificates.format import Branch, Leaf, PlanDecision, SupplyDecision
from sloplan.problem.certificates.verification import Certificate, certificate_bound, verify_certificate
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection
from tests.problem.certificates.page import PAGE, page_certificate
from tests.problem.selections.random_selections import brute_forced_cost, random_selection
from tests.problem.selections.selection_cases import (
    case_count,
    certificate_from_lp,
    draw_selection_decision,
    lp_bound_and_duals,
    random_certificate,
    tree_of_all_cases,
)


@pytest.fixture
def rented() -> PlanSelection:
    """The page's example with rented units."""
    return PlanSelection.from_numbers(
        group=[0, 0],
        value=[2, 2],
        cost=[5, 1],
        usage=[[0], [4]],
        capacity=[0],
        count=[5],
        maximum=[2],
        price=[5],
        brought=[[10]],
        group_name=["copies"],
        plan_name=["cloud", "edge"],
        row_name=["edge"],
        supply_name=["unit:edge"],
        objective="cost",
        goodput_floor=8,
    )


def test_root_certificate_of_the_page_equals_the_lp(rented: PlanSelection) -> None:
    """One leaf proves the linear program's 12, and the LP's duals are the page's prices."""
    bound, duals = lp_bound_and_duals(rented)
    assert (bound, duals.tolist()) == (pytest.approx(12), pytest.approx([1 / 2, 3 / 2]))
    certificate = page_certificate("cost")
    assert certificate == certificate_from_lp(rented, 2).to_json()
    assert certificate_bound(rented, certificate) == 12
    assert "24/2 = **12**" in PAGE
    assert verify_certificate(rented, certificate, 12) == []


def test_branched_certificate_of_the_page_proves_the_optimum(rented: PlanSelection) -> None:
    """The tree proves 14, the brute-forced optimum."""
    certificate = page_certificate("cost-branched")
    assert brute_forced_cost(rented) == 14
    assert certificate_bound(rented, certificate) == 14
    assert "28/2 = 14. The bound is **14**" in PAGE
    assert verify_certificate(rented, certificate, 14) == []


@pytest.mark.parametrize(("leaf", "goodput_price", "bound"), [(1, 0, -5), (2, 0, 10), (2, 2, 13)])
def test_the_least_leaf_counts(rented: PlanSelection, leaf: int, goodput_price: int, bound: int) -> None:
    """With another price of the floor one leaf proves less, and so does the tree.

    Leaf 1 at 0: a unit brings 10 - 20, copies stay out: -10/2. Leaf 2 at 0: 20/2; at 2: 16 + 20 - 5 x 2 = 26, over 2.
    """
    certificate = page_certificate("cost-branched")
    certificate["nodes"][leaf]["goodput_price"] = goodput_price
    assert certificate_bound(rented, certificate) == bound


def test_bound_is_rounded_up_to_the_common_divisor() -> None:
    """Costs 6 and 9 and a price of 12 make every cost a multiple of 3: 5/2 becomes 3, and 0 stays 0."""
    numbers: dict[str, Any] = {
        "group": [0, 1], "value": [5, 5], "cost": [6, 9], "usage": [[1], [1]], "capacity": [9], "maximum": [1],
        "brought": [[1]], "objective": "cost", "goodput_floor": 5,
    }  # fmt: skip
    selection = PlanSelection.from_numbers(**numbers, price=[12])
    assert certificate_bound(selection, Certificate.root(2, {}, 1)) == 3
    assert certificate_bound(selection, Certificate.root(2, {}, 0)) == 0
    assert certificate_bound(PlanSelection.from_numbers(**numbers, price=[13]), Certificate.root(2, {}, 1)) == 3
    assert certificate_bound(PlanSelection.from_numbers(**numbers, price=[13]), Certificate.root(4, {}, 1)) == 2


def test_must_copies_pay_and_copies_free_to_stay_out_need_not() -> None:
    """A copy that must be served costs 7 at its cheapest; one that may stay out costs nothing."""
    numbers: dict[str, Any] = {
        "group": [0, 0], "value": [1, 1], "cost": [7, 9], "usage": [[1], [0]], "capacity": [4], "objective": "cost",
    }  # fmt: skip
    certificate = Certificate.root(1, {}, 0)
    assert certificate_bound(PlanSelection.from_numbers(**numbers, must=[True]), certificate) == 7
    assert certificate_bound(PlanSelection.from_numbers(**numbers, must=[False]), certificate) == 0


def test_all_leaves_closed_prove_that_nothing_is_feasible() -> None:
    """A must group without plans: the bound is infinite, and any claim is proved."""
    selection = PlanSelection.from_numbers(
        group=[0], value=[5], cost=[1], usage=[[1]], capacity=[3], count=[1, 2], must=[False, True], objective="cost"
    )
    certificate = Certificate.root(1, {}, 0)
    assert certificate_bound(selection, certificate) == math.inf
    assert verify_certificate(selection, certificate, 10**30) == []


def test_totals_beyond_int64_are_exact() -> None:
    """Floor, capacity and supplies are summed in Python integers: nothing wraps around."""
    selection = PlanSelection.from_numbers(
        group=[0],
        value=[1],
        cost=[0],
        usage=[[0]],
        capacity=[2**61],
        count=[2**60],
        maximum=[2**20],
        price=[2**40],
        brought=[[1]],
        objective="cost",
        goodput_floor=2**60,
    )
    # Priced 2^60 each: the floor less the copies is 0, the capacity costs 2^121, a unit 2^60 less its price.
    assert certificate_bound(selection, Certificate.root(1, {"0": 2**60}, 2**60)) == -(
        (2**121 + 2**20 * (2**60 - 2**40)) // 2**40 * 2**40
    )


@pytest.mark.parametrize("seed", range(120))
def test_any_prices_and_any_tree_bound_the_optimum(seed: int) -> None:
    """Whatever is decided and priced, the bound is not above the brute-forced optimum."""
    selection, rng = random_selection(seed, objective="cost", supplies=1 + seed % 2), Random(seed)
    optimum = brute_forced_cost(selection)
    for _ in range(5):
        certificate = random_certificate(
            selection.rows.name.tolist(),
            lambda rng: draw_selection_decision(selection, rng),
            rng,
            denominator=rng.choice((1, 2, 8)),
            largest_price=rng.choice((3, 200)),
            largest_goodput_price=rng.choice((20, 300)),
        )
        bound = certificate_bound(selection, certificate)
        if optimum is not None:
            assert bound <= optimum
        if bound < math.inf:
            assert verify_certificate(selection, certificate, int(bound)) == []
            assert [v.rule for v in verify_certificate(selection, certificate, int(bound) + 1)] == ["certificate_bound"]


def test_a_tree_of_all_cases_proves_just_the_optimum() -> None:
    """Each leaf fixes every copy and supply and makes what is broken dear: nothing is loose."""
    seen = 0
    for seed in range(150):
        selection = random_selection(seed, objective="cost")
        if case_count(selection) > 300:
            continue
        optimum, bound = brute_forced_cost(selection), certificate_bound(selection, tree_of_all_cases(selection))
        assert bound == optimum if optimum is not None else bound > 10**5, seed
        seen += optimum is not None
    assert seen >= 40


def test_rounded_lp_duals_prove_the_lp_bound() -> None:
    """One leaf from the LP's duals on a fine grid gives the LP's optimum, rounded up, to within the grid."""
    seen = 0
    for seed in range(200):
        selection = random_selection(seed, objective="cost")
        optimum = brute_forced_cost(selection)
        if optimum is None or selection.groups.must.any() or not len(selection.plans):
            continue
        bound, _ = lp_bound_and_duals(selection)
        proved = certificate_bound(selection, certificate_from_lp(selection, 2**30))
        assert np.floor(bound - 1e-4) <= proved <= optimum, seed
        seen += proved > 0
    assert seen >= 10


# ------------------------------------------------------------------------------------------------------- refusals


def refused(selection: PlanSelection, certificate: Any, bound: int | None = None) -> list[str]:
    """Return the rules of the violations."""
    return [violation.rule for violation in verify_certificate(selection, certificate, bound)]


def test_refuses_a_bound_on_the_wrong_side(rented: PlanSelection) -> None:
    """13 is true, but the root certificate proves 12 only; 12 and below are accepted."""
    certificate = page_certificate("cost")
    (violation,) = verify_certificate(rented, certificate, 13)
    assert (violation.rule, violation.amount, violation.limit) == ("certificate_bound", 13, 12)
    assert refused(rented, certificate, 11) == []


def test_refuses_prices_for_another_objective(rented: PlanSelection) -> None:
    """A goodput certificate says nothing of the cost, nor the other way round."""
    assert refused(rented, page_certificate("cost") | {"objective": "goodput"}) == ["certificate_objective"]
    assert refused(rented, page_certificate("cost") | {"objective": "goodput-then-cost"}) == ["certificate_objective"]
    goodput = replace(rented, objective="goodput", goodput_floor=None)
    assert refused(goodput, page_certificate("cost")) == ["certificate_objective"]
    assert refused(goodput, page_certificate("cost") | {"objective": "goodput"}) == ["certificate_goodput_price"]


@pytest.mark.parametrize(
    ("price", "rule"),
    [
        (-1, "certificate_price_sign"),
        (1.5, "certificate_price_integer"),
        ("3", "certificate_price_integer"),
        (True, "certificate_price_integer"),
        (None, "certificate_price_integer"),
        (2**62 + 1, "certificate_grid"),
        (2**62, "certificate_grid"),
    ],
)
def test_refuses_unusable_goodput_prices(rented: PlanSelection, price: Any, rule: str) -> None:
    """The floor's price is a whole number, not negative, and priced plans fit 2^62."""
    certificate = page_certificate("cost")
    certificate["nodes"][0]["goodput_price"] = price
    assert refused(rented, certificate) == [rule]


def test_refuses_a_grid_too_fine_for_the_costs(rented: PlanSelection) -> None:
    """Cost 5 x 2^60 passes 2^62; 5 x 2^59 does not."""
    assert refused(rented, Certificate.root(2**60, {}, 0)) == ["certificate_grid"]
    assert refused(rented, Certificate.root(2**59, {}, 0)) == []


def test_a_plan_selection_states_its_own_floor(rented: PlanSelection) -> None:
    """Another floor beside it would make the bound one of another problem."""
    with pytest.raises(InputError, match="goodput_floor = 9.*states its own floor"):
        certificate_bound(rented, page_certificate("cost"), goodput_floor=9)


def test_goodput_prices_are_kept_in_json(rented: PlanSelection) -> None:
    """What is read is written back the same, with and without decisions."""
    for title in ("cost", "cost-branched"):
        document = page_certificate(title)
        assert Certificate.from_json(document).to_json() == document
    free = Certificate("cost", 1, (Branch(SupplyDecision("unit:edge", 0), 1, 2), Leaf({}), Leaf({}, 0)))
    assert Certificate.from_json(free.to_json()) == free
    assert certificate_bound(rented, free) == 0


def test_copies_are_taken_one_by_one(rented: PlanSelection) -> None:
    """Serving one copy in the cloud costs at least 5, not serving it leaves four others: both leaves at price 0."""
    nodes = (Branch(PlanDecision("copies", 5, ("cloud",)), 1, 2), Leaf({}), Leaf({}, 1))
    # yes: 5. no: floor 8, four copies at cloud 5 - 2 or edge 1 - 2 = -1 each, and the fifth too: 8 - 5 = 3
    assert certificate_bound(rented, Certificate("cost", 1, nodes)) == 3
