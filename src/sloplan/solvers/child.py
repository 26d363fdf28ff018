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

from sloplan.models.copies import solution_of_copies
from sloplan.problem.checker import check
from sloplan.problem.instance import Instance
from sloplan.solvers.compact_job import run_compact_job
from sloplan.solvers.job import Answer, ChildJob
from sloplan.solvers.messages import Bounded, EngineStarts, Finished, Found, Logged, Message, Ready, write_message

logger = logging.getLogger("sloplan.solvers.child")  # its __name__ is "__main__"


class PipeListener:
    """Checks answers here, so that wrong ones can be cut off here, and sends what holds to the parent."""

    def __init__(self, instance: Instance, stream: IO[bytes]) -> None:
        self._instance = instance
        self._stream = stream
        self._bound: int | None = None

    def send(self, message: Message) -> None:
        """Send one message."""
        write_message(self._stream, message)

    def offer(self, answer: Answer) -> bool:
        """Send an answer if it is valid."""
        solution = solution_of_copies(self._instance.compiled, answer.query, answer.choices)
        violations = check(self._instance, solution)
        if violations:
            logger.info("the checker refused: %s", violations[0])
            return False
        self.send(Found(answer))
        return True

    def report_bound(self, bound: int) -> None:
        """Send a bound if it is the best so far."""
        if self._bound is None or bound < self._bound:
            self._bound = bound
            self.send(Bounded(bound))

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
    listener = PipeListener(job.instance, stream)
    _forward_log(listener, job.log_level)
    listener.send(Ready(time.monotonic() - job.asked_at))
    try:
        run_compact_job(job.instance.compiled, job.settings, listener)
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
