"""Prices of rounded inequalities: between optimum and prices of rows, certified, and nothing better is ruled out."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

import sloplan as sp
from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.column_generation import column_generation
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_selection
from sloplan.decomposition.fixing import Survivors, loss_allowed, survivors
from sloplan.decomposition.lagrangian import Response, respond
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.rounded_prices import _tighten, find_rounded_prices
from sloplan.decomposition.tightening import Tightening
from sloplan.problem.certificates.pricing import GridTooFineError
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.solvers.engine import EngineError
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


def better_than(problem: CoupledProblem, worth: int) -> list[Assignment]:
    """Return all assignments worth more, of groups of one copy."""
    groups = np.arange(len(problem.groups))
    group, plan = problem.open_plans(groups)
    options = [[-1, *plan[group == one].tolist()] for one in groups.tolist()]
    found = []
    for chosen in itertools.product(*options):
        served = np.flatnonzero(np.array(chosen) >= 0)
        one = Assignment(served, np.array(chosen)[served], np.ones(len(served), dtype=np.int64), np.zeros(0, np.int64))
        if one.is_valid(problem) and one.worth(problem) > worth:
            found.append(one)
    return found


def tightened(seed: int, scale: int = 1) -> tuple[CoupledProblem, int, Pursuit, Tightening, Survivors]:
    """Return a problem, its optimum, a run with an answer below it, inequalities, and what survives prices."""
    selection = knapsacks(seed, scale)
    best, problem = optimum(selection), coupled_selection(selection)
    assert best is not None
    pursuit, response = Pursuit(problem, run := Run(selection, time_limit=60.0)), settled(problem)
    pursuit.take(min(better_than(problem, best - 4), key=lambda one: one.worth(problem)))
    assert pursuit.worth is not None
    core = survivors(response, loss_allowed(response, pursuit.worth + 1))
    tightening = Tightening(pursuit, run, response)
    tightening.tighten()
    assert run.bound is None or run.bound >= best
    return problem, best, pursuit, tightening, core


@pytest.mark.parametrize("scale", [1, 10**13])
def test_nothing_better_is_ruled_out(scale: int) -> None:
    """Pairs are left out, and what is left holds something that is best; also where usages are large."""
    out = better = 0
    for seed in range(25):
        if optimum(knapsacks(seed)) is None:
            continue
        problem, best, pursuit, tightening, core = tightened(seed, scale)
        left = tightening.narrowed(core)
        out += len(core) - len(left)
        kept = set(zip(left.pairs.group.tolist(), left.pairs.plan.tolist(), strict=True))
        assert pursuit.worth is not None
        if best > pursuit.worth:
            better += 1
            best_ones = [one for one in better_than(problem, best - 1) if one.worth(problem) == best]
            assert any(kept.issuperset(zip(one.group.tolist(), one.plan.tolist(), strict=True)) for one in best_ones)
    assert out > 20
    assert better > 5


def test_inequalities_of_a_core_that_was_cut_rule_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold for what loses no more than the pairs that were left in; something better may lose more."""
    whole = [tightened(seed) for seed in (0, 1, 2, 3)]
    assert any(len(one[3].narrowed(one[4])) < len(one[4]) for one in whole)
    monkeypatch.setattr("sloplan.decomposition.tightening._MOST_PAIRS", 7)
    for _, _, _, tightening, core in (tightened(seed) for seed in (0, 1, 2, 3)):
        assert len(core) > 7
        assert tightening.narrowed(core) is core


def test_none_with_too_many_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their memory grows with the groups: beyond some number there are none, and nothing is left out."""
    monkeypatch.setattr("sloplan.decomposition.tightening._MOST_GROUPS", 5)
    for _, _, _, tightening, core in (tightened(seed) for seed in (0, 1, 2, 3)):
        assert tightening.narrowed(core) is core


def test_a_group_that_must_be_served_and_has_no_pair() -> None:
    """Then there is no program, and no inequality."""
    selection = PlanSelection.from_numbers(
        group=[0, 1], value=[5, 4], usage=[[6], [6]], capacity=[12], must=[True, True]
    )
    response = settled(coupled_selection(selection))
    core = survivors(response, 100.0)
    assert find_rounded_prices(response, replace(core, pairs=core.pairs.taken(core.pairs.group == 0)), 100.0) is None


@pytest.mark.parametrize("error", [EngineError("figures too far apart"), GridTooFineError("an inequality")])
def test_figures_too_far_apart_end_no_run(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound of the prices stands."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("sloplan.decomposition.tightening.find_rounded_prices", fail)
    result = sp.solve("edge-cloud-s-1.2-loose", "lagrangian", display=False, time_limit=5, threads=1)
    assert result.objective is not None
    assert result.solution.certificate is not None
    assert "rounding" not in result.solution.certificate["nodes"][0]


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
    """Inequalities that take nothing off the bound are not looked for again and again, whatever time there is."""
    rounds = []
    monkeypatch.setattr("sloplan.decomposition.rounded_prices.separate", lambda *_: rounds.append(1) or 1)
    response = settled(coupled_selection(three_of_six()))
    assert find_rounded_prices(response, survivors(response, 100.0), 100.0) is None
    assert 1 <= len(rounds) <= 10


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


@pytest.mark.parametrize("seed", range(12))
def test_branch_and_price_narrows_its_core(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With inequalities before every core its optima are those of trying everything."""
    monkeypatch.setattr("sloplan.decomposition.branch_and_price_method._LARGE_CORE", 0)
    selection = knapsacks(seed)
    result = sp.solve(selection, "branch-and-price", display=False, time_limit=20, threads=1)
    best = optimum(selection)
    assert result.status == ("infeasible" if best is None else "optimal")
    if best is not None:
        assert result.objective is not None
        assert round(result.objective * selection.value_scale) == best


def test_a_method_certifies_with_them() -> None:
    """`lagrangian` ends with a bound that its prices alone do not prove, and its file is accepted."""
    instance = sp.load("edge-cloud-s-1.2-loose")
    result = sp.solve(instance, "lagrangian", display=False, time_limit=8, threads=1)
    assert result.solution.certificate is not None
    leaf = result.solution.certificate["nodes"][0]
    assert leaf["rounding"]["inequalities"]
    assert sp.check(instance, result.solution) == []
    without = result.solution.certificate | {"nodes": [{"prices": leaf["prices"]}]}
    assert certificate_bound(instance, without) > certificate_bound(instance, result.solution.certificate)


def test_the_least_cost_of_rented_units() -> None:
    """So does it under cost, where prices pay for parts of units."""
    instance = sp.load("edge-cloud-s-1.2-tight")
    result = sp.solve(instance, "lagrangian", objective="cost", min_goodput=0.9, display=False, time_limit=8, threads=1)
    assert result.solution.certificate is not None
    assert result.solution.certificate["nodes"][0]["rounding"]["inequalities"]
    assert sp.check(instance, result.solution) == []
