"""Policies to compare with: queries are served one after the other, and what runs is never moved without need."""

from __future__ import annotations

import numpy as np

from sloplan.heuristics import matching_kernels as kernels
from sloplan.heuristics.contention import Contention, PlanLists, Room
from sloplan.heuristics.matching import match_first_come, serve_in_turn
from sloplan.heuristics.matching_prices import Market, bid
from sloplan.problem.compiled import Int
from sloplan.problem.instance import Instance
from sloplan.runtime.known_plans import KnownPlans
from sloplan.runtime.policy import Decision, Situation
from sloplan.runtime.query_lists import QueryLists

_ROUNDS = 200


class FirstComePolicy:
    """Serve waiting queries in the order of their arrival, each by the plan that takes least of the capacity."""

    name = "first-come"

    def decide(self, situation: Situation) -> Decision:
        """Say what runs from now on."""
        seekers = situation.seekers
        order = seekers[np.argsort(situation.state.books.arrived_s[seekers], kind="stable")]
        matching = match_first_come(situation.contention(situation.lists(order)))
        return Decision(situation.with_matched(order, matching))


class GreedyPolicy:
    """Serve waiting queries by value per share of what is left, each by the plan that takes the smallest share."""

    name = "greedy"

    def decide(self, situation: Situation) -> Decision:
        """Say what runs from now on."""
        seekers = situation.seekers
        problem = situation.contention(situation.lists(seekers))
        market = Market(problem)
        asked = market.ask(1 / np.maximum(situation.left, 1))
        start, plan, list_of = market.lists
        listed = np.empty(len(plan), dtype=np.int64)
        kernels.sort_lists(start, plan, asked.plan_price, listed)
        share = problem.lists.rate * asked.plan_price[asked.choice]
        turn = np.argsort(-problem.lists.value / np.maximum(share, 1e-300), kind="stable")
        matching = serve_in_turn(problem, market, (start, listed, list_of), turn)
        return Decision(situation.with_matched(seekers, matching))


class StaticPolicy:
    """Plan once: every query's plan is fixed before anybody comes, at prices of all queries at once.

    Queries are served in the order of their arrival if their plan is still one and fits.

    Parameters
    ----------
    instance : Instance
        As it is at first.
    """

    name = "static"

    def __init__(self, instance: Instance) -> None:
        compiled = instance.compiled
        plans = KnownPlans(compiled)
        queries, every = compiled.queries, np.arange(len(compiled.queries.count))
        lists = QueryLists(compiled, plans).of(every, queries.count, queries.rate_milli, queries.value_milli)
        nothing = np.zeros((3, len(compiled.rows)), dtype=np.int64)
        market = Market(Contention(lists, Room(compiled.rows.capacity, *nothing)))
        *_, asked = bid(market, _ROUNDS)
        self._prices = asked.price
        self._has_plan = asked.choice >= 0
        self._template = queries.template
        self._choices: Int = plans.choices[np.maximum(asked.choice, 0)]

    def decide(self, situation: Situation) -> Decision:
        """Say what runs from now on."""
        state = situation.state
        some = np.flatnonzero((situation.waiting > 0) & self._has_plan)
        some = some[np.argsort(state.books.arrived_s[some], kind="stable")]
        plan = situation.plans.add(self._template[some], self._choices[some])
        able = state.meets(some, plan)
        some, plan = some[able], plan[able]
        lists = PlanLists(
            usage=situation.plans.usage,
            bill=np.zeros(len(situation.plans), dtype=np.int64),
            start=np.arange(len(some) + 1, dtype=np.int64),
            plan=plan,
            list_of=np.arange(len(some), dtype=np.int64),
            rate=situation.rate_milli[some],
            value=situation.value_milli[some],
            count=situation.waiting[some],
        )
        return Decision(situation.with_matched(some, match_first_come(situation.contention(lists))), self._prices)
