"""Surcharges: the page's example, bounds against brute force, instances as plan selections, every refusal."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import sloplan
from sloplan.problem.certificates.format import Branch, Certificate, Leaf, PlanDecision, Surcharge
from sloplan.problem.certificates.verification import certificate_bound, verify_certificate
from sloplan.problem.most_supplied import most_supplied
from sloplan.problem.selections.from_instance import list_plans_of
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cases import random_case
from tests.problem.certificates.page import PAGE, page_certificate
from tests.problem.selections.random_selections import brute_forced_optimum, random_selection
from tests.problem.selections.selection_cases import dense, lp_bound_and_duals


def gpu(**more: Any) -> PlanSelection:
    """Return the page's example, or one that differs."""
    figures: dict[str, Any] = {
        "group": [0, 1, 2],
        "value": [5, 4, 4],
        "usage": [[6], [6], [6]],
        "capacity": [10],
        "group_name": ["ann", "ben", "cleo"],
        "plan_name": ["only"] * 3,
        "row_name": ["gpu"],
    }
    return PlanSelection.from_numbers(**(figures | more))


def charged(*surcharges: Surcharge, prices: dict[str, int] | None = None, denominator: int = 1) -> Certificate:
    """Return a certificate of one leaf."""
    return Certificate("goodput", denominator, (Leaf(prices or {}, surcharges=surcharges),))


def rules(certificate: Certificate) -> list[str]:
    """Return the rules that a certificate for the page's example breaks."""
    return [violation.rule for violation in verify_certificate(gpu(), certificate)]


def test_the_page(tmp_path: Path) -> None:
    """It proves the optimum, which prices of rows do not; a solution file holds it."""
    certificate = page_certificate("surcharges")
    assert certificate_bound(gpu(), certificate) == brute_forced_optimum(gpu()) == 5
    assert lp_bound_and_duals(gpu())[0] == pytest.approx(7 + 2 / 3)
    assert "7 2/3" in PAGE
    assert "the bound is **5**" in PAGE
    assert Certificate.from_json(certificate).to_json() == certificate
    result = sloplan.solve(gpu(), "exhaustive", display=False)
    result.solution.save(tmp_path / "plain.json")
    solution = type(result.solution).load(tmp_path / "plain.json")
    assert verify_certificate(gpu(), certificate, 5) == []
    assert [violation.rule for violation in verify_certificate(gpu(), certificate, 4)] == ["certificate_bound"]
    assert sloplan.check(gpu(), solution) == []


def test_amounts_are_steps() -> None:
    """A use pays the largest surcharge that it reaches, and nothing below the first."""
    selection = gpu(value=[9, 10, 11], usage=[[3], [4], [6]])
    steps = [Surcharge("gpu", 4, 2, ("ann", "ben", "cleo")), Surcharge("gpu", 6, 5, ("ben", "cleo"))]
    # ann stays below 4: 9; ben pays 2: 8; cleo pays 5: 6. The row holds one use of 6 and one of 4, which pay 7.
    assert certificate_bound(selection, charged(*steps)) == 9 + 8 + 6 + 7
    # With 5 from 4 on and 2 from 6 on, cleo pays 5 all the same: 6; ben too: 5. Two uses of 4 fit, which pay 10.
    turned = [Surcharge("gpu", 4, 5, ("ann", "ben", "cleo")), Surcharge("gpu", 6, 2, ("cleo",))]
    assert certificate_bound(selection, charged(*turned)) == 9 + 5 + 6 + 10


def test_many_copies_count() -> None:
    """However many copies pay a surcharge, as many count as fit: a sum of copies may pass what int64 holds."""
    selection = gpu(
        group=[0, 1, 2, 3],
        value=[5, 4, 4, 0],
        usage=[[6], [6], [6], [0]],
        count=[1, 1, 1, 2**63 - 1],
        group_name=["ann", "ben", "cleo", "dan"],
        plan_name=["only"] * 4,
    )
    certificate = charged(Surcharge("gpu", 6, 4, ("ann", "ben", "cleo", "dan")))
    assert certificate_bound(selection, certificate) == 5


def test_a_row_of_many_light_uses() -> None:
    """What parts of uses pay bounds it, and nothing is listed: in time and memory."""
    selection = gpu(
        group=[0], value=[1], usage=[[1]], capacity=[10**12], count=[10**12], group_name=["ann"], plan_name=["only"]
    )
    assert certificate_bound(selection, charged(Surcharge("gpu", 1, 1, ("ann",)))) in (
        10**12,
        10**12 + 1001,
        10**12 + 1002,
    )


def test_least_costs() -> None:
    """Under cost surcharges are taken off the bound's other side: two of three must be served, one in the cloud."""
    selection = PlanSelection.from_numbers(
        group=[0, 0, 1, 1], value=[1] * 4, cost=[1, 4, 1, 4], usage=[[6], [0], [6], [0]], capacity=[10],
        objective="cost", must=[True, True], group_name=["ann", "ben"], plan_name=["edge", "cloud"] * 2,
        row_name=["gpu"],
    )  # fmt: skip
    leaf = Leaf({}, surcharges=(Surcharge("gpu", 6, 3, ("ann", "ben")),))
    certificate = Certificate("cost", 1, (leaf,))
    assert certificate_bound(selection, certificate) == 5
    assert sloplan.solve(selection, "exhaustive", display=False).objective == 5
    assert verify_certificate(selection, certificate, 5) == []
    assert [violation.rule for violation in verify_certificate(selection, certificate, 6)] == ["certificate_bound"]


def random_surcharges(rng: Random, selection: PlanSelection) -> tuple[Surcharge, ...]:
    """Return surcharges at amounts around those that plans use."""
    names, taken = selection.groups.name.tolist(), set[tuple[str, int, str]]()
    surcharges = []
    for _ in range(rng.randint(1, 6)):
        row = str(rng.choice(selection.rows.name.tolist()))
        amount = max(1, rng.choice([1, *selection.plans.usage.amount.tolist()]) + rng.randint(-1, 1))
        users = [name for name in names if rng.random() < 0.6 and (row, amount, name) not in taken]
        taken.update((row, amount, name) for name in users)
        surcharges.append(Surcharge(row, amount, rng.randint(0, 12), tuple(users)))
    return tuple(surcharges)


def hand_bound(selection: PlanSelection, certificate: Certificate) -> int:
    """Return the numerator of the bound before rounding, plan by plan and every filling of the rows tried."""
    leaf, denominator = certificate.nodes[0], certificate.denominator
    assert isinstance(leaf, Leaf)
    usage = dense(selection.plans.usage, selection)
    most, rows = most_supplied(selection.rows, selection.supplies), selection.rows.name.tolist()
    price = [leaf.prices.get(row, 0) for row in rows]
    total = sum(p * int(c) for p, c in zip(price, selection.rows.capacity, strict=True))
    brought = dense(selection.supplies.brought, selection)
    for supply, maximum in enumerate(selection.supplies.maximum.tolist()):
        total += max(0, sum(p * int(b) for p, b in zip(price, brought[supply], strict=True)) * maximum)
    for group, name in enumerate(selection.groups.name.tolist()):
        worths = [] if selection.groups.must[group] else [0]
        for plan in range(len(selection.plans)):
            if selection.plans.group[plan] != group or np.any(usage[plan] > most):
                continue
            worth = denominator * int(selection.plans.value[plan])
            for row, used in enumerate(usage[plan].tolist()):
                steps = [s for s in leaf.surcharges if s.row == rows[row] and name in s.groups and s.amount <= used]
                worth -= price[row] * used + max((s.surcharge for s in steps), default=0)
            worths.append(worth)
        total += int(selection.groups.count[group]) * max(worths, default=-(10**9))
    count = dict(zip(selection.groups.name.tolist(), selection.groups.count.tolist(), strict=True))
    for row, name in enumerate(rows):
        kinds = [s for s in leaf.surcharges if s.row == name]
        numbers = [range(sum(count[group] for group in s.groups) + 1) for s in kinds]
        total += max(
            sum(times * s.surcharge for times, s in zip(often, kinds, strict=True))
            for often in itertools.product(*numbers)
            if sum(times * s.amount for times, s in zip(often, kinds, strict=True)) <= most[row]
        )
    return total


@pytest.mark.parametrize("seed", range(150))
def test_bounds_are_right_and_on_their_side(seed: int) -> None:
    """At any prices and surcharges: what trying everything gives, rounded, and no solution passes it."""
    rng, selection = Random(seed), random_selection(seed, objective="goodput")
    optimum = brute_forced_optimum(selection)
    step = max(int(np.gcd.reduce(selection.plans.value, initial=0)), 1)
    for _ in range(4):
        denominator = 2 ** rng.randint(0, 3)
        prices = {row: rng.randint(0, 6) for row in selection.rows.name.tolist()}
        certificate = charged(*random_surcharges(rng, selection), prices=prices, denominator=denominator)
        bound = certificate_bound(selection, Certificate.from_json(certificate.to_json()))
        if np.isfinite(bound):  # no leaf is closed
            assert bound == hand_bound(selection, certificate) // (denominator * step) * step
        assert optimum is None or optimum <= bound


@pytest.mark.parametrize("seed", range(60))
def test_an_instance_is_priced_as_its_plan_selection(seed: int) -> None:
    """Rates are taken into account: the same surcharges prove the same of both, and nothing passes it."""
    case, rng = random_case(seed), Random(seed)
    compiled, selection = case.instance.compiled, list_plans_of(case.instance)
    heavy = np.flatnonzero(selection.plans.usage.amount > 0)
    names, taken = np.array(compiled.names.queries), set[tuple[int, int]]()
    surcharges = []
    for entry in rng.sample(heavy.tolist(), min(4, len(heavy))):
        row, amount = int(selection.plans.usage.column[entry]), int(selection.plans.usage.amount[entry])
        users = [name for name in names.tolist() if rng.random() < 0.7]
        if (row, amount) not in taken and users:
            taken.add((row, amount))
            surcharges.append(Surcharge(str(compiled.rows.name[row]), amount, rng.randint(1, 5000), tuple(users)))
    prices = {name: rng.randint(0, 2) for name in compiled.rows.name.tolist()}
    certificate = charged(*surcharges, prices=prices)
    bound = certificate_bound(case.instance, certificate)
    assert bound >= case.optimum.value_milli
    # Each is rounded to the values that it has; queries without a plan have none in the selection.
    listed, stated = (int(np.gcd.reduce(v)) for v in (selection.plans.value, compiled.queries.value_milli))
    step = math.lcm(max(listed, 1), max(stated, 1))
    assert certificate_bound(selection, certificate) // step == bound // step


ALL = ("ann", "ben", "cleo")


@pytest.mark.parametrize(
    ("surcharges", "rule"),
    [
        ([Surcharge("cpu", 6, 4, ALL)], "certificate_row"),
        ([Surcharge("gpu", 6, 4, ("dan",))], "certificate_group"),
        ([Surcharge("gpu", 0, 4, ALL)], "certificate_price_sign"),
        ([Surcharge("gpu", 6, -1, ALL)], "certificate_price_sign"),
        ([Surcharge("gpu", 6, 2.5, ALL)], "certificate_price_integer"),  # type: ignore[arg-type]
        ([Surcharge("gpu", True, 2, ALL)], "certificate_price_integer"),
        ([Surcharge("gpu", 6, 2**62 + 1, ALL)], "certificate_grid"),
        ([Surcharge("gpu", 1, 2**61, ALL)], "certificate_grid"),
        ([Surcharge("gpu", 2**62 + 1, 1, ALL)], "certificate_grid"),
        ([Surcharge("gpu", 6, 4, ALL), Surcharge("gpu", 6, 3, ("ann",))], "certificate_surcharge"),
        ([Surcharge("gpu", 6, 4, ("ann", "ann"))], "certificate_surcharge"),
    ],
)
def test_what_is_refused(surcharges: list[Surcharge], rule: str) -> None:
    """Each fault by its rule."""
    assert rules(charged(*surcharges)) == [rule]


def test_no_tree_holds_them() -> None:
    """Branched copies would have to be charged one by one."""
    certificate = page_certificate("surcharges")
    leaf = Certificate.from_json(certificate).nodes[0]
    decision = PlanDecision("ann", 1, ("only",))
    assert rules(Certificate("goodput", 1, (Branch(decision, 1, 2), leaf, Leaf({})))) == ["certificate_surcharge"]


def test_what_a_plan_pays_in_many_rows_is_added_up_exactly() -> None:
    """Four times 2^62 is too much, and does not wrap around to nothing."""
    selection = gpu(
        group=[0],
        value=[1],
        usage=[[1, 1, 1, 1]],
        capacity=[1] * 4,
        group_name=["ann"],
        plan_name=["only"],
        row_name=list("abcd"),
    )
    certificate = charged(*(Surcharge(row, 1, 2**62, ("ann",)) for row in "abcd"))
    assert [violation.rule for violation in verify_certificate(selection, certificate)] == ["certificate_grid"]


@pytest.mark.parametrize(
    "stated", [{"row": "gpu"}, {"row": "gpu", "amount": 1, "surcharge": 1, "groups": "ann"}, [], None]
)
def test_a_shape_that_is_none(stated: Any) -> None:
    """A surcharge without its fields is not read."""
    document = {"objective": "goodput", "denominator": 1, "nodes": [{"prices": {}, "surcharges": [stated]}]}
    assert [violation.rule for violation in verify_certificate(gpu(), document)] == ["certificate_format"]
