"""What a run has to know of its problem, an instance or a plan selection alike: who judges, and in what units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sloplan.problem.checker import judge_plans
from sloplan.problem.compiled import Rows
from sloplan.problem.objective import COST, GOODPUT, Objective, find_objective
from sloplan.problem.selections.check import judge_selection
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.problem.violation import Violation

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance

    Problem = Instance | PlanSelection
    AnySolution = Solution | SelectionSolution


@dataclass(frozen=True)
class Judged:
    """What a solution is worth; None where it is not valid.

    Parameters
    ----------
    violations : tuple of Violation
        Empty if the solution is valid.
    objective, goodput, cost : int, optional
        Base units of the problem.
    """

    violations: tuple[Violation, ...]
    objective: int | None = None
    goodput: int | None = None
    cost: int | None = None


def judge_objective(
    problem: Problem, solution: AnySolution, objective_name: str = GOODPUT.name, goodput_floor: int | None = None
) -> Judged:
    """Check a solution without its certificate, against what was asked for.

    Parameters
    ----------
    problem : Instance or PlanSelection
    solution : Solution or SelectionSolution
        Of the same kind.
    objective_name : str
        What was asked of an instance; a plan selection has its own objective.
    goodput_floor : int, optional
        Least goodput that was asked of an instance, milli-value; for the cost objectives.
    """
    if isinstance(problem, PlanSelection):
        if not isinstance(solution, SelectionSolution):
            return Judged((Violation("kind", "solution", "is none of a plan selection"),))
        chosen = judge_selection(problem, replace(solution, certificate=None))
        if chosen.violations:
            return Judged(tuple(chosen.violations))
        reached = chosen.value if problem.objective == GOODPUT.name else chosen.cost
        return Judged((), reached, chosen.value, chosen.cost)
    if not isinstance(solution, Solution):
        return Judged((Violation("kind", "solution", "is none of an instance"),))
    if solution.objective != objective_name:
        return Judged(
            (Violation("objective", "solution", f"was made for {solution.objective!r}, not {objective_name!r}"),)
        )
    verdict = judge_plans(problem, replace(solution, certificate=None))
    if verdict.violations:
        return Judged(verdict.violations)
    value = verdict.value_milli
    if goodput_floor is not None and value is not None and value < goodput_floor:
        message = "is less than was asked for"
        return Judged((Violation("goodput_floor", "goodput", message, amount=value, limit=goodput_floor),))
    return Judged((), verdict.objective, value, verdict.cost_pico)


def objective_of(problem: Problem, objective_name: str) -> Objective:
    """Return the objective that a run on a problem has: a plan selection's own, or the one that is named."""
    return selection_objective(problem) if isinstance(problem, PlanSelection) else find_objective(objective_name)


def coupling_rows(problem: Problem) -> Rows:
    """Return the coupling rows of an instance or plan selection."""
    return problem.rows if isinstance(problem, PlanSelection) else problem.compiled.rows


def selection_objective(selection: PlanSelection) -> Objective:
    """Return the objective of a plan selection: its own sense, in the units of its figures."""
    if selection.objective == GOODPUT.name:
        return Objective(GOODPUT.name, True, Fraction(1, selection.value_scale), "value")
    return Objective(COST.name, False, Fraction(1, selection.cost_scale), "cost")
