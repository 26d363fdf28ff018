"""An engine in a process of its own: whatever happens there, the caller's process goes on.

`multiprocessing` is not used: its spawned children import the caller's main script again, and
users' scripts need not guard against that.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from sloplan.solvers.messages import GarbageError, Message, read_message

TAIL_OF_STDERR = 400
"""Characters of what a dead process wrote last that are worth repeating."""


def child_command() -> list[str]:
    """Return the command that starts the engine's process."""
    # -P: without it the current folder would come first on the path, whatever it holds.
    return [sys.executable, "-P", "-m", "sloplan.solvers.child"]


class ProcessDiedError(RuntimeError):
    """The engine's process ended, or wrote garbage, before it had finished."""


class EngineProcess:
    """One process that gets a job and sends messages.

    Starting may be interrupted, so it is a step of its own: `start` belongs in the same ``try`` as
    all that follows, with `end` in its ``finally``.

    Parameters
    ----------
    job : bytes
        Pickled job, written to its stdin; stdin stays open as long as this process lives.
    command : sequence of str
    """

    def __init__(self, job: bytes, command: Sequence[str]) -> None:
        self._job = job
        self._command = command
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: queue.SimpleQueue[Message | GarbageError | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the process and hand it its job."""
        # Interrupted before the assignment, the process finds its stdin closed, and ends.
        process = self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,  # Ctrl-C in the terminal is for the caller, who ends this one
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)},
        )
        for work in (self._write, self._read):
            thread = threading.Thread(target=work, args=(process,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def message(self, timeout: float) -> Message | None:
        """Return the next message, or None if none came in `timeout` seconds.

        Raises
        ------
        ProcessDiedError
            If there will be none any more.
        """
        try:
            message = self._messages.get(timeout=timeout)
        except queue.Empty:
            return None
        if message is None:
            raise ProcessDiedError(self._cause_of_death())
        if isinstance(message, GarbageError):
            raise ProcessDiedError(str(message)) from message
        return message

    def memory_gb(self) -> float:
        """Return the memory that the process holds, 10^9 bytes; 0 once it has ended."""
        assert self._process is not None  # started
        try:
            return float(psutil.Process(self._process.pid).memory_info().rss) / 1e9
        except psutil.NoSuchProcess:
            return 0.0

    def end(self) -> None:
        """End the process, whatever it is doing, and whether or not it was started."""
        process = self._process
        if process is not None:
            process.kill()
            process.wait()
            for thread in self._threads:
                thread.join()  # both pipes are dead
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                with suppress(OSError):  # what could not be written any more
                    stream.close()
        self._stderr.close()

    def _write(self, process: subprocess.Popen[bytes]) -> None:
        stream = process.stdin
        assert stream is not None
        with suppress(OSError):  # it has died; the reader says how
            stream.write(self._job)
            stream.flush()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        stream = process.stdout
        assert stream is not None
        try:
            while (message := read_message(stream)) is not None:
                self._messages.put(message)
        except GarbageError as error:
            self._messages.put(error)
        self._messages.put(None)

    def _cause_of_death(self) -> str:
        assert self._process is not None  # it has sent something
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return "the engine's process closed its pipe without a result"
        self._stderr.seek(0)
        last = self._stderr.read().decode(errors="replace").strip()[-TAIL_OF_STDERR:]
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"the engine's process {how}" + (f": {last}" if last else "")
