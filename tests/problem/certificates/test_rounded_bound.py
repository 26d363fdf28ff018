"""Certificates with rounded inequalities: the page's example, bounds by hand and by brute force, every refusal."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from sloplan.problem.certificates.bound import leaf_totals
from sloplan.problem.certificates.cases import leaf_cases
from sloplan.problem.certificates.format import Branch, Certificate, Leaf, PlanDecision
from sloplan.problem.certificates.inequalities import UNIT
from sloplan.problem.certificates.inequality_format import Inequality, Rounding
from sloplan.problem.certificates.instance_pricing import InstancePricer, TemplatePlans
from sloplan.problem.certificates.pricing import PlanPricer, Prices
from sloplan.problem.certificates.selection_pricing import SelectionPricer
from sloplan.problem.certificates.verification import certificate_bound, verify_certificate
from sloplan.problem.most_supplied import most_supplied
from sloplan.problem.selections.from_instance import list_plans_of
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case
from tests.problem.certificates.page import PAGE, page_certificate
from tests.problem.selections.random_selections import brute_forced_cost, brute_forced_optimum, random_selection
from tests.problem.selections.selection_cases import dense, lp_bound_and_duals

DIVISOR = 2**40


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


def inequality(**stated: Any) -> Inequality:
    """Return an inequality of which what is not stated is nothing."""
    nothing: dict[str, Any] = {"rows": {}, "goodput": 0, "inequalities": {}, "groups": {}, "supplies": {}, "price": 0}
    return Inequality(**(nothing | stated))


def rounding(*inequalities: Inequality, **more: Any) -> Certificate:
    """Return a certificate of one leaf, over a denominator of 2^20 and with a sixth of the row if nothing is said."""
    figures: dict[str, Any] = {"most_lost": 13 * UNIT, "prices": {}, "goodput_price": 0, "divisor": UNIT}
    figures["inequalities"] = inequalities or (inequality(rows={"gpu": 174763}, price=4),)
    return Certificate("goodput", UNIT, (Leaf({}, rounding=Rounding(**(figures | more))),))


def rules(certificate: Certificate) -> list[str]:
    """Return the rules that a certificate for the page's example breaks."""
    return [violation.rule for violation in verify_certificate(gpu(), certificate)]


def test_the_page(tmp_path: Path) -> None:
    """It proves the optimum, which prices of rows do not."""
    certificate = page_certificate("rounding")
    assert certificate_bound(gpu(), certificate) == brute_forced_optimum(gpu()) == 5
    assert lp_bound_and_duals(gpu())[0] == pytest.approx(7 + 2 / 3)
    assert "7 2/3" in PAGE
    assert "the bound is **5**" in PAGE
    assert Certificate.from_json(certificate).to_json() == certificate == rounding().to_json()
    assert verify_certificate(gpu(), certificate, 5) == []
    assert [violation.rule for violation in verify_certificate(gpu(), certificate, 4)] == ["certificate_bound"]


def test_what_loses_more_is_worth_no_more_than_is_left() -> None:
    """Without prices 13 is the bound: solutions that lose more than 9 are worth less than 4, others serve all."""
    assert certificate_bound(gpu(), rounding(most_lost=3 * UNIT)) == 10
    # Nobody loses less than 4 by staying out, but the bound does not ask who stays out.
    assert certificate_bound(gpu(), rounding(most_lost=9 * UNIT)) == 5
    # A must group without a plan that loses so little: no solution does.
    selection = gpu(must=[True, False, False])
    prices = {"gpu": 2 * UNIT}
    leaf = Leaf(prices, rounding=Rounding(0, prices, 0, UNIT, ()))
    assert certificate_bound(selection, Certificate("goodput", UNIT, (leaf,))) == 20 - 7


def test_supplies_are_kept_within_what_loses_little() -> None:
    """Two units bring 5 each at a price of 1: with one less, 5 is lost."""
    selection = gpu(capacity=[0], maximum=[2], brought=[[5]], supply_name=["unit"])
    leaf = Leaf({"gpu": UNIT}, rounding=Rounding(6 * UNIT, {}, 0, UNIT, ()))
    certificate = Certificate("goodput", UNIT, (leaf,))
    assert certificate_bound(selection, certificate) == min(10, max(4, 13))
    # Groups are worth nothing at that price. The row's sixth says that one use fits into two units.
    sixth = inequality(rows={"gpu": 174763}, supplies={"unit": 0}, price=4)
    leaf = Leaf({}, rounding=Rounding(13 * UNIT, {}, 0, UNIT, (sixth,)))
    # The right side is 0, a whole number, so a unit counts -5/6 as it is: two pay 20/3, and ann has 1 left.
    assert certificate_bound(selection, Certificate("goodput", UNIT, (leaf,))) == 7
    # With the row of the most units weighed by 5/6 as well, a unit counts 0, one that is left 5/6 above f = 2/3: 1/2.
    whole = inequality(rows={"gpu": 174763}, supplies={"unit": 873815}, price=4)
    leaf = Leaf({}, rounding=Rounding(13 * UNIT, {}, 0, UNIT, (whole,)))
    assert certificate_bound(selection, Certificate("goodput", UNIT, (leaf,))) == 5


def test_the_least_units_that_lose_little_are_paid_for() -> None:
    """Two units bring 5 each, at a price of 1 for the row and 3 for a unit: one less loses 2, as much as is allowed."""
    selection = PlanSelection.from_numbers(
        group=[0], value=[0], cost=[0], usage=[[6]], capacity=[0], must=[True], maximum=[2], price=[3], brought=[[5]],
        objective="cost", row_name=["gpu"],
    )  # fmt: skip
    leaf = Leaf({"gpu": UNIT}, rounding=Rounding(2 * UNIT, {}, 0, UNIT, ()))
    # At first prices -6 + 2 x 2 = -2, so others -4. At none one unit, the least, costs 3, and all the rest nothing.
    assert certificate_bound(selection, Certificate("cost", UNIT, (leaf,))) == 3
    assert brute_forced_cost(selection) == 6


def test_second_prices_that_are_too_large() -> None:
    """Value of 4 at 2^62 comes to 2^64, which does not wrap around to nothing."""
    selection = PlanSelection.from_numbers(
        group=[0], value=[4], cost=[0], usage=[[0]], capacity=[1], objective="cost", goodput_floor=2
    )
    leaf = Leaf({}, rounding=Rounding(0, {}, 2**62, UNIT, ()))
    found = verify_certificate(selection, Certificate("cost", 1, (leaf,)))
    assert [violation.rule for violation in found] == ["certificate_grid"]


def random_rounding(
    rng: Random, rows: list[str], groups: list[str], supplies: list[str], usages: list[int]
) -> Rounding:
    """Return a chain of inequalities with weights around one over a usage."""

    def weight() -> int:
        return round(DIVISOR * rng.choice([1, 1, 0.5, -1, -0.3]) / max(1, rng.choice(usages)))

    def of(names: list[str], figure: Any) -> dict[str, int]:
        return {name: figure() for name in names if rng.random() < 0.5}

    inequalities = []
    for number in range(rng.randint(1, 4)):
        earlier = {one: round(DIVISOR / UNIT * rng.uniform(-1, 1)) for one in range(number) if rng.random() < 0.4}
        inequalities.append(
            inequality(
                rows=of(rows, weight),
                goodput=weight() if usages and rng.random() < 0.3 else 0,
                inequalities=earlier,
                groups=of(groups, lambda: rng.randrange(UNIT)),
                supplies=of(supplies, lambda: rng.randrange(UNIT)),
                price=rng.randint(0, 8),
            )
        )
    prices = {row: rng.randint(0, 6) * 2**20 for row in rows}
    return Rounding(rng.choice([0, 3, 20, 1000]) * UNIT, prices, rng.randint(0, 3) * UNIT, DIVISOR, tuple(inequalities))


def floor_aware(rounding: Rounding, objective: str) -> Rounding:
    """Return inequalities without the floor, where there is none."""
    if objective == "cost":
        return rounding
    without = tuple(inequality(**{**vars(one), "goodput": 0}) for one in rounding.inequalities)
    return Rounding(rounding.most_lost, rounding.prices, 0, rounding.divisor, without)


class ByHand:
    """The bound of a certificate in fractions, plan by plan, but for the rounding of amounts."""

    def __init__(self, selection: PlanSelection, certificate: Certificate) -> None:
        self.selection, self.leaf = selection, certificate.nodes[0]
        self.is_cost = selection.objective == "cost"
        assert isinstance(self.leaf, Leaf)
        assert self.leaf.rounding is not None
        self.unit, self.rounding = certificate.denominator, self.leaf.rounding
        floor = (selection.goodput_floor or 0) if self.is_cost else 0
        self.capacity = [*selection.rows.capacity.tolist(), -floor]
        usage, brought = dense(selection.plans.usage, selection), dense(selection.supplies.brought, selection)
        self.usage = [[*row.tolist(), -int(v)] for row, v in zip(usage, selection.plans.value, strict=True)]
        self.brought = [[*(-row).tolist(), 0] for row in brought]
        fits = (usage <= most_supplied(selection.rows, selection.supplies)).all(axis=1)
        self.plans = np.flatnonzero(fits).tolist()

    def price(self, prices: Any, goodput_price: int) -> list[Fraction]:
        """Return prices by row, that of the floor last."""
        named = [Fraction(prices.get(row, 0), self.unit) for row in self.selection.rows.name.tolist()]
        return [*named, Fraction(goodput_price, self.unit)]

    def worth(self, plan: int, price: list[Fraction]) -> Fraction:
        """Return what a plan is worth at prices of rows."""
        plans = self.selection.plans
        own = -Fraction(int(plans.cost[plan])) if self.is_cost else Fraction(int(plans.value[plan]))
        return own - sum((p * u for p, u in zip(price, self.usage[plan], strict=True)), Fraction(0))

    def of_supply(self, supply: int, price: list[Fraction]) -> Fraction:
        """Return what a unit of a supply is worth."""
        own = -Fraction(int(self.selection.supplies.price[supply])) if self.is_cost else Fraction(0)
        return own - sum((p * u for p, u in zip(price, self.brought[supply], strict=True)), Fraction(0))

    def standing(self, price: list[Fraction]) -> Fraction:
        """Return what the capacities pay."""
        return sum((p * c for p, c in zip(price, self.capacity, strict=True)), Fraction(0))

    def bound(self) -> Fraction | None:
        """Return the most that anything is worth; None if the first prices leave a group nothing."""
        selection, groups, supplies = self.selection, self.selection.groups, self.selection.supplies
        first = self.price(self.leaf.prices, self.leaf.goodput_price)
        lost = Fraction(self.rounding.most_lost, self.unit)
        most, best, near = self.standing(first), {}, {}
        for group in range(len(groups)):
            own = [plan for plan in self.plans if selection.plans.group[plan] == group]
            worths = [self.worth(plan, first) for plan in own] + ([] if groups.must[group] else [Fraction(0)])
            if not worths:
                return None
            best[group] = max(worths)
            near[group] = [plan for plan in own if best[group] - self.worth(plan, first) <= lost]
            most += best[group] * int(groups.count[group])
        interval = []
        for supply, maximum in enumerate(supplies.maximum.tolist()):
            each = self.of_supply(supply, first)
            most += max(Fraction(0), each * maximum)
            away = maximum if each == 0 else min(maximum, math.floor(lost / abs(each)))
            interval.append((maximum - away if each > 0 else 0, away if each < 0 else maximum))
        others = most - lost
        if any(groups.must[group] and not near[group] for group in range(len(groups))):
            return min(most, others)
        total = self.second(near, interval)
        return min(most, max(others, total))

    def second(self, near: dict[int, list[int]], interval: list[tuple[int, int]]) -> Fraction:
        """Return the bound of what loses little, at the second prices."""
        selection, groups = self.selection, self.selection.groups
        price = self.price(self.rounding.prices, self.rounding.goodput_price)
        columns = [(("plan", plan), self.usage[plan], ("group", g)) for g, plans in near.items() for plan in plans]
        columns += [(("supply", s), brought, ("supply", s)) for s, brought in enumerate(self.brought)]
        count = {("group", g): int(groups.count[g]) for g in range(len(groups))}
        count |= {("supply", s): high for s, (_, high) in enumerate(interval)}
        due = {name: Fraction(0) for name, _, _ in columns}
        total, rows = self.standing(price), list(self.capacity)
        uses = {name: list(usage) for name, usage, _ in columns}
        for stated in self.rounding.inequalities:
            weight = [Fraction(stated.rows.get(row, 0), DIVISOR) for row in selection.rows.name.tolist()]
            weight.append(Fraction(stated.goodput, DIVISOR))
            weight += [
                Fraction(stated.inequalities.get(one, 0), DIVISOR) for one in range(len(rows) - len(self.capacity))
            ]
            limit = {("group", g): Fraction(stated.groups.get(n, 0), UNIT) for g, n in enumerate(groups.name.tolist())}
            names = selection.supplies.name.tolist()
            limit |= {("supply", s): Fraction(stated.supplies.get(n, 0), UNIT) for s, n in enumerate(names)}
            b = sum((w * c for w, c in zip(weight, rows, strict=True)), Fraction(0))
            b += sum((limit[one] * count[one] for one in count), Fraction(0))
            f = b - math.floor(b)

            def rounded(a: Fraction, f: Fraction = f) -> Fraction:
                return math.floor(a) + max(Fraction(0), a - math.floor(a) - f) / (1 - f)

            slack = [max(-w, Fraction(0)) / (1 - f) for w in weight]
            right = math.floor(b) - sum((rounded(limit[one]) * count[one] for one in count), Fraction(0))
            right += sum((s * c for s, c in zip(slack, rows, strict=True)), Fraction(0))
            rows.append(UNIT * right)
            total += Fraction(stated.price, self.unit) * UNIT * right
            for name, _, of in columns:
                a = limit[of] + sum((w * u for w, u in zip(weight, uses[name], strict=True)), Fraction(0))
                counts = rounded(a) - rounded(limit[of])
                counts += sum((s * u for s, u in zip(slack, uses[name], strict=True)), Fraction(0))
                uses[name].append(UNIT * counts)
                due[name] += Fraction(stated.price, self.unit) * UNIT * counts
        for group, plans in near.items():
            worths = [self.worth(plan, price) - due["plan", plan] for plan in plans]
            worths += [] if groups.must[group] else [Fraction(0)]
            total += max(worths) * int(groups.count[group])
        for supply, ends in enumerate(interval):
            each = self.of_supply(supply, price) - due["supply", supply]
            total += max(each * end for end in ends)
        return total


@pytest.mark.parametrize("seed", range(150))
@pytest.mark.parametrize("objective", ["goodput", "cost"])
def test_bounds_are_right_and_on_their_side(seed: int, objective: str) -> None:
    """At any weights and prices: what the formulas give but for rounding, and no solution passes it."""
    rng, selection = Random(seed), random_selection(seed, objective=objective)
    optimum = brute_forced_optimum(selection) if objective == "goodput" else brute_forced_cost(selection)
    usages = [usage for usage in selection.plans.usage.amount.tolist() if usage] or [1]
    names = (selection.rows.name.tolist(), selection.groups.name.tolist(), selection.supplies.name.tolist())
    for _ in range(3):
        stated = floor_aware(random_rounding(rng, *names, usages), objective)
        prices = {row: rng.randint(0, 3) * UNIT for row in names[0]}
        leaf = Leaf(prices, rng.randint(0, 2) * UNIT if objective == "cost" else 0, stated)
        certificate = Certificate(objective, UNIT, (leaf,))
        found = verify_certificate(selection, certificate)
        if [violation.rule for violation in found] == ["certificate_grid"]:
            continue  # a fraction near 1
        assert found == []
        bound = certificate_bound(selection, Certificate.from_json(certificate.to_json()))
        exact = ByHand(selection, certificate).bound()
        if objective == "goodput":
            assert optimum is None or optimum <= bound
        else:
            assert optimum is None or bound <= optimum
        if exact is not None and math.isfinite(bound):
            figures = selection.plans.value if objective == "goodput" else selection.plans.cost
            step = math.gcd(*figures.tolist(), *(selection.supplies.price.tolist() if objective == "cost" else [])) or 1
            worth = bound if objective == "goodput" else -bound
            assert worth >= math.floor(exact / step) * step
            assert worth <= math.floor((exact + Fraction(1, 100)) / step) * step


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("objective", ["goodput", "cost"])
def test_an_instance_is_bounded_as_its_plan_selection(seed: int, objective: str) -> None:
    """Rates and bills are taken into account, plans that others replace are not missed; nothing passes the bound."""
    rng = Random(seed)
    if objective == "goodput":
        instance, floor = random_case(seed).instance, None
        best = random_case(seed).optimum.value_milli
        selection = list_plans_of(instance)
    else:
        case = cost_case(seed, "fluid")
        instance, floor = case.instance, case.floor
        best = None if case.optimum is None else -case.optimum.cost_pico
        selection = list_plans_of(instance, "cost", case.min_goodput)
    compiled = instance.compiled if objective == "goodput" else instance.compiled.under_cost.compiled
    rows, queries = compiled.rows.name.tolist(), compiled.names.queries.tolist()
    usages = selection.plans.usage.amount[selection.plans.usage.amount > 0].tolist() or [1]
    drawn = random_rounding(rng, rows, queries, [], usages)
    dear = max(
        1, int(selection.plans.cost.max(initial=0) if objective == "cost" else selection.plans.value.max(initial=0))
    )
    prices = {row: rng.choice([0, 1, dear * UNIT // max(usages)]) for row in rows}
    of_value = 0
    if objective == "cost":  # some plans are worth their cost then
        of_value = rng.choice([0, 1, 3]) * dear * UNIT // max(1, int(selection.plans.value.max(initial=0)))
    second = rng.choice([prices, {}])  # at none the plans of least cost are best, whatever they use
    stated = Rounding(rng.choice([0, dear, 9 * dear]) * UNIT, second, of_value, DIVISOR, drawn.inequalities)
    leaf = Leaf(prices, of_value, floor_aware(stated, objective))
    certificate = Certificate(objective, UNIT, (leaf,))
    found = verify_certificate(instance, certificate, goodput_floor=floor)
    if [violation.rule for violation in found] == ["certificate_grid"]:
        return  # a fraction near 1
    assert found == []
    bound = certificate_bound(instance, certificate, goodput_floor=floor)
    assert best is None or best <= (-bound if objective == "cost" else bound)
    # What a plan counts is rounded down, by up to a few parts that a fraction near 1 makes more.
    slack = 64 * sum(one.price for one in drawn.inequalities) * int(compiled.queries.count.sum())
    proved = numerator(InstancePricer(instance.compiled, floor), certificate)
    listed = numerator(SelectionPricer(selection), certificate)
    assert proved is not None
    assert listed is not None
    assert abs(proved - listed) <= slack


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("row_price", [0, 1, 10**6])
def test_what_is_left_out_is_replaced(seed: int, row_price: int) -> None:
    """Every plan of a query is there, or one that costs no more and uses no more of any row: dearer rows or not."""
    case = cost_case(seed, "fluid")
    pricer = InstancePricer(case.instance.compiled, case.floor)
    rows = len(pricer.rows)
    for batch in pricer.batches():
        prices = Prices(np.full(rows, row_price), value=1, cost=1)
        pairs = batch.priced(prices).within(2**62)
        kept = np.zeros((len(pairs), rows + 1), dtype=np.int64)
        kept[pairs.usage.row_of_entry, pairs.usage.column], kept[:, -1] = pairs.usage.amount, pairs.cost
        assert isinstance(batch, TemplatePlans)
        figures, rate = batch.table.figures, case.instance.compiled.queries.rate_milli
        for group in batch.groups.tolist():
            own = kept[pairs.group == group]
            for plan in batch.plans_of(group).tolist():
                needs = np.zeros(rows + 1, dtype=np.int64)
                column, amount = figures.usage.row(plan)
                needs[column], needs[-1] = amount, figures.billed_cost_nano[plan]
                assert (own <= needs * rate[group]).all(axis=1).any()


def numerator(pricer: PlanPricer, certificate: Certificate) -> int | None:
    """Return what a certificate of one leaf proves before it is rounded, under "cost" negated."""
    cases, violations = leaf_cases(pricer, certificate)
    assert violations == []
    return leaf_totals(pricer, cases).most[0]


@pytest.mark.parametrize(
    ("certificate", "rule"),
    [
        (rounding(inequality(rows={"cpu": 1})), "certificate_row"),
        (rounding(inequality(groups={"dan": 1})), "certificate_group"),
        (rounding(inequality(supplies={"unit": 1})), "certificate_supply"),
        (rounding(inequality(inequalities={0: 1})), "certificate_inequality"),
        (rounding(inequality(), inequality(inequalities={2: 1})), "certificate_inequality"),
        (rounding(inequality(inequalities={"first": 1})), "certificate_inequality"),
        (rounding(inequality(inequalities={-1: 1})), "certificate_inequality"),
        (rounding(inequality(goodput=1)), "certificate_inequality"),
        (rounding(*[inequality()] * 5001), "certificate_inequality"),
        (rounding(inequality(price=-1)), "certificate_price_sign"),
        (rounding(inequality(price=1.5)), "certificate_price_integer"),
        (rounding(inequality(rows={"gpu": 0.5})), "certificate_price_integer"),
        (rounding(inequality(groups={"ann": True})), "certificate_price_integer"),
        (rounding(inequality(rows={"gpu": 2**62 + 1})), "certificate_grid"),
        (rounding(inequality(rows={"gpu": -(2**63)})), "certificate_grid"),
        (rounding(inequality(rows={"gpu": 2**61})), "certificate_grid"),
        (rounding(inequality(groups={"ann": 2**62}), divisor=2**40), "certificate_grid"),
        (rounding(inequality(rows={"gpu": 174763}, price=2**50)), "certificate_grid"),
        (rounding(divisor=2**19), "certificate_inequality"),
        (rounding(divisor=2**63), "certificate_inequality"),
        (rounding(divisor=3 * 2**20), "certificate_inequality"),
        (rounding(divisor=2.0**20), "certificate_inequality"),
        (rounding(most_lost=-1), "certificate_price_sign"),
        (rounding(most_lost=0.5), "certificate_price_integer"),
        (rounding(most_lost=2**62 + 1), "certificate_grid"),
        (rounding(prices={"cpu": 1}), "certificate_row"),
        (rounding(prices={"gpu": -1}), "certificate_price_sign"),
        (rounding(goodput_price=1), "certificate_goodput_price"),
    ],
)
def test_what_is_refused(certificate: Certificate, rule: str) -> None:
    """Each fault by its rule."""
    assert rules(certificate) == [rule]


def test_no_tree_holds_them() -> None:
    """Copies that decisions speak of would have to be bounded one by one."""
    decision = PlanDecision("ann", 1, ("only",))
    certificate = Certificate("goodput", UNIT, (Branch(decision, 1, 2), rounding().nodes[0], Leaf({})))
    assert rules(certificate) == ["certificate_inequality"]


@pytest.mark.parametrize(
    "stated",
    [
        {"most_lost": 1, "prices": {}, "divisor": UNIT},
        {"most_lost": 1, "prices": {}, "divisor": UNIT, "inequalities": {}},
        {"most_lost": 1, "prices": {}, "divisor": UNIT, "inequalities": [{"row": {}}]},
        {"most_lost": 1, "prices": {}, "divisor": UNIT, "inequalities": [{"rows": []}]},
        [],
    ],
)
def test_a_shape_that_is_none(stated: Any) -> None:
    """What lacks its fields is not read."""
    document = {"objective": "goodput", "denominator": 1, "nodes": [{"prices": {}, "rounding": stated}]}
    assert [violation.rule for violation in verify_certificate(gpu(), document)] == ["certificate_format"]


def test_few_amounts_at_once_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups are added up in parts."""
    monkeypatch.setattr("sloplan.problem.certificates.rounded_bound._AMOUNTS_AT_ONCE", 1)
    assert certificate_bound(gpu(), rounding()) == 5


@pytest.mark.parametrize("key", [0, "9" * 5000, "-1", "1.0", ""])
def test_keys_that_name_no_inequality(key: Any) -> None:
    """Whatever stands there, a violation says so."""
    stated = {"most_lost": 0, "prices": {}, "divisor": UNIT, "inequalities": [{"inequalities": {key: 1}}]}
    document = {"objective": "goodput", "denominator": 1, "nodes": [{"prices": {}, "rounding": stated}]}
    assert [violation.rule for violation in verify_certificate(gpu(), document)] == ["certificate_inequality"]


def test_worth_and_what_is_taken_off_it_fit_together() -> None:
    """Each is within 2^62, their difference is 2^63: it does not wrap around to a group that is worth nothing."""
    selection = PlanSelection.from_numbers(
        group=[0, 1], value=[1, 0], cost=[0, 1], usage=[[0], [0]], capacity=[1], objective="cost", goodput_floor=1
    )
    stated = Rounding(2**62, {}, 2**62, UNIT, (inequality(goodput=UNIT, price=2**42),))
    certificate = Certificate("cost", 1, (Leaf({}, rounding=stated),))
    assert [violation.rule for violation in verify_certificate(selection, certificate, 1)] == ["certificate_grid"]
