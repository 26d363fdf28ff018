"""From the names of a plan selection's solution to indices; what has no index is a violation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Bool, Int
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.violation import Violation


@dataclass(frozen=True)
class IndexedSelection:
    """The plans and supplies of a solution, as far as their names are known.

    Parameters
    ----------
    plan, count : (m,) int64
        Plan index, and copies that take it.
    amount : (supplies,) int64
    """

    plan: Int
    count: Int
    amount: Int


def index_selection(selection: PlanSelection, solution: SelectionSolution) -> tuple[IndexedSelection, list[Violation]]:
    """Index a solution's names.

    Parameters
    ----------
    selection : PlanSelection
    solution : SelectionSolution

    Returns
    -------
    IndexedSelection
    list of Violation
        One for each name or number that stands in the way.
    """
    group_names = selection.groups.name[selection.plans.group]
    known = pd.MultiIndex.from_arrays([group_names, selection.plans.name])
    plan = known.get_indexer(pd.MultiIndex.from_frame(solution.plans[["group", "plan"]]))
    count = solution.plans["count"].to_numpy(dtype=np.int64)
    violations = [
        *_refused(plan < 0, "plan", solution.plans, "the plan selection has no such plan"),
        *_refused(count < 1, "count", solution.plans, "serves fewer than one copy"),
    ]
    kept = (plan >= 0) & (count >= 1)

    supplies = selection.supplies
    supply = pd.Index(supplies.name).get_indexer(pd.Index(solution.supply["supply"]))
    stated = solution.supply["amount"].to_numpy(dtype=np.int64)
    maximum = supplies.maximum[supply] if len(supplies) else np.zeros_like(stated)
    twice = solution.supply["supply"].duplicated().to_numpy()
    outside = (supply >= 0) & ((stated < 0) | (stated > maximum))
    violations += [
        *_refused(supply < 0, "supply", solution.supply, "the plan selection has no such supply"),
        *_refused(twice, "supply", solution.supply, "is listed twice"),
        *_refused(outside, "supply", solution.supply, "is outside 0 to its maximum"),
    ]
    known_supply = (supply >= 0) & ~twice
    amount = np.zeros(len(supplies), dtype=np.int64)
    amount[supply[known_supply]] = stated[known_supply]
    return IndexedSelection(plan[kept].astype(np.int64), count[kept], amount), violations


def _refused(bad: Bool, rule: str, frame: pd.DataFrame, message: str) -> list[Violation]:
    return [
        Violation(rule, ", ".join(f"{column} {frame[column].iloc[row]!r}" for column in frame.columns), message)
        for row in np.flatnonzero(bad)
    ]
