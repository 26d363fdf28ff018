"""Certificates of prices of groups: the page's example, bounds against brute force, every refusal."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import sloplan
from sloplan.problem.certificates import packing
from sloplan.problem.certificates.format import Certificate, GroupLeaf
from sloplan.problem.certificates.verification import VerificationStoppedError, certificate_bound, verify_certificate
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.selections.selection import PlanSelection
from tests.problem.certificates.page import PAGE, page_certificate
from tests.problem.selections.selection_cases import brute_forced_value, dense, lp_bound_and_duals

SIDES: dict[str, Any] = {
    "group": [0, 0, 1, 1, 2, 2],
    "value": [5, 4, 5, 5, 7, 8],
    "usage": [[2, 0], [0, 5], [4, 0], [0, 3], [4, 0], [0, 4]],
    "capacity": [4, 4],
    "group_name": ["ann", "ben", "cleo"],
    "plan_name": ["left", "right"] * 3,
    "row_name": ["left", "right"],
}


def sides(**more: Any) -> PlanSelection:
    """Return the page's example, or one that differs."""
    return PlanSelection.from_numbers(**(SIDES | more))


def priced(prices: dict[str, Any], denominator: int = 1, objective: str = "goodput") -> Certificate:
    """Return a certificate of prices of groups."""
    return Certificate(objective, denominator, (GroupLeaf(prices),))


def rules(problem: Any, certificate: Any) -> list[str]:
    """Return the rules that a certificate breaks."""
    return [violation.rule for violation in verify_certificate(problem, certificate)]


def test_the_page() -> None:
    """It proves 13, which is the optimum and less than prices of rows can prove."""
    certificate = page_certificate("groups")
    assert certificate_bound(sides(), certificate) == brute_forced_value(sides()) == 13
    assert lp_bound_and_duals(sides())[0] == pytest.approx(15 + 5 / 6)
    assert "**13**" in PAGE
    assert "15 5/6" in PAGE
    assert verify_certificate(sides(), certificate, 13) == []
    assert [violation.rule for violation in verify_certificate(sides(), certificate, 12)] == ["certificate_bound"]
    assert Certificate.from_json(certificate).to_json() == certificate


def random_sides(rng: Random, objective: str) -> PlanSelection:
    """Return a plan selection whose plans use one row each; some groups must choose, some plans do not fit."""
    groups, rows = rng.randint(1, 4), rng.randint(1, 3)
    group = sorted(rng.choices(range(groups), k=rng.randint(groups, 8)))
    group = sorted([*range(groups), *group])
    usage = np.zeros((len(group), rows), dtype=np.int64)
    for plan in range(len(group)):
        usage[plan, rng.randrange(rows)] = rng.randint(1, 6)
    figures = [rng.randint(-3, 9) if objective == "cost" else rng.randint(0, 9) for _ in group]
    more: dict[str, Any] = {"objective": "cost", "cost": np.abs(figures)} if objective == "cost" else {}
    return PlanSelection.from_numbers(
        group=group,
        value=[0] * len(group) if objective == "cost" else figures,
        usage=usage,
        capacity=[rng.randint(3, 9) for _ in range(rows)],
        must=[objective == "cost" or rng.random() < 0.3 for _ in range(groups)],
        **more,
    )


def hand_bound(selection: PlanSelection, price: list[int], denominator: int) -> float:
    """Return the bound before rounding, every row's packings tried one by one."""
    usage, total = dense(selection.plans.usage, selection), sum(price)
    sign, figure = (-1, selection.plans.cost) if selection.objective == "cost" else (1, selection.plans.value)
    for row, capacity in enumerate(selection.rows.capacity.tolist()):
        best = 0
        choices = [
            [None, *(plan for plan in np.flatnonzero(selection.plans.group == group) if usage[plan, row])]
            for group in range(len(selection.groups))
        ]
        for chosen in itertools.product(*choices):
            taken = [plan for plan in chosen if plan is not None]
            if usage[taken, row].sum() <= capacity:
                worth = sum(sign * denominator * int(figure[p]) - price[selection.plans.group[p]] for p in taken)
                best = max(best, worth)
        total += best
    return total / denominator


@pytest.mark.parametrize("objective", ["goodput", "cost"])
@pytest.mark.parametrize("seed", range(60))
def test_bounds_are_right_and_on_their_side(seed: int, objective: str) -> None:
    """At any prices: what trying all packings gives, rounded, and nothing beats it."""
    rng = Random(seed)
    selection, denominator = random_sides(rng, objective), 2 ** rng.randint(0, 3)
    names, must = selection.groups.name.tolist(), selection.groups.must.tolist()
    for _ in range(5):
        price = [rng.randint(-20 if forced else 0, 40) for forced in must]
        bound = certificate_bound(selection, priced(dict(zip(names, price, strict=True)), denominator, objective))
        by_hand = hand_bound(selection, price, denominator)
        figures = selection.plans.cost if objective == "cost" else selection.plans.value
        step = max(int(np.gcd.reduce(figures)), 1)
        assert (-bound if objective == "cost" else bound) == by_hand // step * step
        if objective == "goodput":
            best = brute_forced_value(selection)
            assert best is None or best <= bound
        else:
            least = sloplan.solve(selection, "exhaustive", display=False)
            assert least.objective is None or least.objective * selection.cost_scale >= bound


def test_a_file_holds_it(tmp_path: Path) -> None:
    """It comes back from a solution file, and is accepted."""
    result = sloplan.solve(sides(), "exhaustive", display=False)
    certified = replace(result.solution, bound=13, certificate=page_certificate("groups"))
    certified.save(tmp_path / "solution.json")
    assert sloplan.check(sides(), type(certified).load(tmp_path / "solution.json")) == []
    refused = replace(certified, bound=12)
    assert [violation.rule for violation in sloplan.check(sides(), refused)] == ["bound", "certificate_bound"]


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (sides(count=[1, 2, 1]), "group 'ben' has another count"),
        (sides(usage=[[2, 1], *SIDES["usage"][1:]]), "plan 'left' of group 'ann' uses 2"),
        (sides(usage=[[0, 0], *SIDES["usage"][1:]]), "plan 'left' of group 'ann' uses 0"),
        (sides(maximum=[1], brought=[[1, 0]]), "for no supplies"),
        (sides(objective="cost", cost=[1] * 6, goodput_floor=5), "no goodput floor"),
    ],
)
def test_other_problems_are_refused(problem: PlanSelection, why: str) -> None:
    """Each kind that prices of groups say nothing of is named."""
    (violation,) = verify_certificate(problem, priced({"ann": 1}, objective=problem.objective))
    assert violation.rule == "certificate_packing"
    assert why in str(violation)


def test_an_instance_has_no_groups() -> None:
    """Queries are no groups of a plan selection."""
    assert rules(sloplan.load("edge-only-xs-0.8-tight"), priced({})) == ["certificate_packing"]


@pytest.mark.parametrize(
    ("prices", "rule"),
    [
        ({"dora": 1}, "certificate_group"),
        ({"ann": 1.0}, "certificate_price_integer"),
        ({"ann": True}, "certificate_price_integer"),
        ({"ann": -1}, "certificate_price_sign"),
        ({"ann": 2**62 + 1}, "certificate_grid"),
        ({"ann": -(10**5000)}, "certificate_grid"),
        ({"ann": np.int64(-(2**63))}, "certificate_grid"),
        ({"ann": 2**61, "ben": 2**61}, "certificate_grid"),  # their four plans pass 2^62 together
    ],
)
def test_prices_that_are_refused(prices: dict[str, Any], rule: str) -> None:
    """Names, types, signs and sizes."""
    assert rules(sides(), priced(prices)) == [rule]


def test_a_group_that_must_choose_may_have_a_negative_price() -> None:
    """Then nobody saves it by staying out."""
    selection = sides(must=[True, False, False])
    assert rules(selection, priced({"ann": -1})) == []


def test_in_a_tree_they_are_refused() -> None:
    """Prices of groups are a certificate by themselves."""
    decision = {"group": "ann", "copy": 1, "plans": ["left"]}
    root = {"decision": decision, "yes": 1, "no": 2}
    nodes = [root, {"group_prices": {"ann": 1}}, {"prices": {}}]
    document = {"objective": "goodput", "denominator": 1, "nodes": nodes}
    assert rules(sides(), document) == ["certificate_packing"]
    assert rules(sides(), document | {"nodes": [{"group_prices": {}, "prices": {}}]}) == ["certificate_format"]


@pytest.mark.parametrize("weight", [[2**61] * 8, [2**61] * 4, [2**61 - 1, 2**61 - 3] * 4 + [100]])
def test_usages_whose_sum_passes_64_bits(weight: list[int]) -> None:
    """Alternatives of one group: their sum means nothing, and a capacity cut down to it would prove too much."""
    selection = PlanSelection.from_numbers(
        group=[0] * len(weight), value=[7] * len(weight), usage=[[w] for w in weight], capacity=[2**61]
    )
    try:
        bound = certificate_bound(selection, priced({}))
    except SizeLimitError:
        return
    assert bound == 7


def test_plans_that_do_not_fit_alone_do_not_count() -> None:
    """They may use several rows: no solution holds them."""
    usage = [[2, 5], *SIDES["usage"][1:]]
    assert certificate_bound(sides(usage=usage), priced({"cleo": 2})) == 13


def test_nothing_at_all() -> None:
    """Without rows and plans nothing is worth anything."""
    nothing = PlanSelection.from_numbers(group=[], value=[], usage=np.zeros((0, 0), dtype=np.int64), capacity=[])
    assert certificate_bound(nothing, priced({})) == 0


def test_sizes_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows too large to count through are an error of their own; who has no time stops it between rows."""
    with pytest.raises(VerificationStoppedError):
        certificate_bound(sides(), priced({}), lambda: True)
    asked: list[int] = []
    assert certificate_bound(sides(), priced({}), lambda: bool(asked.append(0))) == 15
    assert len(asked) == 5  # before each group of each row; ann does not fit on the right
    monkeypatch.setattr(packing, "WIDTH_LIMIT", 3)
    with pytest.raises(SizeLimitError, match="too large to be packed unit by unit"):
        certificate_bound(sides(), priced({}))
    monkeypatch.undo()
    monkeypatch.setattr(packing, "CELL_LIMIT", 13)
    with pytest.raises(SizeLimitError, match="too large to be packed unit by unit"):
        certificate_bound(sides(), priced({}))
    with pytest.raises(InputError, match="proves nothing"):
        certificate_bound(sides(count=[2, 1, 1]), priced({}))
