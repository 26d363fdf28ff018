"""Solutions as networks of queues: what was planned happens where nobody waits, and everything is accounted for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import sloplan
from sloplan.problem.errors import InputError
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.solution import Solution
from sloplan.runtime.event_loop import IN_FLIGHT
from sloplan.runtime.network_run import Behaviour, run_network
from sloplan.runtime.planned_network import planned_network
from sloplan.runtime.simulation import FATES, Simulation, simulate
from tests.one_pool import one_pool, serving

SOME = ("edge-cloud-xs-1.2-tight", "city-xs-2-loose", "mixed-xs-0.8-tight", "heterogeneous-xs-1.2-loose")


def solved(name: str, **changed: Any) -> tuple[sloplan.Instance, Solution]:
    """Return a library instance, perhaps changed, and a solution of it."""
    instance = sloplan.load(name)
    assert isinstance(instance, sloplan.Instance)
    instance = instance.replace(**changed)
    solution = sloplan.solve(instance, "greedy", display=False).solution
    assert isinstance(solution, Solution)
    return instance, solution


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("name", SOME)
def test_without_contention_latencies_are_as_planned(name: str, hosting: str) -> None:
    """Where everybody finds room at once, a request takes its plan's latency to the nanosecond, batches aside."""
    instance = sloplan.load(name)
    assert isinstance(instance, sloplan.Instance)
    instance = instance.replace(hosting=hosting)
    solution = sloplan.solve(instance, "milp-plans", display=False, in_process=True, rel_gap=0.1).solution
    assert isinstance(solution, Solution)
    simulation = simulate(instance, solution, horizon=20.0)
    planned = planned_network(instance, solution)
    roomy = replace(planned.network, capacity=np.full(len(planned.network.capacity), 1e9))
    happened = run_network(roomy, Behaviour(20.0))
    first = planned.network.streams.first_task[:-1]
    batched = np.maximum.reduceat(planned.network.tasks.batch, first) > 1
    looked_at = (happened.fate < 2) & ~batched[happened.stream]
    assert looked_at.any()
    expected = simulation.queries["planned_ms"].to_numpy()[happened.stream]
    np.testing.assert_allclose(happened.latency_s[looked_at] * 1e3, expected[looked_at], rtol=0, atol=1e-6)


def test_stations_are_as_busy_as_rows_are_used() -> None:
    """Over a long time the busy part of a pool or link is its row's usage; pools with batches may do more work."""
    instance, solution = solved("edge-cloud-s-0.8-loose")
    simulation = simulate(instance, solution, horizon=3000.0, warmup=10.0, arrivals="periodic")
    planned, compiled = simulation.planned, instance.compiled
    usage = np.zeros(len(compiled.rows))
    for stream, query in enumerate(planned.query):
        template = int(compiled.queries.template[query])
        choices = planned.plans.choices[stream][planned.plans.choices[stream] >= 0]
        figures = evaluate_plans(compiled, template, choices[None])
        amount = figures.usage.amount * int(compiled.queries.rate_milli[query] * planned.plans.count[stream])
        np.add.at(usage, figures.usage.column, amount)
    row = {name: place for place, name in enumerate(compiled.rows.name.tolist())}
    tasks = planned.network.tasks
    batched = set(tasks.station[tasks.batch > 1].tolist())
    compared = 0
    for station, name in enumerate(planned.station_name.tolist()):
        if station in batched or name not in row or not usage[row[name]]:
            continue
        used = usage[row[name]] * 1e-9
        if name.startswith("link:"):
            link = compiled.names.links.tolist().index(name.removeprefix("link:"))
            bandwidth = compiled.links.bandwidth_num[link] / compiled.links.bandwidth_den[link]
            used = usage[row[name]] * 1e-3 * 8e-6 / bandwidth
        assert simulation.happened.busy_s[station] / 2990.0 == pytest.approx(used, rel=0.02, abs=1e-3)
        compared += 1
    assert compared > 3


def test_everything_is_accounted_for() -> None:
    """The table's columns add up, percentiles are ordered, and the summary is the table's."""
    instance, solution = solved("burst-xs-1.2-tight")
    simulation = simulate(instance, solution, horizon=120.0, warmup=10.0, variation=1.0, drop_late=True, seed=3)
    queries, told = simulation.queries, simulation.to_dict()
    assert queries[list(FATES)].sum(axis=1).tolist() == queries["requests"].tolist()
    assert told["requests"] == len(simulation.happened.fate) == queries["requests"].sum()
    known = queries.dropna(subset=["latency_ms_p50"])
    assert np.all(known["latency_ms_p50"] <= known["latency_ms_p95"])
    assert np.all(known["latency_ms_p95"] <= known["latency_ms_p99"])
    assert 0 <= told["goodput_kept_99"] <= told["goodput_kept_95"] <= told["goodput_planned"] + 1e-9
    assert told["goodput"] <= told["goodput_planned"] + 1e-9
    assert np.all(simulation.stations["utilization"] <= 1 + 1e-9)


def test_a_batch_takes_its_time_however_many_there_are() -> None:
    """Alone in a batch of four a request keeps the unit busy four times as long as planned; many share it."""
    instance = one_pool((1.0,), busy_ms=100.0)
    batches = instance.table("profiles").assign(allocation="batch-4", latency_ms=500.0)
    for rate, utilization in ((1.0, 0.4), (8.0, 1.0)):
        queries = instance.table("queries").assign(rate_rps=rate)
        one = instance.replace(profiles=batches, queries=queries)
        solution = serving(one, "q0")
        solution = replace(solution, options=solution.options.assign(allocation="batch-4"))
        simulation = simulate(one, solution, horizon=200.0, arrivals="periodic")
        assert simulation.stations["utilization"].tolist() == pytest.approx([utilization], abs=0.01)
        served = simulation.happened.latency_s[simulation.happened.fate != IN_FLIGHT]
        assert len(served) >= rate * 199
        assert served.min() == pytest.approx(0.4)
        assert served.max() < 0.4 + (0.4 if rate > 1 else 0.0) + 1e-6


def test_the_bill_is_the_plans_where_requests_come_as_planned() -> None:
    """Periodic requests over a long time are billed what the checker says."""
    instance, solution = solved("edge-cloud-xs-1.2-tight")
    simulation = simulate(instance, solution, horizon=5000.0, arrivals="periodic")
    assert simulation.bill_usd_per_hour == pytest.approx(simulation.cost_pico * 3600e-12, rel=1e-3)


def test_rented_units_stand_under_cost() -> None:
    """Under cost a reserved pool has the units that the solution rents."""
    instance = sloplan.load("edge-cloud-xs-0.8-loose")
    assert isinstance(instance, sloplan.Instance)
    solution = sloplan.solve(instance, "milp", "cost", min_goodput=0.9, display=False, in_process=True).solution
    assert isinstance(solution, Solution)
    stations = simulate(instance, solution, horizon=10.0).stations.set_index("station")["capacity"]
    rented = dict(zip(solution.supply["supply"], solution.supply["amount"], strict=True))
    assert rented
    for name, amount in rented.items():
        station = "pool:" + str(name).removeprefix("unit:")
        assert station not in stations or stations[station] == amount


def test_a_solution_that_serves_nobody() -> None:
    """There are no requests then, and no attainment."""
    instance = one_pool()
    simulation = simulate(instance, Solution(instance.sha256), horizon=10.0)
    assert isinstance(simulation, Simulation)
    assert (simulation.attainment, simulation.goodput, len(simulation.queries)) == (None, 0.0, 0)
    assert simulation.to_dict()["requests"] == 0


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ({"horizon": 0.0}, "horizon"),
        ({"horizon": float("nan")}, "horizon"),
        ({"horizon": 5.0, "warmup": 5.0}, "horizon"),
        ({"warmup": -1.0}, "warmup"),
        ({"variation": "much"}, "variation"),
        ({"arrivals": "bursty"}, "arrivals"),
    ],
)
def test_unusable_settings(setting: dict[str, Any], field: str) -> None:
    """They are named, with what is allowed."""
    instance, solution = solved("edge-cloud-xs-1.2-tight")
    with pytest.raises(InputError, match="allowed") as caught:
        simulate(instance, solution, **setting)
    assert caught.value.field == field


def test_an_invalid_solution_is_refused() -> None:
    """What the checker refuses is not simulated."""
    instance, solution = solved("edge-cloud-xs-1.2-tight")
    plans = solution.plans.assign(count=solution.plans["count"] + 1)
    with pytest.raises(InputError, match="not valid"):
        simulate(instance, replace(solution, plans=plans))
