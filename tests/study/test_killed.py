"""Tests of studies that are killed, and of a full disk: nothing finished is lost, nothing is run twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from sloplan.study.folder import StudyFolder
from tests.command_line import command, environment
from tests.study.case import configuration_text, write_instance
from tests.study.misbehaving import install


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with an instance and methods."""
    install(tmp_path / "site")
    write_instance(tmp_path)
    return tmp_path


def started(base: Path, text: str) -> subprocess.Popen[str]:
    """Start the command on a configuration, its folder being base/study."""
    (base / "tiny.toml").write_text(text)
    study = command("study", "run", base / "tiny.toml", "-o", base / "study")
    return subprocess.Popen(study, env=environment(base / "site"), stderr=subprocess.PIPE, text=True)


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something happened while a study runs."""
    deadline = time.monotonic() + 60
    while not happened():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def num_rows(base: Path) -> int:
    """Rows that are complete."""
    file = base / "study" / "rows.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Processes of runs that are at work: the forkserver's children, two levels below the study."""
    workers: list[psutil.Process] = []
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.NoSuchProcess):  # the study asks git, and that has ended
            workers += child.children()
    return workers


def finish(base: Path, text: str) -> str:
    """Give the command again, wait for its end; return what it printed on stderr."""
    process = started(base, text)
    printed = process.communicate(timeout=100)[1]
    assert process.returncode == 0, printed
    return printed


SEVERAL = {"seeds": [0, 1, 2], "time_limits": [2]}


def test_a_killed_study_goes_on_where_it_stopped(base: Path) -> None:
    """SIGKILL of the study: its runs end with it, the rows stay, and the same command runs the others."""
    text = configuration_text("best", "patient", **SEVERAL)
    process = started(base, text)
    wait_for(lambda: num_rows(base) >= 2 and bool(workers_of(process)), process)
    workers = workers_of(process)
    process.kill()
    process.wait()
    psutil.wait_procs(workers, timeout=10)
    assert not any(worker.is_running() for worker in workers)
    before = (base / "study" / "rows.jsonl").read_bytes()
    assert f"{before.count(bytes([10]))} of 6 runs were finished before" in finish(base, text)
    after = (base / "study" / "rows.jsonl").read_bytes()
    assert after.startswith(before[: before.rfind(b"\n") + 1])
    runs = [row["run"] for row in StudyFolder(base / "study").rows()]
    assert len(runs) == len(set(runs)) == 6


def test_a_killed_run_has_a_row(base: Path) -> None:
    """SIGKILL of a run's process: its row says so, and the study goes on."""
    process = started(base, configuration_text("patient", seeds=[0, 1], time_limits=[20], workers=1))
    wait_for(lambda: bool(workers_of(process)) and num_rows(base) == 0, process)
    time.sleep(1.0)  # it has begun by now, or is killed a little earlier: the row says the same
    workers_of(process)[0].send_signal(signal.SIGKILL)
    wait_for(lambda: num_rows(base) == 1, process)
    [row] = StudyFolder(base / "study").rows()
    assert row["outcome"] == "crashed"
    assert row["message"] == "the process was killed by signal SIGKILL"
    wait_for(lambda: bool(workers_of(process)), process)
    process.send_signal(signal.SIGINT)
    printed = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "interrupted: 1 of 2 runs done" in printed
    assert num_rows(base) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_ends_a_study_at_once(base: Path, number: signal.Signals) -> None:
    """Ctrl-C leaves rows and no processes, and says how to go on; so do a batch system's signal and a lost terminal."""
    ignored = signal.getsignal(number) == signal.SIG_IGN  # by nohup, say, and then by all that is started here
    if ignored:
        signal.signal(number, signal.SIG_DFL)
    process = started(base, configuration_text("patient", seeds=[0, 1], time_limits=[60]))
    if ignored:
        signal.signal(number, signal.SIG_IGN)
    wait_for(lambda: bool(workers_of(process)), process)
    workers = workers_of(process)
    process.send_signal(number)
    printed = process.communicate(timeout=20)[1]
    assert process.returncode == 1
    assert "interrupted: 0 of 2 runs done; the same command goes on with the others" in printed
    _, alive = psutil.wait_procs(workers, timeout=10)  # killed, and soon taken note of
    assert alive == []


NO_DISK = 99
SMALL_DISK = f"""
mount -t tmpfs -o size=64k none "$1" || exit {NO_DISK}
"${{@:2}}"
code=$?
cp -r "$1/study" "$1/../kept"
exit $code
"""


def test_a_full_disk(base: Path) -> None:
    """On a disk of 64 kB the study stops with one line, whole rows and no traceback, and goes on when there is room."""
    text = configuration_text("best", seeds=list(range(12)), time_limits=[5])
    (base / "tiny.toml").write_text(text)
    disk = base / "disk"
    disk.mkdir()
    study = command("study", "run", base / "tiny.toml", "-o", disk / "study")
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    done = subprocess.run(
        [*unshare, "bash", "-c", SMALL_DISK, "bash", str(disk), *study],
        env=environment(base / "site"),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    if done.returncode == NO_DISK or "unshare" in done.stderr:
        pytest.skip("this system gives no namespace for a small disk; test_running fills one in thought")
    assert done.returncode == 2, done.stderr
    assert "No space left on device" in done.stderr
    assert "make room and give the command again" in done.stderr
    assert "Traceback" not in done.stderr
    rows = StudyFolder(base / "kept").rows()
    assert 0 < len(rows) < 12
    shutil.move(base / "kept", base / "study")
    assert f"{len(rows)} of 12 runs were finished before" in finish(base, text)
    runs = [row["run"] for row in StudyFolder(base / "study").rows()]
    assert len(runs) == len(set(runs)) == 12
