"""What an engine's process tells its parent: one pickled message after its length."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import IO

from sloplan.problem.errors import SloplanError
from sloplan.solvers.job import AnySolution

_LENGTH = struct.Struct("<8sQ")
_MARK = b"sloplan\x01"
LARGEST_MESSAGE = 2**32
"""Bytes; a longer one is taken for garbage."""


class GarbageError(ValueError):
    """What came through the pipe is no message."""


@dataclass(frozen=True)
class Ready:
    """The process has started; `seconds` since its parent asked for it."""

    seconds: float


@dataclass(frozen=True)
class EngineStarts:
    """The model is built; the engine is at work from now on."""


@dataclass(frozen=True)
class Found:
    """A solution that the checker accepted in the process."""

    solution: AnySolution


@dataclass(frozen=True)
class Bounded:
    """A bound in base units of the objective."""

    bound: int


@dataclass(frozen=True)
class NoSolution:
    """The engine says that there is none."""


@dataclass(frozen=True)
class Logged:
    """A log record for the parent's logger of the same name."""

    logger: str
    level: int
    text: str


@dataclass(frozen=True)
class Finished:
    """The job is done; `error` says in one line what went wrong, if anything.

    A `refusal` is the caller's own error, to be raised there as if the job had been done there.
    """

    error: str | None = None
    out_of_memory: bool = False
    refusal: SloplanError | None = None


Message = Ready | EngineStarts | Found | Bounded | NoSolution | Logged | Finished


def write_message(stream: IO[bytes], message: Message) -> None:
    """Write one message at once."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(_MARK, len(content)) + content)
    stream.flush()


def read_message(stream: IO[bytes]) -> Message | None:
    """Read one message; None at the end of the stream.

    Raises
    ------
    GarbageError
        If something else comes. Nothing is unpickled that does not start like a message.
    """
    head = stream.read(_LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise GarbageError("a message is cut short")
    mark, length = _LENGTH.unpack(head)
    if mark != _MARK or length > LARGEST_MESSAGE:
        raise GarbageError("the engine's process wrote something that is no message")
    content = stream.read(length)
    if len(content) < length:
        raise GarbageError("a message is cut short")
    try:
        message = pickle.loads(content)
    except Exception as error:
        raise GarbageError(f"a message cannot be read ({type(error).__name__})") from error
    if not isinstance(message, Message):
        raise GarbageError("the engine's process sent something that is no message")
    return message
