"""What one more unit or Mbit/s is worth, against problems solved again with one more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sloplan.decomposition.coupled_problem import coupled_instance
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.lagrangian import respond
from sloplan.decomposition.sensitivity import price_trajectory, sensitivity
from sloplan.instances.families.spec import generate_spec
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.result import Result
from sloplan.solving import solve
from tests.one_pool import one_pool


def priced(instance: Instance, objective: str = "goodput", floor: int | None = None) -> Result:
    """A result of the instance with the prices at which cutting planes settle."""
    share = 1.0 if objective == "goodput" else 0.5
    result = solve(instance, "milp-plans", objective, display=False, min_goodput=share)
    problem = coupled_instance(instance.compiled, objective, floor)
    assert problem is not None
    *_, last = cutting_planes(problem, lambda prices: respond(problem, prices))
    unit = 1e-3 if objective == "goodput" else 3600e-12
    return replace(result, prices=pd.Series(last.best.prices.row * unit, index=problem.rows.name))


def test_a_unit_is_worth_what_it_would_serve() -> None:
    """One unit carries two and a half of seven equal queries: one more is worth as much again."""
    instance = one_pool(values=(2.0,) * 7)
    table = sensitivity(instance, priced(instance))
    assert table.index.tolist() == ["pool:gpus"]
    row = table.iloc[0]
    assert (row["resource"], row["unit"]) == ("gpus", "unit")
    assert row["one_more"] == pytest.approx(2.5 * 2.0, rel=1e-6)
    assert (row["capacity"], row["used"], row["utilization"]) == pytest.approx((1.0, 0.8, 0.8))


def test_links_are_measured_in_mbit_per_second() -> None:
    """Capacity of links is their bandwidth as stated, and nothing is used beyond it."""
    instance = generate_spec("edge-cloud:queries=30,seed=2")
    table = sensitivity(instance, priced(instance))
    links = instance.to_frames()["links"].set_index("link")
    told = table[table["unit"] == "Mbit/s"].set_index("resource")
    assert len(told)
    assert told["capacity"].to_numpy() == pytest.approx(links["bandwidth_mbps"].loc[told.index].to_numpy(), rel=1e-6)
    assert (table["used"] <= table["capacity"] + 1e-9).all()
    assert table["one_more"].is_monotonic_decreasing


def test_rent_stands_beside_what_a_unit_is_worth_under_cost() -> None:
    """Units rent at their price; those of the solution are the capacity."""
    instance = one_pool(values=(2.0,) * 5, billing="reserved", units=4, price=7.2)
    result = priced(instance, "cost", floor=5000)
    row = sensitivity(instance, result).loc["pool:gpus"]
    assert row["rent"] == pytest.approx(7.2)
    assert row["capacity"] == pytest.approx(2.0)  # ceil(2.5 queries' floor of 5.0 / 2.0) = 3 queries of 0.4
    assert row["one_more"] == pytest.approx(7.2, rel=1e-6)


def test_shares_and_memory_of_a_unit_are_told_apart_under_replicas() -> None:
    """A deployment's row has no step of its own; a unit brings to the two rows of its pool."""
    instance = one_pool().replace(hosting="replicas")
    table = sensitivity(instance, priced(instance))
    assert table.loc["share:gpus", "unit"] == table.loc["memory:gpus", "unit"] == "unit"
    (deployment,) = [name for name in table.index if name.startswith("deployment:")]
    assert table.loc[deployment, "unit"] == ""
    assert np.isnan(table.loc[deployment, "one_more"])
    assert table.loc[deployment, "utilization"] == pytest.approx(0.8)
    assert table.loc["share:gpus", "used"] == pytest.approx(1.0)


def test_a_result_without_prices_is_refused() -> None:
    """The message says which methods give some."""
    instance = one_pool()
    with pytest.raises(InputError, match="row prices"):
        sensitivity(instance, replace(priced(instance), prices=None))


def test_the_trajectory_has_a_row_per_step() -> None:
    """Bounds and prices as they were tried."""
    problem = coupled_instance(one_pool(values=(2.0,) * 7).compiled, "goodput")
    assert problem is not None
    steps = list(cutting_planes(problem, lambda prices: respond(problem, prices)))
    table = price_trajectory(steps, problem.rows)
    assert table.columns.tolist() == ["bound", "pool:gpus"]
    assert table["bound"].tolist() == [step.response.bound for step in steps]
    assert table["pool:gpus"].iloc[-1] == steps[-1].response.prices.row[0]
