"""The policy `matching`: query-plan matching on what capacity is left; then running copies make room if that pays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from sloplan.heuristics.contention import Contention, Matching, PlanLists, Room
from sloplan.heuristics.matching import StageTwo
from sloplan.heuristics.matching_kernels import sort_lists
from sloplan.heuristics.matching_prices import Market, bid, guided
from sloplan.heuristics.swapping import SwapSearch
from sloplan.problem.compiled import Int
from sloplan.runtime.arrivals import Float
from sloplan.runtime.placements import Placements, moves
from sloplan.runtime.placing_kernels import fits_any, go_back, make_room
from sloplan.runtime.policy import Decision, Situation
from sloplan.runtime.query_lists import with_own_plans

_ROUNDS, _SWAPS = 80, 10
"""Rounds of bidding, which begins at good prices, and calls of swapping at an epoch, at most."""

_ROOM_FOR: Final = 200
"""Copies for which room is made at an epoch, at most; those of most value per price."""

_SWAPPED: Final = 2_000
_SWAP_STEPS: Final = 20_000
"""Copies that are there, up to which a search swaps plans of those who run and of those who wait, and its steps."""

_PRICE_ROUNDS: Final = 20
"""Rounds of bidding for the prices of an epoch, which begins at those of the epoch before."""


class MatchingPolicy:
    """Match waiting queries to the plans of their lists on what capacity is left; then make room.

    Row prices are those under which all who are there, running or not, ask for about what there is; they are kept from
    epoch to epoch and only bid on. Waiting copies that found no place may take one that a running copy leaves for
    another plan of its list, or altogether, if over the time that queries stay (as far as is known) this is worth more
    than the migration costs.
    """

    name = "matching"

    def decide(self, situation: Situation) -> Decision:
        """Say what runs from now on."""
        prices = _prices(situation)
        matched = self._matched(situation, prices)
        roomier = self._with_room(situation, matched, prices)
        return Decision(self._swapped(situation, roomier, prices), prices)

    def _matched(self, situation: Situation, prices: Float) -> Placements:
        """Return what runs once waiting queries are matched to what is left."""
        seekers = situation.seekers
        lists = situation.lists(seekers)
        able = seekers[fits_any(_plain_usage(lists), _plain_lists(lists), lists.rate.copy(), situation.left.copy())]
        if not len(able):
            return situation.kept
        own, plan = with_own_plans(situation.lists(able))
        stage = StageTwo(situation.contention(own), situation.seed, lambda _: None, _patience(), prices)
        stage.run()
        best = stage.best and replace(stage.best, plan=plan[stage.best.plan])
        return situation.with_matched(able, best)

    def _with_room(self, situation: Situation, matched: Placements, prices: Float) -> Placements:
        """Return what runs once running copies have made room for some that wait."""
        state, rate, value = situation.state, situation.rate_milli, situation.value_milli
        books = state.books
        still = books.waiting + books.running - matched.copies(len(value))
        seekers = situation.seekers[still[situation.seekers] > 0]
        seekers = seekers[value[seekers] > 0]
        if not len(seekers) or not len(matched):
            return matched
        concerned = np.union1d(seekers, matched.query)
        lists = state.lists.of(concerned, still[concerned], rate, value)
        start, entries, list_of = _plain_lists(lists)
        list_of_query = np.zeros(len(value), dtype=np.int64)
        list_of_query[concerned] = list_of
        weight = 1 / np.maximum(state.capacity, 1) + prices / max(float((prices * state.capacity).sum()), 1e-300)
        plan_price = situation.plans.listed.priced(weight)
        listed = np.empty(len(lists.plan), dtype=np.int64)
        sort_lists(start, entries, plan_price, listed)
        cheapest = plan_price[listed[start[list_of_query[seekers]]]] * rate[seekers]
        seekers = seekers[np.argsort(-value[seekers] / np.maximum(cheapest, 1e-300), kind="stable")][:_ROOM_FOR]
        order = np.argsort(value[matched.query], kind="stable")
        hosts, plan = matched.query[order].copy(), matched.plan[order].copy()
        before = plan.copy()
        left = state.capacity - matched.used(situation.plans, rate, len(state.capacity))
        given = make_room(
            _plain(situation.plans.usage.start, situation.plans.usage.column, situation.plans.usage.amount),
            (start, listed, list_of_query),
            rate.copy(),
            value.copy(),
            seekers,
            (hosts, plan),
            left,
            books.mean_stay_s,
            situation.migration_s,
        )
        gone, came = np.flatnonzero(plan != before), np.flatnonzero(given >= 0)
        moved = gone[plan[gone] >= 0]
        change = Placements(
            np.concatenate([hosts[gone], hosts[moved], seekers[came]]),
            np.concatenate([before[gone], plan[moved], given[came]]),
            np.concatenate([np.full(len(gone), -1), np.ones(len(moved) + len(came))]).astype(np.int64),
        )
        return matched.joined(change)

    def _swapped(self, situation: Situation, placements: Placements, prices: Float) -> Placements:
        """Return what runs once a search has swapped plans of those who run and of those who wait, where that pays."""
        state, rate, value = situation.state, situation.rate_milli, situation.value_milli
        copies = state.books.waiting + state.books.running
        out = np.flatnonzero((copies > placements.copies(len(copies))) & (value > 0))
        if copies.sum() > _SWAPPED or not state.lists.has_plan(out).any():
            return placements
        there = np.flatnonzero(copies > 0)
        plans = situation.plans
        lists = replace(
            state.lists.of(there, copies[there], rate, value),
            usage=plans.usage,
            bill=np.zeros(len(plans), dtype=np.int64),
        )
        own, plan = with_own_plans(lists, placements.plan)
        problem = Contention(own, Room(state.capacity, *np.zeros((3, len(state.capacity)), dtype=np.int64)))
        market = Market(problem)
        asked = guided(market, market.ask(prices))
        start, entries, _ = market.lists
        listed = np.empty(len(entries), dtype=np.int64)
        sort_lists(start, entries, asked.plan_price, listed)
        now = Matching(
            np.searchsorted(there, placements.query), np.searchsorted(plan, placements.plan), placements.count
        )
        found = SwapSearch(problem, now, asked, listed, situation.seed).improve(_SWAP_STEPS)
        swapped = _without_idle_moves(situation, Placements.merged(there[found.query], plan[found.plan], found.count))
        return swapped if situation.worth(swapped) > situation.worth(placements) else placements


def _prices(situation: Situation) -> Float:
    """Return row prices under which all who are there ask for about what there is, from the last epoch's prices on."""
    state = situation.state
    before = np.zeros(len(state.capacity)) if state.prices is None else state.prices
    copies = state.books.waiting + state.books.running
    there = np.flatnonzero(copies > 0)
    there = there[state.lists.has_plan(there)]
    if not len(there):
        return before
    own, _ = with_own_plans(state.lists.of(there, copies[there], situation.rate_milli, situation.value_milli))
    market = Market(Contention(own, Room(state.capacity, *np.zeros((3, len(state.capacity)), dtype=np.int64))))
    nothing, kept = market.ask(np.zeros(len(before))), market.ask(before)
    *_, asked = bid(market, _PRICE_ROUNDS, min(nothing, kept, key=lambda one: one.bound))
    return asked.price


def _without_idle_moves(situation: Situation, placements: Placements) -> Placements:
    """Return placements of the same copies, of which no single one could as well stay as it runs now."""
    rate, capacity = situation.rate_milli, situation.state.capacity
    query, old, new = moves(situation.kept, placements)
    usage = situation.plans.usage
    left = capacity - placements.used(situation.plans, rate, len(capacity))
    stays = go_back(_plain(usage.start, usage.column, usage.amount), rate[query], old, new, left)
    query, old, new = query[stays], old[stays], new[stays]
    one = np.ones(len(query), dtype=np.int64)
    change = np.concatenate([query, query]), np.concatenate([old, new]), np.concatenate([one, -one])
    return placements.joined(Placements.merged(*change))


def _patience() -> Callable[[], bool]:
    """Return what stage two asks whether to stop: yes after some rounds of bidding, and again after some swaps.

    It counts, so that the same is done on every machine.
    """
    asked = 0

    def is_enough() -> bool:
        nonlocal asked
        asked += 1
        return asked == _ROUNDS or asked > _ROUNDS + _SWAPS

    return is_enough


def _plain_usage(lists: PlanLists) -> tuple[Int, Int, Int]:
    return _plain(lists.usage.start, lists.usage.column, lists.usage.amount)


def _plain_lists(lists: PlanLists) -> tuple[Int, Int, Int]:
    return _plain(lists.start, lists.plan, lists.list_of)


def _plain(first: Int, second: Int, third: Int) -> tuple[Int, Int, Int]:
    """Writable and contiguous: read-only arrays are a type of their own to numba."""
    return first.astype(np.int64), second.astype(np.int64), third.astype(np.int64)
