"""Prices of rounded inequalities: between optimum and prices of rows, certified, and nothing better is ruled out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

import sloplan as sp
from sloplan.decomposition.column_generation import column_generation
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_selection
from sloplan.decomposition.fixing import loss_allowed, survivors
from sloplan.decomposition.lagrangian import Response, respond
from sloplan.decomposition.rounded_prices import _tighten, find_rounded_prices
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.selections.selection import PlanSelection
from tests.decomposition.problems import cost_problem, goodput_problem, selection_problem, settled


def three_of_six() -> PlanSelection:
    """Return three groups that want 6 of 10."""
    return PlanSelection.from_numbers(
        group=[0, 1, 2], value=[5, 4, 4], usage=[[6], [6], [6]], capacity=[10], row_name=["gpu"]
    )


def knapsacks(seed: int, scale: int = 1) -> PlanSelection:
    """Return groups with two plans each on two rows that take few of them; usages and capacities are scaled."""
    rng = np.random.default_rng(seed)
    groups = 6
    group = np.repeat(np.arange(groups), 2)
    usage = np.zeros((2 * groups, 2), dtype=np.int64)
    usage[np.arange(2 * groups), rng.integers(0, 2, 2 * groups)] = rng.integers(20, 60, 2 * groups)
    usage[rng.random(2 * groups) < 0.3] += rng.integers(1, 30)
    return PlanSelection.from_numbers(
        group=group,
        value=rng.integers(20, 40, 2 * groups),
        usage=usage * scale,
        capacity=rng.integers(60, 130, 2) * scale,
        must=rng.random(groups) < 0.1,
    )


def renting(seed: int) -> PlanSelection:
    """Return groups that are served in the cloud, or on units of two pools to be rented, for the least cost."""
    rng = np.random.default_rng(seed)
    groups = 5
    group = np.repeat(np.arange(groups), 3)
    usage = np.zeros((3 * groups, 2), dtype=np.int64)
    usage[1::3, 0], usage[2::3, 1] = rng.integers(20, 60, groups), rng.integers(20, 60, groups)
    cost = np.where(np.arange(3 * groups) % 3 == 0, rng.integers(40, 90, 3 * groups), rng.integers(0, 9, 3 * groups))
    return PlanSelection.from_numbers(
        group=group, value=np.repeat(rng.integers(5, 12, groups), 3), cost=cost, usage=usage, capacity=[0, 0],
        maximum=[3, 3], price=rng.integers(30, 90, 2), brought=[[100, 0], [0, 100]],
        objective="cost", goodput_floor=25,
    )  # fmt: skip


def optimum(selection: PlanSelection) -> int | None:
    """Return the greatest value, or the least cost negated."""
    result = sp.solve(selection, "exhaustive", display=False)
    if result.objective is None:
        return None
    is_cost = selection.objective == "cost"
    return round(result.objective * (-selection.cost_scale if is_cost else selection.value_scale))


def proved(problem: CoupledProblem, response: Response, best: int) -> float | None:
    """Return the most that is worth anything by a certificate with inequalities, None if there are none."""
    allowed = loss_allowed(response, best)
    found = find_rounded_prices(response, survivors(response, allowed), allowed)
    if found is None:
        return None
    floor = problem.floor if problem.is_cost and not isinstance(problem.source, PlanSelection) else None
    bound = certificate_bound(problem.source, found.certificate(), goodput_floor=floor)
    worth = -bound if problem.is_cost else bound
    assert worth <= max(found.duals.bound + 1e-5 * abs(found.duals.bound) + 1, best)
    return worth


def test_by_hand() -> None:
    """The linear program serves one and two thirds; whole copies are one: 5, but for what amounts are rounded by."""
    problem = coupled_selection(three_of_six())
    response = settled(problem)
    assert response.bound == pytest.approx(7 + 2 / 3)
    found = find_rounded_prices(response, survivors(response, 100.0), 100.0)
    assert found is not None
    assert found.duals.bound == pytest.approx(5.0, abs=1e-4)
    assert certificate_bound(three_of_six(), found.certificate()) == 5
    assert found.best.sum() + found.duals.prices.row @ [10] + sum(
        price * one.most for price, one in zip(found.duals.inequality, found.rounded, strict=True)
    ) == pytest.approx(5.0, abs=1e-4)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("kind", [knapsacks, renting])
def test_between_optimum_and_prices(seed: int, kind) -> None:
    """The certificate proves no less than the optimum, and no more than prices of rows."""
    selection = kind(seed)
    best, problem = optimum(selection), coupled_selection(selection)
    if best is None:
        return
    response = settled(problem)
    worth = proved(problem, response, best)
    if worth is not None:
        assert best <= worth <= response.bound + 1e-6 * abs(response.bound) + 1e-6


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("kind", [knapsacks, renting])
def test_worth_in_floating_point(seed: int, kind) -> None:
    """What the kernel says plans are worth is what they are, but for what rounded amounts come to."""
    problem = coupled_selection(kind(seed))
    response = settled(problem)
    if not np.isfinite(response.bound):
        return
    found = find_rounded_prices(response, survivors(response, 1e9), 1e9)
    if found is not None:
        assert found.worth_about(found.pairs) == pytest.approx(found.worth(found.pairs), abs=1e-3 * found.largest)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", [knapsacks, renting])
def test_from_the_basis_of_all_plans(seed: int, kind) -> None:
    """Begun at the linear program's optimum over all plans they prove no less than the optimum."""
    selection = kind(seed)
    best, problem = optimum(selection), coupled_selection(selection)
    if best is None:
        return
    response = settled(problem)
    *_, last = column_generation(problem, partial(respond, problem), response.prices)
    allowed = loss_allowed(response, best)
    found = find_rounded_prices(response, survivors(response, allowed), allowed, fractional=last.fractional)
    if found is not None:
        bound = certificate_bound(selection, found.certificate())
        assert best <= (-bound if problem.is_cost else bound) <= response.bound + 1e-6 * abs(response.bound) + 1e-6


def test_pairs_are_let_in_early_and_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pairs are missing they are priced after one round, two more, four more; once all are there, never."""
    monkeypatch.setattr("sloplan.decomposition.rounded_prices._FIRST_PAIRS", 1)
    allowed: list[int | None] = []

    def counting(*arguments: Any) -> bool:
        allowed.append(arguments[-1])
        return _tighten(*arguments)

    monkeypatch.setattr("sloplan.decomposition.rounded_prices._tighten", counting)
    seen = set()
    for seed in range(10):
        allowed.clear()
        response = settled(coupled_selection(knapsacks(seed)))
        find_rounded_prices(response, survivors(response, 1e9), 1e9)
        numbers = [rounds for rounds in allowed if rounds is not None]
        assert numbers == [2**number for number in range(len(numbers))]
        assert allowed[len(numbers) :] in ([], [None])
        seen.add(len(numbers))
    assert max(seen) > 2


@pytest.mark.parametrize("kind", [knapsacks, renting])
def test_they_help_often(kind) -> None:
    """On most of these problems they bring the bound down, on half of them to the optimum."""
    closed = []
    for seed in range(40):
        selection = kind(seed)
        best, problem = optimum(selection), coupled_selection(selection)
        if best is None or (response := settled(problem)).bound < best + 0.5:
            continue
        worth = proved(problem, response, best)
        closed.append(0.0 if worth is None else (response.bound - worth) / (response.bound - best))
    assert np.mean(np.array(closed) > 0.2) > 0.8
    assert np.mean(np.array(closed) > 0.99) > 0.5


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("kind", ["goodput", "cost", "selection goodput", "selection cost"])
def test_of_anything(seed: int, kind: str) -> None:
    """Rates, copies, supplies and floors count: certified bounds of random problems hold."""
    match kind.split():
        case ["goodput"]:
            problem, best = goodput_problem(seed)
        case ["cost"]:
            problem, best = cost_problem(seed)
        case [_, objective]:
            problem, best = selection_problem(seed, objective)
    if best is None or not np.isfinite((response := settled(problem)).bound):
        return
    worth = proved(problem, response, best)
    assert worth is None or best <= worth


def test_a_group_that_must_be_served_and_has_no_pair() -> None:
    """Then there is no program, and no inequality."""
    selection = PlanSelection.from_numbers(
        group=[0, 1], value=[5, 4], usage=[[6], [6]], capacity=[12], must=[True, True]
    )
    response = settled(coupled_selection(selection))
    core = survivors(response, 100.0)
    assert find_rounded_prices(response, replace(core, pairs=core.pairs.taken(core.pairs.group == 0)), 100.0) is None


@pytest.mark.parametrize("first_pairs", [1])
def test_a_program_that_begins_with_few_pairs(first_pairs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it lets in makes up for what it did not begin with; whatever it knows, the bound is one of all pairs."""
    monkeypatch.setattr("sloplan.decomposition.rounded_prices._FIRST_PAIRS", first_pairs)
    monkeypatch.setattr("sloplan.decomposition.rounded_prices._MOST_LET_IN", 1)
    closed = []
    for seed in range(30):
        selection = knapsacks(seed)
        best, problem = optimum(selection), coupled_selection(selection)
        if best is None or problem.groups.must.any() or (response := settled(problem)).bound < best + 0.5:
            continue
        worth = proved(problem, response, best)
        assert worth is None or best <= worth
        closed.append(0.0 if worth is None else max(0.0, (response.bound - worth) / (response.bound - best)))
    assert np.mean(np.array(closed) > 0.2) > 0.4


@pytest.mark.parametrize("seed", range(12))
def test_whoever_must_be_served_has_pairs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of few pairs may be unable to serve all who must be: it does not begin with few there."""
    monkeypatch.setattr("sloplan.decomposition.rounded_prices._FIRST_PAIRS", 1)
    rng = np.random.default_rng(seed)
    groups, plans, rows = 5, 8, 2
    usage = rng.integers(1, 40, (groups * plans, rows))
    selection = PlanSelection.from_numbers(
        group=np.repeat(np.arange(groups), plans),
        usage=usage,
        value=(usage.sum(axis=1) * rng.uniform(0.6, 1.4, groups * plans)).astype(np.int64) + 1,
        capacity=(usage.reshape(groups, plans, rows).mean(axis=1).sum(axis=0) * rng.uniform(0.5, 0.9)).astype(np.int64),
        must=np.ones(groups, dtype=np.bool_),
    )
    best, problem = optimum(selection), coupled_selection(selection)
    if best is None or (response := settled(problem)).bound < best + 1:
        return
    worth = proved(problem, response, best)
    assert worth is not None
    assert best <= worth <= response.bound


def test_rounds_that_bring_nothing_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not looked for again and again; each round knows how many before it brought little."""
    stalled: list[int] = []

    def separate(*arguments: Any) -> int:
        stalled.append(arguments[-1])
        return 1

    monkeypatch.setattr("sloplan.decomposition.rounded_prices.separate", separate)
    response = settled(coupled_selection(three_of_six()))
    assert find_rounded_prices(response, survivors(response, 100.0), 100.0) is None
    assert stalled == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("seed", range(25))
def test_inequalities_of_another_core(seed: int) -> None:
    """Taken over where other amounts of supplies are allowed they hold as well, and bind at once."""
    selection = renting(seed)
    best, problem = optimum(selection), coupled_selection(selection)
    if best is None:
        return
    response = settled(problem)
    allowed = loss_allowed(response, best)
    core = survivors(response, allowed)
    first = find_rounded_prices(response, replace(core, upper=core.upper + 1), allowed)
    if first is None:
        return
    found = find_rounded_prices(response, core, allowed, known=first.rounded)
    assert found is not None
    assert best <= -certificate_bound(selection, found.certificate()) <= response.bound + 1e-6


def test_a_search_goes_on_from_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """With inequalities of before, and none looked for, the bound is that of before."""
    response = settled(coupled_selection(knapsacks(3)))
    core = survivors(response, 1e9)
    first = find_rounded_prices(response, core, 1e9)
    assert first is not None
    monkeypatch.setattr("sloplan.decomposition.rounded_prices.separate", lambda *_: 0)
    assert find_rounded_prices(response, core, 1e9) is None
    again = find_rounded_prices(response, core, 1e9, known=first.rounded)
    assert again is not None
    assert again.duals.bound == pytest.approx(first.duals.bound, rel=1e-6)


def test_time_that_is_up() -> None:
    """Without time there are no inequalities."""
    response = settled(coupled_selection(three_of_six()))
    assert find_rounded_prices(response, survivors(response, 100.0), 100.0, lambda: 0.0) is None
