"""The front door `check`: a solution of an instance or of a plan selection, judged in exact integers."""

from __future__ import annotations

from sloplan.problem.checker import judge
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.check import check_selection
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.problem.violation import Violation


def check(problem: Instance | PlanSelection, solution: Solution | SelectionSolution) -> list[Violation]:
    """Check a solution, and its certificate if it carries one.

    Parameters
    ----------
    problem : Instance or PlanSelection
    solution : Solution or SelectionSolution
        Of the same kind.

    Returns
    -------
    list of Violation
        Empty if the solution is valid.

    Raises
    ------
    InputError
        If the two are not of one kind.
    """
    if isinstance(problem, Instance) and isinstance(solution, Solution):
        return list(judge(problem, solution).violations)
    if isinstance(problem, PlanSelection) and isinstance(solution, SelectionSolution):
        return check_selection(problem, solution)
    given = f"{type(problem).__name__} and {type(solution).__name__}"
    raise InputError(
        "problem and solution are not of one kind",
        value=given,
        allowed="an Instance and a Solution, or a PlanSelection and a SelectionSolution",
        advice="load both with sloplan.load and the solution class's load",
    )
