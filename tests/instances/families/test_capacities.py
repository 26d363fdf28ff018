"""How much stands where: the load that is stated is the load of the instance."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.capacities import (
    LEVEL_PARTS,
    ROWS_FOR_LP,
    Capacities,
    apportioned,
    demand_by_application,
    first_pools,
    meet_load,
    spread,
)
from sloplan.instances.families.layouts import LAYOUTS
from sloplan.instances.families.parameters import FamilyParameters
from sloplan.instances.families.places import MAX_UTILIZATION, Hubs
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.relaxation import smallest_factor
from sloplan.problem.compiled import NO_LIMIT, Queries, Sparse
from tests.instances.families.family_cases import SMALL, TINY, family, useful_plans
from tests.instances.families.test_asking import asked

LARGE = ("edge-only:queries=1000,load=2", "mixed:queries=1000,load=1.2")
SPECS = [
    *TINY.values(),
    *SMALL.values(),
    "cloud-only:queries=1000,load=0.8",
    *(pytest.param(spec, marks=pytest.mark.slow) for spec in LARGE),
    "city:queries=300,load=0.8",
]


def stated(spec: str) -> tuple[float, float, float]:
    """Return the least and most that the load may be, and the one asked for, as the description says."""
    found = re.fullmatch(r"load ([0-9.]+)(?: to ([0-9.]+))? of ([0-9.]+) asked", family(spec).description)
    assert found is not None, family(spec).description
    least, most, asked_for = found.groups()
    return float(least), float(most or least), float(asked_for)


def reached(spec: str) -> tuple[float, float]:
    """Return bound and value of the smallest factor that serves everybody, by the instance's own plans and rows."""
    compiled = family(spec).compiled
    relaxed = smallest_factor(
        useful_plans(spec),
        compiled.queries,
        compiled.rows.capacity.astype(np.float64),
        compiled.supplies,
        tolerance=1e-4,
    )
    return relaxed.bound, relaxed.value


@pytest.mark.parametrize("spec", SPECS)
def test_the_load_is_the_one_asked_for(spec: str) -> None:
    """The smallest factor on all shared capacities, worked out on the instance itself, is the load in the spec."""
    least, most, asked_for = stated(spec)
    assert f"load={asked_for:g}" in spec
    assert least == most == pytest.approx(asked_for, rel=1e-3)
    bound, value = reached(spec)
    assert bound == pytest.approx(asked_for, rel=0.002)
    assert value == pytest.approx(asked_for, rel=0.002)


def test_a_large_instance_states_a_bracket() -> None:
    """Beyond the rows for which the LP is solved, the load lies between the stated figures, near the upper."""
    spec = "edge-only:queries=500,sites=110,slo=loose"
    assert len(family(spec).compiled.rows) > ROWS_FOR_LP
    least, most, asked_for = stated(spec)
    assert most == asked_for == 1.2
    assert 0.97 * asked_for < least < asked_for
    bound, value = reached(spec)
    assert least * 0.999 <= bound
    assert value <= most * 1.001
    assert bound > (least + most) / 2


def test_a_row_that_cannot_be_avoided_tells_the_load() -> None:
    """Where a row is full of queries all of whose plans use it, the load of a large instance is known too."""
    spec = "city:queries=500"
    assert len(family(spec).compiled.rows) > ROWS_FOR_LP
    assert stated(spec) == (1.2, 1.2, 1.2)
    bound, value = reached(spec)
    assert bound == pytest.approx(1.2, rel=1e-3)
    assert value == pytest.approx(1.2, rel=1e-3)


def test_nobody_uses_shared_machines() -> None:
    """If all are served by machines of their own, first capacities stay as they are, and the load is 0."""
    none = np.zeros(0, dtype=np.int64)
    plans = PlanArrays(
        start=np.array([0, 1]),
        choices=np.zeros((1, 0), dtype=np.int64),
        needs=np.array([[-1000, 0, 0, 0, 0]]),
        alone_rate_milli=np.array([1000]),
        billed_cost_nano=np.array([0]),
        usage=Sparse(np.zeros(2, dtype=np.int64), none, none),
    )
    queries = Queries(np.array([0]), *(np.array([1]) for _ in range(3)), *(np.array([NO_LIMIT]) for _ in range(3)))
    pools, lines = {("e000", "t4"): 2.4}, {("e000", "cloud"): 100.0}
    assert meet_load(1.2, plans, queries, pools, lines) == Capacities(pools, lines, least_load=0.0, most_load=0.0)


def test_replicas_are_asked_for_the_same_load() -> None:
    """Served by replicas, taken in any fraction, everybody fits at the same factor: memory suffices for the models."""
    spec = "mixed:queries=60,hosting=replicas"
    assert family(spec).hosting == "replicas"
    assert len(family(spec).compiled.supplies) > 50
    _, value = reached(spec)
    assert value == pytest.approx(1.2, rel=0.005)


def test_copies_do_not_change_the_load() -> None:
    """A spec with copies has capacities for all of them."""
    spec = "edge-cloud:queries=12,copies=50"
    assert reached(spec)[1] == pytest.approx(stated(spec)[2], rel=0.002)


def test_apportioned_units() -> None:
    """Units follow the weights, the largest remainders are rounded up, the first of equals comes first."""
    assert apportioned(10, np.array([0.5, 0.3, 0.2])).tolist() == [5, 3, 2]
    assert apportioned(3, np.array([1.0, 1.0])).tolist() == [2, 1]
    assert apportioned(1, np.array([0.2, 0.5, 0.3])).tolist() == [0, 1, 0]
    assert apportioned(0, np.array([2.0, 1.0])).tolist() == [0, 0]
    assert apportioned(7, np.array([0.0, 5.0])).tolist() == [0, 7]


@pytest.mark.parametrize("total", [1, 4, 17, 1000])
def test_apportioned_units_add_up(total: int) -> None:
    """Every unit is given to somebody, and nobody is off by one or more."""
    weight = np.random.default_rng(total).random(13)
    given = apportioned(total, weight)
    assert given.sum() == total
    assert (np.abs(given - total * weight / weight.sum()) < 1).all()


def test_spread_mixes_kinds() -> None:
    """Places get units by weight, and each place some of every kind rather than the first places all of one."""
    placed = spread(np.array([30, 20]), np.array([3.0, 2.0, 0.0]))
    assert placed.sum(axis=0).tolist() == [30, 20]
    assert placed.sum(axis=1).tolist() == [30, 20, 0]
    assert placed.tolist() == [[18, 12], [12, 8], [0, 0]]
    assert spread(np.array([1, 1]), np.ones(2)).tolist() == [[1, 0], [0, 1]]
    assert spread(np.array([0, 0]), np.ones(2)).tolist() == [[0, 0], [0, 0]]


def test_parts_of_levels_and_layouts() -> None:
    """Parts by level add up to 1, and every layout has its own."""
    assert all(sum(parts.values()) == pytest.approx(1.0) for parts in LEVEL_PARTS.values())
    assert {(layout.centres, layout.has_cloud) for layout in LAYOUTS.values()} == set(LEVEL_PARTS)


def test_first_pools() -> None:
    """Units are what the demand asks for; hubs near those who ask get theirs; the cloud has every machine."""
    parameters = FamilyParameters("edge-cloud", queries=60, applications=("vqa",))
    hubs = Hubs(parameters.layout, 2, 1000.0)
    seconds = MAX_UTILIZATION * np.array([30.0, 10.0, 0.0])
    pools = first_pools(parameters, hubs, {"vqa": seconds})
    units = {pool: round(capacity / MAX_UTILIZATION) for pool, capacity in pools.items()}
    assert units == {
        ("cloud", "jellybean-gpu-1"): 13, ("cloud", "jellybean-cpu-6"): 3,
        ("e000", "jellybean-cpu-5"): 11, ("e000", "jellybean-cpu-3"): 7,
        ("e001", "jellybean-cpu-5"): 3, ("e001", "jellybean-cpu-3"): 3,
    }  # fmt: skip
    none = first_pools(parameters, hubs, {"vqa": np.zeros(3)})
    assert {("cloud", kind) for kind in SETTINGS["vqa"].cloud} <= set(none)


def test_every_centre_has_every_machine() -> None:
    """Where centres are the outermost level, each has at least one unit of every machine."""
    parameters = FamilyParameters("edge-only", queries=1000)
    hubs = Hubs(parameters.layout, 10, 1000.0)
    pools = first_pools(parameters, hubs, {"vqa": np.array([5.0, *np.zeros(10)])})
    for centre in hubs.centres:
        assert {kind for site, kind in pools if site == centre} == set(SETTINGS["vqa"].edge)
    assert {site for site, _ in pools if site in hubs.names} == {"e000"}


def test_demand_by_application() -> None:
    """Demand is rate times least time, by home hub; queries that no plan serves ask for nothing."""
    parameters = FamilyParameters("mixed", queries=60, copies=3, applications=("ar-pose", "vqa"))
    _, asking = asked(parameters)
    number = len(asking.frame)
    drawn = np.arange(number)
    hub = drawn % (parameters.hubs + 1)
    demand = demand_by_application(asking, drawn, hub, parameters)
    assert set(demand) == {"ar-pose", "vqa"}
    for name, seconds in demand.items():
        for place in range(parameters.hubs + 1):
            mine = (asking.frame["application"] == name).to_numpy() & (hub == place) & (asking.least_us > 0)
            expected = 3 * sum(asking.frame["rate_rps"].to_numpy()[mine] * asking.least_us[mine] / 1e6)
            assert seconds[place] == pytest.approx(expected)
    assert (asking.least_us < 0).any()


def test_the_load_changes_capacities_only() -> None:
    """Who asks for what is the same at every load; only capacities differ, in proportion."""
    low, high = (family(f"edge-only:queries=60,load={load}") for load in (0.8, 1.6))
    assert low.table("queries").equals(high.table("queries"))
    held = []
    for instance in (low, high):
        pools = instance.table("pools")
        pools = pools[pools["scope"] == "shared"].set_index("pool")
        held.append(pools["units"] * pools["max_utilization"])
    assert held[0].to_numpy() == pytest.approx(2 * held[1].to_numpy(), rel=1e-3, abs=1e-5)
