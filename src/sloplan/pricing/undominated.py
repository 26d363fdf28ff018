"""Plans that are worth keeping: those that no other plan of their template replaces."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import allowed_by, keep_undominated, levels_missed, raise_most_used, sifting_order
from sloplan.pricing.plan_lister import PlanLister
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.errors import SizeLimitError

Float = npt.NDArray[np.float64]

_SIFTED_TOGETHER = 10_000
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


@dataclass(frozen=True)
class Listed:
    """Undominated plans, and what is known of those that were left out.

    Parameters
    ----------
    plans : PlanArrays
        Without plans for templates that have too many.
    num_listed : int
        Templates that were looked at before it was time to stop.
    too_many : tuple of int
        Those of them whose plans are too many to list.
    most_used : (templates, rows + 1) float64
        The most that a plan of each template uses of each row per request, and in the end bills; dominated ones count.
    """

    plans: PlanArrays
    num_listed: int
    too_many: tuple[int, ...]
    most_used: Float


def list_undominated(
    compiled: CompiledInstance,
    limit: int,
    should_stop: Callable[[int], bool],
    *,
    facing: CompiledInstance | None = None,
    billed: bool = False,
    threads: int = 1,
) -> Listed:
    """List the plans of all templates that no other replaces: `undominated` of `list_plans`, but never all at once.

    Parameters
    ----------
    compiled : CompiledInstance
    limit : int
        A template with more partial plans is left out.
    should_stop : callable
        Asked before each template, with the number of templates listed so far.
    facing : CompiledInstance, optional
        Has the rows that plans use, if not as they stand in `compiled`.
    billed : bool
        As in `undominated`.
    threads : int
        1: listing and sifting take turns; 2 or more: the one goes on beside the other.
    """
    with ThreadPoolExecutor(1) if threads > 1 else nullcontext() as executor:
        plans = UndominatedPlans(compiled, limit, facing=facing, billed=billed, executor=executor)
        too_many, num_listed = [], 0
        while num_listed < len(compiled.templates) and not should_stop(num_listed):
            try:
                plans.add(num_listed)
            except SizeLimitError:
                too_many.append(num_listed)
            num_listed += 1
        return Listed(plans.plans(), num_listed, tuple(too_many), plans.most_used)


class UndominatedPlans:
    """Lists plans template by template, and keeps those that no other replaces.

    Parameters
    ----------
    compiled : CompiledInstance
    limit : int
        Largest number of partial plans per template.
    facing, billed
        As in `list_undominated`.
    executor : Executor, optional
        Sifts plans while the next ones are listed.

    Attributes
    ----------
    most_used : (templates, rows + 1) float64
        See `Listed`.
    """

    def __init__(
        self,
        compiled: CompiledInstance,
        limit: int,
        *,
        facing: CompiledInstance | None = None,
        billed: bool = False,
        executor: Executor | None = None,
    ) -> None:
        self._lister, self._sieve, self._executor = (
            PlanLister(compiled, limit),
            _Sieve(facing or compiled, billed),
            executor,
        )
        self.most_used: Float = np.zeros((len(compiled.templates), len(compiled.rows) + 1))
        self._sifted: list[PlanArrays] = []
        self._being_sifted: list[Future[PlanArrays]] = []

    def add(self, template: int) -> None:
        """List the plans of a template, after those of lower ones.

        Raises
        ------
        SizeLimitError
            If it has more partial plans than the limit; nothing is added then.
        """
        self._lister.add(template)
        if len(self._lister) > _SIFTED_TOGETHER:
            self._sift()

    def plans(self) -> PlanArrays:
        """Return the plans that no other replaces."""
        self._sift()
        self._wait()
        return PlanArrays.joined(self._sifted)

    def _sift(self) -> None:
        self._wait()  # two blocks at once in memory, not more
        block = PlanArrays(*self._lister.take())
        raise_most_used(block.start, block.usage, block.billed_cost_nano, self.most_used)
        if self._executor is None:
            self._sifted.append(self._sieve.sift(block))
        else:
            self._being_sifted.append(self._executor.submit(self._sieve.sift, block))

    def _wait(self) -> None:
        while self._being_sifted:
            self._sifted.append(self._being_sifted.pop().result())


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
