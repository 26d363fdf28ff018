"""The listed plans of all templates in flat arrays, as a kernel reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sloplan.pricing.plan_kernels import MAX_RATE
from sloplan.pricing.plan_lister import PlanLister
from sloplan.problem.compiled import CompiledInstance, Int, Sparse
from sloplan.problem.spans import spans

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PlanArrays:
    """Plans of all templates, those of template t at `start[t]:start[t + 1]`.

    Parameters
    ----------
    start : (templates + 1,) int64
    choices : (plans, most operators of an application) int64
        Global option per local operator position, padded by -1.
    needs : (plans, 5) int64
        What a plan needs of a query, as `plan_kernels` says.
    alone_rate_milli : (plans,) int64
        Largest rate at which the plan fits alone in the shared capacity (or that anyone asks for).
    billed_cost_nano : (plans,) int64
        nano-USD per request, without the busy time on reserved pools.
    usage : Sparse
        Per plan: usage per request on the coupling rows.
    """

    start: Int
    choices: Int
    needs: Int
    alone_rate_milli: Int
    billed_cost_nano: Int
    usage: Sparse

    def __len__(self) -> int:
        return len(self.choices)

    @cached_property
    def template(self) -> Int:
        """Template of every plan, shape (plans,)."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @cached_property
    def needs_alone(self) -> Int:
        """`needs`, with the largest rate at which the plan fits alone in the shared capacity too."""
        needs = self.needs.copy()
        np.maximum(needs[:, MAX_RATE], -self.alone_rate_milli, out=needs[:, MAX_RATE])
        return needs

    def priced(self, prices: Float) -> Float:
        """Return what each plan's usage per request costs at row prices.

        Parameters
        ----------
        prices : (rows,) float64
            Per unit of usage.

        Returns
        -------
        (plans,) float64
        """
        cost = self.usage.amount * prices[self.usage.column]
        return np.bincount(self.usage.row_of_entry, weights=cost, minlength=len(self)).astype(np.float64)

    @classmethod
    def joined(cls, parts: Sequence[PlanArrays]) -> PlanArrays:
        """Return the plans of all parts, each of which has those of higher templates than the one before."""
        return cls(
            start=np.sum([part.start for part in parts], axis=0, dtype=np.int64),
            choices=np.concatenate([part.choices for part in parts]),
            needs=np.concatenate([part.needs for part in parts]),
            alone_rate_milli=np.concatenate([part.alone_rate_milli for part in parts]),
            billed_cost_nano=np.concatenate([part.billed_cost_nano for part in parts]),
            usage=Sparse.joined([part.usage for part in parts]),
        )

    def taken(self, index: Int) -> PlanArrays:
        """Return the plans at `index`, ascending."""
        entry, length = self._entries(index)
        start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(length)])
        return PlanArrays(
            start=np.searchsorted(index, self.start),
            choices=self.choices[index],
            needs=self.needs[index],
            alone_rate_milli=self.alone_rate_milli[index],
            billed_cost_nano=self.billed_cost_nano[index],
            usage=Sparse(start, self.usage.column[entry], self.usage.amount[entry]),
        )

    def with_bills(self, row: int) -> PlanArrays:
        """Return the plans with their bill as a further row of usage.

        Parameters
        ----------
        row : int
            Its index, after all rows that are used.
        """
        place = self.usage.start[1:]
        usage = Sparse(
            start=self.usage.start + np.arange(len(self) + 1),
            column=np.insert(self.usage.column, place, row),
            amount=np.insert(self.usage.amount, place, self.billed_cost_nano),
        )
        return replace(self, usage=usage)

    def demand(self, plan: Int, rate: Float, num_rows: int) -> Float:
        """Return the usage of the rows if plans are followed at given rates.

        Parameters
        ----------
        plan : (m,) int64
            Plan indices; repeated ones add up.
        rate : (m,) float64
        num_rows : int

        Returns
        -------
        (rows,) float64
        """
        rate_of_plan = np.bincount(plan, weights=rate, minlength=len(self))
        followed = np.flatnonzero(rate_of_plan)  # few of many
        entry, length = self._entries(followed)
        used = self.usage.amount[entry] * np.repeat(rate_of_plan[followed], length)
        return np.bincount(self.usage.column[entry], weights=used, minlength=num_rows).astype(np.float64)

    def _entries(self, index: Int) -> tuple[Int, Int]:
        """Entries of the usage of some plans, in their order, and how many each has."""
        first, end = self.usage.start[index], self.usage.start[index + 1]
        return spans(first, end - first), end - first


def list_plans(compiled: CompiledInstance, limit: int, should_stop: Callable[[int], bool]) -> tuple[PlanArrays, int]:
    """List the plans of all templates, or of the first ones if there is no time for all.

    Parameters
    ----------
    compiled : CompiledInstance
    limit : int
        Largest number of partial plans per template.
    should_stop : callable
        Asked before each template, with the number of templates listed so far.

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
    lister = PlanLister(compiled, limit)
    num_listed = 0
    while num_listed < len(compiled.templates) and not should_stop(num_listed):
        lister.add(num_listed)
        num_listed += 1
    return PlanArrays(*lister.take()), num_listed
