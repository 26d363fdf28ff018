"""Rows, supplies and floor under the cost objectives, by hand, and what the checker says of each rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sloplan.problem.checker import Verdict, check, judge
from sloplan.problem.cost_problem import goodput_floor, under_objective
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.solution import Solution
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables
from tests.one_pool import one_pool, serving
from tests.problem import checker_case

UNIT = 1_000_000_000
"""10^-12 USD/s of a unit at 3.6 USD/h."""


def rented(units: int = 1, max_units: int = 3, hosting: str = "fluid", **profile: Any) -> Instance:
    """Queries of value 1, 2 and 4, each 0.4 of a unit of one reserved pool."""
    frames = one_pool(units=units, billing="reserved").to_frames()
    frames["pools"]["max_units"] = max_units
    frames["profiles"] = frames["profiles"].assign(**profile)
    return Instance.from_frames(frames, hosting=hosting)


def costing(instance: Instance, *queries: str, floor: int | None, units: int = 0, **fields: Any) -> Solution:
    """A solution under "cost" that serves these queries on so many rented units."""
    supply = pd.DataFrame({"supply": ["unit:gpus"], "amount": [units]})
    fields = {"objective": "cost", "goodput_floor": floor, "supply": supply} | fields
    return replace(serving(instance, *queries), **fields)


def test_fluid_rows_and_supplies() -> None:
    """The reserved pool's row begins with nothing; a unit brings what its pool can use of it and has its price."""
    compiled = rented().compiled
    cost = compiled.under_cost
    assert compiled.rows.capacity.tolist() == [10**9]
    assert cost.compiled.rows.capacity.tolist() == [0]
    assert cost.compiled.rows.name.tolist() == ["pool:gpus"]
    supplies = cost.compiled.supplies
    assert (supplies.name.tolist(), supplies.maximum.tolist()) == (["unit:gpus"], [3])
    assert (supplies.brought.column.tolist(), supplies.brought.amount.tolist()) == ([0], [10**9])
    assert cost.supply_price.tolist() == [UNIT]
    assert cost.all_rented.rows.capacity.tolist() == [3 * 10**9]
    assert under_objective(compiled, "goodput") is compiled
    assert under_objective(compiled, "goodput-then-cost") is cost.compiled


def test_replica_rows_and_supplies() -> None:
    """Shares and memory begin with nothing; replicas come first, up to what fits on all units; units follow."""
    cost = rented(hosting="replicas", share=0.4, memory_gb=7.5).compiled.under_cost
    assert cost.compiled.rows.name.tolist() == ["deployment:gpus/detect/m/default", "share:gpus", "memory:gpus"]
    assert cost.compiled.rows.capacity.tolist() == [0, 0, 0]
    assert cost.all_rented.rows.capacity.tolist() == [0, 30, 480]
    supplies = cost.compiled.supplies
    assert supplies.name.tolist() == ["gpus/detect/m/default", "unit:gpus"]
    assert supplies.maximum.tolist() == [6, 3]  # 48 GB hold 6 replicas of 7.5, three units 7 of a share of 0.4
    assert supplies.brought.row(0)[1].tolist() == [4 * 10**8, -4, -75]
    assert supplies.brought.row(1)[1].tolist() == [10, 160]
    assert cost.supply_price.tolist() == [0, UNIT]
    assert cost.all_rented.supplies.maximum.tolist() == [6]


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("seed", range(1000, 1012))
def test_with_the_units_that_stand_nothing_changes(seed: int, hosting: str) -> None:
    """Where `max_units` are the units, all of them rented give the rows and replicas of goodput."""
    compiled = instance_from(random_tables(seed), hosting=hosting).compiled
    everything = compiled.under_cost.all_rented
    assert everything.rows.capacity.tolist() == compiled.rows.capacity.tolist()
    assert everything.supplies.maximum.tolist() == compiled.supplies.maximum.tolist()


def test_usage_pools_and_links_keep_what_they_have() -> None:
    """Nothing is rented where nothing is reserved."""
    compiled = checker_case.instance().compiled
    cost = compiled.under_cost
    assert cost.compiled.rows.capacity.tolist() == compiled.rows.capacity.tolist()
    assert len(cost.compiled.supplies) == 0


def test_replicas_on_too_many_units_are_refused() -> None:
    """What replicas on all rented units bring must fit int64; under goodput the few units that stand do."""
    instance = rented(max_units=9 * 10**9 - 1, hosting="replicas", share=1e-9)
    assert instance.compiled.supplies.maximum.tolist() == [10**9]
    with pytest.raises(SizeLimitError, match=r"pools.csv, max_units: replicas and rented units on row 'share:gpus'"):
        instance.compiled.under_cost  # noqa: B018 - it is worked out when it is asked for


@pytest.mark.parametrize(
    ("min_goodput", "floor"), [(1, 7000), (0, 0), (0.5, 3500), (0.7, 4900), (0.07, 490), (0.0701, 491), (1e-9, 1)]
)
def test_floor_is_a_fraction_of_the_servable_value(min_goodput: float, floor: int) -> None:
    """It is rounded up once, of the shortest decimal: 0.07 x 7000 is 490, which floats make 490.00000000000006."""
    assert goodput_floor(rented(), min_goodput) == floor


@pytest.mark.parametrize(("busy_ms", "floor"), [(3000, 7000), (3000.001, 0)])
def test_servable_is_what_fits_alone_on_all_units(busy_ms: float, floor: int) -> None:
    """Three units may be rented, though one stands."""
    assert goodput_floor(rented(busy_ms=busy_ms), 1) == floor


@pytest.mark.parametrize("min_goodput", [-0.1, 1.1, float("nan"), "1", True, None])
def test_floor_needs_a_fraction(min_goodput: Any) -> None:
    """Anything but a number from 0 to 1 is refused."""
    with pytest.raises(InputError, match=r"min_goodput.*a number from 0 to 1"):
        goodput_floor(rented(), min_goodput)


def test_the_bill() -> None:
    """Rented units are billed as they stand, more than needed too, and busy time on them is not."""
    instance = rented()
    for units in (2, 3):
        solution = costing(instance, "q0", "q1", "q2", floor=7000, units=units)
        assert judge(instance, solution) == Verdict((), 7000, units * UNIT, objective=units * UNIT)
        assert judge(instance, replace(solution, objective="goodput-then-cost")).objective == units * UNIT
    usage = one_pool(units=2)
    nothing = pd.DataFrame({"supply": [], "amount": []})
    billed = costing(usage, "q0", "q1", floor=3000, supply=nothing)
    assert judge(usage, billed) == Verdict((), 3000, 2 * 400_000_000, objective=2 * 400_000_000)


@pytest.mark.parametrize(
    ("solution", "rules"),
    [
        ({"floor": 7001, "units": 2}, ["goodput_floor"]),
        ({"floor": None, "units": 2}, ["goodput_floor"]),
        ({"floor": -1, "units": 2}, ["goodput_floor"]),
        ({"floor": 7000, "units": 2, "objective": "goodput"}, ["supply", "capacity", "goodput_floor"]),
        ({"floor": 7000, "units": 1}, ["capacity"]),
        ({"floor": 7000, "units": 4}, ["supply"]),
        ({"floor": 7000, "units": -1}, ["supply", "capacity"]),
        ({"floor": 7000, "units": 2, "supply": pd.DataFrame({"supply": ["unit:tpus"], "amount": [2]})},
         ["supply", "capacity"]),
        ({"floor": 7000, "units": 2, "bound": 2 * UNIT + 1}, ["bound"]),
        ({"floor": 7000, "units": 2, "bound": 2 * UNIT}, []),
        ({"floor": 7000, "units": 2, "objective": "thrift"}, ["objective"]),
    ],
)  # fmt: skip
def test_rules(solution: dict[str, Any], rules: list[str]) -> None:
    """Each rule of the cost objectives is named where it is broken; 1.2 units are used, of at most three."""
    instance = rented()
    found = check(instance, costing(instance, "q0", "q1", "q2", **solution))
    assert [violation.rule for violation in found] == rules


def test_solution_files_keep_the_floor(tmp_path: Path) -> None:
    """A floor is written and read back; a solution without one has a file without the field."""
    solution = costing(rented(), "q2", floor=4000, units=1)
    solution.save(tmp_path / "cost.json")
    read = Solution.load(tmp_path / "cost.json")
    assert (read.objective, read.goodput_floor, read.supply["supply"].tolist()) == ("cost", 4000, ["unit:gpus"])
    assert b"goodput_floor" not in serving(rented(), "q2").file_bytes()
    with pytest.raises(InputError, match=r"goodput_floor = 1.5: not a whole number"):
        replace(solution, goodput_floor=1.5)


def test_listed_under_cost() -> None:
    """Costs and prices are in 10^-12 USD/s; other objectives are refused."""
    selection = PlanSelection.from_instance(rented(), "cost", 0.5)
    assert (selection.objective, selection.goodput_floor, selection.cost_scale) == ("cost", 3500, 10**12)
    assert (selection.plans.cost.tolist(), selection.supplies.price.tolist()) == ([0, 0, 0], [UNIT])
    paid = PlanSelection.from_instance(one_pool(units=2), "cost")
    assert (paid.plans.cost.tolist(), len(paid.supplies)) == ([400_000_000] * 3, 0)
    with pytest.raises(InputError, match="objective = 'goodput-then-cost'"):
        PlanSelection.from_instance(rented(), "goodput-then-cost")
