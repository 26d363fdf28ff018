"""The lists from which queries choose, kept from epoch to epoch: only what has changed is listed anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sloplan.heuristics.contention import PlanLists
from sloplan.heuristics.listing import Classes, lists_of
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.spans import spans
from sloplan.runtime.compiled_queries import of_queries
from sloplan.runtime.known_plans import KnownPlans


class QueryLists:
    """Of every query, the plans of its template's short list that are open to it and fit alone.

    Parameters
    ----------
    compiled : CompiledInstance
    plans : KnownPlans
    """

    def __init__(self, compiled: CompiledInstance, plans: KnownPlans) -> None:
        self._plans = plans
        self._lists = lists_of(compiled, Classes.of(compiled), plans.listed, is_cost=False)
        self._list_of = self._lists.list_of.copy()

    def renew(self, compiled: CompiledInstance, query: Int) -> None:
        """List the plans of some queries anew, whose rates have changed.

        Parameters
        ----------
        compiled : CompiledInstance
            With the new rates.
        query : (n,) int64
        """
        some = of_queries(compiled, query)
        lists, known = lists_of(some, Classes.of(some), self._plans.listed, is_cost=False), self._lists
        self._list_of[query] = len(known.start) - 1 + lists.list_of
        self._lists = replace(
            known,
            start=np.concatenate([known.start, known.start[-1] + lists.start[1:]]),
            plan=np.concatenate([known.plan, lists.plan]),
        )

    def has_plan(self, query: Int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether any plan could serve each of some queries alone, shape (n,)."""
        return np.diff(self._lists.start)[self._list_of[query]] > 0

    def of(self, query: Int, count: Int, rate_milli: Int, value_milli: Int) -> PlanLists:
        """Return the lists of some queries, in the given order; no others.

        Parameters
        ----------
        query, count : (n,) int64
            Copies that look for a plan.
        rate_milli, value_milli : (queries,) int64
            Of all queries.
        """
        is_used = np.zeros(len(self._lists.start) - 1, dtype=np.bool_)
        is_used[self._list_of[query]] = True
        used, list_of = np.flatnonzero(is_used), (np.cumsum(is_used) - 1)[self._list_of[query]]
        first, length = self._lists.start[used], np.diff(self._lists.start)[used]
        return PlanLists(
            usage=self._lists.usage,
            bill=self._lists.bill,
            start=np.concatenate([[0], np.cumsum(length)]).astype(np.int64),
            plan=self._lists.plan[spans(first, length)],
            list_of=list_of,
            rate=rate_milli[query],
            value=value_milli[query],
            count=count,
        )


def with_own_plans(lists: PlanLists, others: Int | None = None) -> tuple[PlanLists, Int]:
    """Return lists with the plans on them alone, numbered anew, and which plan each of them was; ascending.

    Parameters
    ----------
    lists : PlanLists
    others : (n,) int64, optional
        Plans that stay besides.
    """
    is_used = np.zeros(len(lists.bill), dtype=np.bool_)
    is_used[lists.plan] = True
    if others is not None:
        is_used[others] = True
    used = np.flatnonzero(is_used)
    plan = (np.cumsum(is_used) - 1)[lists.plan]
    return replace(lists, usage=lists.usage.taken(used), bill=lists.bill[used], plan=plan), used
