"""Many queries by planners made for one: each takes its plan from what the ones before have left.

Queries are taken in several orders. Each is served by the first plan of its group's list that fits; those for which
none fits wait, and once all have had their turn their groups are searched anew in what is left, and so on until a
round serves nobody. The best order's answer is the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.group_plans import plans_of_groups
from sloplan.heuristics.query_groups import QueryGroups
from sloplan.heuristics.renting import cheapest_beginning
from sloplan.heuristics.searches import Planner, open_searches
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import COST, compile_kernels, serve
from sloplan.problem.compiled import CompiledInstance, Int, Queries
from sloplan.problem.compiling.read_only import make_read_only
from sloplan.problem.run import Run
from sloplan.problem.solution import Solution
from sloplan.problem.stopping import Limit

MOST_ROUNDS: Final = 10
"""Searches of a group, at most, in one order of the queries: the first, and those in what is left."""

_SEARCHED_TOGETHER: Final = 512
"""Groups that are searched side by side, at most: the clock is read in between."""

_SEARCH_SHARE: Final = 0.5
"""Part of the time left that searching all groups once may take; serving, and searching again, needs some too."""

_CHECK_SECONDS_PER_QUERY: Final = 2e-5
"""Time kept back for checking an answer and summing up."""


class OneAfterAnother:
    """Places the queries of an instance by a planner, and offers what comes of it.

    Parameters
    ----------
    problem : CompiledInstance
    run : Run
        Of objective `goodput` or `cost`. Under `cost` all units stand that can be rented, queries are served until the
        goodput asked for is reached, and the fewest whole units that carry them are rented.
    evaluator : Evaluator
    planner : Planner
    """

    def __init__(self, problem: CompiledInstance, run: Run, evaluator: Evaluator, planner: Planner) -> None:
        self._problem, self._run, self._evaluator, self._planner = problem, run, evaluator, planner
        self._floor = run.goodput_floor if run.objective.name == "cost" else None
        self._standing = problem if self._floor is None else problem.under_cost.all_rented
        self._check_time = _CHECK_SECONDS_PER_QUERY * len(problem.names.queries)
        run.report_compile_time(compile_kernels(problem.queries))
        self._groups = QueryGroups.of(problem)
        self._cut_short = False
        self._best = -1  # goodput of the best answer offered: serving nobody is an answer

    def place(self) -> None:
        """Serve the queries in every order, as far as time allows."""
        first = self.first_plans()
        for order in self.orders(first):
            self.serve_in(order, first)
            if self.is_time_up():
                return
        self.end()

    def end(self, limit: Limit | None = None) -> None:
        """End a run that has done all that it wanted, or all that it may; searches cut short are a time limit."""
        self._run.limit = "time" if self._cut_short else limit

    def first_plans(self) -> PlanArrays:
        """Return the plans that the planner finds as long as nothing is taken; see `search`."""
        return self.search(self._problem.queries.count, self._standing.rows.capacity)

    def is_time_up(self) -> bool:
        """Whether the run should stop, or will by the time that another solution is checked."""
        if self._run.remaining() < self._check_time:
            self._run.limit = "time"
        return self._run.should_stop()

    def search(self, waiting: Int, left: Int) -> PlanArrays:
        """Return the plans that the planner finds in what is left, those of each group where a template's would be.

        Parameters
        ----------
        waiting : (queries,) int64
            Copies of each query that wait.
        left : (rows,) int64
        """
        parts = [
            searches.taken(np.arange(first, min(first + _SEARCHED_TOGETHER, len(searches))))
            for searches in open_searches(self._problem, self._groups, waiting, left)
            for first in range(0, len(searches), _SEARCHED_TOGETHER)
        ]
        found, to_come = [], sum(map(len, parts))
        end = self._run.elapsed() + _SEARCH_SHARE * self._run.remaining()
        for searches in parts:
            if self.is_time_up():
                break
            # Each part has its share of the time, so that none is left without any plan.
            began = self._run.elapsed()
            until = began + (end - began) * len(searches) / to_come
            to_come -= len(searches)
            self._evaluator.begin_search(searches.num_queries, searches.group)
            plans = self._planner.plans(searches, self._evaluator, partial(self._is_share_used, until))
            self._run.report_statistics(self._evaluator.statistics())
            found.append((searches, plans))
        return plans_of_groups(self._standing, len(self._groups), found)

    def _is_share_used(self, until: float) -> bool:
        """Whether a part of the searches has used its time, or the run's is up."""
        if self._run.elapsed() >= until:
            self._cut_short = True
        return self.is_time_up() or self._run.elapsed() >= until

    def able(self, plans: PlanArrays) -> Int:
        """Return the queries for which there are plans, ascending."""
        return np.flatnonzero(np.diff(plans.start)[self._groups.of_query] > 0)

    def orders(self, plans: PlanArrays) -> Iterator[Int]:
        """Yield the queries by value per use of their first plan, by rate, the largest first, and as given.

        What a plan uses is the sum of its shares of the rows' capacities; under `cost` another order goes by value per
        cost.
        """
        queries, able = self._problem.queries, self.able(plans)
        first, value = plans.start[self._groups.of_query[able]], queries.value_milli[able]
        capacity = self._standing.rows.capacity
        use = plans.priced(np.divide(1.0, capacity, out=np.zeros(len(capacity)), where=capacity > 0))
        for scarce in [use] if self._floor is None else [use, plans.needs[:, COST]]:
            used = scarce[first] * queries.rate_milli[able]
            worth = np.divide(value, used, out=np.full(len(able), np.inf), where=used > 0)
            yield able[np.argsort(-worth, kind="stable")]
        yield able[np.argsort(-queries.rate_milli[able], kind="stable")]
        yield able

    def serve_in(self, order: Int, first: PlanArrays) -> None:
        """Serve queries in an order, each from what is left, and offer the answer if it is the best so far.

        Parameters
        ----------
        order : (m,) int64
            Queries.
        first : PlanArrays
            The plans that the planner prefers as long as nothing is taken.
        """
        queries, plans = self._problem.queries, first
        left, waiting = self._standing.rows.capacity.copy(), queries.count.copy()
        entries, choices = [], []
        for number in range(MOST_ROUNDS):
            if number > 0:
                plans = self.search(waiting, left)
            turn = order[waiting[order] > 0]
            served = serve(
                _waiting_queries(queries, self._groups, waiting),
                turn,
                plans.start,
                np.arange(len(plans)),
                plans.needs.copy(),
                plans.usage,
                left,
            )
            query, plan, count = served
            np.subtract.at(waiting, query, count)
            entries.append(served[::2])
            choices.append(plans.choices[plan])
            out_of_reach = np.diff(plans.start)[self._groups.of_query] == 0
            waiting[out_of_reach] = 0  # no plan of its own in what is left, and less will be left later
            if len(query) == 0 or not waiting.any() or self.is_time_up():
                break
        query, count = np.concatenate(entries, axis=1)
        self._offer(query, count, np.concatenate(choices))

    def _offer(self, query: Int, count: Int, choices: Int) -> None:
        value = self._problem.queries.value_milli[query].astype(object) * count
        total = int(value.sum())
        if self._floor is not None:
            if total >= self._floor:
                self._run.offer(cheapest_beginning(self._problem, query, count, choices, self._floor))
        elif total > self._best:
            self._best = total
            self._run.offer(Solution.from_choices(self._problem, query, count, choices))


def _waiting_queries(queries: Queries, groups: QueryGroups, waiting: Int) -> Queries:
    """Return the queries as a kernel reads them: by group, with the copies that wait."""
    return replace(queries, template=groups.of_query, count=make_read_only(waiting.copy()))
