"""Tests of the progress line."""

from __future__ import annotations

import io
import sys

import pytest

from sloplan.problem.objective import COST, GOODPUT
from sloplan.problem.run import Run
from sloplan.progress import live_look, live_progress, progress_line
from tests.one_pool import one_pool, serving


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("incumbent", "bound", "shown"),
    [
        (1500, 2000, "    2.0 s  incumbent 1.5 value/s  bound 2 value/s  gap 25.00%"),
        (None, 2000, "    2.0 s  incumbent -  bound 2 value/s  gap -"),
        (1500, None, "    2.0 s  incumbent 1.5 value/s  bound -  gap -"),
        (0, 0, "    2.0 s  incumbent 0 value/s  bound 0 value/s  gap 0.00%"),
    ],
)
def test_line(incumbent: int | None, bound: int | None, shown: str) -> None:
    """The line shows time, incumbent, bound and gap; what is unknown is a dash, not a number."""
    assert progress_line(GOODPUT, 2.04, incumbent, bound) == shown


def test_units() -> None:
    """The figures are in the objective's units."""
    assert "incumbent 3.6 USD/h" in progress_line(COST, 0.0, 10**9, None)


def test_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal the line follows the run on stderr; stdout stays untouched."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    instance = one_pool()
    run = Run(instance)
    with live_progress(run, display=True):
        run.offer(serving(instance, "q1", "q2"))
        run.report_bound(7000)
    assert "incumbent 6 value/s  bound 7 value/s  gap 14.29%" in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_a_line_that_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what the function returns at the moment."""
    terminal, words = Terminal(), ["begun"]
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with live_look(lambda: words[-1], display=True):
        words.append("over")
    assert "begun" in terminal.getvalue()
    assert "over" in terminal.getvalue()
    with live_look(lambda: "hidden", display=False):
        pass
    assert "hidden" not in terminal.getvalue()


@pytest.mark.parametrize(("terminal", "display"), [(Terminal(), False), (io.StringIO(), True)])
def test_not_shown(terminal: io.StringIO, display: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shown when not asked for, nor where stderr is no terminal."""
    monkeypatch.setattr(sys, "stderr", terminal)
    with live_progress(Run(one_pool()), display=display):
        pass
    assert terminal.getvalue() == ""
