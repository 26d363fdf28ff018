"""The supervised side: limits itself, runs a task, tells how it ends. What the task does to this process is its own.

The watching side (`supervision`) trusts nothing from here but the order of messages, and ends this process if it must.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from numba.core import event

from sloplan.study.task_messages import Began, Clock, Compiling, Failed, Limits, Message, Returned, Stopped, Task

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER

_END_COMES_S = 10.0
"""Seconds until a process that has said its last ends by itself, if nobody ends it."""


def run_supervised(messages: Connection, printed: Connection, limits: Limits, task: Task, argument: Any) -> None:
    """Run `task` within `limits`; what it prints goes to `printed`, what there is to know to `messages`.

    Parameters
    ----------
    messages, printed : Connection
        Ends to write to.
    limits : Limits
    task : callable
    argument : Any
    """
    os.setsid()  # Ctrl-C in the terminal is for the study, which ends this process
    _die_with_parent()
    _keep_descendants()
    for stream in (1, 2):
        os.dup2(printed.fileno(), stream)
    printed.close()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, limits.cores)
    _limit_memory(limits.memory_bytes)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    teller = _Teller(messages)
    last = _last_words(task, argument, _Clock(teller))
    for printer in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # the task may have closed or replaced them
            printer.flush()
    teller.tell(last)
    # What the task started is found as long as this process is there: the watching side ends all of them together.
    time.sleep(_END_COMES_S)
    os._exit(0)


def _last_words(task: Task, argument: Any, clock: Clock) -> Returned | Failed:
    try:
        return Returned(task(argument, clock))
    except KeyboardInterrupt:
        return Failed("interrupted", "interrupted")
    except MemoryError:
        return Failed("memory", "out of memory")
    except SystemExit as error:
        return Failed("exited", f"exited with code {error.code}")
    except BaseException as error:  # noqa: BLE001 - the boundary of the process: the study's row says what happened
        return Failed("raised", f"{type(error).__name__}: {error}")


class _Teller:
    """Sends messages, from any thread."""

    def __init__(self, messages: Connection) -> None:
        self._messages = messages
        self._one_at_a_time = threading.Lock()

    def tell(self, message: Message) -> None:
        with self._one_at_a_time:
            self._messages.send(message)


class _Clock:
    """Says when it starts and stops, and when numba compiles or loads kernels in between."""

    def __init__(self, teller: _Teller) -> None:
        self._teller = teller
        self._compilation = _Compilation(teller)

    def __enter__(self) -> None:
        event.register("numba:compiler_lock", self._compilation)
        self._teller.tell(Began(time.monotonic()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._teller.tell(Stopped(time.monotonic()))
        event.unregister("numba:compiler_lock", self._compilation)


class _Compilation(event.Listener):
    """Tells when numba's compiler lock is held: while it compiles, or loads what was compiled.

    The lock can be held several times over; what counts is the outermost.
    """

    def __init__(self, teller: _Teller) -> None:
        self._teller = teller
        self._held = 0

    def on_start(self, event: Any) -> None:  # noqa: ARG002 - numba's signature
        self._held += 1
        if self._held == 1:
            self._teller.tell(Compiling(time.monotonic(), begins=True))

    def on_end(self, event: Any) -> None:  # noqa: ARG002 - numba's signature
        self._held -= 1
        if self._held == 0:
            self._teller.tell(Compiling(time.monotonic(), begins=False))


def _die_with_parent() -> None:
    """Have the system kill this process when the one that forked it is gone: nobody else would watch it.

    Linux only; elsewhere a study that is killed leaves its runs to end by themselves.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() == 1:  # it was gone before
        os._exit(1)


def _keep_descendants() -> None:
    """Have orphans among what this process starts become its children, where the watching side finds them (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1)


def _limit_memory(limit: int) -> None:
    """Refuse this process more than `limit` bytes, or than its own hard limit where that is less."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = limit if most == resource.RLIM_INFINITY else min(limit, most)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
