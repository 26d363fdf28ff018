"""Responses worked out by Ray's workers: each keeps its shard, is sent nothing but prices, and may be lost."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from typing import Any, Final

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.executors import Answer, Shard, ThreadExecutor, put_together, shards_of
from sloplan.decomposition.lagrangian import Prices, Response
from sloplan.problem.errors import InputError, SloplanError

_TRIES: Final = 3  # a shard that takes down so many workers in a row would take down any


class WorkerLostError(SloplanError):
    """Workers were lost again and again while they worked on the same shard."""


class _Worker:
    """Keeps a shard and answers for it."""

    def __init__(self, shard: bytes, threads: int) -> None:
        self._problem: CoupledProblem = pickle.loads(shard)
        self._respond = ThreadExecutor(self._problem, threads)

    def answer(self, prices: Prices) -> Answer:
        known = {template: one.known for template, one in self._problem.searched.items()}
        response = self._respond(prices)
        found = {template: one.found_since(known[template]) for template, one in self._problem.searched.items()}
        return Answer(response.plan, response.worth, response.most, response.plan_price, found)


class RayExecutor:
    """Works out responses by workers of a Ray cluster; a `Respond`.

    A worker that is lost, with its node or alone, is replaced: its shard is sent again, with the plans found so far,
    and asked again. Answers are those of `ThreadExecutor`.

    Parameters
    ----------
    problem : CoupledProblem
    workers : int
        At least 1; each keeps one shard.
    cpus_per_worker : int
        Processors that each claims, and threads that it uses.
    address : str, optional
        Of the cluster ("auto": the one that this machine is part of). Without one, and where the environment variable
        RAY_ADDRESS names none, Ray is started on this machine. A Ray that is connected already is used as it is.

    Raises
    ------
    InputError
        If Ray is not installed, or has fewer processors than the workers claim.
    """

    def __init__(
        self, problem: CoupledProblem, workers: int, cpus_per_worker: int = 1, address: str | None = None
    ) -> None:
        if find_spec("ray") is None:
            raise InputError(
                "Ray is not installed (package ray)",
                field="executor",
                value="ray",
                advice="pip install 'sloplan[ray]', or use threads",
            )
        import ray

        self._ray: Any = ray
        self._started = not ray.is_initialized()
        if self._started:
            ray.init(address=address, log_to_driver=False, logging_level="warning")
        self._refuse_too_many(workers * cpus_per_worker)
        self._problem, self._cpus = problem, cpus_per_worker
        self._shards = shards_of(problem, workers)
        self._workers = [self._worker(shard, cpus_per_worker) for shard in self._shards]
        self.lost = 0

    def _refuse_too_many(self, wanted: int) -> None:
        """See that workers will not wait for processors that never come."""
        there = self._ray.cluster_resources().get("CPU", 0)
        if wanted > there:
            raise InputError(
                "Ray has fewer processors than its workers claim",
                field="workers",
                value=wanted,
                allowed=f"workers x cpus_per_worker up to {there:g}",
                advice="ask for fewer workers, or give address= of a larger cluster",
            )

    def _worker(self, shard: Shard, claimed: int) -> Any:
        """Start a worker with a copy of a shard; arrays that Ray hands over itself could not be written to."""
        remote = self._ray.remote(num_cpus=claimed)(_Worker)
        return remote.remote(pickle.dumps(shard.problem), self._cpus)

    def __call__(self, prices: Prices) -> Response:
        """Return the best plan of every group at some prices."""
        waiting = [worker.answer.remote(prices) for worker in self._workers]
        answers = [self._answer(number, one, prices) for number, one in enumerate(waiting)]
        for shard, answer in zip(self._shards, answers, strict=True):
            for template, choices in answer.found.items():
                own = shard.problem
                own.searched[template].add(own.plans, int(own.plans.start[template]), choices)
        return put_together(self._problem, prices, self._shards, answers)

    def _answer(self, number: int, waiting: Any, prices: Prices) -> Answer:
        """Wait for the answer of a worker, and replace the worker if it is lost."""
        for _ in range(_TRIES):
            try:
                answer: Answer = self._ray.get(waiting)
            except (self._ray.exceptions.RayActorError, self._ray.exceptions.ObjectLostError) as error:
                self.lost += 1
                lost = error
            else:
                return answer
            # The one in its place claims no processor: there may be none left.
            self._workers[number] = self._worker(self._shards[number], 0)
            waiting = self._workers[number].answer.remote(prices)
        raise WorkerLostError(
            f"{_TRIES} workers were lost with shard {number} of {len(self._shards)}; next: see Ray's logs, give "
            "workers more memory, or divide the problem among more of them"
        ) from lost

    def __enter__(self) -> RayExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, and Ray if it was started here."""
        for worker in self._workers:
            self._ray.kill(worker)
        if self._started:
            self._ray.shutdown()
