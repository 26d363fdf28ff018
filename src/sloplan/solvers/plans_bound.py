"""A bound of a plan selection that is known before any engine starts."""

from __future__ import annotations

import numpy as np

from sloplan.problem.exact_sums import exact_dot
from sloplan.problem.selections.selection import PlanSelection


def bound_of_all(selection: PlanSelection) -> int:
    """Return what every copy at its best comes to, whatever the rows say: most value, or least cost.

    Parameters
    ----------
    selection : PlanSelection

    Returns
    -------
    int
        Units of the selection's objective.
    """
    groups, plans = selection.groups, selection.plans
    best = np.zeros(len(groups), dtype=np.int64)
    if selection.objective == "goodput":
        np.maximum.at(best, plans.group, plans.value)
    else:  # who may stay out costs nothing
        best[groups.must] = np.iinfo(np.int64).max
        np.minimum.at(best, plans.group, plans.cost)
        best[np.diff(selection.plan_start) == 0] = 0
    return exact_dot(best, groups.count)
