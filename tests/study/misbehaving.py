"""Methods that misbehave in ways that only a harness around them can stand; `install` registers them."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numba.core.compiler_lock import global_compiler_lock

import tests.fake_methods
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.run import Run
from sloplan.problem.solution import Solution
from tests.fake_methods import Fake, serve_first


class Hanging(Fake):
    """Finds something and never looks at the time again."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Sleep."""
        serve_first(problem, run)
        while True:
            time.sleep(1.0)


class Deaf(Fake):
    """Hangs, and takes no interruption for an answer."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Sleep, whatever comes."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            time.sleep(1.0)


class Leaking(Fake):
    """Takes more memory than there may be, in two processes of which each takes less."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Start the processes and wait for them."""
        leak = [sys.executable, "-c", "import time; kept = b'x' * 600_000_000; time.sleep(100)"]
        both = [subprocess.Popen(leak, start_new_session=True) for _ in range(2)]
        for process in both:
            process.wait()


class Sharing(Fake):
    """Holds half of the memory that there may be, in five processes that share it."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Fork, and hold."""
        held = np.ones(500_000_000, dtype=np.int8)
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                held.sum()  # touches every page, and changes none
                time.sleep(1.0)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        serve_first(problem, run)


class Greedy(Fake):
    """Asks for more memory than there may be, at once."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Serve, and ask."""
        serve_first(problem, run)
        np.ones(2**33, dtype=np.int8)


class Printing(Fake):
    """Prints far more than anybody reads."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Print twenty megabytes on either stream."""
        for _ in range(200):
            os.write(1, b"a line of an engine's log\n" * 4000)
            os.write(2, b"a line of an engine's log\n" * 4000)
        serve_first(problem, run)


class Exiting(Fake):
    """Calls it a day."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Exit as scripts do."""
        sys.exit("enough")


class Vanishing(Fake):
    """Is gone without a word."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """End the process."""
        os.write(2, b"fatal: no licence\n")
        os._exit(7)


class Crashing(Fake):
    """Reads where there is nothing."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Follow a null pointer."""
        ctypes.string_at(0)


class Raising(Fake):
    """Raises what `solve` does not catch."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Raise."""
        raise _UncommonError("no such thing")


class _UncommonError(BaseException):
    """Neither an Exception nor one of Python's own exits."""


class Forging(Fake):
    """Puts an invalid plan past its run: all three queries where two fit."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Write to what belongs to the run."""
        query = np.arange(3)
        plan = Solution.from_choices(problem, query, np.ones(3, dtype=np.int64), np.zeros((3, 1), dtype=np.int64))
        run._best = (7000, plan)
        run.report_bound(7000, "solver")


class Lying(Fake):
    """Claims that what it found is the best, which it is not."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Report the bound that its solution reaches."""
        serve_first(problem, run)
        run.report_bound(run.best_objective or 0, "solver")


class Miscertifying(Fake):
    """Claims a certified bound that no certificate proves."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Put past the run what it has not verified."""
        serve_first(problem, run)
        run.report_bound(6500, "certified")


class Backdating(Fake):
    """Says that most of its time went into compiling."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Sleep, and call it compilation."""
        time.sleep(1.5)
        serve_first(problem, run)
        run.report_compile_time(1.4)


class Littering(Fake):
    """Leaves a process behind that would run for minutes."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Start it in a session of its own, and end."""
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300.625)"], start_new_session=True)
        time.sleep(0.3)  # long enough to be seen
        serve_first(problem, run)


class Escaping(Fake):
    """Leaves a process behind whose parents are gone before anybody has looked."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Start it as daemons are started, and end."""
        serve_first(problem, run)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(300.75)"])
            os._exit(0)
        os.wait()


class Haunting(Fake):
    """Dies, and a process that it forked holds its pipes open."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Fork, and be killed."""
        if os.fork() == 0:
            time.sleep(300.875)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)


class Flooding(Fake):
    """Sends messages without end, and hears nothing."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Take numba's lock again and again."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            with global_compiler_lock:
                pass


class Babbling(Fake):
    """Writes where messages belong what is none, and hangs."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Write the beginning of a message of a hundred million bytes."""
        teller = next(item for item in gc.get_objects() if type(item).__name__ == "_Teller")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.write(teller._messages.fileno(), (100_000_000).to_bytes(4, "big") + b"nothing")
        time.sleep(300.5)


class Unnamed(Fake):
    """Is killed by a signal that has no name."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Send it."""
        os.kill(os.getpid(), signal.SIGRTMIN + 6)


class Unspeakable(Fake):
    """Reports what no file of rows can hold."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Report a time that is no number, and fail with a message with half a character in two lines."""
        serve_first(problem, run)
        run.report_compile_time(float("nan"))
        raise ValueError("no such file: \udcff\nnor another")


class Best(Fake):
    """Serves the two dearest queries, and proves nothing."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Serve queries 1 and 2."""
        query = np.arange(1, 3)
        plan = Solution.from_choices(problem, query, np.ones(2, dtype=np.int64), np.zeros((2, 1), dtype=np.int64))
        assert run.offer(plan) == []


METHODS: dict[str, type[Fake]] = {
    "backdating": Backdating,
    "best": Best,
    "crashing": Crashing,
    "deaf": Deaf,
    "exiting": Exiting,
    "forging": Forging,
    "hanging": Hanging,
    "hungry-at-once": Greedy,
    "leaking": Leaking,
    "littering": Littering,
    "lying": Lying,
    "overstating": Miscertifying,
    "printing": Printing,
    "raising": Raising,
    "sharing": Sharing,
    "escaping": Escaping,
    "haunting": Haunting,
    "flooding": Flooding,
    "babbling": Babbling,
    "unnamed": Unnamed,
    "unspeakable": Unspeakable,
    "vanishing": Vanishing,
}


def install(folder: Path) -> Path:
    """Register these methods, and those of `tests.fake_methods`, below `folder`; return it for the Python path."""
    return tests.fake_methods.install(
        folder, **{name: f"{__name__}:{method.__name__}" for name, method in METHODS.items()}
    )
