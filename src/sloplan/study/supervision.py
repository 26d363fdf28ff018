"""A task in a process of its own with hard limits on time and memory: whatever it does, the study goes on and knows.

Processes are forked from a server that has imported what tasks need (multiprocessing's ``forkserver``), so that a
start takes hundredths of a second, not the seconds of an import.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal

import psutil

from sloplan.study.supervised_child import run_supervised
from sloplan.study.supervised_pipes import Closed, Heard, Messages, Printed
from sloplan.study.task_messages import Began, Compiling, Failed, Limits, Returned, Stopped, Task

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

Outcome = Literal["finished", "raised", "exited", "crashed", "timeout", "memory", "interrupted"]
"""How a supervised process ended. `timeout` and `memory`: it was killed, or gave up, for passing that limit."""

PREPARING_S: Final = 300.0
"""Most seconds before the clock starts."""

DELIVERING_S: Final = 120.0
"""Most seconds after the clock has stopped."""

COMPILING_S: Final = 120.0
"""Most seconds of kernel compilation that the clock stands."""

_POLL_S: Final = 0.02
_LAST_WORDS_S: Final = 1.0
_MEMORY_EVERY_S: Final = 0.1


@dataclass
class Ending:
    """How a supervised process ended, and what it used.

    Parameters
    ----------
    outcome : Outcome
    message : str, optional
        What went wrong, in one line.
    answer : Any
        What the task returned; None unless it finished.
    start_s : float, optional
        Seconds from asking for the process to the start of its clock; None if it never started.
    runtime_s : float, optional
        Seconds on the clock as seen from outside, kernel compilation left out; to the end of the process if that
        came first.
    compile_s : float
        Seconds of kernel compilation.
    process_s : float
        Seconds of everything.
    peak_memory_bytes : int
        Largest resident memory of the process with all that it started, as seen ten times a second.
    printed : str
        The end of what it printed.
    """

    outcome: Outcome
    message: str | None
    answer: Any
    start_s: float | None
    runtime_s: float | None
    compile_s: float
    process_s: float
    peak_memory_bytes: int
    printed: str


def preload(*modules: str) -> None:
    """Have the server import modules, by name, before it forks: call it before the first task.

    Every process imports the caller's main module again, for that is how multiprocessing works. What that imports of
    Sloplan, the command line above all, is added here; nothing else is, since only Sloplan's modules are known to
    start nothing that a fork would break.
    """
    first = ["sloplan.study.server_path", "sloplan.study.supervised_child"]
    multiprocessing.set_forkserver_preload([*first, *modules, *_imported_by_main()])


def _imported_by_main() -> list[str]:
    """Modules of Sloplan that the caller's main module names, itself or something of theirs."""
    named = vars(sys.modules["__main__"]).values()
    modules = {value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "") for value in named}
    return sorted(module for module in modules if isinstance(module, str) and f"{module}.".startswith("sloplan."))


def supervise(task: Task, argument: Any, limits: Limits, stop: threading.Event | None = None) -> Ending:
    """Run a task in a process of its own and return how it ended.

    Parameters
    ----------
    task : callable
        A function of a module, called with the argument and a clock.
    argument : Any
        Pickled.
    limits : Limits
    stop : Event, optional
        Once it is set, the process is killed; the outcome is `interrupted` then.
    """
    return _Watch(task, argument, limits, stop or threading.Event()).ending()


class _Watch:
    """One process from its start to its end."""

    def __init__(self, task: Task, argument: Any, limits: Limits, stop: threading.Event) -> None:
        self._limits = limits
        self._stop = stop
        self._asked = time.monotonic()
        self._began: float | None = None
        self._stopped: float | None = None
        self._gone: float | None = None
        self._compiling_since: float | None = None
        self._compiled = 0.0
        self._interrupted = False
        self._said: Returned | Failed | None = None
        self._killed: tuple[Outcome, str] | None = None
        self._exitcode: int | None = None
        context = multiprocessing.get_context("forkserver")
        messages_from, messages = context.Pipe(duplex=False)
        printed_from, printed = context.Pipe(duplex=False)
        self._messages = Messages(messages_from)
        self._printed = Printed(printed_from)
        self._process: ForkServerProcess = context.Process(
            target=run_supervised, args=(messages, printed, limits, task, argument), daemon=False
        )
        self._process.start()
        messages.close()
        printed.close()
        self._tree = _Tree(self._process.pid)

    def ending(self) -> Ending:
        try:
            self._follow()
        finally:
            self._tree.kill()
            self._process.join()
        ended = time.monotonic()
        outcome, message, answer = self._outcome()
        until = next(moment for moment in (self._stopped, self._gone, ended) if moment is not None)
        return Ending(
            outcome=outcome,
            message=message,
            answer=answer,
            start_s=None if self._began is None else self._began - self._asked,
            runtime_s=None if self._began is None else until - self._began - self._compile_time(until),
            compile_s=self._compile_time(until),
            process_s=ended - self._asked,
            peak_memory_bytes=self._tree.peak,
            printed=self._printed.text(),
        )

    def _follow(self) -> None:
        """Take messages until the process has said its last, is gone, or must go."""
        while self._said is None and self._killed is None:
            if self._gone is None and wait([self._process.sentinel], timeout=0):
                self._gone = time.monotonic()  # all that it could say is on its way
            match self._messages.next(_POLL_S if self._gone is None else _LAST_WORDS_S):
                case Heard() as heard:
                    self._take(heard)
                case Closed(why=None):
                    break
                case Closed(why):
                    self._killed = "crashed", str(why)
                case None if self._gone is not None:  # a process that it forked may still hold the pipe open
                    break
            self._look_after()
        if self._said is None and self._killed is None:
            self._process.join(timeout=_LAST_WORDS_S)
        self._exitcode = self._process.exitcode

    def _take(self, heard: Heard) -> None:
        match heard.message:
            case Began(at):
                self._began = _within(heard, at)
            case Compiling(at, begins=True):
                self._compiling_since = _within(heard, at)
            case Compiling(at, begins=False) if self._compiling_since is not None:
                self._compiled += _within(heard, at) - self._compiling_since
                self._compiling_since = None
            case Stopped(at):
                self._stopped = _within(heard, at)
            case Returned() | Failed():
                self._said = heard.message

    def _look_after(self) -> None:
        """Interrupt or kill what passes its limits."""
        if self._said is not None or self._killed is not None:
            return
        if self._stop.is_set():
            self._killed = "interrupted", "the study was interrupted"
        elif self._tree.memory() > self._limits.memory_bytes < self._tree.memory_shared_once():
            self._killed = "memory", f"killed: passed its memory limit of {self._limits.memory_bytes / 1e9:g} GB"
        else:
            self._look_at_the_clock()

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if self._began is None:
            if now - self._asked > PREPARING_S:
                self._killed = "timeout", f"killed: had not begun after {PREPARING_S:g} s"
            return
        if self._stopped is not None:
            if now - self._stopped > DELIVERING_S:
                self._killed = "timeout", f"killed: had not handed over its answer after {DELIVERING_S:g} s"
            return
        compiled = min(self._compile_time(now), COMPILING_S)
        late = now - self._began - compiled - self._limits.time_s
        if late > 2 * self._limits.grace_s:
            grace = f"{2 * self._limits.grace_s:g} s"
            self._killed = "timeout", f"killed: still at work {grace} after its limit of {self._limits.time_s:g} s"
        elif late > self._limits.grace_s and not self._interrupted:
            self._interrupted = True
            with suppress(ProcessLookupError):
                os.kill(self._tree.pid, signal.SIGINT)

    def _compile_time(self, now: float) -> float:
        running = 0.0 if self._compiling_since is None else now - self._compiling_since
        return self._compiled + running

    def _outcome(self) -> tuple[Outcome, str | None, Any]:
        if self._killed is not None:
            return *self._killed, None
        late = f"interrupted {self._limits.grace_s:g} s after its limit of {self._limits.time_s:g} s"
        match self._said:
            case Returned(answer) if self._interrupted:
                return "timeout", late, answer
            case Returned(answer):
                return "finished", None, answer
            case Failed(how="interrupted"):
                return "timeout", late, None
            case Failed(how, message):
                return how, message, None
            case _:
                return "crashed", self._cause_of_death(), None

    def _cause_of_death(self) -> str:
        code = self._exitcode
        if code is None:
            return "the process fell silent and was killed"
        if code < 0:
            named = -code in set(signal.Signals)  # those for real time have no names
            return f"the process was killed by signal {signal.Signals(-code).name if named else -code}"
        return f"the process ended without a word, exit code {code}"


def _within(heard: Heard, at: float) -> float:
    """Return when a message was sent, which the process says, as far as that agrees with when it came.

    When it came is known within hundredths of a second, unless this process was busy.
    """
    return min(max(at, heard.earliest), heard.latest)


class _Tree:
    """A process with all that it started."""

    def __init__(self, pid: int | None) -> None:
        assert pid is not None  # it was started
        self.pid = pid
        self.peak = 0
        self._seen: dict[int, psutil.Process] = {}
        self._looked = 0.0
        self._memory = 0
        with suppress(psutil.NoSuchProcess):
            self._seen[pid] = psutil.Process(pid)

    def memory(self) -> int:
        """Return the resident bytes of all, not older than a tenth of a second."""
        now = time.monotonic()
        if now - self._looked >= _MEMORY_EVERY_S:
            self._looked = now
            self._memory = sum(_resident(process) for process in self._alive())
            self.peak = max(self.peak, self._memory)
        return self._memory

    def memory_shared_once(self) -> int:
        """Return the bytes of all, pages that several hold counted once (Linux), as far as they can be read.

        Forked processes share what they do not change; slow to find out, so it is asked only where it decides.
        """
        return sum(_proportional(process) for process in self._alive())

    def kill(self) -> None:
        """Kill all, also what was left behind by a process that is gone, and what is started meanwhile."""
        killed: set[psutil.Process] = set()
        while found := set(self._alive()) - killed:
            for process in found:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            killed |= found
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _alive(self) -> list[psutil.Process]:
        # Every search goes through all processes of the machine. One is enough while the first process lives, which
        # adopts orphans; when it is gone, each is asked for its own.
        first = self._seen.get(self.pid)
        parents = [first] if first is not None and first.is_running() else list(self._seen.values())
        for process in parents:
            with suppress(psutil.NoSuchProcess):
                self._seen.update((child.pid, child) for child in process.children(recursive=True))
        return [process for process in self._seen.values() if process.is_running()]


def _proportional(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        return _resident(process)
    except psutil.NoSuchProcess:
        return 0
    return int(getattr(full, "pss", full.rss))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
