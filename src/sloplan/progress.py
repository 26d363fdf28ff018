"""The live progress line: time, incumbent, bound and gap of a run, or whatever else is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sloplan.problem.objective import Objective, relative_gap
from sloplan.problem.run import Run


@contextmanager
def live_progress(run: Run, display: bool) -> Iterator[None]:
    """Show the run's progress on stderr while the block runs, if asked to and stderr is a terminal.

    Parameters
    ----------
    run : Run
    display : bool
    """

    def line() -> str:
        return progress_line(run.objective, run.elapsed(), run.best_objective, run.bound)

    with live_look(line, display):
        yield


@contextmanager
def live_look(line: Callable[[], str], display: bool) -> Iterator[None]:
    """Show on stderr what a function returns, again and again while the block runs, if asked to and on a terminal.

    Parameters
    ----------
    line : callable
        Called from another thread.
    display : bool
    """
    if not (display and sys.stderr.isatty()):
        yield
        return
    # stdout is left alone: it may be a pipe that somebody parses.
    with Live(_Look(line), console=Console(stderr=True), transient=True, redirect_stdout=False, refresh_per_second=4):
        yield


@contextmanager
def live_line(display: bool) -> Iterator[Callable[[str], None]]:
    """Give a function that shows a line on stderr in place of the last one, if asked to and stderr is a terminal.

    Parameters
    ----------
    display : bool
    """
    if not (display and sys.stderr.isatty()):
        yield lambda _: None
        return
    with Live("", console=Console(stderr=True), transient=True, redirect_stdout=False, refresh_per_second=4) as live:
        yield lambda line: live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)


class _Look:
    """Renders what a function returns at the moment of each refresh."""

    def __init__(self, line: Callable[[], str]) -> None:
        self._line = line

    def __rich__(self) -> Text:
        return Text(self._line(), no_wrap=True, overflow="ellipsis")


def progress_line(objective: Objective, elapsed: float, incumbent: int | None, bound: int | None) -> str:
    """Return the line for an incumbent and a bound in base units; "-" stands for what is unknown.

    Examples
    --------
    >>> from sloplan.problem.objective import GOODPUT
    >>> progress_line(GOODPUT, 2.04, 1500, 2000)
    '    2.0 s  incumbent 1.5 value/s  bound 2 value/s  gap 25.00%'
    """
    gap = relative_gap(incumbent, bound)
    shown = "-" if gap is None else f"{gap:.2%}"
    return (
        f"{elapsed:7.1f} s  incumbent {_figure(objective, incumbent)}  bound {_figure(objective, bound)}  gap {shown}"
    )


def _figure(objective: Objective, value: int | None) -> str:
    figure = objective.in_user_units(value)
    return "-" if figure is None else f"{figure:,.6g} {objective.label}"
