"""What a solver's job is told and what it tells, light to import: its parent does not build models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sloplan.problem.compiled import Int
from sloplan.problem.instance import Instance


@dataclass(frozen=True)
class Answer:
    """One plan per served copy.

    Parameters
    ----------
    query : (n,) int64
    choices : (n, most operators) int64
        Global option index per local operator position, padded by -1.
    """

    query: Int
    choices: Int


@dataclass(frozen=True)
class Settings:
    """How to solve.

    Parameters
    ----------
    objective : str
    copy_limit : int
        As for `compact_milp`.
    seed, threads : int
    rel_gap : float
        Relative gap at which to stop.
    deadline : float
        When to stop, as `time.monotonic()` tells it: one clock for all processes, which nobody sets.
    start : Answer, optional
        A valid answer to start from.
    """

    objective: str
    copy_limit: int
    seed: int
    threads: int
    rel_gap: float
    deadline: float
    start: Answer | None = None


class Listener(Protocol):
    """Takes what a job finds."""

    def offer(self, answer: Answer) -> bool:
        """Take an answer and say whether the checker accepts it."""
        ...

    def report_bound(self, bound: int) -> None:
        """Take an upper bound in milli-value."""
        ...

    def engine_starts(self) -> None:
        """Learn that the model is built, and that the engine has it."""
        ...

    def should_stop(self) -> bool:
        """Say whether to end."""
        ...


@dataclass(frozen=True)
class ChildJob:
    """A job for a process of its own.

    Parameters
    ----------
    instance : Instance
    settings : Settings
    asked_at : float
        When the parent asked, as `time.monotonic()` tells it.
    log_level : int
        Least level of log records worth sending to the parent.
    """

    instance: Instance
    settings: Settings
    asked_at: float
    log_level: int
