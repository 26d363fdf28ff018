"""Plans that are worth keeping: those that no other plan of their template replaces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import allowed_by, keep_undominated, levels_missed, sifting_order
from sloplan.pricing.plan_lister import PlanLister
from sloplan.problem.compiled import CompiledInstance, Int

Float = npt.NDArray[np.float64]

_SIFTED_TOGETHER = 50_000
"""Plans listed before they are sifted: few enough to be in memory still warm, many enough for calls to cost nothing."""


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
    return _Sieve(compiled, billed).sift(plans)


def list_undominated(
    compiled: CompiledInstance,
    limit: int,
    should_stop: Callable[[int], bool],
    *,
    facing: CompiledInstance | None = None,
    billed: bool = False,
) -> tuple[PlanArrays, int]:
    """List the plans of all templates that no other replaces: `undominated` of `list_plans`, but never all at once.

    Parameters
    ----------
    compiled, limit, should_stop
        As in `list_plans`.
    facing : CompiledInstance, optional
        Has the rows that plans use, if not as they stand in `compiled`.
    billed : bool
        As in `undominated`.

    Returns
    -------
    PlanArrays
        Without plans for the templates that were left out.
    int
        Number of templates listed.

    Raises
    ------
    SizeLimitError
        If a template has more partial plans than `limit`.
    """
    lister, sieve = PlanLister(compiled, limit), _Sieve(facing or compiled, billed)
    parts: list[PlanArrays] = []
    num_listed = 0
    while num_listed < len(compiled.templates) and not should_stop(num_listed):
        lister.add(num_listed)
        num_listed += 1
        if len(lister) > _SIFTED_TOGETHER:
            parts.append(sieve.sift(PlanArrays(*lister.fields())))
            lister.clear()
    parts.append(sieve.sift(PlanArrays(*lister.fields())))
    return PlanArrays.joined(parts), num_listed


class _Sieve:
    """Sifts plans of an instance."""

    def __init__(self, compiled: CompiledInstance, billed: bool) -> None:
        self._compiled, self._billed = compiled, billed
        # Only what queries ask for tells needs apart: a need becomes the number of levels that it misses.
        template, allowed = compiled.queries.template, allowed_by(compiled.queries)
        starts, levels = [], []
        for column in allowed.T:
            order = np.lexsort((column, template))
            ordered, of_template = column[order], template[order]
            is_new = np.ones(len(order), dtype=np.bool_)
            is_new[1:] = (ordered[1:] != ordered[:-1]) | (of_template[1:] != of_template[:-1])
            levels.append(ordered[is_new])
            starts.append(np.searchsorted(of_template[is_new], np.arange(len(compiled.templates) + 1)))
        offset = np.cumsum([0, *map(len, levels[:-1])])
        self._level_start = np.stack(starts).astype(np.int64) + offset[:, None]
        self._levels: Int = np.concatenate(levels)

    def sift(self, plans: PlanArrays) -> PlanArrays:
        """Return the plans that no other replaces."""
        missed = levels_missed(plans.start, plans.needs, self._level_start, self._levels)
        compared = plans.with_bills(len(self._compiled.rows)) if self._billed else plans
        order = sifting_order(plans.start, size(compared, self._compiled), missed)
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
