"""What a supervised process tells the one that watches it, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Clock = AbstractContextManager[None]
"""What is measured, and limited in time, runs within it."""

Task = Callable[[Any, Clock], Any]
"""Takes an argument and the clock; returns the answer. A function of a module, so that it can be sent by name."""


@dataclass(frozen=True)
class Limits:
    """What a supervised process may use.

    Parameters
    ----------
    time_s : float
        Seconds on the clock that the task itself is to keep.
    grace_s : float
        So much later it is interrupted, as by Ctrl-C; and so much later again it is killed.
    memory_bytes : int
        Of the process with all that it starts.
    cores : tuple of int
        Cores that it may use, by number.
    """

    time_s: float
    grace_s: float
    memory_bytes: int
    cores: tuple[int, ...]


class Began(NamedTuple):
    """The clock runs.

    Parameters
    ----------
    at : float
        Seconds of `time.monotonic`, which all processes share.
    """

    at: float


class Compiling(NamedTuple):
    """Kernel compilation begins or ends: the clock stands in between."""

    at: float
    begins: bool


class Stopped(NamedTuple):
    """The clock has stopped."""

    at: float


class Returned(NamedTuple):
    """The task is done."""

    answer: Any


class Failed(NamedTuple):
    """The task ended in another way."""

    how: Literal["raised", "exited", "memory", "interrupted"]
    message: str


Message = Began | Compiling | Stopped | Returned | Failed
