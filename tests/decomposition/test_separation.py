"""Weights of rows: what they give is broken by as much as they say, and dividing a single row finds what it should."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from sloplan.decomposition.column_generation import column_generation
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_selection
from sloplan.decomposition.divided_rows import divided, divided_rows
from sloplan.decomposition.fixing import survivors
from sloplan.decomposition.lagrangian import respond
from sloplan.decomposition.optimum import Optimum
from sloplan.decomposition.rounded_program import DIVISOR, RoundedProgram
from sloplan.decomposition.separation import _candidate, _Weighed, _weighed, separate
from sloplan.problem.certificates.inequalities import UNIT
from sloplan.problem.selections.selection import PlanSelection
from tests.decomposition.problems import settled
from tests.decomposition.test_rounded_prices import knapsacks, renting, three_of_six


def counted(seed: int, times: int = 1) -> PlanSelection:
    """Return groups of several copies, which may do several things, and units that are rented by several."""
    rng = np.random.default_rng(seed)
    plans = 12
    return PlanSelection.from_numbers(
        group=np.repeat(np.arange(4), 3),
        value=rng.integers(20, 40, plans),
        usage=rng.integers(1, 30, (plans, 2)),
        capacity=rng.integers(60, 200, 2) * times,
        count=rng.integers(1, 7, 4) * times,
        cost=np.zeros(plans, dtype=np.int64),
        maximum=[5], price=[0], brought=[[13, 7]],
    )  # fmt: skip


def solved(problem: CoupledProblem, *, begins_there: bool = True) -> RoundedProgram:
    """Return the program over all that a problem's solutions can do, solved."""
    response = settled(problem)
    core = survivors(response, 1e9)
    program = RoundedProgram(problem, core.pairs, core.upper)
    if begins_there:
        program.begin_at(response)
    assert program.solve(np.inf) is not None
    return program


def optima(selection: PlanSelection) -> Iterator[tuple[RoundedProgram, Optimum]]:
    """Yield a program and its optimum, before inequalities and after each of two rounds, as far as there are any."""
    problem = coupled_selection(selection)
    if not np.isfinite(settled(problem).bound):
        return
    program = solved(problem)
    yield program, program.optimum()
    for _ in range(2):
        if not separate(program, lambda: False):
            return
        assert program.solve(np.inf) is not None
        yield program, program.optimum()


def broken(program: RoundedProgram, optimum: Optimum, weight: np.ndarray) -> float | None:
    """Return by how much the optimum breaks the inequality of some weights, all columns added up.

    None where what is rounded is next to a whole number.
    """
    rounded = program.inequality(weight)
    if not 0.02 < rounded.fraction / DIVISOR < 0.98:
        return None
    each = rounded.amounts(optimum.columns, optimum.amounts).each
    return float(each @ optimum.share - rounded.most) / UNIT


def test_a_row_divided_by_hand() -> None:
    """Three copies want 6 of 10 each: one and two thirds by the linear program; divided by 6, one is what there is."""
    program = solved(coupled_selection(three_of_six()))
    optimum = program.optimum()
    assert sorted(optimum.share.tolist()) == pytest.approx([2 / 3, 1.0])
    assert (optimum.main >= 0).sum() == 2
    assert optimum.split.share.tolist() == pytest.approx([2 / 3])
    found = list(divided_rows(optimum))
    assert found
    row, times, much = found[0]
    assert much > 0.3
    rounded = program.inequality(divided(optimum, row, times))
    each = rounded.amounts(program.columns, []).each / UNIT
    whole = [np.array(chosen) @ each * UNIT <= rounded.most for chosen in ([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0])]
    assert all(whole)
    assert np.array([1, 1, 0]) @ each * UNIT > rounded.most


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("kind", [knapsacks, renting, counted])
def test_broken_by_as_much_as_they_say(seed: int, kind) -> None:
    """Worked out from the split groups alone it is what all columns come to, for rows and for inequalities later."""
    for program, optimum in optima(kind(seed)):
        for weighed in _weighed(program, optimum, (1, 2, 3, -1, -5)):
            exactly = broken(program, optimum, weighed.weight)
            assert exactly is None or exactly == pytest.approx(weighed.broken, abs=1e-3)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("kind", [knapsacks, renting, counted])
def test_candidates_are_measured_as_they_count(seed: int, kind) -> None:
    """In floating point, from the weights alone: what the whole numbers of the inequality come to."""
    for program, optimum in optima(kind(seed)):
        is_split = np.isin(optimum.columns.limit, optimum.split.limit)
        for weighed in _weighed(program, optimum, (1, 2, 3, -1, -5)):
            candidate = _candidate(optimum, weighed)
            if candidate is None:
                continue
            rounded = program.inequality(candidate.again())
            each = rounded.amounts(optimum.columns, optimum.amounts).each[is_split] / UNIT
            assert candidate.counts * np.sqrt(each @ each) == pytest.approx(each, abs=1e-3)
            assert candidate.broken * np.sqrt(each @ each) == pytest.approx(weighed.broken, rel=1e-3)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("times", [1, 1000, 10**6])
def test_what_is_added_is_broken_in_whole_numbers(seed: int, times: int) -> None:
    """With millions of copies the weights of groups, rounded, no longer say what they said in floating point."""
    program = solved(coupled_selection(counted(seed, times)))
    optimum = program.optimum()
    separate(program, lambda: False)
    for rounded in program.rounded:
        assert rounded.amounts(optimum.columns, []).each @ optimum.share > rounded.most


def test_some_of_both_kinds() -> None:
    """There are rows of the tableau, in three multiples, and divided rows."""
    numbers = {"tableau": 0, "divided": 0}
    for seed in range(10):
        program = solved(coupled_selection(knapsacks(seed)))
        optimum = program.optimum()
        divided = len(list(divided_rows(optimum)))
        numbers["divided"] += divided
        numbers["tableau"] += len(list(_weighed(program, optimum, (1, 2, 3)))) - divided
    assert numbers["divided"] > 10
    assert numbers["tableau"] % 3 == 0 < numbers["tableau"]


def test_other_multiples_where_rounds_brought_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """First small multiples, then their negatives, then larger ones."""
    asked: list[tuple[int, ...]] = []

    def weighed(program: RoundedProgram, optimum: Optimum, multiples: tuple[int, ...]) -> Iterator[_Weighed]:
        asked.append(multiples)
        return _weighed(program, optimum, multiples)

    monkeypatch.setattr("sloplan.decomposition.separation._weighed", weighed)
    program = solved(coupled_selection(knapsacks(3)))
    for stalled in (0, 1, 2, 6):
        separate(program, lambda: False, stalled)
        assert program.solve(np.inf) is not None
    assert asked == [(1, 2, 3), (-1, -2, -3), (4, 5, 6), (1, 2, 3)]


def test_whoever_should_stop_adds_nothing() -> None:
    """A stop between two candidates leaves the program as it is."""
    program = solved(coupled_selection(three_of_six()))
    assert separate(program, lambda: True) == 0
    assert program.rounded == []


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", [knapsacks, renting])
def test_where_it_begins_does_not_matter(seed: int, kind) -> None:
    """From the vertex that prices tell of, and from none, the program comes to the same."""
    problem = coupled_selection(kind(seed))
    if not np.isfinite(settled(problem).bound):
        return
    bounds = [solved(problem, begins_there=there).duals.bound for there in (True, False)]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-7, abs=1e-5)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", [knapsacks, renting, counted])
def test_a_basic_optimum_is_where_it_begins(seed: int, kind) -> None:
    """From the optimum over all plans on there is hardly anything left to do."""
    problem = coupled_selection(kind(seed))
    response = settled(problem)
    if not np.isfinite(response.bound):
        return
    *_, last = column_generation(problem, partial(respond, problem), response.prices)
    assert last.settled
    assert last.fractional is not None
    core = survivors(response, 1e9)
    program = RoundedProgram(problem, core.pairs, core.upper)
    program.begin_near(last.fractional)
    assert program.solve(np.inf) == pytest.approx(last.fractional.worth, rel=1e-7, abs=1e-5)
    assert program._engine._highs.getInfo().simplex_iteration_count <= 2
    assert solved(problem).duals.bound == pytest.approx(program.duals.bound, rel=1e-7, abs=1e-5)


def test_inequalities_taken_over_bind_at_once() -> None:
    """A program that takes them over proves without a round what the first one proved after some."""
    selection: PlanSelection = knapsacks(3)
    problem = coupled_selection(selection)
    program = solved(problem)
    begun = program.duals.bound
    while separate(program, lambda: False):
        assert program.solve(np.inf) is not None
    assert program.duals.bound < begun - 1e-3
    other = RoundedProgram(problem, program.pairs, program.upper)
    other.take_over(program.rounded)
    assert other.solve(np.inf) == pytest.approx(program.duals.bound, rel=1e-6)
