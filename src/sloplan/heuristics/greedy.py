"""`greedy`: serve queries in order of value per scarce capacity, each by the least scarce plan that fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.greedy_kernels import (
    RankedPlans,
    asked_table,
    compile_kernels,
    prefer,
    ranked_plans,
    serve,
)
from sloplan.heuristics.plan_arrays import PlanArrays, list_plans
from sloplan.heuristics.price_bound import PriceBound, best_scaled, certificate_of
from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.errors import InputError
from sloplan.problem.plan_table import PLAN_LIMIT
from sloplan.problem.run import Run
from sloplan.problem.solution import Solution

Float = npt.NDArray[np.float64]

_LOOKS_PER_CALL = 20_000_000
"""Pairs (query, plan) that a kernel looks at, at most, before the clock is read again."""

_CHECK_SECONDS_PER_QUERY = 2e-5
"""Time kept back for checking and summing up a solution."""


class Greedy:
    """Serve queries greedily, at prices that follow the demand.

    Every row starts with the price 1 / capacity. A pass lets each query prefer its cheapest plan that
    meets its SLOs, sorts the queries by value per price of that plan, and serves them in that order,
    each by its cheapest plans that still fit. The prices are then scaled as a whole so that their
    Lagrangian bound is least; queries that are worth their price pay. The price of each row is
    multiplied by (demand of those that pay over capacity, within 1/2 and 2) ** (2 / (k + 1)) after
    pass k, in ever smaller steps, and the next pass begins.

    Notes
    -----
    The bound is the least of the passes' Lagrangian bounds, given with its certificate if there is time
    for it to be verified, or the value of all copies that have a plan that meets SLOs and rules and
    fits alone. Nothing is random: every seed gives the same result.
    """

    name = "greedy"
    summary = "by value per scarce capacity, over listed plans; fast, with a certified bound"

    def unsupported(self, problem: CompiledInstance, objective: str) -> str | None:
        """Return why `problem` cannot be solved, or None."""
        if objective != "goodput":
            return f"greedy does not have objective {objective!r} yet; allowed: goodput"
        if problem.hosting != "fluid":
            return f"greedy does not have hosting {problem.hosting!r} yet; allowed: fluid"
        return None

    def solve(self, problem: CompiledInstance, run: Run, *, passes: int = 24, plan_limit: int = PLAN_LIMIT) -> None:
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
        run.report_compile_time(compile_kernels())
        run.report_bound(_value(problem, np.ones(len(problem.names.queries), dtype=np.bool_)))
        began = run.elapsed()
        plans, listed_templates = list_plans(problem, plan_limit, lambda: _is_time_up(problem, run))
        listing_time = run.elapsed() - began
        search = _Search(problem, plans, run)
        price = np.ones(len(problem.rows))
        best: PriceBound | None = None
        for number in range(1, passes + 1):
            ranking = search.ranking(price)
            if ranking.complete and listed_templates == len(problem.templates):
                run.report_bound(_value(problem, ranking.plan_of >= 0))
                if best is None or ranking.bound.value < best.value:
                    best = ranking.bound
            search.offer_pass(ranking)
            if _is_time_up(problem, run):
                break
            price *= np.clip(search.demand(ranking), 0.5, 2.0) ** (2 / (number + 1))
        else:
            run.limit = "iterations"
        # Whoever verifies the certificate lists the plans again.
        if best is not None and run.remaining() > 2 * listing_time + _check_time(problem):
            run.prices = best.prices
            run.certificate = certificate_of(best, problem, plans)


def _is_time_up(problem: CompiledInstance, run: Run) -> bool:
    """Whether the run should stop, or will by the time that another solution is checked."""
    if run.remaining() < _check_time(problem):
        run.limit = "time"
    return run.should_stop()


def _check_time(problem: CompiledInstance) -> float:
    """Seconds to keep back for checking a solution."""
    return _CHECK_SECONDS_PER_QUERY * len(problem.names.queries)


def _value(problem: CompiledInstance, served: Bool) -> int:
    """Value of all copies of the queries marked in `served`."""
    queries = problem.queries
    return int((queries.value_milli[served].astype(object) * queries.count[served].astype(object)).sum())


@dataclass(frozen=True)
class _Ranking:
    """Plans and queries in the order of a pass.

    Parameters
    ----------
    plans : RankedPlans
        Plans of each template, cheapest first.
    plan_of : (queries,) int64
        Preferred plan among those that fit alone, -1 where there is none (or none was found in time).
    query_order : (m,) int64
        Queries with a preferred plan, most value per price first.
    num_paying : int
        The first of them, whose value is at least the scaled price of their plan.
    bound : PriceBound
        What the pass's prices prove, if `complete`.
    complete : bool
        There was time to look at all queries.
    """

    plans: RankedPlans
    plan_of: Int
    query_order: Int
    num_paying: int
    bound: PriceBound
    complete: bool


class _Search:
    """The passes over one problem's listed plans."""

    def __init__(self, problem: CompiledInstance, plans: PlanArrays, run: Run) -> None:
        self._problem = problem
        self._plans = plans
        self._run = run
        self._asked = asked_table(problem.queries)
        self._template = np.repeat(np.arange(len(problem.templates)), np.diff(plans.start))
        self._best = -1  # value of the best pass

    def ranking(self, price: Float) -> _Ranking:
        """Rank plans by the price of their usage as shares of capacity, then queries by value per price."""
        queries, rows = self._problem.queries, self._problem.rows
        per_unit = price / np.maximum(rows.capacity, 1)
        per_unit[rows.capacity == 0] = 0.0  # no plan that fits uses such a row
        plan_price = self._plans.priced(per_unit)
        ranked = ranked_plans(self._plans, np.lexsort((plan_price, self._template)))

        # A bound holds for all plans that meet SLOs and rules, also for those that do not fit alone.
        plan_of, _ = self._preferred(ranked)
        bound = self._bound(plan_of, plan_price, per_unit)

        ranked = ranked.fitting_alone(self._plans)
        plan_of, complete = self._preferred(ranked)
        able = np.flatnonzero((plan_of >= 0) & (queries.value_milli > 0))
        value, cost = queries.value_milli[able], plan_price[plan_of[able]] * queries.rate_milli[able]
        worth = np.divide(value, cost, out=np.full(len(able), np.inf), where=cost > 0)
        query_order = able[np.argsort(-worth, kind="stable")]
        num_paying = int(np.count_nonzero(worth >= bound.factor))
        return _Ranking(ranked, plan_of, query_order, num_paying, bound, complete)

    def _preferred(self, ranked: RankedPlans) -> tuple[Int, bool]:
        """Return each query's first open plan, and whether there was time to look at all queries."""
        plan_of = np.full(len(self._asked), -1, dtype=np.int64)
        seen = 0
        for part in self._parts(np.arange(len(plan_of))):
            prefer(self._asked, ranked, part, plan_of)
            seen += len(part)
        return plan_of, seen == len(plan_of)

    def _bound(self, plan_of: Int, plan_price: Float, per_unit: Float) -> PriceBound:
        queries = self._problem.queries
        able = np.flatnonzero(plan_of >= 0)
        return best_scaled(
            per_unit,
            capacity=self._problem.rows.capacity.astype(np.float64),
            value=queries.value_milli[able].astype(np.float64),
            cost=plan_price[plan_of[able]] * queries.rate_milli[able],
            copies=queries.count[able].astype(np.float64),
        )

    def offer_pass(self, ranking: _Ranking) -> None:
        """Serve the queries in order and offer what came of it if it beats the earlier passes."""
        left = self._problem.rows.capacity.copy()
        entries = [serve(self._asked, ranking.plans, part, left) for part in self._parts(ranking.query_order)]
        query, plan, count = np.concatenate([np.zeros((3, 0), dtype=np.int64), *entries], axis=1)
        value_of = self._problem.queries.value_milli
        value = int((value_of[query].astype(object) * count.astype(object)).sum())
        nothing_to_gain = self._run.bound == 0
        if value > self._best and (len(query) > 0 or nothing_to_gain):
            self._best = value
            self._run.offer(Solution.from_choices(self._problem, query, count, self._plans.choices[plan]))

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
            if number > 0 and _is_time_up(self._problem, self._run):
                return
            yield part
