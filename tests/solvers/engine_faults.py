"""Methods with an engine, and processes of theirs that misbehave in a chosen way."""

from __future__ import annotations

import sys

import pytest

import sloplan
from sloplan.problem.instance import Instance
from sloplan.problem.result import Result
from sloplan.solvers import supervisor

METHODS: dict[str, dict[str, str]] = {
    "milp": {"method": "milp"},
    "milp-plans": {"method": "milp-plans"},
    "cp": {"method": "cp"},
    "milp on SCIP": {"method": "milp", "solver": "scip"},
    "milp-plans on Gurobi": {"method": "milp-plans", "solver": "gurobi"},
}
"""Every method that runs an engine, and every engine once."""

PREAMBLE = """
import os, signal, sys, time
from sloplan.solvers import child
from sloplan.solvers.job import Listener
offer, starts = child.PipeListener.offer, child.PipeListener.engine_starts
"""

AFTER_THE_FIRST_ANSWER = PREAMBLE + (
    "def offered(self, solution):\n"
    "    accepted = offer(self, solution)\n"
    "    misbehave(self)\n"
    "    return accepted\n"
    "child.PipeListener.offer = offered\n"
)
"""With a function `misbehave` behind it, the process does that once it has sent a solution."""

FAULTS: dict[str, tuple[str, str, str]] = {
    "kill -9": ("os.kill(os.getpid(), signal.SIGKILL)", "engine", "signal 9"),
    "garbage": ("self._stream.write(b'Running the engine, version 1'); self._stream.flush(); time.sleep(60)",
                "engine", "no message"),
    "cut short": ("self._stream.write(b'slo'); self._stream.flush(); os._exit(0)", "engine", "cut short"),
    "exception": ("raise RuntimeError('out of tune')", "engine", "out of tune"),
    "MemoryError": ("raise MemoryError", "memory", "MemoryError"),
    "memory": ("held = b'x' * 2**30; time.sleep(60)", "memory", "passed 1 GB and was ended"),
    "hang": ("time.sleep(600)", "time", "did not stop at its time limit"),
}  # fmt: skip
"""What the process does after its first answer, the limit that it leads to, and what the message says."""


def solved_with_child(monkeypatch: pytest.MonkeyPatch, code: str, instance: Instance, **settings: object) -> Result:
    """Solve with a process that runs `code` instead of the usual one."""
    monkeypatch.setattr(supervisor, "child_command", lambda: [sys.executable, "-P", "-c", code])
    return sloplan.solve(instance, display=False, **settings)  # type: ignore[arg-type]
