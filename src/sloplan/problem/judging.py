"""What a run has to know of its problem, an instance or a plan selection alike: who judges, and in what units."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sloplan.problem.checker import judge_plans
from sloplan.problem.compiled import Rows
from sloplan.problem.objective import COST, GOODPUT, Objective
from sloplan.problem.selections.check import judge_selection
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.problem.violation import Violation

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance

    Problem = Instance | PlanSelection
    AnySolution = Solution | SelectionSolution


def judge_objective(problem: Problem, solution: AnySolution) -> tuple[list[Violation], int | None]:
    """Check a solution without its certificate, and compute its objective.

    Parameters
    ----------
    problem : Instance or PlanSelection
    solution : Solution or SelectionSolution
        Of the same kind.

    Returns
    -------
    list of Violation
        Empty if the solution is valid.
    int, optional
        Base units; None for an invalid one.
    """
    if isinstance(problem, PlanSelection):
        if not isinstance(solution, SelectionSolution):
            return [Violation("kind", "solution", "is none of a plan selection")], None
        chosen = judge_selection(problem, replace(solution, certificate=None))
        return list(chosen.violations), chosen.value if problem.objective == GOODPUT.name else chosen.cost
    if not isinstance(solution, Solution):
        return [Violation("kind", "solution", "is none of an instance")], None
    verdict = judge_plans(problem, solution)
    return list(verdict.violations), verdict.value_milli


def coupling_rows(problem: Problem) -> Rows:
    """Return the coupling rows of an instance or plan selection."""
    return problem.rows if isinstance(problem, PlanSelection) else problem.compiled.rows


def selection_objective(selection: PlanSelection) -> Objective:
    """Return the objective of a plan selection: its own sense, in the units of its figures."""
    if selection.objective == GOODPUT.name:
        return Objective(GOODPUT.name, True, Fraction(1, selection.value_scale), "value")
    return Objective(COST.name, False, Fraction(1, selection.cost_scale), "cost")
