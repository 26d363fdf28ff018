"""What is shipped: wheel and sdist hold what the tree holds, and the wheel works away from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOORS = {"models", "solvers", "instances"}
INSTANCE = "edge-cloud-s-1.2-tight"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def _run(*command: str | Path, cwd: Path) -> str:
    """Run a command in `cwd`, blind to the checkout and this environment's Python path; return its stdout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    run = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, f"{command}\n{run.stdout}\n{run.stderr}"
    return run.stdout


@pytest.fixture(scope="module")
def tree() -> set[str]:
    """Return the project's files: all that git does not ignore, the doors apart."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the tree cannot be told from what lies in it")
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    return {name for name in listed.split("\0") if name and name not in DOORS and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def built(tree: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist from a copy of the tree, the wheel from that sdist; return the folder of both."""
    copy, output = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("dist")
    for name in tree:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", output, copy, cwd=output)
    return output


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """Return the one wheel that was built."""
    (path,) = built.glob("*.whl")
    return path


def test_wheel_holds_the_package(tree: set[str], wheel: Path) -> None:
    """The wheel holds every file under src/sloplan, py.typed and the data of the instances too, and nothing else."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    package = {name for name in names if ".dist-info/" not in name}
    assert package == {name.removeprefix("src/") for name in tree if name.startswith("src/")}
    assert "sloplan/py.typed" in package
    assert any(name.startswith("sloplan/instances/catalogue/") and name.endswith(".csv") for name in package)
    assert any(name.startswith("sloplan/instances/library/") for name in package)
    (licence,) = (name for name in names if name.endswith("/LICENSE"))
    assert zipfile.ZipFile(wheel).read(licence) == (ROOT / "LICENSE").read_bytes()


def test_sdist_holds_the_tree(tree: set[str], built: Path) -> None:
    """The sdist holds the whole tree without the doors, and beside it only what the build adds."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    added = {"PKG-INFO", "setup.cfg"}
    assert {name for name in names if not name.startswith("src/sloplan.egg-info/")} - added == tree


def test_an_installed_wheel_solves(wheel: Path, tmp_path: Path) -> None:
    """In an empty environment, away from the checkout, the wheel solves a library instance, and the check passes."""
    _run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    _run(tmp_path / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    python, sloplan = tmp_path / "venv" / "bin" / "python", tmp_path / "venv" / "bin" / "sloplan"
    installed = Path(_run(python, "-c", "import sloplan; print(sloplan.__file__)", cwd=tmp_path).strip())
    assert installed.is_relative_to(tmp_path / "venv")
    report = json.loads(_run(sloplan, "solve", INSTANCE, "--json", "-o", "solution.json", cwd=tmp_path))
    assert report["status"] == "optimal"
    assert report["verified"] is True
    assert report["bound"] == report["objective_value"]
    _run(sloplan, "check", INSTANCE, "solution.json", cwd=tmp_path)
