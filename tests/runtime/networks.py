"""Small networks of queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sloplan.runtime.network_run import Behaviour, run_network
from sloplan.runtime.queue_network import Changes, QueueNetwork, Streams, Tasks


@dataclass(frozen=True)
class Work:
    """A task: station, mean seconds, and what else it may have; `after` are earlier tasks of the stream."""

    station: int
    work_s: float
    after: Sequence[int] = ()
    share: float = 1.0
    delay_s: float = 0.0
    batch: int = 1
    is_steady: bool = False


def network(
    streams: Sequence[tuple[float, Sequence[Work]]],
    capacity: Sequence[float],
    *,
    deadlines: Sequence[float] | None = None,
    copies: Sequence[int] | None = None,
    own_width: Sequence[int] | None = None,
    changes: Changes | None = None,
) -> QueueNetwork:
    """Put a network together; own stations stand after the shared ones, stream by stream."""
    number = len(streams)
    tasks = [task for _, works in streams for task in works]
    first_task = np.concatenate([[0], np.cumsum([len(works) for _, works in streams])]).astype(np.int64)
    pairs = [
        (int(first_task[s]) + earlier, int(first_task[s]) + place)
        for s, (_, works) in enumerate(streams)
        for place, task in enumerate(works)
        for earlier in task.after
    ]
    pairs.sort()
    copies_of = np.array(copies or [1] * number, dtype=np.int64)
    width = np.array(own_width or [0] * number, dtype=np.int64)
    before_own = np.cumsum(copies_of * width) - copies_of * width
    return QueueNetwork(
        Streams(
            rate_rps=np.array([rate for rate, _ in streams]),
            copies=copies_of,
            deadline_s=np.array(deadlines or [np.inf] * number),
            first_task=first_task,
            first_own=len(capacity) - int((copies_of * width).sum()) + before_own,
            own_width=width,
        ),
        Tasks(
            station=np.array([task.station for task in tasks], dtype=np.int64),
            work_s=np.array([task.work_s for task in tasks]),
            share=np.array([task.share for task in tasks]),
            delay_s=np.array([task.delay_s for task in tasks]),
            is_steady=np.array([task.is_steady for task in tasks]),
            batch=np.array([task.batch for task in tasks], dtype=np.int64),
            kind=np.arange(len(tasks)),
            before=np.array([len(task.after) for task in tasks], dtype=np.int64),
            first_after=np.searchsorted([pair[0] for pair in pairs], np.arange(len(tasks) + 1)).astype(np.int64),
            after=np.array([pair[1] for pair in pairs], dtype=np.int64),
        ),
        np.array(capacity, dtype=np.float64),
        changes or Changes.none(),
    )


def mean_latency(queues: QueueNetwork, requests: float, variation: float, seed: int = 0) -> float:
    """Return the mean latency over about so many requests, the first tenth left out."""
    horizon = requests / float(queues.streams.rate_rps.sum())
    happened = run_network(queues, Behaviour(horizon, horizon / 10, variation=variation, seed=seed))
    return float(happened.latency_s[happened.fate < 2].mean())
