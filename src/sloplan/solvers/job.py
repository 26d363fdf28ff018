"""What a solver's job is given and what it tells, light to import: its parent does not build models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sloplan.problem.compiled import Bool
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution

Problem = Instance | PlanSelection
AnySolution = Solution | SelectionSolution


@dataclass(frozen=True)
class Settings:
    """How to solve.

    Parameters
    ----------
    objective : str
    limit : int
        Largest number of query copies, or of plans, that the model lists.
    seed, threads : int
    rel_gap : float
        Relative gap at which to stop.
    deadline : float
        When to stop, as `time.monotonic()` tells it: one clock for all processes, which nobody sets.
    start : Solution or SelectionSolution, optional
        A valid solution to start from.
    presolve : bool
        Leave out what others replace.
    goodput_floor : int, optional
        Least goodput of an instance's solutions, milli-value; for the cost objectives.
    solver : str
        Which engine, where a method has a choice: see `engines.ENGINES`.
    engine_log : str, optional
        Path of the file that gets the engine's own log, at its end.
    effort : float, optional
        Most work of CP-SAT, see `cp_sat.search`.
    open_options : (queries, options) bool, optional
        What each query of an instance may choose at all, for the compact models; without presolve.
    """

    objective: str
    limit: int
    seed: int
    threads: int
    rel_gap: float
    deadline: float
    start: AnySolution | None = None
    presolve: bool = True
    goodput_floor: int | None = None
    solver: str = "highs"
    engine_log: str | None = None
    effort: float | None = None
    open_options: Bool | None = None


class Listener(Protocol):
    """Takes what a job finds."""

    def offer(self, solution: AnySolution) -> bool:
        """Take a solution and say whether the checker accepts it."""
        ...

    def report_bound(self, bound: int) -> None:
        """Take a bound in base units of the objective."""
        ...

    def report_infeasible(self) -> None:
        """Learn that there is no solution, as the engine says."""
        ...

    def engine_starts(self) -> None:
        """Learn that the model is built, and that the engine has it."""
        ...

    def should_stop(self) -> bool:
        """Say whether to end."""
        ...


JobFunction = Callable[[Problem, Settings, Listener], None]
"""Builds a model of the problem, solves it and tells the listener. A function of a module: it is sent by name."""


@dataclass(frozen=True)
class ChildJob:
    """A job for a process of its own.

    Parameters
    ----------
    function : JobFunction
    problem : Instance or PlanSelection
    settings : Settings
    asked_at : float
        When the parent asked, as `time.monotonic()` tells it.
    log_level : int
        Least level of log records worth sending to the parent.
    """

    function: JobFunction
    problem: Problem
    settings: Settings
    asked_at: float
    log_level: int
