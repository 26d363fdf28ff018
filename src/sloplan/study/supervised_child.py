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
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from numba.core import event

from sloplan.study.task_messages import Began, Compiling, Failed, Limits, Message, Returned, Stopped, Task

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl


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
    for stream in (1, 2):
        os.dup2(printed.fileno(), stream)
    printed.close()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, limits.cores)
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    teller = _Teller(messages)
    try:
        answer = task(argument, _Clock(teller))
    except KeyboardInterrupt:
        teller.tell(Failed("interrupted", "interrupted"))
    except MemoryError:
        teller.tell(Failed("memory", "out of memory"))
    except SystemExit as error:
        teller.tell(Failed("exited", f"exited with code {error.code}"))
    except BaseException as error:  # noqa: BLE001 - the boundary of the process: the study's row says what happened
        teller.tell(Failed("raised", f"{type(error).__name__}: {error}"))
    else:
        teller.tell(Returned(answer))
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that the task left behind, or handlers that it registered, do not keep this process.
    os._exit(0)


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
        self._teller.tell(Began())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._teller.tell(Stopped())
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
            self._teller.tell(Compiling(begins=True))

    def on_end(self, event: Any) -> None:  # noqa: ARG002 - numba's signature
        self._held -= 1
        if self._held == 0:
            self._teller.tell(Compiling(begins=False))


def _die_with_parent() -> None:
    """Have the system kill this process when the one that forked it is gone: nobody else would watch it.

    Linux only; elsewhere a study that is killed leaves its runs to end by themselves.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() == 1:  # it was gone before
        os._exit(1)
