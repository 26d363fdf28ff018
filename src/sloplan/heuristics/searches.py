"""Searches for the plans of groups of queries, side by side: what planners work on.

Planners that were made for one query search for all groups of one application in step, each within its own options:
the same work as one group after another, but a few operations on large arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.query_groups import QueryGroups
from sloplan.problem.compiled import NO_LIMIT, Application, Bool, CompiledInstance, Int
from sloplan.problem.evaluation import PlanFigures, largest_rate
from sloplan.problem.grouping import grouped
from sloplan.problem.spans import spans
from sloplan.problem.transfers import share_transfers

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OpenOptions:
    """The options that each search may use at one operator: those of search s at `start[s]:start[s + 1]`, ascending.

    Parameters
    ----------
    start : (searches + 1,) int64
    option : int64
    """

    start: Int
    option: Int


@dataclass(frozen=True)
class Searches:
    """Searches of one application.

    Parameters
    ----------
    compiled : CompiledInstance
    application : Application
    group : (searches,) int64
        Group of queries that each is for.
    query : (searches,) int64
        The query of least rate among those that wait: plans are to be feasible for it.
    num_queries : (searches,) int64
        Copies that wait.
    left : (rows,) int64
        Capacity left.
    open_options : tuple of OpenOptions
        Per local operator position.
    """

    compiled: CompiledInstance
    application: Application
    group: Int
    query: Int
    num_queries: Int
    left: Int
    open_options: tuple[OpenOptions, ...]

    def __len__(self) -> int:
        return len(self.group)

    @property
    def template(self) -> Int:
        """Template of each search, shape (searches,)."""
        return self.compiled.queries.template[self.query]

    @property
    def num_operators(self) -> int:
        """Operators of the application."""
        return len(self.application.operators)

    def extensions(self, position: int, search: Int) -> tuple[Int, Int]:
        """Pair states with all options that their searches have at an operator.

        Parameters
        ----------
        position : int
            Local operator position.
        search : (n,) int64
            Search of each state.

        Returns
        -------
        state, option : (m,) int64
        """
        options = self.open_options[position]
        first, end = options.start[search], options.start[search + 1]
        return np.repeat(np.arange(len(search)), end - first), options.option[spans(first, end - first)]

    def extensions_of(self, position: int, search: Int, configuration: Int) -> tuple[Int, Int]:
        """Pair states with the options that run a given configuration.

        Parameters
        ----------
        position, search
            As in `extensions`.
        configuration : (n,) int64
            Global configuration of each state.
        """
        options, count = self.open_options[position], len(self.compiled.configuration_operator)
        owner = np.repeat(np.arange(len(self)), np.diff(options.start))
        # Options of an operator are sorted by configuration, so these codes ascend.
        code = owner * count + self.compiled.options.configuration[options.option]
        first, end = (np.searchsorted(code, search * count + configuration, side) for side in ("left", "right"))
        return np.repeat(np.arange(len(search)), end - first), options.option[spans(first, end - first)]

    def least(self, position: int, figure: Int, none: int) -> Int:
        """Return the least of a figure of options among those that each search has at an operator.

        Parameters
        ----------
        position : int
        figure : (options,) int64
        none : int
            For a search without options.

        Returns
        -------
        (searches,) int64
        """
        options = self.open_options[position]
        least = np.full(len(self), none, dtype=np.int64)
        np.minimum.at(least, np.repeat(np.arange(len(self)), np.diff(options.start)), figure[options.option])
        return least

    def least_latency_to_come(self) -> Int:
        """Return the least time from the end of each operator to the end of the request, (operators, searches) int64.

        Transfers are not in it.
        """
        own = [self.least(position, self.compiled.options.latency_us, 0) for position in range(self.num_operators)]
        to_come = np.zeros((self.num_operators, len(self)), dtype=np.int64)
        for producer, consumer in self.application.edges[::-1].tolist():  # sorted by producer: consumers are complete
            np.maximum(to_come[producer], own[consumer] + to_come[consumer], out=to_come[producer])
        return to_come

    def accepts(self, evaluator: Evaluator, search: Int, figures: PlanFigures) -> Bool:
        """Return whether plans are feasible for their search's query and fit in the capacity left.

        Parameters
        ----------
        evaluator : Evaluator
        search : (n,) int64
            Search of each plan.
        figures : PlanFigures
        """
        query = self.query[search]
        fits = self.compiled.queries.rate_milli[query] <= largest_rate(figures.usage, self.left)
        return evaluator.feasible(query, figures) & fits

    def taken(self, index: Int) -> Searches:
        """Return some of the searches."""
        options = []
        for part in self.open_options:
            length = np.diff(part.start)[index]
            option = part.option[spans(part.start[index], length)]
            options.append(OpenOptions(np.concatenate([[0], np.cumsum(length)]).astype(np.int64), option))
        return Searches(
            self.compiled,
            self.application,
            self.group[index],
            self.query[index],
            self.num_queries[index],
            self.left,
            tuple(options),
        )


@dataclass(frozen=True)
class FoundPlans:
    """Plans that searches have found, all of one application.

    Parameters
    ----------
    search : (n,) int64
        Ascending.
    choices : (n, operators) int64
        Global options, those of a search in the order in which the planner prefers them.
    """

    search: Int
    choices: Int

    @classmethod
    def none(cls, searches: Searches) -> FoundPlans:
        """Return that nothing was found."""
        return cls(np.zeros(0, dtype=np.int64), np.zeros((0, searches.num_operators), dtype=np.int64))

    @classmethod
    def ranked(cls, search: Int, choices: Int, keys: tuple[Int | Float, ...], most: int) -> FoundPlans:
        """Sort plans by search and then by keys, the first key first, and keep the first ones of each search."""
        kept = best_of_each(search, keys, most)
        return cls(search[kept], choices[kept])


class Planner(Protocol):
    """Finds plans of queries, each by itself."""

    def plans(self, searches: Searches, evaluator: Evaluator, should_stop: Callable[[], bool]) -> FoundPlans:
        """Return the plans that each search prefers, feasible in the capacity left.

        Parameters
        ----------
        searches : Searches
        evaluator : Evaluator
            Counts what is asked of it; `begin_search` was called for these searches.
        should_stop : callable
            Whether to come to an end with what was found.
        """
        ...


def best_of_each(group: Int, keys: tuple[Int | Float, ...], most: int) -> Int:
    """Return the positions of the first entries of each group in the order of some keys, group by group.

    Parameters
    ----------
    group : (n,) int64
    keys : tuple of (n,) arrays
        The first decides before the second, and so on; equals stay in their order.
    most : int
        Entries of each group, at most.

    Returns
    -------
    int64 array
    """
    order = np.lexsort((*keys[::-1], group))
    ordered = group[order]
    place = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return order[place < most]


def open_searches(compiled: CompiledInstance, groups: QueryGroups, waiting: Int, left: Int) -> Iterator[Searches]:
    """Yield the searches of all groups that have copies waiting, application by application.

    Parameters
    ----------
    compiled : CompiledInstance
    groups : QueryGroups
    waiting : (queries,) int64
        Copies of each query that wait.
    left : (rows,) int64
        Capacity left.
    """
    queries = compiled.queries
    number = np.zeros(len(groups), dtype=np.int64)
    np.add.at(number, groups.of_query, waiting)
    able = np.flatnonzero(waiting > 0)
    order = able[np.lexsort((queries.rate_milli[able], groups.of_query[able]))]
    group, first = np.unique(groups.of_query[order], return_index=True)
    slowest = order[first]
    for application, member in grouped(compiled.templates.application[groups.template[group]]):
        yield Searches(
            compiled,
            compiled.applications[application],
            group[member],
            slowest[member],
            number[group[member]],
            left,
            _options_of(compiled, groups.options, slowest[member], left),
        )


def search_alone(compiled: CompiledInstance, query: int, *unasked: str) -> Searches:
    """Return the search for one copy of one query in the empty infrastructure.

    Parameters
    ----------
    compiled : CompiledInstance
    query : int
    *unasked : str
        SLOs that are not asked for: "slo_latency_us", "slo_accuracy", "slo_cost_nano".
    """
    limitless = np.full(len(compiled.queries.template), NO_LIMIT, dtype=np.int64)
    asking = replace(compiled, queries=replace(compiled.queries, **dict.fromkeys(unasked, limitless)))
    share_transfers(compiled, asking)
    waiting = np.zeros_like(limitless)
    waiting[query] = 1
    return next(open_searches(asking, QueryGroups.of(asking), waiting, compiled.rows.capacity))


def _options_of(
    compiled: CompiledInstance, of_template: tuple[tuple[Int, ...], ...], query: Int, left: Int
) -> tuple[OpenOptions, ...]:
    """The options of each operator at which each query's rate is enough and not too much."""
    options = compiled.options
    row, busy = compiled.pools.row[options.pool], np.maximum(options.busy_us, 1)
    # A pool that is the query's own has its capacity whatever is left of the shared ones.
    capacity = np.where(row >= 0, left[row] if len(left) else 0, compiled.pools.capacity[options.pool])
    most_rate = np.where(options.busy_us > 0, capacity // busy, np.iinfo(np.int64).max)
    template, rate = compiled.queries.template[query], compiled.queries.rate_milli[query]
    opened = []
    for parts in zip(*(of_template[place] for place in template.tolist()), strict=True):
        option = np.concatenate(parts)
        of_search = np.repeat(np.arange(len(query)), [len(part) for part in parts])
        kept = (options.min_rate_milli[option] <= rate[of_search]) & (rate[of_search] <= most_rate[option])
        start = np.concatenate([[0], np.cumsum(np.bincount(of_search[kept], minlength=len(query)))]).astype(np.int64)
        opened.append(OpenOptions(start, option[kept]))
    return tuple(opened)
