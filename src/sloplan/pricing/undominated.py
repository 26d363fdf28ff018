"""Leaving out plans that other plans replace, which most do."""

from __future__ import annotations

import numpy as np

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import allowed_by, keep_undominated
from sloplan.problem.compiled import CompiledInstance


def undominated(plans: PlanArrays, compiled: CompiledInstance) -> PlanArrays:
    """Leave out plans that another plan of the template can replace whichever query follows them.

    It can if it uses no more of any row, and meets what every query of the template asks for that
    the other one meets. Bounds at row prices, and what fits, stay as they are.

    Parameters
    ----------
    plans : PlanArrays
    compiled : CompiledInstance
    """
    # Only what queries ask for tells needs apart: a need becomes the number of levels that it misses.
    allowed, missed = allowed_by(compiled.queries), np.zeros_like(plans.needs)
    by_template = np.argsort(compiled.queries.template, kind="stable")
    ends = np.cumsum(np.bincount(compiled.queries.template, minlength=len(compiled.templates)))
    for template, members in enumerate(np.split(by_template, ends[:-1])):
        part = slice(plans.start[template], plans.start[template + 1])
        for column in range(missed.shape[1]):
            missed[part, column] = np.searchsorted(np.unique(allowed[members, column]), plans.needs[part, column])
    # Usage may have columns beyond the rows (a cost): any positive prices order the plans.
    scale = np.ones(max(len(compiled.rows), int(plans.usage.column.max(initial=-1)) + 1))
    scale[: len(compiled.rows)] = 1 / np.maximum(compiled.rows.capacity, 1)
    price = plans.priced(scale)
    order = np.lexsort((*missed.T, price, plans.template))
    return plans.taken(np.flatnonzero(keep_undominated(plans.start, order, missed, plans.usage)))
