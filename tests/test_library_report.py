"""What `sloplan instances list` prints."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from sloplan.cli import app
from sloplan.instances import jellybean, library
from sloplan.instances.families.layouts import LAYOUTS
from sloplan.instances.reference import REFERENCE, SIZES
from sloplan.instances.selections.spec import selection_families
from sloplan.problem.errors import InputError


def listed(monkeypatch: pytest.MonkeyPatch, *prefix: str, width: int = 80) -> list[list[str]]:
    """Return the words of every line printed on a terminal of that many columns; nothing is loaded for it."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} was loaded to be listed")

    monkeypatch.setattr(library, "load", refuse)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    result = CliRunner().invoke(app, ["instances", "list", *prefix], catch_exceptions=False)
    assert result.exit_code == 0
    assert max(map(cell_len, result.output.splitlines())) <= width
    assert "…" not in result.output
    return [line.split() for line in result.output.splitlines()]


def test_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row per size says queries, families, loads, tightness, number of names, how kept; all are counted."""
    rows = [line for line in listed(monkeypatch) if line and line[0] in SIZES]
    assert [row[0] for row in rows] == ["xs", "s", "m", "l", "xl", "xxl", "xxl"]
    assert rows[1] == ["s", "60", "all", "0.8,", "1.2,", "2", "loose,", "tight", "42", "stored"]
    assert rows[2] == ["m", "1,000", "all", "0.8,", "1.2,", "2", "loose,", "tight", "42", "generated"]
    assert rows[-1] == ["xxl", "1,000,000", "x100", "mixed", "1.2", "tight", "1", "generated"]
    assert sum(int(row[-2]) for row in rows) == len(REFERENCE)


def test_families(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every family of instances and of plan selections has a row with its summary, and the form of names is told."""
    lines = [" ".join(line) for line in listed(monkeypatch, width=140)]
    for name, summary in (LAYOUTS | selection_families()).items():
        assert f"{name} {getattr(summary, 'summary', summary)}" in lines
    assert f"{jellybean.NAME} {jellybean.SUMMARY}" in lines
    assert any("family-size-load-slo" in line for line in lines)


@pytest.mark.parametrize("prefix", ["edge-cloud", "edge-cloud-s", "mixed-xxl", "city-xs-2-loose"])
def test_names_that_begin_so(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    """With a prefix every name that begins so has a row with how it is kept and its spec, and no other name has."""
    rows = listed(monkeypatch, prefix, width=140)
    expected = [reference for reference in REFERENCE if reference.name.startswith(prefix)]
    kept = {True: "stored", False: "generated"}
    assert [row for row in rows if len(row) == 3 and row[0] != "instance"] == [
        [reference.name, kept[reference.is_stored], reference.spec] for reference in expected
    ]


def test_names_are_not_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names stand whole on a narrow terminal too, where specs are folded."""
    words = {word for row in listed(monkeypatch, "", width=70) for word in row}
    assert set(library.names()) <= words


def test_no_name_begins_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prefix of no name is refused with what was meant and with the families."""
    with pytest.raises(InputError, match=r"begins so \(did you mean edge-cloud\?\).*families: cloud-only, edge-only"):
        listed(monkeypatch, "edge-clod")
