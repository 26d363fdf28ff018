"""The journal: a planner that is killed goes on from it as if nothing had been."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sloplan.problem.errors import InputError
from sloplan.runtime.journal import Journal
from sloplan.runtime.online import run_online
from tests.command_line import environment
from tests.runtime.online_cases import EPOCH, crowded
from tests.runtime.test_online import same

KILLED = """
import os, signal, sys
from sloplan.runtime.journal import Journal
from sloplan.runtime.matching_policy import Matching
from sloplan.runtime.online import run_online
from tests.runtime.online_cases import EPOCH, crowded

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Mortal(Matching):
    def decide(self, situation):
        if sys.argv[1] == "during an epoch" and situation.state.clock_s >= 4 * EPOCH:
            die()
        return super().decide(situation)

write = Journal.write

def failing(journal, lines):
    if sys.argv[1] == "half a line" and lines[0].get("epoch") == 4:
        journal._file.write(b'{"epoch": 4, "time_s": 12')
        journal._file.flush()
        die()
    if sys.argv[1] == "half the events" and "event" in lines[0] and lines[0]["time_s"] >= 3 * EPOCH:
        write(journal, lines[: len(lines) // 2])
        die()
    write(journal, lines)

Journal.write = failing
between = lambda epoch: die() if sys.argv[1] == "between epochs" and epoch.time_s >= 4 * EPOCH else None
run_online(crowded(), Mortal(), epoch=EPOCH, journal=sys.argv[2], on_epoch=between)
"""


@pytest.mark.parametrize("when", ["between epochs", "during an epoch", "half a line", "half the events"])
def test_a_killed_planner_goes_on_as_if_nothing_had_been(when: str, tmp_path: Path) -> None:
    """Killed at once, whenever: what was written is there, and the resumed run comes to what the whole one does."""
    file = tmp_path / "journal.jsonl"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, when, str(file)], env=environment(), check=False, timeout=120
    )
    assert killed.returncode == -signal.SIGKILL
    assert 0 < file.read_bytes().count(b'"epoch":') < 7
    resumed = run_online(crowded(), epoch=EPOCH, journal=file)
    same(resumed, run_online(crowded(), epoch=EPOCH))
    same(run_online(crowded(), epoch=EPOCH, journal=file, on_epoch=lambda _: pytest.fail("planned again")), resumed)


def test_journals_of_something_else_are_refused(tmp_path: Path) -> None:
    """Another run's journal, and what is none, is left as it is."""
    file = tmp_path / "journal.jsonl"
    with Journal(file, {"seed": 0}) as journal:
        journal.write([{"end": True, "time_s": 1.0}])
    with pytest.raises(InputError, match="seed = 0: is the journal of another run; allowed: 1"):
        Journal(file, {"seed": 1})
    with Journal(file, {"seed": 0}) as journal:
        assert journal.lines == [{"end": True, "time_s": 1.0}]
    other = tmp_path / "notes.txt"
    other.write_text("buy milk\n")
    with pytest.raises(InputError, match="row 1: no line of a journal"):
        Journal(other, {"seed": 0})
    assert other.read_text() == "buy milk\n"
    with pytest.raises(InputError, match="cannot be read or written"):
        Journal(tmp_path / "nowhere" / "journal.jsonl", {"seed": 0})
