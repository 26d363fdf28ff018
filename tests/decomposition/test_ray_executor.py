"""Ray's workers answer like threads, on two nodes of which one is lost on the way too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import ray
from ray.cluster_utils import Cluster

from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor
from sloplan.decomposition.lagrangian import Prices, Response
from sloplan.decomposition.ray_executor import RayExecutor, WorkerLostError
from sloplan.instances.families.spec import generate_spec
from sloplan.problem.errors import InputError

STORE = 80_000_000  # bytes; the least that Ray allows is a little less


def problem_of(list_limit: int) -> CoupledProblem:
    """A small city, with some templates searched if the limit is low."""
    problem = coupled_instance(generate_spec("city:queries=40,seed=1").compiled, "goodput", list_limit=list_limit)
    assert problem is not None
    return problem


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Ray, with a head that has no processors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": STORE})
        ray.init(address=nodes.address, log_to_driver=False, logging_level="warning")
        yield nodes
        ray.shutdown()
        nodes.shutdown()


def add_nodes(cluster: Cluster, number: int) -> list[Any]:
    """Add nodes of one processor each."""
    added = [cluster.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(number)]
    cluster.wait_for_nodes()
    return added


def steps_with_threads(problem: CoupledProblem) -> list[Response]:
    """Responses of cutting planes by two threads."""
    with ThreadExecutor(problem, 2) as respond:
        return [step.response for step in cutting_planes(problem, respond)]


def until_lost(workers: list[Any]) -> None:
    """Wait until Ray knows that one of some workers is lost: for a moment it may still answer."""
    for _ in range(600):
        for worker in workers:
            try:
                ray.get(worker.__ray_ready__.remote())
            except ray.exceptions.RayActorError:
                return
        time.sleep(0.1)
    pytest.fail("no worker was lost")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("list_limit", [pytest.param(500, marks=pytest.mark.slow), 100_000])
def test_a_lost_node_changes_nothing(cluster: Cluster, list_limit: int) -> None:
    """Of two nodes one is lost, later a worker: listed plans give the very steps of threads, searched ones the bound.

    A search that begins again may settle ties between plans in another way, so its steps may be others.
    """
    first, second = add_nodes(cluster, 2)
    expected = steps_with_threads(problem_of(list_limit))
    problem = problem_of(list_limit)
    assert bool(problem.searched) == (list_limit == 500)
    with RayExecutor(problem, workers=2) as respond:

        def losing(prices: Prices) -> Response:
            losing.calls += 1
            if losing.calls == 4:
                cluster.remove_node(first, allow_graceful=False)
                until_lost(respond._workers)
            if losing.calls == 6:
                ray.kill(respond._workers[1])
                until_lost(respond._workers[1:])
            return respond(prices)

        losing.calls = 0
        found = [step.response for step in cutting_planes(problem, losing)]
        assert respond.lost >= 2
        with pytest.raises(InputError, match="fewer processors"):
            RayExecutor(problem, workers=9)
    cluster.remove_node(second)
    if problem.searched:
        least = min(response.bound for response in expected)
        assert min(response.bound for response in found) == pytest.approx(least, rel=3e-7)
        return
    assert len(found) == len(expected)
    for mine, its in zip(found, expected, strict=True):
        assert np.array_equal(mine.prices.row, its.prices.row)
        assert mine.bound == its.bound
        assert np.array_equal(mine.plan, its.plan)


@pytest.mark.timeout(400)
def test_a_shard_that_no_worker_survives_is_reported(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every worker is lost again, the run ends with a message instead of going on for ever."""
    (node,) = add_nodes(cluster, 1)
    problem = problem_of(100_000)
    with RayExecutor(problem, workers=1) as respond:
        started = respond._worker

        def doomed(shard: Any, claimed: int) -> Any:
            worker = started(shard, claimed)
            ray.kill(worker)
            return worker

        monkeypatch.setattr(respond, "_worker", doomed)
        ray.kill(respond._workers[0])
        with pytest.raises(WorkerLostError, match="shard 0 of 1"):
            respond(Prices(np.zeros(len(problem.rows))))
        assert respond.lost == 3
    cluster.remove_node(node)


def test_without_ray_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """No ImportError from somewhere inside."""
    monkeypatch.setattr("sloplan.decomposition.ray_executor.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"sloplan\[ray\]"):
        RayExecutor(problem_of(100_000), workers=1)
