"""Many queries by planners made for one: each takes its plan from what the ones before have left.

Queries are taken in several orders. Each is served by the first plan of its group's list that fits; those for which
none fits wait, and once all have had their turn their groups are searched anew in what is left, and so on until a
round serves nobody. The best order's answer is the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.query_groups import QueryGroups
from sloplan.heuristics.searches import FoundPlans, Planner, Searches, open_searches
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import compile_kernels, serve
from sloplan.problem.compiled import CompiledInstance, Int, Queries, Sparse
from sloplan.problem.compiling.read_only import make_read_only
from sloplan.problem.cost_problem import UNIT_PREFIX
from sloplan.problem.evaluation import evaluate_plans, largest_rate
from sloplan.problem.fewest_units import rented_units, row_usage
from sloplan.problem.run import Run
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import IndexedSolution

MOST_ROUNDS: Final = 10
"""Searches of a group, at most, in one order of the queries: the first, and those in what is left."""

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
        self._best: int | None = None

    def place(self) -> None:
        """Serve the queries in every order, as far as time allows."""
        first = self.first_plans()
        for order in self.orders(first):
            self.serve_in(order, first)
            if self.is_time_up():
                return

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
        found = []
        for searches in open_searches(self._problem, self._groups, waiting, left):
            if self.is_time_up():
                break
            self._evaluator.begin_search(searches.num_queries)
            plans = self._planner.plans(searches, self._evaluator, self.is_time_up)
            self._run.report_statistics(self._evaluator.statistics())
            found.append((searches, plans))
        return _gathered(self._standing, len(self._groups), found)

    def able(self, plans: PlanArrays) -> Int:
        """Return the queries for which there are plans, ascending."""
        return np.flatnonzero(np.diff(plans.start)[self._groups.of_query] > 0)

    def orders(self, plans: PlanArrays) -> Iterator[Int]:
        """Yield the queries by value per use of their first plan, by rate, the largest first, and as given."""
        queries, group, able = self._problem.queries, self._groups.of_query, self.able(plans)
        capacity = self._standing.rows.capacity
        use = plans.priced(np.divide(1.0, capacity, out=np.zeros(len(capacity)), where=capacity > 0))
        of_query = use[plans.start[group[able]]] * queries.rate_milli[able]
        worth = np.divide(queries.value_milli[able], of_query, out=np.full(len(able), np.inf), where=of_query > 0)
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
        if self._floor is not None:
            if value.sum() < self._floor:
                return
            enough = int(np.searchsorted(np.cumsum(value), self._floor)) + 1 if self._floor > 0 else 0
            query, count, choices = query[:enough], count[:enough], choices[:enough]
            self._run.offer(_with_units(self._problem, query, count, choices, self._floor))
            return
        total = int(value.sum())
        if (total > 0 or self._run.bound == 0) and (self._best is None or total > self._best):
            self._best = total
            self._run.offer(Solution.from_choices(self._problem, query, count, choices))


def _waiting_queries(queries: Queries, groups: QueryGroups, waiting: Int) -> Queries:
    """Return the queries as a kernel reads them: by group, with the copies that wait."""
    return replace(queries, template=groups.of_query, count=make_read_only(waiting.copy()))


def _gathered(compiled: CompiledInstance, num_groups: int, found: list[tuple[Searches, FoundPlans]]) -> PlanArrays:
    """The plans of all applications, sorted by group, with what they need and use."""
    width = max((len(application.operators) for application in compiled.applications), default=1)
    none = np.zeros(0, dtype=np.int64)
    groups, choices, needs, usages, bills = (
        [none],
        [np.zeros((0, width), np.int64)],
        [np.zeros((0, 5), np.int64)],
        [],
        [],
    )
    for searches, plans in found:
        if len(plans.search) == 0:
            continue
        figures = evaluate_plans(compiled, searches.template[plans.search], plans.choices)
        groups.append(searches.group[plans.search])
        missing = width - plans.choices.shape[1]
        choices.append(np.pad(plans.choices, ((0, 0), (0, missing)), constant_values=-1))
        least, most = figures.min_rate_milli, figures.max_rate_milli
        needs.append(np.column_stack([-most, least, figures.accuracy_nano_nats, figures.latency_us, figures.cost_nano]))
        usages.append(figures.usage)
        bills.append(figures.billed_cost_nano)
    group = np.concatenate(groups)
    order = np.argsort(group, kind="stable")
    usage = Sparse.joined(usages).taken(order) if usages else Sparse(np.zeros(1, dtype=np.int64), none, none)
    return PlanArrays(
        start=np.searchsorted(group[order], np.arange(num_groups + 1)).astype(np.int64),
        choices=np.concatenate(choices)[order],
        needs=np.concatenate(needs)[order],
        alone_rate_milli=largest_rate(usage, compiled.rows.capacity),
        billed_cost_nano=np.concatenate([none, *bills])[order],
        usage=usage,
    )


def _with_units(problem: CompiledInstance, query: Int, count: Int, choices: Int, floor: int) -> Solution:
    """Return the solution with the fewest whole units rented that carry it."""
    none = np.zeros(len(problem.supplies), dtype=np.int64)
    usage = row_usage(problem, IndexedSolution(np.arange(len(query)), query, count, choices, none))
    units = rented_units(problem, usage, none)
    rented = np.flatnonzero(units)
    supply = {f"{UNIT_PREFIX}{problem.names.pools[pool]}": int(units[pool]) for pool in rented.tolist()}
    solution = Solution.from_choices(problem, query, count, choices, supply)
    return replace(solution, objective="cost", goodput_floor=floor)
