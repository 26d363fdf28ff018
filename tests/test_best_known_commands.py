"""Tests of `sloplan instances best-known`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sloplan import cli
from sloplan.instances.best_known import FOLDER
from sloplan.instances.best_known_index import read_index
from sloplan.problem.errors import InputError, UnsupportedError
from sloplan.problem.selections.selection import PlanSelection
from tests.best_known_case import optimal, worse
from tests.command_line import sloplan
from tests.one_pool import one_pool


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with an instance and two solutions of it."""
    instance = one_pool()
    instance.save(tmp_path / "one")
    worse(instance, bound=6500).save(tmp_path / "worse.json")
    optimal(instance).save(tmp_path / "optimal.json")
    return tmp_path


def run(*arguments: str | Path) -> Result:
    """Run `sloplan instances best-known` in this process; errors are raised."""
    return CliRunner().invoke(
        cli.app, ["instances", "best-known", *map(str, arguments)], catch_exceptions=False, env={"COLUMNS": "80"}
    )


def test_update_and_list(home: Path) -> None:
    """An update says what became better and how the entry stands; the list shows it with both methods."""
    first = run("update", home / "one", home / "worse.json", "--method", "quick", "--folder", home / "kept")
    assert first.stdout.splitlines() == [
        "better: value, bound",
        "one-pool: 4 value/s, bound 6.5, certified -, gap 38.5%, feasible",
    ]
    second = run("update", home / "one", home / "optimal.json", "--method", "exact", "--folder", home / "kept")
    assert second.stdout.splitlines()[0] == "better: value"
    again = run("update", home / "one", home / "worse.json", "--folder", home / "kept")
    assert again.stdout.splitlines()[0] == "unchanged: nothing here is better"
    shown = run("list", "--folder", home / "kept").stdout
    for text in ("one-pool", "6.5", "7.69%", "exact, quick (solver)"):
        assert text in shown


def test_the_packages_entries_are_listed() -> None:
    """Without a folder the package's own entries are listed, names in full on a narrow terminal."""
    entries = read_index(FOLDER)
    shown = run("list").stdout
    assert [entry.instance for entry in entries if f"{entry.instance} " not in shown] == []
    assert (shown == "no entries\n") == (not entries)


def test_an_empty_folder(home: Path) -> None:
    """A folder without entries says so."""
    assert run("list", "--folder", home).stdout == "no entries\n"


def test_a_dropped_bound_is_told(home: Path) -> None:
    """A stored bound that a better solution disproves is told on stderr."""
    worse(one_pool(), bound=5000).save(home / "wrong.json")
    run("update", home / "one", home / "wrong.json", "--method", "liar", "--folder", home / "kept")
    told = run("update", home / "one", home / "optimal.json", "--folder", home / "kept")
    assert "note: the bound 5,000 of liar was wrong" in told.stderr


def test_refusals(home: Path) -> None:
    """An invalid solution and a plan selection are refused."""
    optimal(one_pool(busy_ms=300.0)).save(home / "other.json")
    with pytest.raises(InputError, match="belongs to another instance"):
        run("update", home / "one", home / "other.json", "--folder", home / "kept")
    PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1]).save(home / "selection.json")
    with pytest.raises(UnsupportedError, match="plan selection"):
        run("update", home / "selection.json", home / "optimal.json", "--folder", home / "kept")


def test_exit_code(home: Path) -> None:
    """A refusal ends with exit code 2 and one line."""
    done = sloplan("instances", "best-known", "update", "one", "absent.json", "--folder", "kept", cwd=home)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
