"""The page on fronts: its code prints its table, and it names what a front has."""

from __future__ import annotations

import re

import pytest

import sloplan as sp
from tests.worked_page import DOCS, rows_under

PAGE = DOCS / "pareto.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_code_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """It runs as it stands; the table below it is what it prints; the end of the grid is the greatest goodput."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    exec(code, space := {})
    printed = capsys.readouterr().out
    assert "optimal" in printed
    assert printed.strip() in TEXT
    front = space["front"]
    assert isinstance(front, sp.ParetoFront)
    assert front.points[-1].floor == front.most_goodput.exact.goodput == front.most_goodput.exact.bound
    instance = sp.load(front.instance)
    assert all(sp.check(instance, solution) == [] for solution in front.solutions)
    named = re.findall(r"`(\w+)`", " ".join(row["in the frame"] for row in rows_under(PAGE, "The points")))
    assert named == list(front.frame().columns)
