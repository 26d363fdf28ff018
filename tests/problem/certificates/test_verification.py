"""Certificates of plan selections: bounds worked by hand, bounds of any prices and trees, every refusal."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sloplan.problem.certificates.format import Branch, Leaf, PlanDecision, SupplyDecision
from sloplan.problem.certificates.verification import INFEASIBLE, Certificate, certificate_bound, verify_certificate
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection
from tests.problem.certificates.page import PAGE, page_certificate
from tests.problem.selections.selection_cases import (
    brute_forced_value,
    case_count,
    certificate_from_lp,
    draw_selection_decision,
    lp_bound_and_duals,
    random_certificate,
    tree_of_all_cases,
)


@pytest.fixture
def streets() -> PlanSelection:
    """The page's example of three groups and one row."""
    return PlanSelection.from_numbers(
        group=[0, 0, 1, 1, 2],
        value=[8, 5, 7, 4, 3],
        usage=[[6], [3], [5], [2], [2]],
        capacity=[10],
        count=[1, 1, 2],
        group_name=["car", "bus", "bike"],
        plan_name=["large", "small", "large", "small", "only"],
        row_name=["gpu"],
    )


@pytest.fixture
def replicas() -> PlanSelection:
    """The page's example with supplies."""
    return PlanSelection.from_numbers(
        group=[0, 0],
        value=[3, 4],
        usage=[[4, 0, 0], [0, 4, 0]],
        capacity=[0, 0, 4],
        count=[8],
        maximum=[4, 4],
        brought=[[10, 0, -1], [0, 6, -1]],
        group_name=["copies"],
        plan_name=["A", "B"],
        row_name=["load-A", "load-B", "machines"],
        supply_name=["replicas-A", "replicas-B"],
    )


def test_root_certificate_of_the_page(streets: PlanSelection) -> None:
    """One leaf at price 5/4 gives 65/4, rounded down to the 16 that the page prints."""
    certificate = page_certificate("root")
    assert certificate_bound(streets, certificate) == 16
    assert "65/4 = 16.25" in PAGE
    assert "**16**" in PAGE
    assert verify_certificate(streets, certificate, 16) == []


def test_no_root_prices_prove_the_optimum_of_the_page(streets: PlanSelection) -> None:
    """The linear program, and so the best root bound, is 16, while the optimum is 15."""
    bound, _ = lp_bound_and_duals(streets)
    assert bound == pytest.approx(16)
    assert brute_forced_value(streets) == 15


@pytest.mark.parametrize("leaf", [1, 3, 4])
def test_branched_certificate_of_the_page(streets: PlanSelection, leaf: int) -> None:
    """The tree proves 15, each leaf does: with the price of one leaf raised the bound grows."""
    certificate = page_certificate("branched")
    assert certificate_bound(streets, certificate) == 15
    assert "**15**" in PAGE
    certificate["nodes"][leaf]["prices"] = {"gpu": 8}
    assert certificate_bound(streets, certificate) > 15


def test_supply_certificate_of_the_page_equals_the_lp(replicas: PlanSelection) -> None:
    """The bound is 27, which is the linear program's optimum and the integer optimum."""
    bound, duals = lp_bound_and_duals(replicas)
    assert bound == pytest.approx(27)
    assert (duals * 8).tolist() == pytest.approx([3, 5, 30])
    assert certificate_bound(replicas, page_certificate("supplies")) == 27
    assert certificate_bound(replicas, certificate_from_lp(replicas, 8)) == 27
    assert "216/8 = **27**" in PAGE
    assert _best_mix_of_replicas() == 27


def _best_mix_of_replicas() -> int:
    """Optimum of the page's example: r machines run A, up to 4 - r run B, eight copies."""
    return max(3 * on_a + 4 * min(8 - on_a, 6 * (4 - r) // 4) for r in range(5) for on_a in range(10 * r // 4 + 1))


def vars_of(selection: PlanSelection) -> dict[str, Any]:
    """Fields of a plan selection."""
    return {name: getattr(selection, name) for name in selection.__dataclass_fields__}


def test_numpys_integers_are_whole_numbers(streets: PlanSelection) -> None:
    """Denominator and prices of numpy's integer types prove the same bound, an int; claims may be of such types too."""
    certificate = Certificate.root(np.int64(4), {"gpu": np.int32(5)})  # type: ignore[arg-type]
    bound = certificate_bound(streets, certificate)
    assert type(bound) is int
    assert bound == 16
    assert verify_certificate(streets, certificate, np.int64(16)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("claimed", [float("nan"), 16.5, "16"])
def test_claims_are_whole_numbers(streets: PlanSelection, claimed: Any) -> None:
    """A claimed bound of another type is refused."""
    with pytest.raises(InputError, match="bound = .*not a whole number"):
        verify_certificate(streets, page_certificate("root"), claimed)


@pytest.mark.parametrize("machine", [28, 32])
def test_supplies_take_the_better_end_of_their_interval(replicas: PlanSelection, machine: int) -> None:
    """A machine priced off the dual gives 224/8 = 28 on either side, as the page says."""
    certificate = page_certificate("supplies")
    certificate["nodes"][0]["prices"]["machines"] = machine
    assert certificate_bound(replicas, certificate) == 28


def test_supply_decisions_bound_the_interval(replicas: PlanSelection) -> None:
    """With cheap machines, at most two replicas of A: 96 + 112 + 2 x 2 + 4 x 2 = 220; at least three: 224."""
    prices = {"load-A": 3, "load-B": 5, "machines": 28}
    few, many = Leaf(prices), Leaf(prices | {"machines": 32})
    tree = Certificate("goodput", 8, (Branch(SupplyDecision("replicas-A", 2), 1, 2), few, many))
    # at least three: 96 + 128 - 3 x 2 - 0 x 2 = 218, so the worst leaf is 220 / 8 = 27.5
    assert certificate_bound(replicas, tree) == 27
    only_many = Certificate("goodput", 8, (Branch(SupplyDecision("replicas-A", -1), 1, 2), Leaf({}), few))
    assert certificate_bound(replicas, only_many) == 28  # "at most -1" is closed, the rest is all cases


def test_supply_decisions_never_widen_the_interval(replicas: PlanSelection) -> None:
    """At most two stays so after "at most three", and at least three after "at least one".

    Machine 20: a replica is worth 10, 96 + 80 + 2 x 10 + 4 x 10 = 236, over 8 rounded down 29. Machine 40: it costs
    10, 96 + 160 - 3 x 10 = 226, rounded down 28. The other two leaves are empty, whatever their prices.
    """
    cheap, dear = ({"load-A": 3, "load-B": 5, "machines": machine} for machine in (20, 40))
    closed = Leaf({"machines": 10**6})
    nodes = (
        Branch(SupplyDecision("replicas-A", 2), 1, 4),
        Branch(SupplyDecision("replicas-A", 3), 2, 3),
        Leaf(cheap),
        closed,
        Branch(SupplyDecision("replicas-A", 0), 5, 6),
        closed,
        Leaf(dear),
    )
    assert certificate_bound(replicas, Certificate("goodput", 8, nodes)) == 29


def test_copies_are_taken_one_by_one(streets: PlanSelection) -> None:
    """A decision on one bike leaves the other free: at price 2, 6/4 x 2 copies become -1 forced, 0 free."""
    forced = Certificate(
        "goodput", 1, (Branch(PlanDecision("bike", 2, ("only",)), 1, 2), Leaf({"gpu": 2}), Leaf({"gpu": 2}))
    )
    # car: best of -4, -1, out 0; bus: best of -3, 0; bikes: yes -1 + 0, no 0 + 0; capacity 20
    assert certificate_bound(streets, forced) == 20
    yes_only = Certificate(
        "goodput", 1, (Branch(PlanDecision("bike", 2, ("only",)), 1, 2), Leaf({"gpu": 2}), Leaf({"gpu": 1}))
    )
    # no: car 2, bus 2, first bike 1, second out; capacity 10: 15. yes: 20 - 1 = 19
    assert certificate_bound(streets, yes_only) == 19


def test_answers_on_one_copy_are_joined() -> None:
    """A copy that takes A or B, and not A, takes B; the contradiction closes its leaf."""
    selection = PlanSelection.from_numbers(
        group=[0, 0, 0], value=[9, 5, 2], usage=np.zeros((3, 1)), capacity=[1], plan_name=["A", "B", "C"]
    )
    nodes = (
        Branch(PlanDecision("0", 1, ("A", "B")), 1, 4),
        Branch(PlanDecision("0", 1, ("A",)), 2, 3),
        Leaf({}),
        Leaf({}),
        Branch(PlanDecision("0", 1, ("A",)), 5, 6),
        Leaf({}),
        Leaf({}),
    )
    assert certificate_bound(selection, Certificate("goodput", 1, nodes)) == 9
    # Without the case "A" the worst leaf is "B": node 3. Closed leaves (5: not A or B, yet A) count for nothing.
    raised = [*nodes]
    raised[5] = Leaf({"0": 1000})
    assert certificate_bound(selection, Certificate("goodput", 1, tuple(raised))) == 9
    raised[3] = Leaf({"0": 20})
    assert certificate_bound(selection, Certificate("goodput", 1, tuple(raised))) == 25  # B: 5 + 20
    raised[3], raised[6] = Leaf({}), Leaf({"0": 30})
    assert certificate_bound(selection, Certificate("goodput", 1, tuple(raised))) == 32  # C: 2 + 30


def test_must_copies_without_plans_close_the_leaf() -> None:
    """A group that must and has no plan makes the problem infeasible: any bound is proved."""
    selection = PlanSelection.from_numbers(
        group=[0], value=[5], usage=[[1]], capacity=[3], count=[1, 2], must=[False, True]
    )
    certificate = Certificate.root(1, {})
    assert certificate_bound(selection, certificate) == INFEASIBLE
    assert verify_certificate(selection, certificate, 0) == []


def test_must_copies_pay_even_at_a_loss() -> None:
    """A copy that must be served counts below 0: 2 - 3 x 1 + 4 = 3; free to stay out it is 4."""
    numbers = {"group": [0, 0], "value": [2, 1], "usage": [[3], [4]], "capacity": [4]}
    certificate = Certificate.root(1, {"0": 1})
    assert certificate_bound(PlanSelection.from_numbers(**numbers, must=[True]), certificate) == 3
    assert certificate_bound(PlanSelection.from_numbers(**numbers, must=[False]), certificate) == 4


def test_plans_of_a_selection_must_fit_alone() -> None:
    """A plan that is more than the row and all that is brought to it counts nothing; with one unit more it does."""
    numbers = {"group": [0, 0], "value": [5, 9], "usage": [[3], [9]], "brought": [[2]], "maximum": [3]}
    certificate = Certificate.root(1, {})
    assert certificate_bound(PlanSelection.from_numbers(**numbers, capacity=[2]), certificate) == 5
    assert certificate_bound(PlanSelection.from_numbers(**numbers, capacity=[3]), certificate) == 9
    assert certificate_bound(PlanSelection.from_numbers(**numbers, capacity=[2], must=[True]), certificate) == 5
    stuck = PlanSelection.from_numbers(group=[0], value=[1], usage=[[3]], capacity=[2], must=[True])
    assert certificate_bound(stuck, certificate) == INFEASIBLE


def test_bound_is_rounded_to_the_common_divisor() -> None:
    """Values 6 and 9 make every objective a multiple of 3: 14 becomes 12."""
    selection = PlanSelection.from_numbers(group=[0, 1], value=[6, 9], usage=[[4], [4]], capacity=[7])
    assert certificate_bound(selection, Certificate.root(1, {"0": 1})) == 12  # 2 + 5 + 7


def test_totals_beyond_int64_are_exact() -> None:
    """Sums of copies, capacity and supplies are Python integers: nothing wraps around."""
    selection = PlanSelection.from_numbers(
        group=[0],
        value=[3],
        usage=[[1]],
        capacity=[2**61],
        count=[2**60],
        maximum=[2**30],
        brought=[[2**31]],
    )
    certificate = Certificate.root(2**58, {"0": 2**58})
    expected = 2 * 2**60 + 2**61 + 2**61  # 3 - 1 per copy, price 1 on what stands there and is brought
    assert certificate_bound(selection, certificate) == expected // 3 * 3


@st.composite
def tiny_selections(draw: st.DrawFn) -> PlanSelection:
    """Random plan selections small enough for brute force."""
    sizes = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    rows = draw(st.integers(1, 2))
    supplies = draw(st.integers(0, 2))
    plans = sum(sizes)
    figures = st.integers(0, 9)
    return PlanSelection.from_numbers(
        group=np.repeat(np.arange(len(sizes)), sizes),
        value=np.array(draw(st.lists(figures, min_size=plans, max_size=plans)), dtype=np.int64),
        usage=np.array(draw(st.lists(figures, min_size=plans * rows, max_size=plans * rows)), dtype=np.int64).reshape(
            plans, rows
        ),
        capacity=draw(st.lists(st.integers(0, 15), min_size=rows, max_size=rows)),
        count=draw(st.lists(st.integers(1, 2), min_size=len(sizes), max_size=len(sizes))),
        must=draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes))),
        maximum=draw(st.lists(st.integers(0, 2), min_size=supplies, max_size=supplies)),
        brought=np.array(
            draw(st.lists(st.integers(-3, 6), min_size=supplies * rows, max_size=supplies * rows)), dtype=np.int64
        ).reshape(supplies, rows),
    )


@settings(max_examples=150, deadline=None)
@given(tiny_selections(), st.integers(0, 2**32))
def test_any_prices_and_any_tree_bound_the_optimum(selection: PlanSelection, seed: int) -> None:
    """Whatever is decided and priced, the bound is not below the brute-forced optimum."""
    rng = Random(seed)
    certificate = random_certificate(
        selection.rows.name.tolist(),
        lambda rng: draw_selection_decision(selection, rng),
        rng,
        denominator=rng.choice((1, 2, 8)),
        largest_price=12,
    )
    optimum = brute_forced_value(selection)
    bound = certificate_bound(selection, certificate)
    if optimum is None:
        assert verify_certificate(selection, certificate, int(max(bound, 0))) == []
    else:
        assert bound >= optimum
        assert verify_certificate(selection, certificate, int(bound)) == []
        assert [v.rule for v in verify_certificate(selection, certificate, int(bound) - 1)] == ["certificate_bound"]


@settings(max_examples=60, deadline=None)
@given(tiny_selections().filter(lambda selection: case_count(selection) <= 400))
def test_a_tree_of_all_cases_proves_just_the_optimum(selection: PlanSelection) -> None:
    """Each leaf fixes every copy and supply and prices a broken row out of the market: nothing is loose."""
    optimum = brute_forced_value(selection)
    bound = certificate_bound(selection, tree_of_all_cases(selection))
    assert bound == optimum if optimum is not None else bound < 0


@settings(max_examples=60, deadline=None)
@given(tiny_selections().filter(lambda selection: len(selection.plans) > 0 and not selection.groups.must.any()))
def test_rounded_lp_duals_prove_the_lp_bound(selection: PlanSelection) -> None:
    """One leaf from the LP's duals on a fine grid gives the LP's optimum, to within the grid."""
    bound, _ = lp_bound_and_duals(selection)
    proved = certificate_bound(selection, certificate_from_lp(selection, 2**30))
    step = max(1, int(np.gcd.reduce(selection.plans.value)))
    assert brute_forced_value(selection) <= proved <= np.floor((bound + 1e-4) / step) * step


# ------------------------------------------------------------------------------------------------------- refusals


def refused(streets: PlanSelection, certificate: Any, bound: int | None = None, **stored: str) -> list[str]:
    """Return the rules of the violations."""
    return [violation.rule for violation in verify_certificate(streets, certificate, bound, **stored)]


def test_refuses_a_bound_on_the_wrong_side(streets: PlanSelection) -> None:
    """15 is true, but the root certificate proves 16 only; 16 and above are accepted."""
    certificate = page_certificate("root")
    (violation,) = verify_certificate(streets, certificate, 15)
    assert (violation.rule, violation.amount, violation.limit) == ("certificate_bound", 15, 16)
    assert refused(streets, certificate, 17) == []


def test_refuses_another_instances_hash(streets: PlanSelection, replicas: PlanSelection) -> None:
    """The stored hash must be the problem's."""
    certificate = page_certificate("root")
    assert refused(streets, certificate, 16, instance_sha256=replicas.sha256) == ["certificate_instance"]
    assert refused(streets, certificate, 16, instance_sha256=streets.sha256) == []


def test_refuses_prices_for_another_objective(streets: PlanSelection) -> None:
    """A cost certificate says nothing of the goodput, nor the other way round."""
    assert refused(streets, page_certificate("root") | {"objective": "cost"}) == ["certificate_objective"]
    cost = PlanSelection(**{**vars_of(streets), "objective": "cost"})
    assert refused(cost, page_certificate("root")) == ["certificate_objective"]


@pytest.mark.parametrize("denominator", [0, -4, 3, 2.0, "4", True, None])
def test_refuses_denominators_off_the_grid(streets: PlanSelection, denominator: Any) -> None:
    """The denominator is a positive power of two, and a whole number."""
    certificate = page_certificate("root") | {"denominator": denominator}
    assert refused(streets, certificate) == ["certificate_denominator"]


@pytest.mark.parametrize(
    ("denominator", "price"),
    [(2**63, 1), (2**60, 1), (1, 2**62 + 1), (1, 2**60), (1, 2**100)],
    ids=["denominator", "priced value", "price", "priced usage", "price beyond int64"],
)
def test_refuses_a_grid_too_fine(streets: PlanSelection, denominator: int, price: int) -> None:
    """Denominator x value + price x usage must fit 2^62 for every plan."""
    assert refused(streets, Certificate.root(denominator, {"gpu": price})) == ["certificate_grid"]


def test_accepts_the_finest_grid_that_fits(streets: PlanSelection) -> None:
    """Value 8 and usage 6: 8 x 2^58 + 6 x 2^58 is below 2^62."""
    assert certificate_bound(streets, Certificate.root(2**58, {"gpu": 2**58})) == 16


def changed(title: str, *path: Any, to: Any) -> dict[str, Any]:
    """Return a page certificate with one part set to something else, or removed."""
    certificate = copy.deepcopy(page_certificate(title))
    part = certificate["nodes"]
    for key in path[:-1]:
        part = part[key]
    if to is REMOVED:
        del part[path[-1]]
    else:
        part[path[-1]] = to
    return certificate


REMOVED = object()


@pytest.mark.parametrize(
    ("certificate", "rule", "subject"),
    [
        (changed("branched", 0, "no", to=REMOVED), "certificate_case", "node 0"),
        (changed("branched", 2, "yes", to=None), "certificate_case", "node 2"),
        (changed("branched", 2, "yes", to=5), "certificate_child", "node 2"),
        (changed("branched", 2, "yes", to=-1), "certificate_child", "node 2"),
        (changed("branched", 2, "yes", to=3.0), "certificate_child", "node 2"),
        (changed("branched", 2, "yes", to=True), "certificate_child", "node 2"),
        (changed("branched", 2, "yes", to=4), "certificate_node_twice", "node 4"),
        (changed("branched", 2, "no", to=0), "certificate_node_twice", "node 0"),
        (changed("branched", 0, "no", to=1), "certificate_node_twice", "node 1"),
        (changed("branched", 2, to={"prices": {}}), "certificate_unreachable", "node 3"),
        (changed("branched", 1, "prices", to={"gpu": -1}), "certificate_price_sign", "node 1, price of row 'gpu'"),
        (changed("branched", 1, "prices", to={"gpu": 1.5}), "certificate_price_integer", "node 1, price of row 'gpu'"),
        (changed("branched", 1, "prices", to={"gpu": "3"}), "certificate_price_integer", "node 1, price of row 'gpu'"),
        (changed("branched", 1, "prices", to={"gpu": True}), "certificate_price_integer", "node 1, price of row 'gpu'"),
        (changed("branched", 1, "prices", to={"cpu": 3}), "certificate_row", "node 1, price of row 'cpu'"),
        (
            changed("branched", 0, "decision", "group", to="tram"),
            "certificate_group",
            "node 0, decision on group 'tram'",
        ),
        (
            changed("branched", 0, "decision", "plans", to=["huge"]),
            "certificate_plan",
            "node 0, decision on group 'car'",
        ),
        (changed("branched", 0, "decision", "copy", to=2), "certificate_copy", "node 0, decision on group 'car'"),
        (changed("branched", 0, "decision", "copy", to=0), "certificate_copy", "node 0, decision on group 'car'"),
        (changed("branched", 0, "decision", "copy", to=1.0), "certificate_copy", "node 0, decision on group 'car'"),
        (
            changed("branched", 0, "decision", to={"supply": "gpus", "at_most": 1}),
            "certificate_supply",
            "node 0, decision on supply 'gpus'",
        ),
        (
            changed("branched", 0, "decision", to={"query": "q", "copy": 1, "operator": "o", "options": []}),
            "certificate_decision",
            "node 0, decision on query 'q'",
        ),
    ],
)
def test_refuses_what_proves_nothing(
    streets: PlanSelection, certificate: dict[str, Any], rule: str, subject: str
) -> None:
    """Trees that leave a case out, and names, numbers and prices that do not exist, each have their own rule."""
    violations = verify_certificate(streets, certificate, 10**6)
    assert (violations[0].rule, violations[0].subject) == (rule, subject)
    with pytest.raises(InputError, match="proves nothing"):
        certificate_bound(streets, certificate)


def test_refuses_a_supply_split_between_whole_numbers(replicas: PlanSelection) -> None:
    """Amounts are whole: at most 1.5 is no decision."""
    nodes = (Branch(SupplyDecision("replicas-A", 1.5), 1, 2), Leaf({}), Leaf({}))
    assert refused(replicas, Certificate("goodput", 1, nodes)) == ["certificate_supply"]


def test_reports_every_unusable_price(streets: PlanSelection) -> None:
    """Faults of one kind are listed together, not one run after the other."""
    certificate = Certificate.root(1, {"gpu": -1, "cpu": 2})
    assert refused(streets, certificate) == ["certificate_price_sign", "certificate_row"]


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"objective": "goodput", "denominator": 1},
        {"objective": 3, "denominator": 1, "nodes": []},
        {"objective": "goodput", "denominator": 1, "nodes": {}},
        {"objective": "goodput", "denominator": 1, "nodes": [3]},
        {"objective": "goodput", "denominator": 1, "nodes": [{}]},
        {"objective": "goodput", "denominator": 1, "nodes": [{"prices": []}]},
        {"objective": "goodput", "denominator": 1, "nodes": [{"prices": {}, "yes": 1}]},
        {"objective": "goodput", "denominator": 1, "nodes": [{"prices": {}}], "extra": 1},
        changed("branched", 0, "decision", to={"group": "car"}),
        changed("branched", 0, "decision", to={"group": ["car"], "copy": 1, "plans": []}),
        changed("branched", 0, "decision", to={"group": "car", "copy": 1, "plans": [1]}),
        changed("branched", 0, "decision", to={"supply": 1, "at_most": 1}),
        changed("branched", 0, "decision", to={"query": "q", "copy": 1, "operator": "o", "options": [["a", "b"]]}),
    ],
)
def test_refuses_json_of_another_shape(streets: PlanSelection, document: Any) -> None:
    """A stored object that is no certificate is one violation, and an InputError when it is read directly."""
    assert refused(streets, document) == ["certificate_format"]
    with pytest.raises(InputError):
        Certificate.from_json(document)


def test_no_nodes_leave_every_case_out(streets: PlanSelection) -> None:
    """An empty tree proves nothing."""
    assert refused(streets, Certificate("goodput", 1, ())) == ["certificate_case"]


@pytest.mark.parametrize("title", ["root", "branched", "supplies"])
def test_json_round_trip(title: str) -> None:
    """What is read is written back the same."""
    document = page_certificate(title)
    assert Certificate.from_json(document).to_json() == document


def test_deep_trees_need_no_recursion(replicas: PlanSelection) -> None:
    """A chain of 3,000 decisions is verified like any other tree."""
    depth = 3000
    nodes: list[Branch | Leaf] = []
    for level in range(depth):
        nodes += [Branch(SupplyDecision("replicas-A", -1), 2 * level + 1, 2 * level + 2), Leaf({})]
    nodes.append(Leaf({"load-A": 3, "load-B": 5, "machines": 30}))
    assert certificate_bound(replicas, Certificate("goodput", 8, tuple(nodes))) == 27
