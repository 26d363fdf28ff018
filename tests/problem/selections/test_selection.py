"""Plan selections: exact scaling of decimals, every refusal, files, content hash, and the check of solutions."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from sloplan.problem.certificates.verification import Certificate
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.selections.check import check_selection, judge_selection
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution

NUMBERS: dict[str, Any] = {
    "group": [0, 0, 1],
    "value": [1.5, 2, 3],
    "cost": [0.1, 0.02, 7],
    "usage": [[0.25, 1], [1, 0], [0.5, 3]],
    "capacity": [1, 7],
    "count": [1, 2],
    "maximum": [3],
    "price": [0.5],
    "brought": [[-0.125, 4]],
}


@pytest.fixture
def selection() -> PlanSelection:
    """Two groups, two rows, one supply that brings to one row and takes from the other."""
    return PlanSelection.from_numbers(**NUMBERS)


# -------------------------------------------------------------------------------------------------- from_numbers


def test_decimals_are_scaled_by_the_least_power_of_ten(selection: PlanSelection) -> None:
    """One power for values, one for costs and prices, one for each row with its usage, capacity and supply."""
    assert (selection.value_scale, selection.plans.value.tolist()) == (10, [15, 20, 30])
    assert (selection.cost_scale, selection.plans.cost.tolist()) == (100, [10, 2, 700])
    assert selection.supplies.price.tolist() == [50]
    assert selection.rows.scale.tolist() == [1000, 1]
    assert selection.rows.capacity.tolist() == [1000, 7]
    assert [list(map(list, selection.plans.usage.row(plan))) for plan in range(3)] == [
        [[0, 1], [250, 1]],
        [[0], [1000]],
        [[0, 1], [500, 3]],
    ]
    assert list(map(list, selection.supplies.brought.row(0))) == [[0, 1], [-125, 4]]


def test_floats_stand_for_their_shortest_decimals() -> None:
    """2.1 / 0.7, 16.1 and 0.1 + 0.2 are taken as they print, not as binary fractions."""
    selection = PlanSelection.from_numbers(
        group=[0, 0, 0], value=[16.1, 2.1, 0.1 + 0.2], usage=np.zeros((3, 0)), capacity=[]
    )
    assert selection.value_scale == 10**17
    assert selection.plans.value.tolist() == [161 * 10**16, 21 * 10**16, 30000000000000004]


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_short_floats_stand_for_their_own_shortest_decimals(kind: type) -> None:
    """A float32 2.1 is 21/10, not the nearest float64 to its binary fraction."""
    selection = PlanSelection.from_numbers(
        group=[0], value=np.array([2.1], dtype=kind), usage=csr_array(np.array([[0.3]], dtype=np.float32)), capacity=[1]
    )
    assert (selection.value_scale, selection.plans.value.tolist()) == (10, [21])
    assert (selection.rows.scale.tolist(), selection.plans.usage.amount.tolist()) == ([10], [3])


@pytest.mark.parametrize(
    ("table", "field", "column"),
    [
        ("plans", "value", np.array([1.5, 2.0, 3.0])),
        ("plans", "cost", [1, 2, 3]),
        ("plans", "group", np.array([0, 0, 1], dtype=np.int32)),
        ("plans", "usage", np.zeros((3, 2), dtype=np.int64)),
        ("groups", "must", np.array([0, 1])),
        ("groups", "name", np.array(["a", "b"])),
        ("rows", "capacity", np.array([1, 7], dtype=np.uint64)),
        ("supplies", "price", np.array([True])),
    ],
)
def test_columns_of_another_type_are_refused(selection: PlanSelection, table: str, field: str, column: Any) -> None:
    """A problem put together by hand holds int64, bool and str, nothing that rounds or wraps around later."""
    with pytest.raises(InputError, match="column of another type"):
        dataclasses.replace(selection, **{table: dataclasses.replace(getattr(selection, table), **{field: column})})


@pytest.mark.parametrize(
    "changes", [{"value_scale": 10.0}, {"cost_scale": True}, {"objective": "cost", "goodput_floor": 1.5}]
)
def test_single_figures_of_another_type_are_refused(selection: PlanSelection, changes: dict[str, Any]) -> None:
    """Scales and the goodput floor are Python integers."""
    with pytest.raises(InputError, match="not a whole number"):
        dataclasses.replace(selection, **changes)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6), st.integers(0, 9))
def test_scaling_keeps_every_decimal(figures: list[int], power: int) -> None:
    """Whole numbers over a power of ten come back: value x 10^power / scale, with a scale no larger."""
    value = [float(f"{figure}e-{power}") for figure in figures]
    selection = PlanSelection.from_numbers(
        group=np.zeros(len(value), dtype=int), value=value, usage=np.zeros((len(value), 1)), capacity=[0]
    )
    factor = 10**power // selection.value_scale
    assert (selection.plans.value * factor).tolist() == figures


def test_plans_are_sorted_by_group_stably() -> None:
    """Figures and usage follow their plans; names count within the group."""
    selection = PlanSelection.from_numbers(
        group=[1, 0, 1], value=[5, 6, 7], cost=[1, 2, 3], usage=[[10], [20], [30]], capacity=[99]
    )
    assert selection.plans.group.tolist() == [0, 1, 1]
    assert selection.plans.value.tolist() == [6, 5, 7]
    assert selection.plans.cost.tolist() == [2, 1, 3]
    assert selection.plans.usage.amount.tolist() == [20, 10, 30]
    assert selection.plans.name.tolist() == ["0", "0", "1"]
    assert selection.plan_start.tolist() == [0, 1, 3]
    assert selection.plans_of(1) == slice(1, 3)


def test_sparse_usage_equals_dense_usage() -> None:
    """A scipy sparse matrix gives the same problem as an array."""
    sparse = PlanSelection.from_numbers(**NUMBERS | {"usage": csr_array(np.array(NUMBERS["usage"]))})
    assert sparse.sha256 == PlanSelection.from_numbers(**NUMBERS).sha256


def test_groups_without_plans_are_kept() -> None:
    """The number of groups comes from counts or names where plans do not show it."""
    selection = PlanSelection.from_numbers(group=[1], value=[2], usage=[[1]], capacity=[1], count=[1, 1, 4])
    assert selection.plan_start.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": [1.5, -2, 3]}, r"plans, row 2, value = -20: negative figure"),
        ({"value": [1.5, float("nan"), 3]}, r"row 2, value = nan: not a finite number"),
        ({"value": [1.5, float("inf"), 3]}, r"row 2, value = inf: not a finite number"),
        ({"value": [1.5, 2]}, r"value = 2: wrong number of figures; allowed: 3"),
        ({"value": ["a", "b", "c"]}, r"value = .*: not a list of numbers"),
        ({"value": [[1, 2, 3]]}, r"value = '2-dimensional"),
        ({"cost": [1, 1, -0.5]}, r"plans, row 3, cost"),
        ({"usage": [[0, -1], [0, 0], [0, 0]]}, r"usage, row 1, amount = -1: negative figure"),
        ({"usage": [[1, 2, 3]]}, r"usage = \(1, 3\): matrix of another shape; allowed: \(3, 2\)"),
        ({"usage": [[0, float("nan")], [0, 0], [0, 0]]}, r"usage = nan: not a finite number"),
        ({"capacity": [1, -1]}, r"rows, row 2, capacity = -1: negative figure"),
        ({"group": [0, 0, 2]}, r"plans, row 3, group = 2: refers to nothing; allowed: 0 to 1"),
        ({"group": [0, 0, -1]}, r"plans, row 1, group = -1: refers to nothing"),
        ({"group": [0.0, 0.0, 1.0]}, r"not a list of whole numbers"),
        ({"group": [0, 0, 10**11], "count": None}, r"group = 100000000000: group index out of order"),
        ({"group": [0, 0, 2], "count": None}, r"group = 2: group index out of order; allowed: 0, 1, 2, ... without"),
        ({"group": [-1, 0, 1], "count": None}, r"group = -1: group index out of order"),
        ({"must": ["False", "True"]}, r"must = '1-dimensional, <U5': not a list of flags; allowed: True or False"),
        ({"must": [False, float("nan")]}, r"not a list of flags"),
        ({"must": [0, 1]}, r"not a list of flags"),
        ({"value": np.array([1, 2, 2**63], dtype=np.uint64)}, r"row 3, value = 9223372036854775808: number too large"),
        (
            {"count": np.array([1, 2**64 - 1], dtype=np.uint64)},
            r"row 2, count = 18446744073709551615: number too large",
        ),
        ({"value": [1, 2, 2**64]}, r"not a list of numbers"),
        ({"value": np.array([1, 2, 3], dtype=np.longdouble)}, r"not a list of numbers; allowed: .* 64-bit floats"),
        ({"usage": [[1, 2], [1], [1, 2]]}, r"usage: ragged lists"),
        ({"capacity": [[1], [1, 2]]}, r"capacity: ragged lists"),
        ({"count": [[1], [1, 2]]}, r"count: ragged lists"),
        ({"count": [0, 1]}, r"groups, row 1, count = 0: figure too small; allowed: at least 1"),
        ({"maximum": [-1]}, r"supply, row 1, maximum = -1: negative figure"),
        ({"price": [-1]}, r"supply, row 1, price"),
        ({"group_name": ["a", "a"]}, r"groups, row 2, group = 'a': name given twice"),
        ({"group_name": ["a", ""]}, r"groups, row 2, group = '': unusable name"),
        ({"row_name": ["a", "b\nc"]}, r"rows, row 2, row = 'b\\nc': unusable name"),
        ({"row_name": ["a", 3]}, r"rows, row 2, row = 3: not text"),
        ({"row_name": ["a"]}, r"rows, .*: columns of different length"),
        ({"plan_name": ["a", "a", "a"]}, r"plans, row 2, plan = 'a': name given twice"),
        ({"plan_name": ["a", "b"]}, r"plan_name = 2: not one name per plan"),
        ({"objective": "profit"}, r"objective = 'profit': not an objective of one stage; allowed: goodput or cost"),
        ({"goodput_floor": 1}, r"goodput_floor = 10: a goodput floor without the objective cost"),
        ({"objective": "cost", "goodput_floor": -1}, r"goodput_floor = -10: unusable figure"),
        ({"name": ""}, r"name = '': unusable name"),
    ],
)
def test_refuses_unusable_figures(changes: dict[str, Any], message: str) -> None:
    """One clear error names table, row, field, value and what is allowed."""
    with pytest.raises(InputError, match=message):
        PlanSelection.from_numbers(**NUMBERS | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": [1e-300, 1, 1]}, "value, row 1"),
        ({"value": [1e18, 0.001, 1]}, "value, row 1"),
        ({"capacity": [1e300, 1]}, "row 1"),
        ({"value": [3 * 10**18, 0, 10**18], "count": [1, 9]}, "total value"),
        ({"usage": [[0, 0], [0, 0], [10**18, 0]], "brought": None, "count": [1, 10]}, "row '0'"),
        ({"maximum": [10**17]}, "row '0'"),
    ],
)
def test_refuses_what_int64_cannot_sum(changes: dict[str, Any], message: str) -> None:
    """Scaled figures and worst-case sums beyond 64 bits are refused, by name."""
    with pytest.raises(SizeLimitError, match=message):
        PlanSelection.from_numbers(**NUMBERS | changes)


def test_a_sum_below_the_limit_is_accepted() -> None:
    """Only one plan of a copy counts: two of 2^61 in one group, three copies, do not add up."""
    selection = PlanSelection.from_numbers(
        group=[0, 0], value=[2**61, 2**61], usage=[[0], [0]], capacity=[0], count=[3]
    )
    assert selection.plans.value.tolist() == [2**61, 2**61]


# --------------------------------------------------------------------------------------------- files and the hash


def test_file_round_trip(selection: PlanSelection, tmp_path: Path) -> None:
    """A saved problem is read back to the same content hash and bytes, with floor, scales and names."""
    cost = PlanSelection.from_numbers(
        **NUMBERS | {"objective": "cost", "goodput_floor": 2.25, "must": [True, False], "group_name": ["ä", "b / c"]}
    )
    for number, problem in enumerate((selection, cost)):
        path = tmp_path / f"{number}.json"
        problem.save(path)
        again = PlanSelection.load(path)
        assert again.sha256 == problem.sha256
        again.save(tmp_path / "again.json")
        assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    assert again.goodput_floor == 225
    assert again.groups.must.tolist() == [True, False]


def test_file_entries_may_come_in_any_order(selection: PlanSelection, tmp_path: Path) -> None:
    """Usage entries are sorted when read."""
    selection.save(tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text())
    for column in content["usage"].values():
        column.reverse()
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert PlanSelection.load(tmp_path / "a.json").sha256 == selection.sha256


def test_hash_is_the_same_on_every_platform(selection: PlanSelection) -> None:
    """The hash is fixed by the content: a change of the hashing would orphan stored solutions."""
    assert selection.sha256 == "7df2bd6b0c79f0afa97672b0c1055865563d87eb09deef8b70a663bfa71c819a"


@pytest.mark.parametrize(
    "changes",
    [
        {"value": [1.5, 2, 4]},
        {"cost": [0.1, 0.02, 8]},
        {"usage": [[0.25, 1], [1, 0], [0.5, 2]]},
        {"capacity": [1, 8]},
        {"count": [1, 3]},
        {"must": [False, True]},
        {"maximum": [4]},
        {"price": [0.25]},
        {"brought": [[0.125, 4]]},
        {"group_name": ["a", "b"]},
        {"plan_name": ["a", "b", "c"]},
        {"row_name": ["a", "b"]},
        {"supply_name": ["a"]},
        {"objective": "cost"},
        {"objective": "cost", "goodput_floor": 1},
        {"value": [15, 20, 30]},
        {"name": "other"},
    ],
)
def test_every_part_enters_the_hash(selection: PlanSelection, changes: dict[str, Any]) -> None:
    """Any other problem has another hash, also one that differs in a scale only."""
    assert PlanSelection.from_numbers(**NUMBERS | changes).sha256 != selection.sha256


def changed_file(selection: PlanSelection, path: Path, change: Any) -> Path:
    """Save the problem, apply `change` to the JSON object, write it back."""
    selection.save(path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format_version=2), "a.json, format_version = 2: unknown format version"),
        (lambda c: c.update(format_version=True), "unknown format version"),
        (lambda c: c.update(kind="instance"), "a.json, kind = 'instance': neither an instance nor a plan selection"),
        (lambda c: c.pop("rows"), "a.json, rows: missing table"),
        (lambda c: c["rows"].pop("scale"), "a.json, rows.scale: missing column"),
        (lambda c: c["rows"]["scale"].pop(), "rows = .*: columns of different length"),
        (lambda c: c["rows"].update(scale=[3, 1]), "a.json, row 1, rows.scale = 3: not a scale"),
        (lambda c: c.update(value_scale=5), "a.json, .*value_scale = 5: not a scale"),
        (lambda c: c.update(value_scale=1.5), "a.json, value_scale = 1.5: wrong type of value"),
        (lambda c: c.pop("name"), "a.json, name: missing field"),
        (lambda c: c["plans"].update(value=[1, 2, 3.5]), "a.json, row 3, plans.value = 3.5: wrong type"),
        (lambda c: c["plans"].update(value=[1, 2, True]), "a.json, row 3, plans.value = True: wrong type"),
        (lambda c: c["plans"].update(value=[1, 2, 2**63]), "row 3, plans.value = 9223372036854775808: wrong type"),
        (lambda c: c["plans"].update(group=[0, 1, 0]), "a.json, row 3, plans.group = 0: plans are not listed group by"),
        (lambda c: c["groups"].update(must=[0, 1]), "a.json, row 1, groups.must = 0: wrong type"),
        (lambda c: c["usage"]["plan"].__setitem__(0, 3), "a.json, row 1, usage.plan = 3: refers to nothing"),
        (lambda c: c["usage"]["plan"].__setitem__(0, -1), "a.json, row 1, usage.plan = -1: refers to nothing"),
        (lambda c: c["usage"]["row"].__setitem__(0, 2), "a.json, row 1, usage.row = 2: refers to nothing"),
        (lambda c: c["usage"]["row"].__setitem__(0, 1), "a.json, usage.plan, row = .*: entry given twice"),
        (lambda c: c["brought"]["supply"].__setitem__(0, 1), "brought.supply = 1: refers to nothing"),
    ],
)
def test_refuses_unusable_files(selection: PlanSelection, tmp_path: Path, change: Any, message: str) -> None:
    """One clear error names file, row, field and value."""
    with pytest.raises(InputError, match=message):
        PlanSelection.load(changed_file(selection, tmp_path / "a.json", change))


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", '{"format_version": 1, "kind": "plan-sel', "\x00"])
def test_refuses_what_is_no_json_object(tmp_path: Path, text: str) -> None:
    """Truncated and other content is refused by the name of the file."""
    (tmp_path / "broken.json").write_text(text)
    with pytest.raises(InputError, match=r"broken\.json"):
        PlanSelection.load(tmp_path / "broken.json")


def test_refuses_a_path_that_is_no_file(tmp_path: Path) -> None:
    """A folder and a path that does not exist give advice."""
    for path in (tmp_path, tmp_path / "absent.json"):
        with pytest.raises(InputError, match="check the path"):
            PlanSelection.load(path)


# ---------------------------------------------------------------------------------------------------- solutions


@pytest.fixture
def problem() -> PlanSelection:
    """Capacity 4, one unit more per supply; group 1 must."""
    return PlanSelection.from_numbers(
        group=[0, 0, 1],
        value=[5, 8, 3],
        cost=[1, 2, 3],
        usage=[[2], [4], [2]],
        capacity=[4],
        count=[1, 2],
        must=[False, True],
        maximum=[4],
        price=[10],
        brought=[[1]],
        group_name=["a", "b"],
        plan_name=["small", "large", "only"],
        row_name=["gpu"],
        supply_name=["units"],
    )


def test_valid_solutions_pass(problem: PlanSelection) -> None:
    """Values and costs are the exact sums; usage exactly at what stands there and is brought is allowed."""
    both = SelectionSolution.from_choices(problem, [2], count=[2])
    assert judge_selection(problem, both).value == 6
    everything = SelectionSolution.from_choices(problem, [1, 2, 2], amount=[4])
    verdict = judge_selection(problem, everything)
    assert (verdict.violations, verdict.value, verdict.cost) == ((), 14, 2 + 3 + 3 + 40)


def with_plans(problem: PlanSelection, **columns: list[Any]) -> SelectionSolution:
    """The valid solution of both `b` copies and `a` small with two units, with some columns changed."""
    solution = SelectionSolution.from_choices(problem, [0, 2], count=[1, 2], amount=[2])
    plans = solution.plans.assign(**{k: v for k, v in columns.items() if k in solution.plans})
    supply = solution.supply.assign(**{k: v for k, v in columns.items() if k in solution.supply})
    return dataclasses.replace(solution, plans=plans, supply=supply)


@pytest.mark.parametrize(
    ("columns", "rules"),
    [
        ({}, []),
        ({"plan": ["large", "only"]}, ["capacity"]),
        ({"amount": [1]}, ["capacity"]),
        ({"amount": [5]}, ["supply"]),
        ({"amount": [-1]}, ["supply", "capacity"]),
        ({"supply": ["rent"]}, ["supply", "capacity"]),
        ({"count": [1, 1]}, ["must"]),
        ({"count": [2, 2], "amount": [4]}, ["count"]),
        ({"count": [0, 2]}, ["count"]),
        ({"count": [-1, 2]}, ["count"]),
        ({"plan": ["huge", "only"]}, ["plan"]),
        ({"group": ["c", "b"]}, ["plan"]),
    ],
)
def test_each_broken_rule_is_caught(problem: PlanSelection, columns: dict[str, list[Any]], rules: list[str]) -> None:
    """Mutations of a valid solution are refused under the rule that they break."""
    assert [violation.rule for violation in check_selection(problem, with_plans(problem, **columns))] == rules


def test_supplies_listed_twice_are_refused(problem: PlanSelection) -> None:
    """Two amounts for one supply are no amount."""
    solution = with_plans(problem)
    twice = dataclasses.replace(solution, supply=solution.supply.loc[[0, 0]].reset_index(drop=True))
    assert [violation.rule for violation in check_selection(problem, twice)] == ["supply"]


def test_solutions_of_other_problems_are_refused(problem: PlanSelection, selection: PlanSelection) -> None:
    """The content hash and the objective must be the problem's."""
    assert [v.rule for v in check_selection(selection, with_plans(problem))] == ["instance"]
    other = dataclasses.replace(with_plans(problem), objective="cost")
    assert [v.rule for v in check_selection(problem, other)] == ["objective"]


def test_goodput_floor_is_checked(problem: PlanSelection) -> None:
    """Under the objective cost the value must reach the floor, exactly at it passes."""
    for floor, rules in ((11, []), (12, ["goodput_floor"])):
        cost = dataclasses.replace(problem, objective="cost", goodput_floor=floor)
        solution = SelectionSolution.from_choices(cost, [0, 2], count=[1, 2], amount=[2])
        assert [v.rule for v in check_selection(cost, solution)] == rules


@pytest.mark.parametrize(("objective", "bound", "rules"), [
    ("goodput", 11, []),
    ("goodput", 10, ["bound"]),
    ("cost", 27, []),
    ("cost", 28, ["bound"]),
])  # fmt: skip
def test_bounds_on_the_wrong_side_are_refused(
    problem: PlanSelection, objective: str, bound: int, rules: list[str]
) -> None:
    """The solution itself refutes a bound that it passes."""
    stated = dataclasses.replace(problem, objective=objective)
    solution = SelectionSolution.from_choices(stated, [0, 2], count=[1, 2], amount=[2])
    assert [v.rule for v in check_selection(stated, dataclasses.replace(solution, bound=bound))] == rules


def test_a_stored_certificate_is_verified(problem: PlanSelection) -> None:
    """Price 2: a small 1, large 0, both b -1; capacity 8, units 8, together 15."""
    certificate = Certificate.root(1, {"gpu": 2}).to_json()
    for bound, rules in ((15, []), (14, ["certificate_bound"])):
        solution = dataclasses.replace(with_plans(problem), bound=bound, certificate=certificate)
        assert [v.rule for v in check_selection(problem, solution)] == rules


def test_totals_beyond_int64_are_exact() -> None:
    """Counts that a file claims may be huge: sums do not wrap around to a valid total."""
    problem = PlanSelection.from_numbers(group=[0], value=[1], usage=[[4]], capacity=[4], count=[1])
    solution = SelectionSolution.from_choices(problem, [0], count=[2**62])
    capacity = [v for v in check_selection(problem, solution) if v.rule == "capacity"]
    assert capacity[0].amount == 2**64


def test_solution_file_round_trip(problem: PlanSelection, tmp_path: Path) -> None:
    """A saved solution is read back with bound and certificate."""
    solution = dataclasses.replace(with_plans(problem), bound=15, certificate=Certificate.root(1, {"gpu": 2}).to_json())
    solution.save(tmp_path / "solution.json")
    again = SelectionSolution.load(tmp_path / "solution.json")
    assert check_selection(problem, again) == []
    assert again.plans.equals(solution.plans)
    assert again.supply.equals(solution.supply)
    assert (again.bound, again.certificate, again.objective) == (15, solution.certificate, "goodput")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("instance_sha256"), "instance_sha256: missing field"),
        (lambda c: c["plans"].pop("plan"), "plans.plan: missing column"),
        (lambda c: c["plans"].update(count=[1.0, 2]), "row 1, plans.count = 1.0: wrong type"),
        (lambda c: c.update(bound="15"), "bound = '15': wrong type"),
        (lambda c: c.update(certificate=[1]), "certificate: not a certificate"),
    ],
)
def test_refuses_unusable_solution_files(problem: PlanSelection, tmp_path: Path, change: Any, message: str) -> None:
    """One clear error names file, row and field."""
    path = tmp_path / "solution.json"
    with_plans(problem).save(path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=message):
        SelectionSolution.load(path)


@pytest.mark.parametrize("figure", [1e308, 5e-324])
def test_figures_far_beyond_int64_are_refused_without_a_warning(figure: float) -> None:
    """A power of ten that even a float cannot hold is the same clear error as one that int64 cannot hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SizeLimitError, match="passes 2\\^62"):
            PlanSelection.from_numbers(group=[0, 0], value=[figure, 1.5], usage=[[1], [1]], capacity=[1])
