"""The one place where planners get figures of plans: it counts what they ask for and what measuring it takes.

A *search step* is one figure (accuracy, latency, cost or usage) of one plan, or of one extension of a partial plan,
whether it was looked up before or not. A *profile row* is what is measured: an operator's configuration at an
allocation on some hardware, whatever the machine's speed. Measuring it runs `PROFILING_ITEMS` requests there, one after
another, and keeps their outputs: accuracy is learnt in the same runs, and costs no further ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
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
        follows `begin_search(n)` counts n times.
    clock : callable, optional
        Seconds that never go backwards.

    Attributes
    ----------
    steps : int
        Search steps so far.
    wall_s : float
        Seconds that evaluating took.
    """

    def __init__(
        self,
        compiled: CompiledInstance,
        *,
        profiles_known: bool = True,
        caching: bool = True,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.compiled = compiled
        self.profiles_known = profiles_known
        self.caching = caching
        self.steps = 0
        self.wall_s = 0.0
        self._clock = clock
        self._times = 1
        self._measured: Bool = np.zeros(len(compiled.profile_item_us), dtype=np.bool_)
        self._ever_measured: Bool = self._measured.copy()
        self._has_run: Bool = np.zeros(len(compiled.configuration_operator), dtype=np.bool_)
        self._profiling_us = 0
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

    def begin_search(self, num_queries: int = 1) -> None:
        """Begin the search for some queries that may follow the same plans.

        Parameters
        ----------
        num_queries : int, optional
            Query copies that the search stands for: with template caching it counts once, otherwise for each.

        Raises
        ------
        InputError
            If it is not at least 1.
        """
        if num_queries < 1:
            raise InputError("unusable value", field="num_queries", value=num_queries, allowed="at least 1")
        if not self.caching:
            self._times = int(num_queries)
            self._measured[:] = False
            self._has_run[:] = False

    def count(self, steps: int) -> None:
        """Count steps of a kernel that computes figures itself."""
        self.steps += self._times * int(steps)

    def profile(self, options: Int) -> None:
        """Measure the profile rows of some options, unless profiles are known or they were measured before.

        Parameters
        ----------
        options : int64 array
            Global option indices.
        """
        if self.profiles_known:
            return
        wanted = np.zeros_like(self._measured)
        wanted[self.compiled.options.profile[options]] = True
        self._measure(wanted & ~self._measured)
        self._has_run[self.compiled.options.configuration[options]] = True

    def evaluate(self, template: int | Int, choices: Int, figures: Collection[Figure] = FIGURES) -> PlanFigures:
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

        Returns
        -------
        PlanFigures
        """
        began = self._clock()
        self.count(len(choices) * len(figures))
        self.profile(choices)
        evaluated = evaluate_plans(self.compiled, template, choices)
        self.wall_s += self._clock() - began
        return evaluated

    def accuracy(self, template: int, configurations: Int) -> Int:
        """Return the accuracy of combinations of configurations, wherever they stand: a step each.

        A configuration that has not run yet is measured where that takes least.

        Parameters
        ----------
        template : int
        configurations : (n, operators of the application) int64
            Global configuration index per local operator position.

        Returns
        -------
        (n,) int64
            nano-nats.
        """
        began = self._clock()
        self.count(len(configurations))
        if not self.profiles_known:
            new = np.unique(configurations)
            new = new[~self._has_run[new]]
            wanted = np.zeros_like(self._measured)
            wanted[self._quickest[new]] = True
            self._measure(wanted & ~self._measured)
            self._has_run[new] = True
        total = np.zeros(len(configurations), dtype=np.int64)
        for factor in self._application(template).factors:
            total += factor_nano_nats(factor, configurations[:, factor.positions])
        self.wall_s += self._clock() - began
        return total

    def extend(
        self,
        template: int,
        partial: PartialPlans,
        parent: Int,
        option: Int,
        figures: Collection[Figure] = ("accuracy", "latency", "cost"),
    ) -> PartialPlans:
        """Place the next operator of partial plans: a step for each figure of each extension.

        Parameters
        ----------
        template : int
        partial : PartialPlans
            Over the first k operators.
        parent : (m,) int64
            Which of them is extended.
        option : (m,) int64
            By which global option of the operator at local position k.
        figures : collection of str, optional
            Those that the planner uses; usage is not computed here. The others must not be looked at.

        Returns
        -------
        PartialPlans
            Of m plans over k + 1 operators.
        """
        began = self._clock()
        self.count(len(option) * len(figures))
        self.profile(option)
        compiled, application, base = self.compiled, self._application(template), partial.taken(parent)
        position = base.choices.shape[1]
        choices = np.column_stack([base.choices, option])
        source = np.full(len(choices), compiled.templates.source[template])
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
        self.wall_s += self._clock() - began
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

    def _measure(self, rows: Bool) -> None:
        """Run the requests of some profile rows."""
        self._measured |= rows
        self._ever_measured |= rows
        self._profiling_us += self._times * int(self.compiled.profile_item_us[rows].sum())


def _quickest_profiles(compiled: CompiledInstance) -> Int:
    """Return each configuration's profile row of least time among those of its options, shape (configurations,)."""
    options = compiled.options
    quickest = np.zeros(len(compiled.configuration_operator), dtype=np.int64)
    order = np.lexsort((options.profile, -compiled.profile_item_us[options.profile]))
    quickest[options.configuration[order]] = options.profile[order]  # the last one written stays
    return quickest
