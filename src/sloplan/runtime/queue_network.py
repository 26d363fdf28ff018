"""A network of queues, whatever it stands for: what the event loop runs, and what textbooks have formulas for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Streams:
    """Requests that come in; every stream has tasks of its own, those at ``first_task[s] : first_task[s + 1]``.

    Parameters
    ----------
    rate_rps : (streams,) float64
        Requests per second of all copies together.
    copies : (streams,) int64
        Identical copies; each request is one copy's.
    deadline_s : (streams,) float64
        From a request's arrival; infinite without one.
    first_task : (streams + 1,) int64
    first_own : (streams,) int64
        The station that is the first copy's first own one; copies follow one another.
    own_width : (streams,) int64
        Own stations of each copy.
    """

    rate_rps: Float
    copies: Int
    deadline_s: Float
    first_task: Int
    first_own: Int
    own_width: Int


@dataclass(frozen=True)
class Tasks:
    """What a request has done to it: a task begins once all tasks before it are done and its station has room.

    Parameters
    ----------
    station : (tasks,) int64
        A station, or -1 - k for the k-th own station of the request's copy.
    work_s : (tasks,) float64
        Mean seconds for which it occupies its share of the station, alone or as a batch.
    share : (tasks,) float64
        Of the station's capacity.
    delay_s : (tasks,) float64
        Seconds after its work, with nothing occupied, until it is done.
    is_steady : (tasks,) bool
        Its work takes the mean every time, like sending bytes.
    batch : (tasks,) int64
        Requests that may be worked on together, at least 1.
    kind : (tasks,) int64
        Only tasks of one kind are worked on together.
    before : (tasks,) int64
        How many tasks come right before it.
    first_after : (tasks + 1,) int64
    after : (pairs,) int64
        Tasks that come right after task t, in its stream: ``after[first_after[t] : first_after[t + 1]]``.
    """

    station: Int
    work_s: Float
    share: Float
    delay_s: Float
    is_steady: npt.NDArray[np.bool_]
    batch: Int
    kind: Int
    before: Int
    first_after: Int
    after: Int


@dataclass(frozen=True)
class Changes:
    """What happens to stations meanwhile.

    Parameters
    ----------
    time_s : (changes,) float64
        Ascending.
    station : (changes,) int64
    capacity : (changes,) float64
        From then on; tasks at work are done to their end.
    slowness : (changes,) float64
        Factor on the work of tasks that begin from then on.
    """

    time_s: Float
    station: Int
    capacity: Float
    slowness: Float

    @classmethod
    def none(cls) -> Changes:
        """Return that nothing happens."""
        no = np.zeros(0)
        return cls(no, no.astype(np.int64), no, no)


@dataclass(frozen=True)
class QueueNetwork:
    """Streams of requests, their tasks, and the stations that work on them, first come first served.

    Parameters
    ----------
    streams : Streams
    tasks : Tasks
    capacity : (stations,) float64
        What tasks' shares may add up to.
    changes : Changes
    """

    streams: Streams
    tasks: Tasks
    capacity: Float
    changes: Changes
