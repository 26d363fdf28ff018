"""The watching ends of a supervised process's pipes, read in threads: nothing written can hold the watcher up."""

from __future__ import annotations

import os
import pickle
import queue
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

MESSAGE_BYTES: Final = 1_000_000_000
"""Longest message that is read: an answer is far shorter, and a length that is garbage far longer."""

PRINTED_BYTES: Final = 64_000
"""Of what a process printed last, so much is kept."""

_POLL_S: Final = 0.02


@dataclass(frozen=True)
class Heard:
    """A message.

    Parameters
    ----------
    message : Any
        Unpickled, whatever it is.
    earliest, latest : float
        Seconds of `time.monotonic` between which it arrived.
    """

    message: Any
    earliest: float
    latest: float


@dataclass(frozen=True)
class Closed:
    """No message can come any more.

    Parameters
    ----------
    why : str, optional
        What was sent that cannot be read; None if the pipe was closed.
    """

    why: str | None = None


class Messages:
    """Receives messages.

    Parameters
    ----------
    stream : Connection
    """

    def __init__(self, stream: Connection) -> None:
        self._stream = stream
        self._heard: queue.SimpleQueue[Heard | Closed] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self, timeout_s: float) -> Heard | Closed | None:
        """Return the next message; None if none comes within so many seconds."""
        try:
            return self._heard.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def _read(self) -> None:
        with self._stream:
            while isinstance(heard := self._receive(), Heard):
                self._heard.put(heard)
            self._heard.put(heard)

    def _receive(self) -> Heard | Closed:
        try:
            earliest = time.monotonic()
            while not self._stream.poll(_POLL_S):
                earliest = time.monotonic()
            content = self._stream.recv_bytes(MESSAGE_BYTES)
        except (EOFError, OSError):
            return Closed()
        latest = time.monotonic()
        try:
            return Heard(pickle.loads(content), earliest, latest)
        except Exception as error:  # noqa: BLE001 - what cannot be unpickled can raise anything
            return Closed(f"sent what cannot be read: {type(error).__name__}: {error}")


class Printed:
    """Reads what a process prints, so that it never waits for a reader, and keeps the end.

    Parameters
    ----------
    stream : Connection
    """

    def __init__(self, stream: Connection) -> None:
        self._stream = stream
        self._kept = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 65_536):
                self._kept += chunk
                del self._kept[: max(0, len(self._kept) - PRINTED_BYTES)]

    def text(self) -> str:
        """Return the end of what was printed."""
        self._reader.join(timeout=1.0)  # all writers are dead, or nobody's concern any more
        return bytes(self._kept).decode(errors="replace")
