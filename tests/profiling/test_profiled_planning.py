"""The benchmark `profiled_planning`, small: what it says of a profile is so."""

from __future__ import annotations

import numpy as np
import pytest
from profiled_instance import LOAD, instance_of, surroundings
from profiled_planning import (
    ESTIMATE,
    FIXED,
    FULL,
    KINDS,
    LOWER,
    READINGS,
    SELECTIVE,
    Planned,
    attained,
    evenly_profiled,
    planned_each_way,
    tables_of,
    with_accuracies,
)

import sloplan as sp
from sloplan.pricing.plan_arrays import list_plans
from sloplan.pricing.relaxation import smallest_factor
from sloplan.problem.plan_table import PLAN_LIMIT
from sloplan.problem.solution import Solution
from tests.profiling.small_workload import SHARES_RIGHT, small_workload

SLOS = (0.85, 0.95)
NUM_ITEMS = 300
NUM_QUERIES = 30
MISLED = 0  # a seed whose 100 items are easier than the others

pytestmark = pytest.mark.timeout(600)  # seconds, but for kernels that are compiled first


@pytest.fixture(scope="module")
def planned() -> dict[tuple[str, str], Planned]:
    """All profiles of a small workload, planned with; other items of it are held out."""
    return planned_each_way(small_workload(NUM_ITEMS), small_workload(NUM_ITEMS, 1), SLOS, NUM_QUERIES, seed=MISLED)


def test_every_profile_is_planned_with(planned: dict[tuple[str, str], Planned]) -> None:
    """Each way and reading has its figures; the same profile counts the same runs however it is read."""
    assert list(planned) == [(way, reading) for way, readings in READINGS.items() for reading in readings]
    assert planned[FIXED, ESTIMATE].plan_runs == 100 * len(SHARES_RIGHT)
    assert planned[FULL, ESTIMATE].plan_runs == NUM_ITEMS * len(SHARES_RIGHT)
    for way, readings in READINGS.items():
        runs = {(one.plan_runs, one.profiling_s) for key, one in planned.items() if key[0] == way}
        assert len(runs) == 1, readings
        assert all(planned[way, reading].steps > 0 for reading in readings)


def test_what_is_planned_with_all_runs_is_attained(planned: dict[tuple[str, str], Planned]) -> None:
    """Judged by the figures that it was planned with, a plan is worth what was planned."""
    full = planned[FULL, ESTIMATE]
    assert full.planned == full.on_all.goodput > 0
    assert full.on_all.missed == dict.fromkeys([*KINDS, "any"], 0)
    assert full.on_all.fullest <= 1


def test_selective_profile_saves_runs_and_misses_no_slo(planned: dict[tuple[str, str], Planned]) -> None:
    """It takes fewer runs than everything; no accuracy SLO is missed, as it decided each of them."""
    selective, full = planned[SELECTIVE, ESTIMATE], planned[FULL, ESTIMATE]
    assert selective.plan_runs < full.plan_runs
    assert selective.profiling_s < full.profiling_s
    assert selective.on_all.missed["accuracy"] == 0
    assert selective.on_all == planned[SELECTIVE, LOWER].on_all


def test_few_items_mislead(planned: dict[tuple[str, str], Planned]) -> None:
    """Estimates from the same 100 items for all promise more than is attained; lower ends of intervals do not."""
    few, careful = planned[FIXED, ESTIMATE], planned[FIXED, LOWER]
    assert few.on_all.missed["accuracy"] > 0
    assert few.on_all.goodput < few.planned
    assert careful.on_all.missed["accuracy"] == 0
    assert careful.planned < few.planned


def test_a_profile_of_everything_is_the_record() -> None:
    """On all items, estimates are the record's accuracies and intervals points; on some, intervals are wider."""
    workload = small_workload(NUM_ITEMS)
    everything = evenly_profiled(workload, SLOS, NUM_ITEMS, seed=0)
    assert [plan.accuracy for plan in everything.plans] == workload.accuracies().tolist()
    assert all(plan.lower == plan.accuracy == plan.upper for plan in everything.plans)
    some = evenly_profiled(workload, SLOS, 50, seed=0)
    assert all(plan.num_items == 50 and plan.lower < plan.upper for plan in some.plans)


def test_the_load_is_the_one_stated() -> None:
    """Serving every query takes so many times the shared machines; other seeds draw other queries."""
    tables = tables_of(evenly_profiled(small_workload(NUM_ITEMS), SLOS, NUM_ITEMS, seed=0))
    around = surroundings(tables, SLOS, NUM_QUERIES, seed=0)
    compiled = instance_of(tables, around).compiled
    plans, _ = list_plans(compiled, PLAN_LIMIT, lambda _: False)
    factor = smallest_factor(plans, compiled.queries, compiled.rows.capacity.astype(float))
    assert factor.value == pytest.approx(LOAD, rel=1e-3)
    assert around["queries"].equals(surroundings(tables, SLOS, NUM_QUERIES, seed=0)["queries"])
    assert not around["queries"].equals(surroundings(tables, SLOS, NUM_QUERIES, seed=1)["queries"])


def test_a_plan_is_judged_by_the_other_instance() -> None:
    """Where a plan is said to be more accurate than it is, copies whose SLO it misses are worth nothing."""
    tables = tables_of(evenly_profiled(small_workload(NUM_ITEMS), SLOS, NUM_ITEMS, seed=0))
    around = surroundings(tables, SLOS, NUM_QUERIES, seed=0)
    boasted = tables["accuracy"]["accuracy"].replace(SHARES_RIGHT["much", "large"], 0.96)
    boasting = instance_of(tables | {"accuracy": tables["accuracy"].assign(accuracy=boasted)}, around)
    result = sp.solve(boasting, method="compass", seed=0, threads=1, display=False)
    assert isinstance(result.solution, Solution)
    served = result.plans().drop_duplicates("query").set_index("query")["count"]
    values = around["queries"].set_index("query")["value"]
    chosen = result.plans().pivot(index="query", columns="operator", values="configuration")
    true = np.array([SHARES_RIGHT[shrink, answer] for shrink, answer in chosen[["shrink", "answer"]].to_numpy()])
    reaches = true >= around["queries"].set_index("query").loc[chosen.index, "slo_accuracy"].to_numpy() - 1e-9
    judged = attained(instance_of(tables, around), result.solution)
    assert 0 < judged.missed["accuracy"] == int((~reaches).sum()) < judged.served == served.sum()
    assert judged.goodput == values[chosen.index[reaches]].sum()
    nothing_right = instance_of(tables | {"accuracy": tables["accuracy"].assign(accuracy=0.1)}, around)
    assert attained(nothing_right, result.solution).goodput == 0
    nobody = attained(instance_of(tables, around), Solution(boasting.sha256))
    assert (nobody.goodput, nobody.served, nobody.fullest) == (0, 0, 0)


def test_other_items_bring_other_accuracies() -> None:
    """Judged on items held out, only accuracies change, to those of the same plans there."""
    tables = tables_of(evenly_profiled(small_workload(NUM_ITEMS), SLOS, NUM_ITEMS, seed=0))
    elsewhere = small_workload(7)
    changed = with_accuracies(tables, elsewhere)
    assert changed["accuracy"]["accuracy"].tolist() == elsewhere.accuracies().tolist()
    assert all(changed[name] is table for name, table in tables.items() if name != "accuracy")
