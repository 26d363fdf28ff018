"""The event loop against queueing theory, against SimPy, and against itself: nothing is lost, and seeds repeat it."""

from __future__ import annotations

import math
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import simpy

from sloplan.runtime.event_loop import DROPPED, IN_FLIGHT, IN_TIME, LATE
from sloplan.runtime.network_run import Behaviour, run_network
from sloplan.runtime.queue_network import Changes, QueueNetwork
from tests.runtime.networks import Work, mean_latency, network

LOADS = (0.3, 0.6, 0.8)
REQUESTS = 1_000_000
WITHIN = 0.02


@pytest.mark.parametrize("load", LOADS)
def test_one_server_exponential_work(load: float) -> None:
    """M/M/1: the mean time in the system is 1 / (mu - lambda)."""
    found = mean_latency(network([(load, [Work(0, 1.0)])], [1]), REQUESTS, variation=1.0)
    assert found == pytest.approx(1 / (1 - load), rel=WITHIN)


@pytest.mark.parametrize("load", LOADS)
def test_one_server_steady_work(load: float) -> None:
    """M/D/1: Pollaczek-Khinchine, the wait is load / (2 mu (1 - load))."""
    found = mean_latency(network([(load, [Work(0, 1.0)])], [1]), REQUESTS, variation=0.0)
    assert found == pytest.approx(1 + load / (2 * (1 - load)), rel=WITHIN)


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("servers", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_some_servers(servers: int, load: float) -> None:
    """M/M/c: the wait is Erlang's C formula over c mu - lambda; half shares of half as many units are the same."""
    offered = load * servers
    last = offered**servers / math.factorial(servers) / (1 - load)
    waits = last / (sum(offered**k / math.factorial(k) for k in range(servers)) + last)
    expected = 1 + waits / (servers - offered)
    whole = network([(offered, [Work(0, 1.0)])], [servers])
    shares = network([(offered, [Work(0, 1.0, share=0.5)])], [servers / 2])
    assert mean_latency(whole, REQUESTS, variation=1.0) == pytest.approx(expected, rel=WITHIN)
    assert mean_latency(shares, REQUESTS, variation=1.0) == pytest.approx(expected, rel=WITHIN)


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("batch", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_a_server_of_batches(batch: int, load: float) -> None:
    """M/M(1,b)/1: with r the root in (0, 1) of mu r^(b+1) - (lambda + mu) r + lambda = 0, the queue is geometric.

    Whoever waits when the server becomes free is served together, b at most; the chance of a busy server with n waiting
    is p r^n, that of an idle one p mu / lambda (J. Medhi, Stochastic Models in Queueing Theory, on bulk service).
    """
    rate = load * batch
    roots = np.roots([1.0, *[0.0] * (batch - 1), -(rate + 1), rate])
    root = next(float(r.real) for r in roots if abs(r.imag) < 1e-9 and 0 < r.real < 1 - 1e-9)
    chance = 1 / (1 / rate + 1 / (1 - root))
    wait = chance * root / (1 - root) ** 2 / rate
    found = mean_latency(network([(rate, [Work(0, 1.0, batch=batch)])], [1]), REQUESTS, variation=1.0)
    assert found == pytest.approx(1 + wait, rel=WITHIN)


@pytest.mark.parametrize("load", LOADS)
def test_a_tandem_line(load: float) -> None:
    """What leaves M/M/1 is Poisson again (Burke): two in a row take twice the time, and a delay comes on top."""
    line = [Work(0, 1.0, delay_s=2.5), Work(1, 1.0, after=[0])]
    found = mean_latency(network([(load, line)], [1, 1]), REQUESTS, variation=1.0)
    assert found == pytest.approx(2 / (1 - load) + 2.5, rel=WITHIN)


def simulated_by_simpy(queues: QueueNetwork, arrivals: list[tuple[float, int]]) -> dict[tuple[int, float], float]:
    """Return the latency of every request, by stream and arrival, in SimPy; all work is steady."""
    streams, tasks = queues.streams, queues.tasks
    world = simpy.Environment()
    stations = [simpy.Resource(world, capacity=int(capacity)) for capacity in queues.capacity]
    latency: dict[tuple[int, float], float] = {}

    def task(number: int, waiting_for: list[Any], finished: Any) -> Generator[Any, Any, None]:
        yield simpy.AllOf(world, waiting_for)
        with stations[tasks.station[number]].request() as turn:
            yield turn
            yield world.timeout(tasks.work_s[number])
        yield world.timeout(tasks.delay_s[number])
        finished.succeed()

    def request(stream: int, arrival: float) -> Generator[Any, Any, None]:
        yield world.timeout(arrival)
        numbers = range(streams.first_task[stream], streams.first_task[stream + 1])
        finished = {number: world.event() for number in numbers}
        for number in numbers:
            earlier = [
                finished[other]
                for other in numbers
                if number in tasks.after[tasks.first_after[other] : tasks.first_after[other + 1]]
            ]
            world.process(task(number, earlier, finished[number]))
        yield simpy.AllOf(world, list(finished.values()))
        latency[stream, arrival] = world.now - arrival

    for arrival, stream in arrivals:
        world.process(request(stream, arrival))
    world.run()
    return latency


@pytest.mark.parametrize("seed", range(8))
def test_the_same_as_simpy(seed: int) -> None:
    """On random networks of steady work every single request takes as long as in SimPy."""
    random = np.random.default_rng(seed)
    servers = random.integers(1, 3, size=4)
    streams = []
    for _ in range(3):
        works = [
            Work(
                station=int(random.integers(4)),
                work_s=float(random.uniform(0.05, 0.5)),
                after=[other for other in range(place) if random.random() < 0.6],
                delay_s=float(random.choice([0.0, 0.2])),
            )
            for place in range(int(random.integers(1, 5)))
        ]
        streams.append((float(random.uniform(0.3, 1.0)), works))
    queues = network(streams, [float(number) for number in servers])
    happened = run_network(queues, Behaviour(200.0, seed=seed))
    assert (happened.fate == IN_FLIGHT).sum() < len(happened.fate) / 2
    arrivals = sorted(zip(happened.arrival_s.tolist(), happened.stream.tolist(), strict=True))
    latency = simulated_by_simpy(queues, arrivals)
    done = happened.fate != IN_FLIGHT
    expected = [latency[key] for key in zip(happened.stream[done], happened.arrival_s[done], strict=True)]
    np.testing.assert_allclose(happened.latency_s[done], expected, rtol=0, atol=1e-9)
    for stream, arrival in zip(happened.stream[~done], happened.arrival_s[~done], strict=True):
        assert arrival + latency[stream, arrival] > 200.0 - 1e-9


def overloaded(**more: Any) -> QueueNetwork:
    """Two streams that ask for more than a station has."""
    works = [Work(0, 0.5), Work(1, 0.1, after=[0]), Work(0, 0.2, after=[0])]
    return network([(1.0, works), (2.0, [Work(0, 0.4)])], [1, 1], deadlines=[3.0, 1.0], **more)


@pytest.mark.parametrize("drop_late", [False, True])
@pytest.mark.parametrize("arrivals", ["poisson", "periodic"])
def test_every_request_once(arrivals: str, drop_late: bool) -> None:
    """Requests that arrive are in time, late, dropped or in flight; those dropped only where that is asked for."""
    happened = run_network(overloaded(), Behaviour(100.0, arrivals=arrivals, drop_late=drop_late))
    counts = np.bincount(happened.fate, minlength=4)
    keys = set(zip(happened.stream.tolist(), happened.arrival_s.tolist(), strict=True))
    assert counts.sum() == len(keys) == len(happened.stream)
    assert (counts[DROPPED] > 0) == drop_late
    assert counts[IN_FLIGHT] > 0
    if arrivals == "periodic":
        assert np.bincount(happened.stream).tolist() == [100, 200]
    deadline = np.array([3.0, 1.0])[happened.stream]
    assert np.all(happened.latency_s[happened.fate == IN_TIME] <= deadline[happened.fate == IN_TIME] + 1e-9)
    assert np.all(happened.latency_s[happened.fate == LATE] > deadline[happened.fate == LATE])
    assert 90.0 < happened.busy_s[0] <= 100.0


def test_nobody_who_is_late_already_joins_a_batch() -> None:
    """Whose deadline has passed when a batch begins is dropped, and the batch takes the next in its place."""
    streams = [(2.5, [Work(0, 1.0, batch=2)]), (1.2, [Work(0, 1.0, batch=2)])]
    queues = network(streams, [1], deadlines=[np.inf, 0.5])
    together = replace(queues, tasks=replace(queues.tasks, kind=np.zeros(2, dtype=np.int64)))
    happened = run_network(together, Behaviour(200.0, drop_late=True))
    assert np.bincount(happened.fate, minlength=4)[DROPPED] > 10
    served = (happened.stream == 1) & (happened.fate <= LATE)
    assert served.any()
    assert np.all(happened.latency_s[served] <= 0.5 + 1.0 + 1e-9)
    # The others fill the batches: two are done each second.
    assert (happened.fate <= LATE).sum() > 0.95 * 2 * 200


def test_a_seed_repeats_a_run() -> None:
    """The same seed gives the same requests, another one others."""
    first, again, other = (run_network(overloaded(), Behaviour(50.0, variation=0.5, seed=seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.latency_s, again.latency_s)
    assert len(first.latency_s) != len(other.latency_s) or np.any(first.latency_s != other.latency_s)


def test_the_clock_tells_how_far_it_is() -> None:
    """Another thread can look on while the loop runs; in the end it has come to the horizon."""
    clock, seen = np.zeros(1), set[float]()
    queues = network([(1.0, [Work(0, 0.5)])], [1])
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_network, queues, Behaviour(500_000.0), clock)
        while not running.done():
            seen.add(float(clock[0]))
    assert 499_000.0 < clock[0] <= 500_000.0
    assert len(seen - {0.0, float(clock[0])}) > 0


def test_copies_have_stations_of_their_own() -> None:
    """Three copies with a device each are three M/D/1, not one M/D/3."""
    one = network([(0.6, [Work(-1, 1.0)])], [1], own_width=[1])
    three = network([(1.8, [Work(-1, 1.0)])], [1, 1, 1], copies=[3], own_width=[1])
    expected = 1 + 0.6 / (2 * 0.4)
    assert mean_latency(one, REQUESTS, 0.0) == pytest.approx(expected, rel=WITHIN)
    assert mean_latency(three, REQUESTS, 0.0) == pytest.approx(expected, rel=WITHIN)


def test_a_request_may_be_done_before_its_station_is_free() -> None:
    """Frames of a second of stream occupy a unit for long; the answer to one comes early, and counts once."""
    queues = network([(0.5, [Work(0, 1.0, delay_s=-0.9)])], [1])
    happened = run_network(queues, Behaviour(1000.0, arrivals="periodic"))
    assert happened.latency_s[happened.fate != IN_FLIGHT] == pytest.approx(0.1)
    assert happened.busy_s[0] == pytest.approx(500.0, abs=1.0)


def test_what_happens_to_stations() -> None:
    """A station that loses a unit, and one that slows down, do so when it is told, and recover."""
    changes = Changes(
        time_s=np.array([100.0, 100.0, 200.0, 200.0]),
        station=np.array([0, 1, 0, 1]),
        capacity=np.array([0.0, 1.0, 1.0, 1.0]),
        slowness=np.array([1.0, 10.0, 1.0, 1.0]),
    )
    streams = [(1.0, [Work(0, 0.1)]), (1.0, [Work(1, 0.05)])]
    queues = network(streams, [1, 1], changes=changes)
    happened = run_network(queues, Behaviour(400.0, arrivals="periodic"))
    done = happened.arrival_s + happened.latency_s
    stopped = (happened.stream == 0) & (happened.arrival_s > 100) & (happened.arrival_s < 200)
    assert stopped.sum() == 100
    assert np.all(done[stopped] >= 200.0)
    slow = (happened.stream == 1) & (happened.arrival_s > 100) & (happened.arrival_s < 199)
    assert happened.latency_s[slow] == pytest.approx(0.5)
    fast = (happened.stream == 1) & (happened.arrival_s > 201) & (happened.fate != IN_FLIGHT)
    assert happened.latency_s[fast] == pytest.approx(0.05)
