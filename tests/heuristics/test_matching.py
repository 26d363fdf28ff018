"""Query-plan matching against all matchings there are."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.heuristics.contention import Contention, Matching, PlanLists, Room
from sloplan.heuristics.matching import StageTwo, match_first_come
from sloplan.heuristics.matching_prices import Market, bid
from sloplan.heuristics.unit_slots import match_unit_slots
from sloplan.problem.compiled import Sparse
from tests.heuristics.contention_cases import contention, optimum


def staged(problem: Contention, seed: int = 0) -> tuple[StageTwo, list[Matching]]:
    """Run stage two, and collect what it tells of."""
    told: list[Matching] = []
    stage = StageTwo(problem, seed, told.append, lambda: False)
    stage.run()
    return stage, told


@pytest.mark.parametrize("is_cost", [False, True])
def test_between_the_optimum_and_the_bound(is_cost: bool) -> None:
    """What is told of is valid and gets better; nothing beats the optimum, which is within the prices' bound."""
    reached, possible, compared = 0, 0, 0
    for seed in range(150):
        problem = contention(seed, is_cost=is_cost)
        best = optimum(problem)
        stage, told = staged(problem)
        assert all(found.is_valid(problem) for found in told)
        worth = [found.worth(problem) for found in told]
        assert worth == sorted(set(worth))
        if best is None:
            assert stage.best is None
            continue
        assert stage.asked.bound >= best - 1e-6 * max(1, abs(best))
        if stage.best is not None:
            assert stage.best.worth(problem) <= best
            reached += stage.best.worth(problem)
            possible += best
            compared += 1
    assert compared >= 90
    # Tiny problems are the hard ones: what is lost is a few per cent on average.
    assert abs(possible - reached) <= 0.03 * abs(possible)


@pytest.mark.parametrize("is_cost", [False, True])
def test_unit_slots_are_exact(is_cost: bool) -> None:
    """Where every plan takes one slot of one row, the flow finds the optimum, and stage two says so."""
    settled = 0
    for seed in range(150):
        problem = contention(seed, is_cost=is_cost, unit_slots=True)
        best, found = optimum(problem), match_unit_slots(problem)
        if found is None:
            continue
        assert found.is_valid(problem)
        assert found.worth(problem) == best
        stage, _ = staged(problem)
        assert stage.is_exact
        assert stage.best is not None
        assert stage.best.worth(problem) == best
        settled += 1
    assert settled >= 90


def two_rows(amount: list[int], standing: list[int]) -> Contention:
    """Return three queries of one copy, worth 1, 2 and 4, with one plan on each of two rows."""
    one = np.ones(3, dtype=np.int64)
    usage = Sparse(np.array([0, 1, 2]), np.array([0, 1]), np.array(amount))
    nothing = np.zeros(2, dtype=np.int64)
    lists = PlanLists(usage, nothing, np.array([0, 2]), np.array([0, 1]), 0 * one, one, np.array([1, 2, 4]), one)
    return Contention(lists, Room(np.array(standing), nothing, nothing, nothing))


def test_slots_by_hand() -> None:
    """Two rows of one slot each: the two dearest queries are served, one on each."""
    found = match_unit_slots(two_rows([5, 7], [9, 13]))
    assert found is not None
    assert sorted(found.query.tolist()) == [1, 2]
    assert sorted(found.plan.tolist()) == [0, 1]


def test_no_slots() -> None:
    """Demands that differ on a row that binds make no slots; on one that never binds they do not matter."""
    unequal = two_rows([5, 7], [9, 13])
    lists = unequal.lists
    unequal = Contention(
        PlanLists(
            lists.usage,
            lists.bill,
            lists.start,
            lists.plan,
            lists.list_of,
            np.array([1, 2, 1]),
            lists.value,
            lists.count,
        ),
        unequal.room,
    )
    assert match_unit_slots(unequal) is None
    free = Contention(unequal.lists, Room(np.array([10**6, 10**6]), *np.zeros((3, 2), dtype=np.int64)))
    found = match_unit_slots(free)
    assert found is not None
    assert found.value(free) == 7


def test_prices_by_hand() -> None:
    """Rows for two of three queries worth 1, 2 and 4: the bound is 6 at a price of a slot from 1 to 2."""
    problem = two_rows([1, 1], [1, 1])
    *_, best = bid(Market(problem), 200)
    assert best.bound == pytest.approx(6.0, rel=1e-2)
    assert best.bound >= 6.0 - 1e-9
    assert best.price == pytest.approx(np.full(2, 1.5), abs=0.6)


def test_the_same_every_time() -> None:
    """The same seed gives the same matching."""
    for seed in range(20):
        problem = contention(seed)
        first, again = staged(problem, 5)[0].best, staged(problem, 5)[0].best
        assert (first is None) == (again is None)
        if first is not None and again is not None:
            assert np.array_equal(first.query, again.query)
            assert np.array_equal(first.plan, again.plan)


def test_time_is_up() -> None:
    """Without any time, what is served at the first prices is told of all the same."""
    problem = two_rows([2, 3], [3, 4])
    told: list[Matching] = []
    StageTwo(problem, 0, told.append, lambda: True).run()
    assert len(told) >= 1
    assert told[-1].is_valid(problem)


def test_first_come_first_served() -> None:
    """Without matching, queries are served in their order: the dearest one finds no room."""
    problem = two_rows([5, 7], [9, 13])
    found = match_first_come(problem)
    assert found.query.tolist() == [0, 1]
    assert found.is_valid(problem)
