"""Tests of `sloplan instances plot` (`show` is tested with the command line)."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sloplan import cli
from sloplan.problem.errors import InputError, UnsupportedError
from sloplan.problem.selections.selection import PlanSelection
from tests.one_pool import one_pool


def plot(*arguments: str | Path) -> str:
    """Run `sloplan instances plot` in this process and return what it prints; errors are raised."""
    given = ["instances", "plot", *map(str, arguments)]
    return CliRunner().invoke(cli.app, given, catch_exceptions=False).stdout


def test_plot(tmp_path: Path) -> None:
    """The figure is written and named."""
    one_pool().save(tmp_path / "one")
    path = tmp_path / "figure.png"
    assert plot(tmp_path / "one", "--application", "video", "-o", path) == f"{path}: one-pool\n"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_refusals(tmp_path: Path) -> None:
    """An unknown ending is refused before anything is loaded; an unknown application and a plan selection too."""
    one_pool().save(tmp_path / "one")
    with pytest.raises(InputError, match="unknown kind of figure"):
        plot("no-such-instance", "-o", tmp_path / "figure.bmp")
    with pytest.raises(InputError, match="no such application"):
        plot(tmp_path / "one", "--application", "other", "-o", tmp_path / "figure.png")
    PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1]).save(tmp_path / "selection.json")
    with pytest.raises(UnsupportedError, match="neither sites nor operators"):
        plot(tmp_path / "selection.json", "-o", tmp_path / "figure.png")
    assert {path.name for path in tmp_path.iterdir()} == {"one", "selection.json"}
