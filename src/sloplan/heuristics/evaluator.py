"""The one place where planners get figures of plans: it counts what they ask for and what measuring it takes.

A *search step* is one figure (accuracy, latency, cost or usage) of one plan, or of one extension of a partial plan,
whether it was looked up before or not. A *profile row* is what is measured: an operator's configuration at an
allocation on some hardware, whatever the machine's speed. Measuring it runs `PROFILING_ITEMS` requests there, one after
another, and keeps their outputs: accuracy is learnt in the same runs, and costs no further ones.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sloplan.problem.compiled import Application, Bool, CompiledInstance, Int
from sloplan.problem.errors import InputError
from sloplan.problem.evaluation import PlanFigures, arrivals, evaluate_plans, factor_nano_nats, meets

Figure = Literal["accuracy", "latency", "cost", "usage"]

FIGURES: Final[tuple[Figure, ...]] = ("accuracy", "latency", "cost", "usage")

PROFILING_ITEMS: Final = 100
"""Requests that measuring a profile row runs."""


@dataclass(frozen=True)
class PartialPlans:
    """n plans over the first k operators of an application, in topological order.

    Parameters
    ----------
    choices : (n, k) int64
        Global option index per local operator position.
    finish_us : (n, k) int64
        When each operator is done, us from the start of the request.
    accuracy_nano_nats : (n,) int64
        Sum of the factors that the first k operators decide.
    cost_nano : (n,) int64
        nano-USD per request so far, transfers among the first k included.
    possible : (n,) bool
        Every transfer has a route that the query owns, and every pair of configurations is allowed.
    """

    choices: Int
    finish_us: Int
    accuracy_nano_nats: Int
    cost_nano: Int
    possible: Bool

    @classmethod
    def empty(cls) -> PartialPlans:
        """Return the one plan that places nothing yet."""
        none, zero = np.zeros((1, 0), dtype=np.int64), np.zeros(1, dtype=np.int64)
        return cls(none, none, zero, zero, np.ones(1, dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.choices)

    @property
    def latency_us(self) -> Int:
        """When the last of the operators is done, shape (n,): the way to a sink is not in it."""
        return np.asarray(self.finish_us.max(axis=1, initial=0))

    def taken(self, index: Int | Bool) -> PartialPlans:
        """Return the partial plans at `index`."""
        return PartialPlans(
            self.choices[index],
            self.finish_us[index],
            self.accuracy_nano_nats[index],
            self.cost_nano[index],
            self.possible[index],
        )


class Evaluator:
    """Figures of plans of one instance, and the count of what they took.

    Parameters
    ----------
    compiled : CompiledInstance
    profiles_known : bool, optional
        Whether all profiles were measured beforehand. If not, a plan's figures need its profile rows measured.
    caching : bool, optional
        Template caching: what a search has found and measured holds for all queries that may follow the same plans,
        and what was measured once is known ever after. Without it every query is searched, and measured, alone: what
        is asked in a search that stands for n queries counts n times.

    Attributes
    ----------
    steps : int
        Search steps so far.
    """

    def __init__(
        self,
        compiled: CompiledInstance,
        *,
        profiles_known: bool = True,
        caching: bool = True,
    ) -> None:
        self.compiled = compiled
        self.profiles_known = profiles_known
        self.caching = caching
        self.steps = 0
        self._ever_measured: Bool = np.zeros(len(compiled.profile_item_us), dtype=np.bool_)
        self._profiling_us = 0
        self._times: Int = np.ones(1, dtype=np.int64)
        self._group: Int = np.zeros(1, dtype=np.int64)
        self._measured: Bool = np.zeros((1, len(compiled.profile_item_us)), dtype=np.bool_)
        self._has_run: Bool = np.zeros((1, len(compiled.configuration_operator)), dtype=np.bool_)
        self._quickest = _quickest_profiles(compiled)

    @property
    def profiled(self) -> int:
        """Distinct profile rows measured, 0 where profiles are known."""
        return int(np.count_nonzero(self._ever_measured))

    @property
    def profiling_s(self) -> float:
        """Seconds of measuring: calls x profiled latency x `PROFILING_ITEMS`, summed over what was measured."""
        return self._profiling_us * PROFILING_ITEMS / 1e6

    def statistics(self) -> dict[str, int | float]:
        """Return what `Run.report_statistics` takes: `steps`, `profiled` and `profiling_s`."""
        return {"steps": self.steps, "profiled": self.profiled, "profiling_s": self.profiling_s}

    def begin_search(self, num_queries: int | Int = 1, group: Int | None = None) -> None:
        """Begin a search, or several at once, each for queries that may follow the same plans.

        Parameters
        ----------
        num_queries : int or (searches,) int64, optional
            Query copies that each search stands for: with template caching it counts once, otherwise for each.
        group : (searches,) int64, optional
            Number of the queries of each search, from 0: what was measured for them before is known to them. Without
            it nothing is.

        Raises
        ------
        InputError
            If a search stands for no query.
        """
        times = np.atleast_1d(np.asarray(num_queries, dtype=np.int64))
        if times.min(initial=1) < 1:
            raise InputError("unusable value", field="num_queries", value=num_queries, allowed="at least 1")
        if self.caching:
            return
        self._times = times
        if group is None:
            self._measured, self._has_run = self._measured[:0], self._has_run[:0]
        self._group = np.arange(len(times)) if group is None else group
        missing = int(self._group.max(initial=-1)) + 1 - len(self._measured)
        if missing > 0:
            self._measured = np.pad(self._measured, ((0, missing), (0, 0)))
            self._has_run = np.pad(self._has_run, ((0, missing), (0, 0)))

    def count(self, steps: int, search: int | Int = 0) -> None:
        """Count steps, of a kernel that computes figures itself for example.

        Parameters
        ----------
        steps : int
        search : int or int64 array, optional
            The search that they belong to; of an array, that many steps for each entry.
        """
        times = np.ones_like(search) if self.caching else self._times[search]
        self.steps += int(steps) * int(np.sum(times))

    def profile(self, options: Int, search: int | Int = 0) -> None:
        """Measure the profile rows of some options, unless profiles are known or the search has measured them.

        Parameters
        ----------
        options : (n,) or (n, k) int64
            Global option indices.
        search : int or (n,) int64, optional
            The search that they belong to.
        """
        if self.profiles_known:
            return
        owner = self._search_of(search, options)
        self._measure(owner, self.compiled.options.profile[options])
        self._has_run[self._group[owner], self.compiled.options.configuration[options]] = True

    def evaluate(
        self, template: int | Int, choices: Int, figures: Collection[Figure] = FIGURES, search: int | Int = 0
    ) -> PlanFigures:
        """Return the figures of plans of one application.

        Parameters
        ----------
        template : int or (n,) int64
            Template of all plans, or of each.
        choices : (n, operators of the application) int64
            Global option index per local operator position.
        figures : collection of str, optional
            Those that the planner uses: each is a step per plan. The others are in what is returned and must not be
            looked at.
        search : int or (n,) int64, optional
            The search that each plan belongs to, of those begun last.

        Returns
        -------
        PlanFigures
        """
        self.count(len(figures), np.broadcast_to(search, len(choices)))
        self.profile(choices, search)
        evaluated = evaluate_plans(self.compiled, template, choices)
        return evaluated

    def accuracy(self, template: int, configurations: Int, search: int | Int = 0) -> Int:
        """Return the accuracy of combinations of configurations, wherever they stand: a step each.

        A configuration that has not run yet is measured where that takes least.

        Parameters
        ----------
        template : int
        configurations : (n, operators of the application) int64
            Global configuration index per local operator position.
        search : int or (n,) int64, optional
            The search that each combination belongs to.

        Returns
        -------
        (n,) int64
            nano-nats.
        """
        self.count(1, np.broadcast_to(search, len(configurations)))
        if not self.profiles_known:
            owner = self._search_of(search, configurations)
            new = ~self._has_run[self._group[owner], configurations]
            self._measure(owner[new], self._quickest[configurations[new]])
            self._has_run[self._group[owner], configurations] = True
        total = np.zeros(len(configurations), dtype=np.int64)
        for factor in self._application(template).factors:
            total += factor_nano_nats(factor, configurations[:, factor.positions])
        return total

    def extend(
        self,
        template: int | Int,
        partial: PartialPlans,
        parent: Int,
        option: Int,
        search: int | Int = 0,
        figures: Collection[Figure] = ("accuracy", "latency", "cost"),
    ) -> PartialPlans:
        """Place the next operator of partial plans: a step for each figure of each extension.

        Parameters
        ----------
        template : int or (m,) int64
            Of all extensions, or of each; all of one application.
        partial : PartialPlans
            Over the first k operators.
        parent : (m,) int64
            Which of them is extended.
        option : (m,) int64
            By which global option of the operator at local position k.
        search : int or (m,) int64, optional
            The search that each extension belongs to.
        figures : collection of str, optional
            Those that the planner uses; usage is not computed here. The others must not be looked at.

        Returns
        -------
        PartialPlans
            Of m plans over k + 1 operators.
        """
        self.count(len(figures), np.broadcast_to(search, len(option)))
        self.profile(option, search)
        compiled, base = self.compiled, partial.taken(parent)
        if len(option) == 0:
            nothing = np.zeros((0, base.choices.shape[1] + 1), dtype=np.int64)
            return PartialPlans(nothing, nothing, base.accuracy_nano_nats, base.cost_nano, base.possible)
        application = self._application(int(np.atleast_1d(template)[0]))
        position = base.choices.shape[1]
        choices = np.column_stack([base.choices, option])
        source = np.broadcast_to(compiled.templates.source[template], len(choices))
        inputs = arrivals(compiled, application, source, position, choices, base.finish_us)
        configuration = compiled.options.configuration[choices]
        accuracy, possible = base.accuracy_nano_nats.copy(), base.possible & inputs.possible
        for factor in application.factors:
            if factor.positions.max() == position:
                accuracy += factor_nano_nats(factor, configuration[:, factor.positions])
        for pair in application.compatibilities:
            if pair.second == position:
                number = len(compiled.configuration_operator)
                code = configuration[:, pair.first] * number + configuration[:, pair.second]
                possible &= np.isin(code, pair.allowed[:, 0] * number + pair.allowed[:, 1])
        extended = PartialPlans(
            choices,
            np.column_stack([base.finish_us, inputs.time_us + compiled.options.latency_us[option]]),
            accuracy,
            base.cost_nano + inputs.cost_nano + compiled.options.cost_nano[option],
            possible,
        )
        return extended

    def feasible(self, query: int | Int, figures: PlanFigures, plan: Int | slice = slice(None)) -> Bool:
        """Return whether plans can be placed and meet SLOs and own rules of queries; shared capacity is not looked at.

        Parameters
        ----------
        query : int or int64 array
        figures : PlanFigures
            With all figures evaluated.
        plan : int64 array, optional
            Plans of `figures`, broadcast against `query`; all if left out.
        """
        return np.asarray(figures.placeable[plan] & meets(self.compiled, query, figures, plan))

    def _application(self, template: int) -> Application:
        return self.compiled.applications[self.compiled.templates.application[template]]

    def _search_of(self, search: int | Int, entries: Int) -> Int:
        """The search, in whose name something is known, of each entry; of the shape of `entries`."""
        of_row = np.broadcast_to(0 if self.caching else search, len(entries))
        return np.broadcast_to(of_row.reshape(-1, *[1] * (entries.ndim - 1)), entries.shape)

    def _measure(self, search: Int, profile: Int) -> None:
        """Run the requests of profile rows that the searches' queries have not measured."""
        wanted = np.zeros((len(self._times), self._measured.shape[1]), dtype=np.bool_)
        wanted[search, profile] = True
        wanted &= ~self._measured[self._group]
        self._measured[self._group] |= wanted
        self._ever_measured |= wanted.any(axis=0)
        self._profiling_us += int(self._times @ (wanted.astype(np.int64) @ self.compiled.profile_item_us))


def _quickest_profiles(compiled: CompiledInstance) -> Int:
    """Return each configuration's profile row of least time among those of its options, shape (configurations,)."""
    options = compiled.options
    quickest = np.zeros(len(compiled.configuration_operator), dtype=np.int64)
    order = np.lexsort((options.profile, -compiled.profile_item_us[options.profile]))
    quickest[options.configuration[order]] = options.profile[order]  # the last one written stays
    return quickest
