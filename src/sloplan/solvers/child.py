"""The engine's process: reads a job from stdin, tells what it finds, and ends with its parent.

Run as ``python -m sloplan.solvers.child``. Messages go through the stdout it was started with,
which is then pointed to nowhere, so that nothing that an engine prints gets among them.
"""

from __future__ import annotations

import logging
import os
import pickle
import sys
import threading
import time
from typing import IO

from sloplan.problem.errors import SloplanError
from sloplan.problem.judging import judge_objective
from sloplan.solvers.job import AnySolution, ChildJob
from sloplan.solvers.messages import (
    Bounded,
    EngineStarts,
    Finished,
    Found,
    Logged,
    Message,
    NoSolution,
    Ready,
    write_message,
)

logger = logging.getLogger("sloplan.solvers.child")  # its __name__ is "__main__"


class PipeListener:
    """Checks solutions here, so that wrong ones can be cut off here, and sends what holds to the parent."""

    def __init__(self, job: ChildJob, stream: IO[bytes]) -> None:
        self._job = job
        self._stream = stream
        self._bound: int | None = None

    def send(self, message: Message) -> None:
        """Send one message."""
        write_message(self._stream, message)

    def offer(self, solution: AnySolution) -> bool:
        """Send a solution if it is valid."""
        settings = self._job.settings
        judged = judge_objective(self._job.problem, solution, settings.objective, settings.goodput_floor)
        if judged.violations:
            logger.info("the checker refused: %s", judged.violations[0])
            return False
        self.send(Found(solution))
        return True

    def report_bound(self, bound: int) -> None:
        """Send a bound if it is another than the last."""
        if bound != self._bound:
            self._bound = bound
            self.send(Bounded(bound))

    def report_infeasible(self) -> None:
        """Say that there is no solution."""
        self.send(NoSolution())

    def engine_starts(self) -> None:
        """Say that the model is built."""
        self.send(EngineStarts())

    def should_stop(self) -> bool:
        """Go on: the parent ends this process when it has enough."""
        return False


class _ForwardLog(logging.Handler):
    """Sends log records to the parent, who knows what its user wants to read."""

    def __init__(self, listener: PipeListener) -> None:
        super().__init__()
        self._listener = listener

    def emit(self, record: logging.LogRecord) -> None:
        self._listener.send(Logged(record.name, record.levelno, record.getMessage()))


def _forward_log(listener: PipeListener, level: int) -> None:
    top = logging.getLogger("sloplan")
    top.setLevel(level)
    top.addHandler(_ForwardLog(listener))
    top.propagate = False


def main() -> None:
    """Do the job that stands on stdin."""
    stream = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    job: ChildJob = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    listener = PipeListener(job, stream)
    _forward_log(listener, job.log_level)
    listener.send(Ready(time.monotonic() - job.asked_at))
    try:
        job.function(job.problem, job.settings, listener)
    except SloplanError as error:
        listener.send(Finished(refusal=error))
    except Exception as error:  # noqa: BLE001 - the boundary of the process: the parent reports it
        listener.send(Finished(f"{type(error).__name__}: {error}", out_of_memory=isinstance(error, MemoryError)))
    else:
        listener.send(Finished())


def _end_with_parent() -> None:
    """End this process once its stdin closes: its parent has died, and nobody else would end it."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
