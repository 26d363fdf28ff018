"""`greedy`: serve queries in order of value per scarce capacity, each by the least scarce plan that fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.price_bound import PriceBound, best_scaled, certificate_of
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import compile_kernels, prefer, serve
from sloplan.pricing.undominated import undominated
from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.errors import InputError
from sloplan.problem.plan_table import PLAN_LIMIT
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.solution import Solution

Float = npt.NDArray[np.float64]

_LOOKS_PER_CALL = 20_000_000
"""Pairs (query, plan) that a kernel looks at, at most, before the clock is read again."""

_CHECK_SECONDS_PER_QUERY = 2e-5
"""Time kept back for the first pass, the check of its answer and summing up, until a check has been timed."""


_SIFTING_SHARE = 1.5
"""Time kept back for leaving out replaceable plans, as a part of what listing them took so far."""

_CERTIFYING_SHARE = 0.5
"""Part of the time left that the verification of the bound may take."""

_VERIFYING = 6
"""How many times as long as listing the plans the verification takes, which lists them for itself, plainly."""


class Greedy:
    """Serve queries greedily, at prices that follow the demand: a heuristic with a bound.

    All plans of all templates are listed, and those that others replace left out. Every row starts with
    the price 1 / capacity. A pass lets each query prefer its cheapest plan that meets its SLOs and fits
    alone, sorts the queries by value per price of that plan, and serves them in that order, each by its
    cheapest plans that still fit. The first pass's answer is offered at once, a later one's if it is
    better. After a pass the prices are scaled as a whole so that their Lagrangian bound is least; queries
    that are worth their price pay. The price of each row is multiplied by (demand of those that pay over
    capacity, within 1/2 and 2) ** (2 / (k + 1)) after pass k, in ever smaller steps, and the next pass
    begins.

    Notes
    -----
    Answers are valid; nothing is promised of how good they are, but the bound says it. It is the value of
    all copies that have a plan that meets SLOs and rules and fits alone, or what the best prices of all
    passes prove: they are given as a certificate if there is time for it to be verified. Out of time while
    plans are listed, only queries whose plans are listed are served, and the bound is the value of all.

    `seed` and `threads` have no effect: nothing is random, and one thread does all.
    """

    name = "greedy"
    summary = "by value per scarce capacity, over listed plans; fast, with a certified bound"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:
        """Return why `problem` cannot be solved, or None."""
        if not isinstance(problem, CompiledInstance):
            return "greedy works through an instance's templates, and a plan selection has none; allowed: an instance"
        if objective != "goodput":
            return f"greedy does not have objective {objective!r} yet; allowed: goodput"
        if problem.hosting != "fluid":
            return f"greedy does not have hosting {problem.hosting!r} yet; allowed: fluid"
        return None

    def solve(self, problem: CompiledInstance, run: Run, *, passes: int = 50, plan_limit: int = PLAN_LIMIT) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance
        run : Run
        passes : int, optional
            Passes over the queries, at least 1.
        plan_limit : int, optional
            Largest number of partial plans that are listed per template, at least 1.

        Raises
        ------
        SizeLimitError
            If a template has more partial plans than `plan_limit`.
        """
        for field, number in (("passes", passes), ("plan_limit", plan_limit)):
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise InputError("unusable value", field=field, value=number, allowed="a whole number of at least 1")
        run.report_compile_time(compile_kernels(problem.queries))
        run.report_bound(_value(problem, np.ones(len(problem.names.queries), dtype=np.bool_)))
        began = run.elapsed()
        check_time = _CHECK_SECONDS_PER_QUERY * np.cumsum(np.bincount(problem.queries.template))

        def is_listing_time_up(num_listed: int) -> bool:
            return _is_time_up(run, check_time[num_listed] + _SIFTING_SHARE * (run.elapsed() - began))

        listed, num_listed = list_plans(problem, plan_limit, is_listing_time_up)
        listing_time = run.elapsed() - began
        if num_listed == 0:
            return
        search = _Search(problem, undominated(listed, problem), run, check_time[num_listed - 1])
        price = np.ones(len(problem.rows))
        bounds: list[PriceBound] = []
        for number in range(1, passes + 1):
            ranking = search.ranking(price)
            if num_listed == len(problem.templates):
                run.report_bound(_value(problem, ranking.plan_of >= 0))
                bounds.append(ranking.bound)
            search.offer_pass(ranking)
            if _is_time_up(run, search.check_time):
                break
            price *= np.clip(search.demand(ranking), 0.5, 2.0) ** (2 / (number + 1))
        else:
            run.limit = "iterations"
        if bounds and _CERTIFYING_SHARE * run.remaining() > _VERIFYING * listing_time:
            best = min(bounds, key=lambda bound: bound.value)
            run.prices = best.prices
            run.certify(certificate_of(best, problem, listed), _CERTIFYING_SHARE * run.remaining())


def _is_time_up(run: Run, check_time: float) -> bool:
    """Whether the run should stop, or will by the time that another solution is checked."""
    if run.remaining() < check_time:
        run.limit = "time"
    return run.should_stop()


def _value(problem: CompiledInstance, served: Bool) -> int:
    """Value of all copies of the queries marked in `served`."""
    queries = problem.queries
    return int((queries.value_milli[served].astype(object) * queries.count[served].astype(object)).sum())


@dataclass(frozen=True)
class _Ranking:
    """Plans and queries in the order of a pass.

    Parameters
    ----------
    plan_order : (plans,) int64
        Plans of each template, cheapest first.
    plan_of : (queries,) int64
        Preferred plan among those that fit alone, -1 where there is none.
    query_order : (m,) int64
        Queries with a preferred plan, most value per price first.
    num_paying : int
        The first of them, whose value is at least the scaled price of their plan.
    bound : PriceBound
        What the pass's prices prove.
    """

    plan_order: Int
    plan_of: Int
    query_order: Int
    num_paying: int
    bound: PriceBound


class _Search:
    """The passes over one problem's listed plans; `check_time` are the seconds to keep back for an answer."""

    def __init__(self, problem: CompiledInstance, plans: PlanArrays, run: Run, check_time: float) -> None:
        self._problem = problem
        self._plans = plans
        self._run = run
        self._best = -1  # value of the best pass
        self.check_time = check_time

    def ranking(self, price: Float) -> _Ranking:
        """Rank plans by the price of their usage as shares of capacity, then queries by value per price."""
        queries, capacity, plans = self._problem.queries, self._problem.rows.capacity, self._plans
        # A row without capacity costs nothing: no plan that fits uses it.
        per_unit = np.divide(price, capacity, out=np.zeros(len(price)), where=capacity > 0)
        plan_price = plans.priced(per_unit)
        plan_order = np.lexsort((plan_price, plans.template))
        # The bound holds for all plans that meet SLOs and rules, also for those that do not fit alone.
        bound = self._bound(prefer(queries, plans.start, plan_order, plans.needs), plan_price, per_unit)

        plan_of = prefer(queries, plans.start, plan_order, plans.needs_alone)
        able = np.flatnonzero((plan_of >= 0) & (queries.value_milli > 0))
        value, cost = queries.value_milli[able], plan_price[plan_of[able]] * queries.rate_milli[able]
        worth = np.divide(value, cost, out=np.full(len(able), np.inf), where=cost > 0)
        query_order = able[np.argsort(-worth, kind="stable")]
        return _Ranking(plan_order, plan_of, query_order, int(np.count_nonzero(worth >= bound.factor)), bound)

    def _bound(self, plan_of: Int, plan_price: Float, per_unit: Float) -> PriceBound:
        queries, able = self._problem.queries, np.flatnonzero(plan_of >= 0)
        cost = plan_price[plan_of[able]] * queries.rate_milli[able]
        return best_scaled(per_unit, self._problem.rows.capacity, queries.value_milli[able], cost, queries.count[able])

    def offer_pass(self, ranking: _Ranking) -> None:
        """Serve the queries in order and offer what came of it if it beats the earlier passes."""
        plans, queries = self._plans, self._problem.queries
        left, needs = self._problem.rows.capacity.copy(), plans.needs_alone.copy()
        entries = [
            serve(queries, part, plans.start, ranking.plan_order, needs, plans.usage, left)
            for part in self._parts(ranking.query_order)
        ]
        query, plan, count = np.concatenate([np.zeros((3, 0), dtype=np.int64), *entries], axis=1)
        value = int((queries.value_milli[query].astype(object) * count.astype(object)).sum())
        nothing_to_gain = self._run.bound == 0
        if value > self._best and (len(query) > 0 or nothing_to_gain):
            self._best = value
            began = self._run.elapsed()
            self._run.offer(Solution.from_choices(self._problem, query, count, plans.choices[plan]))
            self.check_time = 2 * (self._run.elapsed() - began)  # a check, and summing up

    def demand(self, ranking: _Ranking) -> Float:
        """Return what the paying queries' preferred plans use of each row over its capacity, shape (rows,)."""
        queries, rows = self._problem.queries, self._problem.rows
        paying = ranking.query_order[: ranking.num_paying]
        rate = queries.rate_milli[paying].astype(np.float64) * queries.count[paying]
        return self._plans.demand(ranking.plan_of[paying], rate, len(rows)) / np.maximum(rows.capacity, 1)

    def _parts(self, queries: Int) -> Iterator[Int]:
        """Cut `queries` into parts of bounded work; end early when the run should stop."""
        looks = np.cumsum(np.diff(self._plans.start)[self._problem.queries.template[queries]] + 1)
        last = looks[-1] if len(looks) else 0
        cuts = np.searchsorted(looks, np.arange(_LOOKS_PER_CALL, last, _LOOKS_PER_CALL))
        for number, part in enumerate(np.split(queries, cuts)):
            if number > 0 and _is_time_up(self._run, self.check_time):
                return
            yield part
