"""What a run has already, an initial solution, as an assignment of its coupled problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sloplan.decomposition.assignment import Assignment
from sloplan.problem.instance import Instance
from sloplan.problem.selections.index import index_selection
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution_index import index_solution

if TYPE_CHECKING:
    from sloplan.decomposition.coupled_problem import CoupledProblem
    from sloplan.problem.run import Run
    from sloplan.problem.solution import Solution


def given_start(problem: CoupledProblem, run: Run) -> Assignment | None:
    """Return the best solution that a run holds as an assignment, None if it holds none.

    Copies whose plans the problem has left out, since others replace them, stay out; None also where that leaves too
    little for a floor. The run keeps its solution in any case.

    Parameters
    ----------
    problem : CoupledProblem
    run : Run
        Of the problem that `problem` was made from.
    """
    given = run.best_solution
    if given is None:
        return None
    if isinstance(given, SelectionSolution):
        assert isinstance(run.problem, PlanSelection)
        found = _of_selection(problem, run.problem, given)
    else:
        assert isinstance(run.problem, Instance)
        found = _of_instance(problem, run.problem, given)
    return found if found.is_valid(problem) else None


def _of_selection(problem: CoupledProblem, selection: PlanSelection, given: SelectionSolution) -> Assignment:
    indexed, _ = index_selection(selection, given)
    listed = np.searchsorted(problem.choices[:, 0], indexed.plan)  # all are: no solution has plans that do not fit
    return Assignment(selection.plans.group[indexed.plan], listed, indexed.count, indexed.amount)


def _of_instance(problem: CoupledProblem, instance: Instance, given: Solution) -> Assignment:
    indexed, _ = index_solution(instance, given)
    filled = np.flatnonzero(problem.choices[:, 0] >= 0)  # vacant places wait for plans that are searched
    known = pd.MultiIndex.from_arrays([problem.plans.template[filled], *problem.choices[filled].T])
    wanted = pd.MultiIndex.from_arrays([problem.groups.template[indexed.query], *indexed.choices.T])
    place = known.get_indexer(wanted)
    kept = place >= 0
    return Assignment(indexed.query[kept], filled[place[kept]], indexed.count[kept], indexed.supply)
