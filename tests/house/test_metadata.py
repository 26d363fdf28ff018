"""One figure, one place: version, Python range, oldest dependencies."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import sloplan
from sloplan._version import __version__

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_version_has_one_source() -> None:
    """The import, the installed metadata and the citation give the version that `_version.py` holds."""
    assert PYPROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "sloplan._version.__version__"}
    assert sloplan.__version__ == __version__
    assert version("sloplan") == __version__
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_python_range_is_the_same_everywhere() -> None:
    """What the make targets accept as Python is what the package accepts, and what the classifiers name."""
    assert PYPROJECT["project"]["requires-python"] == ">=3.11,<3.14"
    assert "not (3, 11) <= sys.version_info[:2] < (3, 14)" in (ROOT / "tools" / "create_venv.sh").read_text("utf-8")
    named = [line.rpartition(" ")[2] for line in PYPROJECT["project"]["classifiers"] if ":: 3." in line]
    assert named == ["3.11", "3.12", "3.13"]


def _bounds(requirements: list[str]) -> dict[str, str]:
    """Return each requirement's lower bound or pin by name; a bound 2.0 is written out as 2.0.0."""
    found = {}
    for requirement in requirements:
        name, bound = re.fullmatch(r"([a-z0-9-]+)[>=]=([\w.*]+)", requirement).groups()
        found[name] = bound if bound.endswith("*") else ".".join([*bound.split("."), "0", "0"][:3])
    return found


def test_make_oldest_installs_the_lower_bounds() -> None:
    """tests/oldest.txt names the lower bound of every dependency and test tool, and nothing else."""
    project = PYPROJECT["project"]
    stated = _bounds(project["dependencies"] + project["optional-dependencies"]["test"])
    lines = (ROOT / "tests" / "oldest.txt").read_text("utf-8").splitlines()
    tried = _bounds([line for line in lines if line and not line.startswith("#")])
    assert {name: bound for name, bound in tried.items() if name in stated} == stated


def test_extras_are_tested_as_they_are_installed() -> None:
    """The extras name the same packages as the test tools."""
    extras = PYPROJECT["project"]["optional-dependencies"]
    optional = {package for name, packages in extras.items() if name not in ("dev", "test") for package in packages}
    assert optional <= set(extras["test"])
