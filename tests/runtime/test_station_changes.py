"""Disturbances of a simulation: what they do to stations and requests, and which are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.problem.errors import InputError
from sloplan.runtime.planned_network import planned_network
from sloplan.runtime.simulation import simulate
from sloplan.runtime.station_changes import station_changes
from tests.one_pool import one_pool, serving


def table(*rows: tuple[float, str, str, float]) -> pd.DataFrame:
    """Return a table of disturbances."""
    return pd.DataFrame(rows, columns=["time_s", "kind", "subject", "amount"])


def test_factors_are_on_what_stands() -> None:
    """Units are rounded down and slowness is the inverse of speed; each keeps what the other came to."""
    instance = one_pool(units=3)
    planned = planned_network(instance, serving(instance, "q0"))
    disturbances = table(
        (9.0, "units", "gpus", 1.0), (5.0, "units", "gpus", 0.5), (7.0, "speed", "gpus", 0.5), (8.0, "units", "gpus", 0)
    )
    changes = station_changes(instance, planned, disturbances)
    assert changes.time_s.tolist() == [5.0, 7.0, 8.0, 9.0]
    assert changes.capacity.tolist() == [1.0, 1.0, 0.0, 3.0]
    assert changes.slowness.tolist() == [1.0, 2.0, 2.0, 2.0]
    assert planned.station_name[changes.station].tolist() == ["pool:gpus"] * 4


def test_a_pool_that_stops_keeps_its_requests_waiting() -> None:
    """No unit works between 10 and 20 s: whoever arrives then is done after 20 s, and before nobody waits."""
    instance = one_pool((1.0,))
    disturbances = table((10.0, "units", "gpus", 0.0), (20.0, "units", "gpus", 1.0))
    asked: dict[str, Any] = {"horizon": 60.0, "arrivals": "periodic"}
    happened = simulate(instance, serving(instance, "q0"), disturbances=disturbances, **asked).happened
    stopped = (happened.arrival_s > 10.0) & (happened.arrival_s < 20.0)
    assert stopped.sum() == 10
    assert np.all((happened.arrival_s + happened.latency_s)[stopped] > 20.0)
    undisturbed = simulate(instance, serving(instance, "q0"), **asked).happened
    assert len(undisturbed.fate) == len(happened.fate)
    assert undisturbed.latency_s[undisturbed.fate == 0] == pytest.approx(0.4)


def test_whoever_waits_past_the_deadline_has_missed_it() -> None:
    """From 10 s on no unit works: a sixth is in time, not all of the few that ended, and nobody's promise is kept."""
    instance = one_pool((1.0,))
    instance = instance.replace(queries=instance.table("queries").assign(slo_latency_ms=500.0))
    stopped = table((10.0, "units", "gpus", 0.0))
    asked: dict[str, Any] = {"horizon": 60.0, "arrivals": "periodic"}
    simulation = simulate(instance, serving(instance, "q0"), disturbances=stopped, **asked)
    told = simulation.to_dict()
    assert (told["requests"], told["in_time"], told["in_flight"]) == (60, 10, 50)
    assert told["overdue"] in (49, 50)  # the last one may have just arrived
    assert told["attainment"] == 10 / (10 + told["overdue"])
    assert simulation.goodput == pytest.approx(told["attainment"])
    assert simulation.kept(0.95) == 0.0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((1.0, "rate", "q0", 2.0), "kind.*allowed: units, speed, bandwidth"),
        ((1.0, "units", "tpus", 0.5), "subject.*tpus.*allowed: gpus"),
        ((1.0, "units", "gpus", -1.0), "amount"),
    ],
)
def test_unusable_disturbances(row: tuple[float, str, str, float], words: str) -> None:
    """Row and field are named, with what is allowed."""
    instance = one_pool()
    with pytest.raises(InputError, match=words):
        simulate(instance, serving(instance, "q0"), horizon=5.0, disturbances=table(row))


def test_what_is_a_query_s_own_and_pools_of_replicas_are_refused() -> None:
    """Neither is one station."""
    instance = one_pool()
    pools = instance.table("pools")
    own = instance.replace(pools=pools.assign(scope="query"))
    for other in (own, instance.replace(hosting="replicas")):
        planned = planned_network(other, serving(other))
        with pytest.raises(InputError, match="no station that queries share"):
            station_changes(other, planned, table((1.0, "units", "gpus", 0.5)))
