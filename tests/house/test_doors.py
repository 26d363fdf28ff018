"""The doors at the root: links to rooms, through which nothing is imported."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOORS = ("models", "solvers", "decomposition", "instances")


@pytest.mark.parametrize("door", DOORS)
def test_a_door_leads_to_its_room(door: str) -> None:
    """A door is a link to its room, or, where links cannot be made, the plain file that git writes instead."""
    path, room = ROOT / door, f"src/sloplan/{door}"
    if not (ROOT / ".git").exists() and not path.exists():
        pytest.skip("an sdist carries no doors")
    target = path.readlink().as_posix() if path.is_symlink() else path.read_text().strip()
    assert target == room
    assert (ROOT / room / "__init__.py").is_file()


def test_every_door_is_known() -> None:
    """No other link stands at the root, so the tests and the banned imports cover them all."""
    assert {path.name for path in ROOT.iterdir() if path.is_symlink()} <= set(DOORS)


def _imports_through_doors(source: str) -> list[str]:
    """Return the absolute imports of `source` whose first part is a door."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.append(node.module)
    return [name for name in names if name.split(".")[0] in DOORS]


def test_nothing_imports_through_a_door() -> None:
    """`import models` would load a second copy of the room; no Python file of the project does it."""
    files = [file for folder in ("src", "tests", "tools") for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 10
    found = {str(file.relative_to(ROOT)): _imports_through_doors(file.read_text("utf-8")) for file in files}
    assert {file: names for file, names in found.items() if names} == {}


def test_the_search_finds_such_imports() -> None:
    """The search above sees every way to write the import, and takes a room's own import for what it is."""
    source = "import models\nimport models.x as y\nfrom solvers.highs import z\nfrom sloplan.models import w\n"
    assert _imports_through_doors(source) == ["models", "models.x", "solvers.highs"]
