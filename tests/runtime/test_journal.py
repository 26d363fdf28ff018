"""The journal: a planner that is killed goes on from it as if nothing had been."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sloplan.problem.errors import InputError
from sloplan.runtime.arrivals import events_of
from sloplan.runtime.journal import Journal
from sloplan.runtime.online import OnlineRun, run_online
from tests.command_line import environment
from tests.runtime.online_cases import EPOCH, HORIZON, crowded, disturbed
from tests.runtime.test_online import same


@pytest.fixture(scope="module")
def whole() -> OnlineRun:
    """A run that nobody broke off."""
    instance, events = disturbed()
    return run_online(instance, events=events, epoch=EPOCH, horizon=HORIZON)


KILLED = """
import os, signal, sys
from sloplan.runtime.journal import Journal
from sloplan.runtime.matching_policy import MatchingPolicy
from sloplan.runtime.online import run_online
from tests.runtime.online_cases import EPOCH, HORIZON, disturbed

TIME = float(sys.argv[3])

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Mortal(MatchingPolicy):
    def decide(self, situation):
        if sys.argv[1] == "during an epoch" and situation.state.clock_s >= TIME:
            die()
        return super().decide(situation)

write = Journal.write

def failing(journal, lines):
    if sys.argv[1] == "half a line" and lines[0].get("time_s") == TIME:
        journal._file.write(b'{"epoch": 4, "time_s": 12')
        journal._file.flush()
        die()
    if sys.argv[1] == "half the events" and "event" in lines[0] and lines[-1]["time_s"] >= TIME - EPOCH:
        write(journal, lines[: len(lines) // 2])
        die()
    write(journal, lines)

Journal.write = failing
between = lambda epoch: die() if sys.argv[1] == "between epochs" and epoch.time_s >= TIME else None
instance, events = disturbed()
run_online(instance, Mortal(), events=events, epoch=EPOCH, horizon=HORIZON, journal=sys.argv[2], on_epoch=between)
"""


@pytest.mark.parametrize(
    ("when", "time"),
    [
        ("between epochs", 1200.0),
        ("half a line", 1200.0),
        ("between epochs", 2700.0),  # units were lost and rates have changed since the last epoch
        ("during an epoch", 2700.0),
        ("half the events", 2700.0),
        ("during an epoch", 4200.0),  # a link has slowed; the journal holds every kind of disturbance
    ],
)
def test_a_killed_planner_goes_on_as_if_nothing_had_been(
    when: str, time: float, whole: OnlineRun, tmp_path: Path
) -> None:
    """Killed at once, whenever: what was written is there, and the resumed run comes to what the whole one does."""
    file = tmp_path / "journal.jsonl"
    command = [sys.executable, "-c", KILLED, when, str(file), str(time)]
    killed = subprocess.run(command, env=environment(), check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    lines = [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]]
    planned = [line["time_s"] for line in lines if "epoch" in line]
    assert planned[-1] == (time if when == "between epochs" else time - EPOCH)
    is_disturbed = any(line.get("kind") == "units" for line in lines)
    assert is_disturbed == (time > 2500.0)
    instance, events = disturbed()
    asked: dict[str, Any] = {"events": events, "epoch": EPOCH, "horizon": HORIZON, "journal": file}
    resumed = run_online(instance, **asked)
    same(resumed, whole)
    same(run_online(instance, **asked, on_epoch=lambda _: pytest.fail("planned again")), whole)


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


@pytest.mark.parametrize("damage", ["altered", "lost", "twice", "out of order", "zeros"])
def test_a_damaged_journal_is_refused(damage: str, tmp_path: Path) -> None:
    """Nothing is made of a line that is not as it was written; the rows before it can be gone on from."""
    instance, file = crowded(), tmp_path / "journal.jsonl"
    whole = run_online(instance, "greedy", epoch=EPOCH, journal=file)
    lines = file.read_bytes().split(b"\n")[:-1]
    row = next(place for place, line in enumerate(lines) if b'"change": [[' in line)
    other = {
        "altered": [lines[row].replace(b", 1, [", b", 9, [")],
        "lost": [],
        "twice": [lines[row], lines[row]],
        "out of order": [lines[row + 1], lines[row]],
        "zeros": [b"\0" * len(lines[row])],
    }[damage]
    damaged = b"".join(line + b"\n" for line in [*lines[:row], *other, *lines[row + 1 :]])
    file.write_bytes(damaged)
    with pytest.raises(InputError, match=f"row {row + 1 + (damage == 'twice')}: no line of a journal, or damaged"):
        run_online(instance, "greedy", epoch=EPOCH, journal=file)
    assert file.read_bytes() == damaged
    file.write_bytes(b"".join(line + b"\n" for line in lines[:row]))
    same(run_online(instance, "greedy", epoch=EPOCH, journal=file), whole)
    steady = file.read_bytes().split(b"\n")
    assert len(steady) == len(lines) + 1


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """While one run has a journal open, another is refused and changes nothing; afterwards it may go on."""
    path = tmp_path / "journal.jsonl"
    with Journal(path, {"seed": 0}) as journal:
        journal.write([{"what": "end"}])
        before = path.read_bytes()
        code = "import sys; from sloplan.runtime.journal import Journal; Journal(sys.argv[1], {'seed': 0})"
        asked = [sys.executable, "-c", code, str(path)]
        other = subprocess.run(asked, env=environment(), capture_output=True, text=True, check=False)
        assert "InputError" in other.stderr
        assert "is being written" in other.stderr
        assert path.read_bytes() == before
    with Journal(path, {"seed": 0}) as journal:
        assert journal.lines == [{"what": "end"}]
    with pytest.raises(InputError):
        Journal(path, {"seed": 1})
    with Journal(path, {"seed": 0}):  # a refusal holds no lock
        pass


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
