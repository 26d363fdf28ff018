"""Run a network of queues, and what became of every request."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.runtime.event_loop import run_events
from sloplan.runtime.queue_network import Float, Int, QueueNetwork


@dataclass(frozen=True)
class Behaviour:
    """How requests come and how long work takes.

    Parameters
    ----------
    horizon_s : float
        Simulated seconds.
    warmup_s : float
        Of those, the first that count nowhere.
    arrivals : {"poisson", "periodic"}
        Exponential gaps; or each copy's requests at equal distances, from a random phase on.
    variation : float
        Coefficient of variation of the work of operators: gamma distributed, 0 is always the mean, 1 exponential.
    drop_late : bool
        Give a request up where its turn comes after its deadline.
    seed : int
    """

    horizon_s: float
    warmup_s: float = 0.0
    arrivals: str = "poisson"
    variation: float = 0.0
    drop_late: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Happened:
    """Requests that arrived after the warm-up, each once, and how busy stations were.

    Parameters
    ----------
    stream : (requests,) int64
    arrival_s, latency_s : (requests,) float64
        Of requests dropped or in flight, how long they had been there.
    fate : (requests,) int8
        See `event_loop`: in time, late, dropped, in flight.
    busy_s : (stations,) float64
        Share-seconds after the warm-up.
    num_events : int
    """

    stream: Int
    arrival_s: Float
    latency_s: Float
    fate: npt.NDArray[np.int8]
    busy_s: Float
    num_events: int


def run_network(network: QueueNetwork, behaviour: Behaviour, clock: Float | None = None) -> Happened:
    """Run a network of queues.

    Parameters
    ----------
    network : QueueNetwork
    behaviour : Behaviour
    clock : (1,) float64, optional
        Simulated seconds so far are written there meanwhile.

    Returns
    -------
    Happened
    """
    streams, tasks, changes = network.streams, network.tasks, network.changes
    return Happened(
        *run_events(
            streams.rate_rps, streams.copies, streams.deadline_s,
            streams.first_task, streams.first_own, streams.own_width,
            tasks.station, tasks.work_s, tasks.share, tasks.delay_s, tasks.is_steady,
            tasks.batch, tasks.kind, tasks.before, tasks.first_after, tasks.after,
            network.capacity, changes.time_s, changes.station, changes.capacity, changes.slowness,
            float(behaviour.warmup_s), float(behaviour.horizon_s), behaviour.arrivals == "poisson",
            float(behaviour.variation), behaviour.drop_late, np.random.default_rng(behaviour.seed),
            np.zeros(1) if clock is None else clock,
        )
    )  # fmt: skip
