"""The journal: a planner that is killed goes on from it as if nothing had been."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sloplan.problem.errors import InputError
from sloplan.runtime.arrivals import events_of
from sloplan.runtime.journal import Journal
from sloplan.runtime.online import run_online
from tests.command_line import environment
from tests.runtime.online_cases import EPOCH, crowded
from tests.runtime.test_online import same

KILLED = """
import os, signal, sys
from sloplan.runtime.journal import Journal
from sloplan.runtime.matching_policy import MatchingPolicy
from sloplan.runtime.online import run_online
from tests.runtime.online_cases import EPOCH, crowded

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Mortal(MatchingPolicy):
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
    other.write_text("buy milk")
    with pytest.raises(InputError, match="is no journal"):
        Journal(other, {"seed": 0})
    assert other.read_text() == "buy milk"
    with pytest.raises(InputError, match="cannot be read or written"):
        Journal(tmp_path / "nowhere" / "journal.jsonl", {"seed": 0})


def test_another_run_loses_nothing(tmp_path: Path) -> None:
    """A half-written line of another run's journal stays, and so does a heading that was cut off by a kill."""
    file = tmp_path / "journal.jsonl"
    with Journal(file, {"seed": 0}) as journal:
        heading = file.read_bytes()
        journal.write([{"end": True, "time_s": 1.0}])
    file.write_bytes(file.read_bytes() + b'{"half')
    before = file.read_bytes()
    with pytest.raises(InputError, match="another run"):
        Journal(file, {"seed": 1})
    assert file.read_bytes() == before
    file.write_bytes(heading[:-5])
    with Journal(file, {"seed": 0}) as journal:
        assert journal.lines == []
    assert file.read_bytes() == heading


def test_other_events_are_another_run(tmp_path: Path) -> None:
    """A journal is of its events: with others it is refused, and a hosting that cannot be leaves no journal."""
    instance, file = crowded(), tmp_path / "journal.jsonl"
    run_online(instance, "greedy", epoch=EPOCH, journal=file)
    fewer = events_of(instance).taken(slice(1, None))
    assert fewer.time_s.max() == events_of(instance).time_s.max()
    with pytest.raises(InputError, match="events_sha256"):
        run_online(instance, "greedy", epoch=EPOCH, journal=file, events=fewer)
    with pytest.raises(InputError, match="hosting"):
        run_online(instance.replace(hosting="replicas"), "greedy", epoch=EPOCH, journal=tmp_path / "new")
    assert not (tmp_path / "new").exists()
