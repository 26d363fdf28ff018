"""The page on extending a model: its code runs as it stands, from top to bottom, and prints what it shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import sloplan as sp
from tests.command_line import environment, sloplan
from tests.worked_page import DOCS

TEXT = (DOCS / "take-the-model.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
CODE = [text for language, text in BLOCKS if language == "python"]
INSTANCE = "edge-cloud-xs-1.2-tight"
TELL = """
import json
print(json.dumps({
    "by_pyomo": value,
    "elsewhere": engine.getObjectiveValue() * model.objective_scale / 1000,
    "plans": [len(answer.plans) for answer in (solution, elsewhere)],
    "seats_taken": len({copy for copy, option in seats if model.choose[copy, option].value > 0.5}),
    "seats_asked": len({copy for copy, option in seats}),
}))
elsewhere.save("elsewhere.json")
"""


class Ran(NamedTuple):
    """Where the page's code ran, what it printed, and what its variables held."""

    folder: Path
    printed: str
    told: dict[str, Any]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run the page's Python in one process."""
    folder = tmp_path_factory.mktemp("page")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*CODE, TELL])],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed, told = done.stdout.strip().rsplit("\n", 1)
    return Ran(folder, printed, json.loads(told))


def test_what_it_prints(ran: Ran) -> None:
    """The output on the page is what the code prints, and the rule costs something."""
    (shown,) = [text.strip() for language, text in BLOCKS if not language]
    assert ran.printed == shown
    one, free = map(float, re.findall(r": (\d+) value/s", shown))
    assert one == ran.told["by_pyomo"] < free


def test_the_side_constraint_holds(ran: Ran) -> None:
    """Several copies could use the seat, and one does."""
    assert ran.told["seats_asked"] > 1
    assert ran.told["seats_taken"] == 1


def test_the_file_is_the_same_model(ran: Ran) -> None:
    """HiGHS finds the same value in the file, and its answer comes back as a solution of as many plans."""
    assert ran.told["elsewhere"] == pytest.approx(ran.told["by_pyomo"], abs=1e-6)
    assert ran.told["plans"][0] == ran.told["plans"][1] > 0


@pytest.mark.parametrize("file", ["one-seat.json", "elsewhere.json"])
def test_answers_are_valid(ran: Ran, file: str) -> None:
    """Both answers, saved, are solutions of the instance."""
    assert sp.check(sp.load(INSTANCE), sp.Solution.load(ran.folder / file)) == []


def test_the_command_writes_the_model(tmp_path: Path) -> None:
    """The page's command exports, and the other models that it names are there."""
    (arguments,) = re.findall(r"^sloplan (.*)$", TEXT, flags=re.MULTILINE)
    assert sloplan(*arguments.split(), cwd=tmp_path).returncode == 0
    assert (tmp_path / "model.mps").exists()
    for name in re.findall(r"`sp\.models\.(\w+)\(", TEXT):
        assert callable(getattr(sp.models, name))
