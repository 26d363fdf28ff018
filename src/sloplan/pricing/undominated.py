"""Leaving out plans that other plans replace, which most do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import allowed_by, keep_undominated
from sloplan.problem.compiled import CompiledInstance

Float = npt.NDArray[np.float64]


def undominated(plans: PlanArrays, compiled: CompiledInstance, *, billed: bool = False) -> PlanArrays:
    """Leave out plans that another plan of the template can replace whichever query follows them.

    It can if it uses no more of any row, and meets what every query of the template asks for that
    the other one meets. Bounds at row prices, and what fits, stay as they are. Where bills count it must also
    bill no more per request: then it bills no more at any rate.

    Parameters
    ----------
    plans : PlanArrays
    compiled : CompiledInstance
    billed : bool
        Bills count, as they do under `cost`.
    """
    # Only what queries ask for tells needs apart: a need becomes the number of levels that it misses.
    allowed, missed = allowed_by(compiled.queries), np.zeros_like(plans.needs)
    by_template = np.argsort(compiled.queries.template, kind="stable")
    ends = np.cumsum(np.bincount(compiled.queries.template, minlength=len(compiled.templates)))
    for template, members in enumerate(np.split(by_template, ends[:-1])):
        part = slice(plans.start[template], plans.start[template + 1])
        for column in range(missed.shape[1]):
            missed[part, column] = np.searchsorted(np.unique(allowed[members, column]), plans.needs[part, column])
    compared = plans.with_bills(len(compiled.rows)) if billed else plans
    order = np.lexsort((*missed.T, size(compared, compiled), plans.template))
    return plans.taken(np.flatnonzero(keep_undominated(plans.start, order, missed, compared.usage)))


def size(plans: PlanArrays, compiled: CompiledInstance) -> Float:
    """Return a figure that is no greater for a plan that uses no more of any row, shape (plans,).

    Parameters
    ----------
    plans : PlanArrays
        Bills may stand for a row more than the instance has.
    compiled : CompiledInstance
    """
    dearest = max(int(plans.billed_cost_nano.max(initial=0)), 1)
    return plans.priced(np.append(1 / np.maximum(compiled.rows.capacity, 1), 1 / dearest))
