"""What `sloplan instances catalogue` prints."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from sloplan.cli import app
from sloplan.instances import catalogue


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the lines printed on a terminal of 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    result = CliRunner().invoke(app, ["instances", "catalogue"])
    assert result.exit_code == 0
    return result.output.splitlines()


def test_nothing_is_cut_at_100_columns(lines: list[str]) -> None:
    """No line is longer, and every application, operator and machine stands there whole."""
    assert max(map(cell_len, lines)) <= 100
    words = {word for line in lines for word in line.split()}
    profiles = catalogue.table("profiles")
    for column in ("application", "operator", "hardware"):
        assert set(profiles[column]) <= words, column
    assert not any("…" in line for line in lines)


def test_figures(lines: list[str]) -> None:
    """A machine's row says what it runs; each table has its totals; the marks stand at the end."""
    rows = [line.split() for line in lines]
    assert ["gtx-1660-ti", "2d", "4m", "2", "of", "2"] in rows
    assert "72 pairs of configuration and machine: 72 measured, 0 derived, 0 assumed" in lines
    marks = [str((catalogue.table("prices")["mark"] == mark).sum()) for mark in catalogue.MARKS]
    assert ["prices", *marks] in rows
    assert rows[-1][:2] == ["m", "measured,"]
