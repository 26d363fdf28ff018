"""The make targets on machines that lack something, and on a second run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CREATE_VENV = ROOT / "tools" / "create_venv.sh"
TOO_OLD = "#!/bin/sh\nexit 1\n"  # a Python whose version check fails
NO_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *) exit 0;; esac\n'  # the right version, without the module


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return a folder to be the whole PATH of a machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def _install(machine: Path, name: str, script: str) -> None:
    """Put an executable script on the machine."""
    (machine / name).write_text(script)
    (machine / name).chmod(0o755)


def _create(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the venv script with nothing but `machine` on its PATH."""
    venv = machine.parent / "venv"
    return subprocess.run(
        ["/bin/sh", str(CREATE_VENV), str(venv), *arguments],
        env={"PATH": str(machine)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_no_python_gets_one_line_of_advice(machine: Path) -> None:
    """A machine without any Python is told what to install, in one line."""
    run = _create(machine)
    assert run.returncode == 1
    assert run.stderr.splitlines() == [
        "No Python 3.11, 3.12 or 3.13 found: install one, or name it, as in 'make PYTHON=/path/to/python3.11 demo'."
    ]


def test_wrong_python_gets_one_line_of_advice(machine: Path) -> None:
    """A Python of another version, found or named, is refused in one line."""
    _install(machine, "python3", TOO_OLD)
    assert _create(machine).stderr.startswith("No Python 3.11, 3.12 or 3.13 found")
    run = _create(machine, "python3")
    assert run.returncode == 1
    assert run.stderr.splitlines() == [
        "PYTHON=python3 is no Python 3.11, 3.12 or 3.13: name one, as in 'make PYTHON=python3.11 demo'."
    ]


def test_missing_venv_module_gets_one_line_of_advice(machine: Path) -> None:
    """The right Python without ensurepip (Debian splits it off) is told which package to install."""
    _install(machine, "python3.11", NO_VENV)
    run = _create(machine)
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.startswith("python3.11 lacks the venv module")
    assert not (machine.parent / "venv").exists()


def test_the_next_python_is_tried(machine: Path) -> None:
    """A Python that does not fit is passed over for one that does."""
    _install(machine, "python3.11", NO_VENV)
    _install(machine, "python3.12", TOO_OLD)
    _install(machine, "python3", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    run = _create(machine)
    assert run.returncode == 0, run.stderr
    assert (machine.parent / "venv" / "bin" / "python").exists()


def _make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in the checkout, away from the variables of an outer make."""
    environment = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "VENV"}}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@needs_make
def test_make_stops_on_a_wrong_python(tmp_path: Path) -> None:
    """`make demo` with a wrong Python ends with the advice and a failure, without a traceback."""
    run = _make("demo", "PYTHON=/bin/false", f"VENV={tmp_path / 'venv'}")
    assert run.returncode != 0
    assert "PYTHON=/bin/false is no Python 3.11, 3.12 or 3.13" in run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    assert run.stdout == ""


@needs_make
@pytest.mark.parametrize(
    "target", ["demo", "test", "test-all", "notebooks", "docs", "lint", "types", "rooms", "wheel-test"]
)
def test_a_second_run_installs_nothing(target: str, tmp_path: Path) -> None:
    """With its stamps newer than the metadata a target neither creates nor installs; without them it does both."""
    venv = tmp_path / "venv"
    first = _make("--dry-run", target, f"VENV={venv}").stdout
    assert "create_venv.sh" in first
    assert "pip install" in first
    venv.mkdir()
    for stamp in (".created", ".installed", ".installed-dev"):
        (venv / stamp).touch()
    second = _make("--dry-run", target, f"VENV={venv}").stdout
    assert second != ""
    assert "create_venv.sh" not in second
    assert "pip install" not in second


@needs_make
def test_changed_metadata_installs_again(tmp_path: Path) -> None:
    """A stamp older than pyproject.toml counts for nothing."""
    for stamp in (".created", ".installed"):
        (tmp_path / stamp).touch()
    os.utime(tmp_path / ".installed", (0, 0))
    assert "pip install" in _make("--dry-run", "demo", f"VENV={tmp_path}").stdout
